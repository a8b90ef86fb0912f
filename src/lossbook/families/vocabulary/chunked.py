"""Cross entropy of a linear layer, a few rows of logits at a time.

Of a row of logits the loss needs a few sums, and the gradient needs ``softmax - target``. Both are made and
used up while the row is in the cache, so that the ``(N, C)`` logits never exist at once.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import LinearCrossEntropyOptions
from torch.nn.functional import linear

from lossbook.families.categorical.losses import cross_entropy
from lossbook.ground.autocast import autocast_off
from lossbook.ground.values import can_look_at, times

BUDGET = 2**21  # bytes of logits: about what a core keeps at hand
FEWEST_ROWS = 16


def chunked_losses(
    input: Tensor,
    linear_weight: Tensor,
    linear_bias: Tensor | None,
    target: Tensor,
    weight: Tensor | None,
    scale: Tensor,
    label_smoothing: float,
    options: LinearCrossEntropyOptions,
    total: bool,
) -> Tensor:
    """The losses of ``N`` rows, each times its ``scale``; their sum if ``total``.

    Args:
        input: ``(N, D)``.
        linear_weight: ``(C, D)``.
        linear_bias: ``(C,)``.
        target: class indices ``(N,)``, all of them valid, or class probabilities ``(N, C)``.
        weight: class weights ``(C,)``.
        scale: factor of each row, ``(N,)``; 0 for a row that is ignored.
        label_smoothing: share of the target given to the uniform distribution.
        options: how many rows at a time, and the dtype of the softmax and of the sums.
        total: return the scalar sum. Its gradients are made in the same sweep, so that backward only
            scales them; without it, backward sweeps a second time.
    """
    dtype = accumulation_dtype(input, options)
    rows = rows_per_chunk(options, len(input), input.shape[1], len(linear_weight), dtype.itemsize)
    if not torch.is_grad_enabled():
        input, linear_weight = input.detach(), linear_weight.detach()
        linear_bias = None if linear_bias is None else linear_bias.detach()
    settings = (label_smoothing, rows, dtype, total, not options.allow_retain_graph)
    return _Chunked.apply(input, linear_weight, linear_bias, target, weight, scale, *settings)


def accumulation_dtype(input: Tensor, options: LinearCrossEntropyOptions) -> torch.dtype:
    """The dtype of the softmax and of the sums: the one asked for, or float32 or wider."""
    return options.acc_dtype or torch.promote_types(input.dtype, torch.float32)


def rows_per_chunk(
    options: LinearCrossEntropyOptions, rows: int, features: int, classes: int, itemsize: int = 4
) -> int:
    """How many rows of logits to hold at once.

    ``'aspect_ratio:k'`` makes a chunk of logits take ``1/k`` of the memory of the input, rounded up to a
    power of two, as in torch. ``'auto'`` fills a budget of 2 MiB. But each chunk passes over the gradient of
    the weight, so that it has a quarter as many rows as there are features at least: what that pass costs is
    then no more than is saved by logits that stay in the cache. Such a chunk takes a quarter of the memory of
    the gradient.

    >>> rows_per_chunk(LinearCrossEntropyOptions(), rows=4096, features=64, classes=8192)
    64
    >>> rows_per_chunk(LinearCrossEntropyOptions(), rows=512, features=512, classes=131_072)
    128
    """
    method, size = options.chunking_method, options.batch_chunk_size
    if method is None or (method == "auto" and size is not None):
        return max(1, min(size or rows, rows))
    if method == "auto":
        return max(1, min(max(BUDGET // (itemsize * classes), features // 4, FEWEST_ROWS), rows))
    factor = int(method.partition(":")[2] or 1)
    share = -(-rows // max(1, -(-classes // max(1, features))))
    chosen = max(1, min((1 << max(0, share - 1).bit_length()) // factor, rows))
    if size is not None and size != chosen:
        raise ValueError(
            f"batch_chunk_size={size} contradicts chunking_method={method!r}, which gives {chosen} rows: "
            "set only one of them"
        )
    return chosen


class _Chunked(Function):
    """The scaled losses; or their sum, with the gradients made at once."""

    @staticmethod
    def forward(
        ctx: Any,
        input: Tensor,
        linear_weight: Tensor,
        linear_bias: Tensor | None,
        target: Tensor,
        weight: Tensor | None,
        scale: Tensor,
        label_smoothing: float,
        rows: int,
        dtype: torch.dtype,
        total: bool,
        given_away: bool,
    ) -> Tensor:
        arguments = (input, linear_weight, linear_bias, target, weight, scale)
        wanted = [total and needed for needed in ctx.needs_input_grad[:3]]
        losses, *gradients = _sweep(*arguments, label_smoothing, rows, dtype, wanted)
        ctx.settings = (label_smoothing, rows, dtype)
        ctx.total, ctx.given_away = total, given_away
        ctx.save_for_backward(*arguments, *gradients)
        return losses.sum() if total else losses

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Any:
        saved = ctx.saved_tensors  # read once: a checkpoint computes them anew and gives them out once
        arguments, gradients = saved[:6], saved[6:]
        needed = list(ctx.needs_input_grad[:3])
        # With create_graph=True the result is differentiated again: autograd needs the plain formula.
        if torch.is_grad_enabled() and not torch.compiler.is_compiling():
            gradients = _differentiable_gradients(upstream, needed, arguments, ctx.settings[0])
        elif ctx.total:
            gradients = (
                gradients if ctx.given_away and _is_one(upstream) else [g * upstream for g in gradients]
            )
        else:
            *others, scale = arguments
            _, *gradients = _sweep(*others, scale * upstream, *ctx.settings, needed)
        return *(g if need else None for g, need in zip(gradients, needed, strict=True)), *[None] * 8


def _is_one(upstream: Tensor) -> bool:
    # Then the gradients are right as they are, and need no copy. On a GPU, looking would wait.
    return upstream.is_cpu and can_look_at(upstream) and upstream.item() == 1


@torch.library.custom_op("lossbook::linear_cross_entropy_sweep", mutates_args=())
def _sweep(
    input: Tensor,
    linear_weight: Tensor,
    linear_bias: Tensor | None,
    target: Tensor,
    weight: Tensor | None,
    scale: Tensor,
    label_smoothing: float,
    rows: int,
    dtype: torch.dtype,
    wanted: list[bool],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The scaled losses, and the wanted gradients of their sum: by input, linear weight and linear bias.

    A single operation to the compiler, which would otherwise unroll the loop.
    """
    _check_range(target, len(linear_weight))
    weight, scale = None if weight is None else weight.to(dtype), scale.to(dtype)
    term = _soft_term if target.is_floating_point() else _hard_term
    losses = torch.empty_like(scale)
    d_input = torch.empty_like(input if wanted[0] else input[:0])
    # Without a row to overwrite it the gradient is 0.
    d_weight = (torch.empty_like if len(input) else torch.zeros_like)(
        linear_weight if wanted[1] else linear_weight[:0], dtype=dtype
    )
    d_bias = scale.new_zeros(len(linear_weight) if wanted[2] else 0)
    with autocast_off(input):
        for start in range(0, len(input), rows):
            part = slice(start, start + rows)
            logits = linear(input[part], linear_weight, linear_bias).to(dtype)
            losses[part], residual = term(logits, target[part], weight, scale[part], label_smoothing)
            if wanted[2]:
                d_bias += residual.sum(0)
            residual = residual.to(input.dtype)
            if wanted[0]:
                d_input[part] = residual @ linear_weight
            if wanted[1]:
                _add_product(d_weight, residual.T, input[part], first=start == 0)
            del logits, residual  # they would last while the next ones are made
    return losses, d_input, d_weight.to(input.dtype), d_bias.to(input.dtype)


@_sweep.register_fake
def _(
    input: Tensor,
    linear_weight: Tensor,
    linear_bias: Tensor | None,
    target: Tensor,
    weight: Tensor | None,
    scale: Tensor,
    label_smoothing: float,
    rows: int,
    dtype: torch.dtype,
    wanted: list[bool],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return (
        scale.new_empty(len(input), dtype=dtype),
        torch.empty_like(input if wanted[0] else input[:0]),
        torch.empty_like(linear_weight if wanted[1] else linear_weight[:0]),
        input.new_empty(len(linear_weight) if wanted[2] else 0),
    )


# Both terms write over the logits: chunks are the largest things there are.


def _hard_term(
    logits: Tensor, target: Tensor, weight: Tensor | None, scale: Tensor, smoothing: float
) -> tuple[Tensor, Tensor]:
    # loss = -a log p_y - sum_c u_c log p_c, with a = (1 - smoothing) w_y and u = smoothing w / C
    index = target.unsqueeze(1)
    own = torch.full_like(scale, 1 - smoothing) if weight is None else (1 - smoothing) * weight[target]
    score = times(own, _shift(logits).gather(1, index).squeeze(1))
    total = own
    if smoothing:
        weight = scale.new_ones(logits.shape[1]) if weight is None else weight
        uniform = smoothing / len(weight) * weight
        score += _weigh(uniform, logits)
        total = own + uniform.sum()
    # residual = (a + sum u) p - a e_y - u
    residual, log_sum = _times_softmax(total * scale, logits)
    residual.scatter_add_(1, index, (-own * scale).unsqueeze(1))
    if smoothing:
        residual.addr_(scale, uniform, alpha=-1)
    return times(scale, total * log_sum - score), residual


def _soft_term(
    logits: Tensor, target: Tensor, weight: Tensor | None, scale: Tensor, smoothing: float
) -> tuple[Tensor, Tensor]:
    # loss = -sum_c q_c log p_c, with q = w ((1 - smoothing) target + smoothing / C); residual = (sum q) p - q
    q = target.to(logits.dtype)
    if smoothing:
        q = (1 - smoothing) * q + smoothing / logits.shape[1]
    q = q if weight is None else weight * q
    total = q.sum(1)
    score = _weigh(q, _shift(logits))
    residual, log_sum = _times_softmax(total * scale, logits)
    residual.addcmul_(q, scale.unsqueeze(1), value=-1)
    return times(scale, total * log_sum - score), residual


def _shift(logits: Tensor) -> Tensor:
    """Lower each row in place until its largest logit is 0, which changes neither loss nor gradient."""
    return logits.sub_(logits.amax(1, keepdim=True))


def _times_softmax(factor: Tensor, shifted: Tensor) -> tuple[Tensor, Tensor]:
    """The softmax of each row times its factor, in place, and the log of the sum of the exponentials."""
    sum = shifted.exp_().sum(1)
    return shifted.mul_((factor / sum).unsqueeze(1)), sum.log()


def _weigh(q: Tensor, logits: Tensor) -> Tensor:
    """The sum of ``q * logits`` by row; with 0 times infinity equal to 0."""
    # A nan in q or in the logits is in their sums too, so that the loss is nan all the same.
    return (q * logits).nan_to_num_(0, torch.inf, -torch.inf).sum(1)


def _check_range(target: Tensor, classes: int) -> None:
    # Elsewhere than on the CPU, reading the values would wait for the device, which checks them itself.
    if target.is_floating_point() or not target.is_cpu or not target.numel():
        return
    low, high = target.aminmax()
    if low < 0 or high >= classes:
        raise IndexError(
            f"target must hold class indices from 0 to {classes - 1}, or ignore_index; "
            f"found {int(low if low < 0 else high)}"
        )


def _add_product(sum: Tensor, a: Tensor, b: Tensor, first: bool) -> None:
    if sum.dtype == a.dtype:
        torch.addmm(sum, a, b, beta=0 if first else 1, out=sum)
    elif first:
        sum.copy_(a @ b)
    else:
        sum += a @ b


def _differentiable_gradients(
    upstream: Tensor, needed: list[bool], arguments: tuple[Any, ...], label_smoothing: float
) -> list[Tensor | None]:
    input, linear_weight, linear_bias, target, weight, scale = arguments
    with autocast_off(input):
        logits = linear(input, linear_weight, linear_bias)
    losses = cross_entropy(logits, target, weight, reduction="none", label_smoothing=label_smoothing)
    chosen = [tensor for tensor, need in zip(arguments, needed, strict=False) if need]
    found = iter(torch.autograd.grad((losses * scale * upstream).sum(), chosen, create_graph=True))
    return [next(found) if need else None for need in needed]
