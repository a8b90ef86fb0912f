r"""Sequences without alignment: connectionist temporal classification (CTC).

A model emits one symbol or *blank* per frame. Merging repeats and then dropping blanks turns such a path into
labels, and many paths give the same labels. Which one was meant is latent: the loss sums them out.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import pad

from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import check_reduction, reduce
from lossbook.ground.strictness import is_strict
from lossbook.ground.values import can_look_at, check_values, check_values_if_strict

Lengths = Tensor | Sequence[int]

# The logarithm of what cannot happen. Finite, so that sums and differences of such logarithms are no nan.
IMPOSSIBLE = -1e30


@full_precision
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    r"""CTC: the negative log-likelihood of the labels, whatever their alignment with the frames.

    .. math:: p(l \mid x) = \sum_{\pi \in \mathcal B^{-1}(l)} \prod_{t=1}^T p^t_{\pi_t}
       \quad\Longrightarrow\quad \ell = -\log p(l \mid x)

    where :math:`\mathcal B` merges repeats and drops blanks. The sum over paths is computed frame by frame.
    Put blanks around the labels, :math:`l' = (\varnothing, l_1, \varnothing, \dots, l_U, \varnothing)`; then

    .. math:: \alpha_t(s) = p^t_{l'_s} \bigl(\alpha_{t-1}(s) + \alpha_{t-1}(s-1)
       + [l'_s \ne l'_{s-2}]\, \alpha_{t-1}(s-2)\bigr), \qquad p(l \mid x) = \alpha_T(2U+1) + \alpha_T(2U)

    **The gradient** is minus the occupancy :math:`\gamma^t_k`, the posterior probability that frame
    :math:`t` emits :math:`k`. torch's is :math:`p^t_k - \gamma^t_k`: that is the gradient with respect to
    *logits*, returned as if it were the one with respect to ``log_probs``. Both give a model that ends in
    ``log_softmax`` the same gradient, since the surplus :math:`p^t_k` sums to a constant there and drops out.
    ``ctc_loss(log_probs.log_softmax(-1), ...)`` has the value of ``ctc_loss(log_probs, ...)``, and torch's
    gradient.

    Status: A′, marginal likelihood: exact, with the alignment summed out.

    Args:
        log_probs: log-probabilities, shape ``(T, N, C)`` or ``(T, C)``: frames, batch, symbols with blank.
            They are not checked: of unnormalised ones the "likelihood" may exceed 1.
        targets: labels, shape ``(N, S)`` (what lies beyond a length is ignored), or ``(sum(target_lengths))``
            one after another; ``(S)`` for one sequence. Without blanks.
        input_lengths: number of frames of each sequence, at most ``T``: a tensor or tuple of ``N``, or both
            lengths for one sequence a tensor ``()``.
        target_lengths: number of labels of each sequence, of the same type as ``input_lengths``.
        blank: index of the blank.
        reduction: ``'none'``, ``'mean'`` (divides each loss by its number of labels, at least 1, then
            averages over the batch) or ``'sum'``.
        zero_infinity: give sequences with too few frames (fewer than labels plus adjacent repeats) a loss of
            0 instead of infinity.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` or ``()`` for ``'none'``. Where it is infinite its
        gradient is 0: no path, no occupancy. torch's is nan, unless ``zero_infinity``; torch's is also nan
        for a log-probability of ``-inf`` that other paths can do without.

    Raises:
        NotImplementedError: ``log_probs`` is neither float32 nor float64.
        RuntimeError: shapes, lengths, labels or ``blank`` that do not fit; the message says which. torch
            reads foreign memory for a label that is out of range; this raises.
        TypeError: one of the lengths is a tensor and the other is not, or their values are no integers.
        ValueError: unknown ``reduction``.

    Strict:
        Labels that are blank, log-probabilities whose exponentials do not sum to 1.

    Source:
        Graves, Fernández, Gomez, Schmidhuber, *Connectionist Temporal Classification: Labelling Unsegmented
        Sequence Data with Recurrent Neural Networks*, ICML 2006.

    >>> import torch
    >>> half = torch.full((2, 1, 2), 0.5).log()  # the paths "a a", "a -" and "- a" all read "a"
    >>> ctc_loss(half, torch.tensor([[1]]), (2,), (1,)).neg().exp()
    tensor(0.7500)
    """
    check_reduction(reduction)
    one = log_probs.dim() == 2
    if one:
        log_probs = log_probs.unsqueeze(1)
    _check_shapes(log_probs, targets, blank)
    frames, sizes = _as_tensors(input_lengths, target_lengths, log_probs)
    labels = _padded(targets, target_lengths, sizes)
    _check_values(log_probs, labels, frames, sizes, blank)

    alignments = _CompiledAlignments if torch.compiler.is_compiling() else _Alignments
    loss, _ = alignments.apply(log_probs, _among_blanks(labels, sizes, blank), frames, 2 * sizes)
    if zero_infinity:
        loss = torch.where(loss.isinf(), 0.0, loss)
    if reduction == "mean":
        loss = loss / sizes.clamp(min=1)
    return reduce(loss.squeeze(0) if one else loss, reduction)


class _Alignments(Function):
    """Loss ``(N)`` and occupancies ``(T, N, C)``; the second are minus the derivative of the first."""

    generate_vmap_rule = True

    @staticmethod
    def forward(log_probs: Tensor, states: Tensor, frames: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        return _forward_backward(log_probs, states, frames, last)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
        ctx.save_for_backward(*inputs, output[1])
        ctx.save_for_forward(*inputs, output[1])
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, d_loss: Tensor | None, d_occupancy: Tensor | None) -> tuple[Tensor | None, ...]:
        *inputs, occupancy = ctx.saved_tensors
        terms = []
        if d_loss is not None:
            terms.append(-occupancy * d_loss.unsqueeze(-1))
        if d_occupancy is not None:
            terms.append(_times_jacobian(d_occupancy, *inputs))
        return sum(terms[1:], terms[0]) if terms else None, None, None, None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: None) -> tuple[Tensor, Tensor]:
        *inputs, occupancy = ctx.saved_tensors
        return -(occupancy * tangent).sum((0, 2)), _times_jacobian(tangent, *inputs)


def _times_jacobian(vector: Tensor, log_probs: Tensor, *sequence: Tensor) -> Tensor:
    # The Jacobian of the occupancies is minus the Hessian of the loss, hence symmetric: one product for both
    # modes. It is differentiated through the recursion: slow, but needed for second derivatives only.
    return torch.func.vjp(lambda x: _forward_backward(x, *sequence)[1], log_probs)[1](vector)[0]


class _CompiledAlignments(Function):
    """As ``_Alignments``, for a compiler, which refuses forward mode."""

    @staticmethod
    def forward(log_probs: Tensor, states: Tensor, frames: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        return _forward_backward(log_probs, states, frames, last)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
        ctx.save_for_backward(output[1])
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx: Any, d_loss: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        return -ctx.saved_tensors[0] * d_loss.unsqueeze(-1), None, None, None


def _forward_backward(
    log_probs: Tensor, states: Tensor, frames: Tensor, last: Tensor
) -> tuple[Tensor, Tensor]:
    """The loss ``(N)`` and the occupancies ``(T, N, C)``.

    ``states`` are the labels among blanks, ``(N, S)``, of which the one at ``last`` is the last blank. From
    here on states come first, so that a shift by one is a contiguous piece.
    """
    states = states.T
    emitted = _emissions(log_probs, states, frames, last)
    # Backwards is forwards in the mirror, so both sweeps are one recursion over twice the batch.
    both = torch.cat([emitted, emitted.flip(0, 1)], 2)
    arrivals = _opaque_arrivals if torch.compiler.is_compiling() else _arrivals
    ahead, behind = arrivals(both, torch.cat([states, states.flip(0)], 1)).chunk(2, 2)
    through = ahead + emitted + behind.flip(0, 1)  # all paths through a state at a frame

    loss = -through[0, 0]  # there every path begins
    feasible = loss < -IMPOSSIBLE / 2
    real = torch.arange(len(log_probs), device=frames.device).view(-1, 1, 1) < frames
    posterior = torch.where(real & feasible, (through[1:-1] + loss).exp(), 0.0)
    occupancy = torch.zeros_like(log_probs.transpose(1, 2)).scatter_add(
        1, states.expand_as(posterior), posterior
    )
    return torch.where(feasible, loss, torch.inf), occupancy.transpose(1, 2)


def _emissions(log_probs: Tensor, states: Tensor, frames: Tensor, last: Tensor) -> Tensor:
    """Log-probability of each state's symbol, ``(T + 2, S, N)``.

    A frame before the first one can only be in the first blank, and all frames after the last one can only
    be in the last blank. So every path has one beginning and one end, whatever the lengths.
    """
    place = torch.arange(len(states), device=states.device).view(-1, 1)
    begin, end = (torch.where(place == s, 0.0, IMPOSSIBLE).to(log_probs) for s in (0, last))
    symbols = log_probs.transpose(1, 2).gather(1, states.expand(len(log_probs), -1, -1))
    real = torch.arange(len(log_probs), device=frames.device).view(-1, 1, 1) < frames
    within = torch.where(real, symbols.clamp(min=IMPOSSIBLE), end)
    return torch.cat([begin.expand_as(end)[None], within, end[None]])


def _arrivals(emitted: Tensor, states: Tensor) -> Tensor:
    """Log-probability of all ways into a state, before it emits, ``(T, S, N)``: stay, step or skip."""
    closed = _closed(states).to(emitted)
    wall = torch.full_like(closed[:1].expand(2, -1), IMPOSSIBLE)
    arrived = [torch.zeros_like(closed)]
    for emission in emitted[:-1]:
        alpha = torch.cat([wall, arrived[-1] + emission])  # state s at index s + 2
        stay_or_step = torch.logaddexp(alpha[2:], alpha[1:-1])
        arrived.append(torch.logaddexp(stay_or_step, alpha[:-2] + closed))
    return torch.stack(arrived)


@torch.library.custom_op("lossbook::ctc_arrivals", mutates_args=())
def _opaque_arrivals(emitted: Tensor, states: Tensor) -> Tensor:
    """As ``_arrivals``, for a compiler, which would unroll the loop; in place, as nothing is derived here."""
    closed = _closed(states).to(emitted)
    alpha = emitted.new_full((len(states) + 2, emitted.shape[2]), IMPOSSIBLE)
    stay, step, skip = alpha[2:], alpha[1:-1], alpha[:-2]
    stay_or_step, skipped = torch.empty_like(closed), torch.empty_like(closed)
    arrived = torch.zeros_like(emitted)
    for emission, before, after in zip(emitted, arrived, arrived[1:], strict=False):
        torch.add(before, emission, out=stay)
        torch.logaddexp(stay, step, out=stay_or_step)
        torch.add(skip, closed, out=skipped)
        torch.logaddexp(stay_or_step, skipped, out=after)
    return arrived


@_opaque_arrivals.register_fake
def _(emitted: Tensor, states: Tensor) -> Tensor:
    return torch.empty_like(emitted)


def _closed(states: Tensor) -> Tensor:
    """What forbids to skip into a state: all that equal the state two before them, blanks above all."""
    return torch.where(states == pad(states, (0, 0, 2, 0), value=-1)[:-2], IMPOSSIBLE, 0.0)


def _among_blanks(labels: Tensor, sizes: Tensor, blank: int) -> Tensor:
    """Row ``n``: blank, first label, blank, ..., last label, blank."""
    inside = torch.arange(labels.shape[1], device=labels.device) < sizes.view(-1, 1)
    labels = torch.where(inside, labels, blank)
    return pad(torch.stack([torch.full_like(labels, blank), labels], -1).flatten(1), (0, 1), value=blank)


def _padded(targets: Tensor, target_lengths: Lengths, sizes: Tensor) -> Tensor:
    """The labels as ``(N, S)``, also if they came one after another."""
    targets = targets.long()
    if targets.dim() == 2:
        return targets
    if not isinstance(target_lengths, Tensor):
        longest = max(target_lengths)
    else:  # where the lengths cannot be looked at, an upper bound will do
        longest = int(sizes.max()) if can_look_at(sizes) else targets.numel()
    _check_total(targets, sizes)
    first = sizes.cumsum(0) - sizes
    index = first.view(-1, 1) + torch.arange(longest, device=targets.device)
    return pad(targets, (0, 1))[index.clamp(max=targets.numel())]


def _as_tensors(input_lengths: Lengths, target_lengths: Lengths, log_probs: Tensor) -> tuple[Tensor, Tensor]:
    if isinstance(input_lengths, Tensor) != isinstance(target_lengths, Tensor):
        found = f"{type(input_lengths).__name__} and {type(target_lengths).__name__}"
        raise TypeError(
            f"input_lengths and target_lengths must both be tensors or both tuples, found {found}"
        )
    return (
        _as_tensor("input_lengths", input_lengths, log_probs),
        _as_tensor("target_lengths", target_lengths, log_probs),
    )


def _as_tensor(name: str, lengths: Lengths, log_probs: Tensor) -> Tensor:
    if isinstance(lengths, Tensor):
        if lengths.is_floating_point() or lengths.is_complex():
            raise RuntimeError(f"{name} must be integers, found dtype {lengths.dtype}")
    elif not isinstance(lengths, Sequence) or not all(isinstance(length, int) for length in lengths):
        raise TypeError(f"{name} must be a tensor or a tuple of integers, found {lengths!r}")
    else:
        lengths = torch.tensor(lengths, dtype=torch.long)
    if lengths.numel() != log_probs.shape[1]:
        raise RuntimeError(f"{name} must have {log_probs.shape[1]} elements, found {lengths.numel()}")
    return lengths.flatten().to(log_probs.device, torch.long)


def _check_shapes(log_probs: Tensor, targets: Tensor, blank: int) -> None:
    shape = tuple(log_probs.shape)
    if log_probs.dim() != 3:
        raise RuntimeError(f"log_probs must be (T, N, C) or (T, C), found {shape}")
    if log_probs.dtype not in (torch.float32, torch.float64):
        raise NotImplementedError(f"log_probs must be float32 or float64, found {log_probs.dtype}")
    if log_probs.numel() == 0:
        raise RuntimeError(f"log_probs must not be empty, found {shape}")
    if targets.dim() not in (1, 2) or (targets.dim() == 2 and targets.shape[0] != shape[1]):
        raise RuntimeError(
            f"targets must be (N, S) with N = {shape[1]}, or one after another in one dimension, "
            f"found {tuple(targets.shape)}"
        )
    if not 0 <= blank < shape[2]:
        raise RuntimeError(f"blank must be between 0 and {shape[2] - 1}, found {blank}")


def _check_total(targets: Tensor, sizes: Tensor) -> None:
    total = sizes.sum()
    message = f"the sum of target_lengths, as targets has {targets.numel()} elements"
    check_values(message, total, total == targets.numel(), "that number")


def _check_values(log_probs: Tensor, labels: Tensor, frames: Tensor, sizes: Tensor, blank: int) -> None:
    n_frames, _, n_symbols = log_probs.shape
    n_labels = labels.shape[1]
    check_values("input_lengths", frames, (frames >= 0) & (frames <= n_frames), f"from 0 to {n_frames}")
    check_values("target_lengths", sizes, (sizes >= 0) & (sizes <= n_labels), f"from 0 to {n_labels}")
    beyond = torch.arange(n_labels, device=labels.device) >= sizes.view(-1, 1)
    known = (labels >= 0) & (labels < n_symbols)
    check_values("targets", labels, known | beyond, f"a symbol from 0 to {n_symbols - 1}")
    if is_strict():
        fine = (labels != blank) | beyond
        check_values_if_strict("targets", labels, fine, f"a label other than the blank {blank}")
        total = log_probs.detach().logsumexp(-1)
        fine = (total.abs() < 1e-3) | (torch.arange(n_frames, device=frames.device).view(-1, 1) >= frames)
        check_values_if_strict("the logarithm of the sum of exp(log_probs)", total, fine, "0")
