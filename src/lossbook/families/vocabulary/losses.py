r"""Huge vocabularies: cross entropy of a linear layer without its logits, adaptive softmax, z-loss.

Here ``input`` is the hidden state :math:`h`, and the logits :math:`z = W h + b` have one entry for each of
:math:`C` classes: so many that the logits of a batch take more memory than the model.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import LinearCrossEntropyOptions
from torch.nn.functional import linear

from lossbook.families.categorical.losses import cross_entropy
from lossbook.families.vocabulary.chunked import accumulation_dtype, chunked_losses
from lossbook.ground.arguments import check_floating, warn
from lossbook.ground.autocast import full_precision, loss_dtype, lowered
from lossbook.ground.reduction import at_least_float32, check_reduction, reduce
from lossbook.ground.strictness import is_strict
from lossbook.ground.values import can_look_at, check_values


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Tensor:
    r"""Cross entropy of the logits of a linear layer; with ``options``, without ever holding all of them.

    .. math:: p(y \mid h) = \operatorname{softmax}(W h + b)_y \quad\Longrightarrow\quad
       \ell = \operatorname{lse}(W h + b) - w_y^\top h - b_y = -\log p(y \mid h)

    With :math:`g = p - e_y` the gradients are :math:`\partial_h = W^\top g` and
    :math:`\partial_W = g h^\top`. No row needs another, so a few rows of logits at a time give the loss and
    all gradients in one sweep.

    Status: A, exact negative log-likelihood.

    Args:
        input: hidden states :math:`h`, ``(D)`` or ``(N, D)``.
        linear_weight: weight of the layer, ``(C, D)``, or ``(C, d_1, ..., d_K, D)`` for K-dimensional loss.
        target: class indices, ``()``, ``(N)`` or ``(N, d_1, ..., d_K)``; or class probabilities, ``(C)``,
            ``(N, C)`` or ``(N, C, d_1, ..., d_K)``.
        linear_bias: bias of the layer, ``(C)`` or ``(C, d_1, ..., d_K)``.
        weight: weight of each class, ``(C)``.
        reduction: ``'none'``, ``'mean'`` (class indices: divides by the sum of the weights of the targets
            that are not ignored; class probabilities: by the number of rows) or ``'sum'``.
        ignore_index: class index that contributes nothing; ``None`` means -100.
        label_smoothing: share of the target given to the uniform distribution, 0 to 1.
        options: how many rows of logits exist at a time (``batch_chunk_size``, ``chunking_method``), and the
            dtype of the softmax and of the sums (``acc_dtype``, by default float32 or wider). ``None`` holds
            all logits. ``acc_policy`` changes nothing: sums are always made in ``acc_dtype``. Backward may
            always run again; with ``allow_retain_graph`` also after its gradients were changed in place,
            which on a CPU are then copies.

    Returns:
        The loss in nats: a scalar, or the shape of the class indices for ``'none'``.

        Label smoothing and class probabilities are made in chunks too, unlike torch's. The second derivative
        holds all logits; so do, with a warning, a K-dimensional loss and a gradient by ``target`` or
        ``weight``. ``torch.func`` and forward mode need ``options=None``.

    Raises:
        IndexError: a class index is out of range (on a CPU; elsewhere as the device reports it).
        RuntimeError: shapes that do not fit, ``ignore_index`` with class probabilities, ``label_smoothing``
            above 1, class indices that are neither int64 nor uint8.
        ValueError: unknown ``reduction``, ``input`` and ``target`` of different batch size, or ``options``
            that contradict each other.

    Strict:
        ``label_smoothing`` below 0, which torch takes as 0.

    Source:
        Hsu et al., *Liger Kernel*, arXiv 2410.10989, 2024; Wijmans et al., *Cut Your Losses in
        Large-Vocabulary Language Models*, ICLR 2025; torch 2.13.

    >>> import torch
    >>> h, layer = torch.eye(2), torch.zeros(4, 2)
    >>> linear_cross_entropy(h, layer, torch.tensor([0, 3]))  # four equal logits: log 4
    tensor(1.3863)
    """
    logits_shape = _check_layer(input, linear_weight, linear_bias)
    if target.shape == logits_shape and ignore_index is not None:
        raise RuntimeError(
            "ignore_index cannot be specified when target contains probabilities, "
            f"found ignore_index={ignore_index}"
        )
    if is_strict() and label_smoothing < 0:
        raise ValueError(f"label_smoothing must be between 0 and 1, found {label_smoothing}")
    ignore_index = -100 if ignore_index is None else ignore_index
    arguments = (input, linear_weight, target, linear_bias, weight, reduction, ignore_index)
    if options is not None and len(linear_weight) > 0 and _can_chunk(linear_weight, target, weight):
        return _in_chunks(*arguments, max(label_smoothing, 0.0), options)
    return _at_once(*arguments, label_smoothing)


@full_precision
def z_loss(input: Tensor, coefficient: float = 1e-4, reduction: str = "mean") -> Tensor:
    r"""Penalty on the log-normaliser of the logits, added to cross entropy.

    .. math:: \ell = \lambda \operatorname{lse}(z)^2, \qquad \operatorname{lse}(z) = \log \sum_c e^{z_c}

    Softmax does not change when a constant is added to all logits. A pseudo-observation in every row, by
    which :math:`\operatorname{lse}(z)` was seen to be 0 with normal noise of variance
    :math:`\tfrac{1}{2\lambda}`, makes one choice of that constant the most probable.

    Status: I, regulariser: a pseudo-observation of the log-normaliser.

    Args:
        input: logits :math:`z`, ``(*, C)``; the classes are the last dimension.
        coefficient: :math:`\lambda`, not negative.
        reduction: ``'none'``, ``'mean'`` (divides by the number of rows) or ``'sum'``.

    Returns:
        The penalty: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: unknown ``reduction``, or a negative ``coefficient``.

    Source:
        Devlin et al., *Fast and Robust Neural Network Joint Models for Statistical Machine Translation*, ACL
        2014; Chowdhery et al., *PaLM*, 2022 (with :math:`\lambda = 10^{-4}`).

    >>> import torch
    >>> z_loss(torch.zeros(1, 1) + 3.0, coefficient=0.5)
    tensor(4.5000)
    """
    if not coefficient >= 0:
        raise ValueError(f"coefficient must not be negative, found {coefficient!r}")
    check_floating(input=input)
    log_normaliser = input.logsumexp(-1).to(at_least_float32(input))  # its square may not fit into float16
    return reduce((coefficient * log_normaliser**2).to(input.dtype), reduction)


def adaptive_log_softmax_loss(
    input: Tensor,
    target: Tensor,
    head_weight: Tensor,
    tail_weights: Sequence[Sequence[Tensor]],
    cutoffs: Sequence[int],
    head_bias: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a two-level softmax: frequent classes at once, rare ones by cluster.

    .. math:: p(y \mid h) = \begin{cases} \operatorname{softmax}(W_0 h + b)_y & y \text{ in the head} \\
       \operatorname{softmax}(W_0 h + b)_{k} \; \operatorname{softmax}(B_k A_k h)_{y}
       & y \text{ in cluster } k \end{cases}

    The head holds the first ``cutoffs[0]`` classes and one entry per cluster. It is a distribution over all
    classes, exactly normalised; only the clusters that the targets fall into are computed. Classes are sorted
    by falling frequency. With the result of torch's module: ``output = -loss`` for ``'none'``, ``loss`` for
    ``'mean'``.

    Status: A, exact negative log-likelihood.

    Args:
        input: hidden states :math:`h`, ``(N, D)`` or ``(D)``.
        target: class indices, ``(N)`` or ``()``.
        head_weight: :math:`W_0`, ``(cutoffs[0] + K, D)``.
        tail_weights: for each of the ``K`` clusters the pair :math:`A_k`, ``(D_k, D)``, and :math:`B_k`,
            ``(size of the cluster, D_k)``.
        cutoffs: first class after the head, after each cluster; the last is the number of classes.
        head_bias: :math:`b`, ``(cutoffs[0] + K)``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of rows) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or the shape of ``target`` for ``'none'``.

    Raises:
        RuntimeError: shapes that do not fit each other or ``cutoffs``, or a class index out of range; -100 is
            one.
        ValueError: unknown ``reduction``.

    Source:
        Grave, Joulin, Cissé, Grangier, Jégou, *Efficient softmax approximation for GPUs*, ICML 2017.

    >>> import torch
    >>> h, y = torch.zeros(1, 2), torch.tensor([3])
    >>> head, tail = torch.zeros(2, 2), [(torch.zeros(1, 2), torch.zeros(4, 1))]
    >>> adaptive_log_softmax_loss(h, y, head, tail, cutoffs=[1, 5])  # 1/2 for the cluster, 1/4 in it: log 8
    tensor(2.0794)
    """
    check_reduction(reduction)
    _check_adaptive(input, target, cutoffs)
    _check_tree(input, head_weight, tail_weights, cutoffs)
    h, y = input.reshape(-1, input.shape[-1]), target.reshape(-1)
    entry, within = y, []
    for k, (start, stop) in enumerate(pairwise(cutoffs)):
        inside = (y >= start) & (y < stop)
        entry = torch.where(inside, cutoffs[0] + k, entry)
        within.append(_within_cluster(h, torch.where(inside, y - start, -1), tail_weights[k]))
    log_p = sum(within, _at(_log_softmax(linear(h, head_weight, head_bias)), entry))
    return reduce(-log_p.reshape(target.shape), reduction)


def adaptive_log_softmax(
    input: Tensor,
    head_weight: Tensor,
    tail_weights: Sequence[Sequence[Tensor]],
    cutoffs: Sequence[int],
    head_bias: Tensor | None = None,
) -> Tensor:
    """The log-probability of every class; :func:`adaptive_log_softmax_loss` picks that of the target.

    Args:
        input: hidden states, ``(N, D)``.
        head_weight: a row for each class of the head and for each of the ``K`` clusters,
            ``(cutoffs[0] + K, D)``.
        tail_weights: for each cluster two weights, ``(D_k, D)`` and ``(size of the cluster, D_k)``.
        cutoffs: first class after the head, after each cluster; the last is the number ``C`` of classes.
        head_bias: bias of the head, ``(cutoffs[0] + K)``.

    Returns:
        Log-probabilities in nats, ``(N, C)``; those of a row are normalised.

    Raises:
        RuntimeError: shapes that do not fit each other or ``cutoffs``.

    Source:
        As the loss.

    >>> import torch
    >>> head, tail = torch.zeros(2, 2), [(torch.zeros(1, 2), torch.zeros(4, 1))]
    >>> adaptive_log_softmax(torch.zeros(1, 2), head, tail, cutoffs=[1, 5]).exp()
    tensor([[0.5000, 0.1250, 0.1250, 0.1250, 0.1250]])
    """
    if input.dim() != 2:
        raise RuntimeError(f"input must have shape (N, D), found {tuple(input.shape)}")
    _check_tree(input, head_weight, tail_weights, cutoffs)
    head = _log_softmax(linear(input, head_weight, head_bias))
    clusters = [
        _cluster_log_softmax(input, pair) + head[:, cutoffs[0] + k, None]
        for k, pair in enumerate(tail_weights)
    ]
    return torch.cat([head[:, : cutoffs[0]], *clusters], 1)


def _within_cluster(h: Tensor, place: Tensor, pair: Sequence[Tensor]) -> Tensor:
    # The log-probability of each target within a cluster; 0 where its place is -1, outside of the cluster.
    if not can_look_at(place):
        picked = _at(_cluster_log_softmax(h, pair), place.clamp(min=0))
        return torch.where(place >= 0, picked, 0)
    rows = (place >= 0).nonzero().squeeze(1)
    picked = _at(_cluster_log_softmax(h[rows], pair), place[rows])
    return picked.new_zeros(len(place)).index_put((rows,), picked)


def _cluster_log_softmax(input: Tensor, pair: Sequence[Tensor]) -> Tensor:
    down, out = pair
    return _log_softmax(linear(linear(input, down), out))


@full_precision
def _log_softmax(logits: Tensor) -> Tensor:
    return logits.log_softmax(1)


def _at(values: Tensor, index: Tensor) -> Tensor:
    return values.gather(1, index.unsqueeze(1)).squeeze(1)


def _at_once(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    linear_bias: Tensor | None,
    weight: Tensor | None,
    reduction: str,
    ignore_index: int,
    label_smoothing: float,
) -> Tensor:
    classes, *dimensions, features = linear_weight.shape
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = linear(input, linear_weight.reshape(-1, features), bias)
    logits = logits.reshape(*input.shape[:-1], classes, *dimensions)
    return cross_entropy(
        logits,
        target,
        weight=weight,
        reduction=reduction,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
    )


def _can_chunk(linear_weight: Tensor, target: Tensor, weight: Tensor | None) -> bool:
    reasons = {
        "the loss is K-dimensional": linear_weight.dim() > 2,
        "target needs a gradient": target.requires_grad,
        "weight needs a gradient": weight is not None and weight.requires_grad,
    }
    for reason, holds in reasons.items():
        if holds:
            warn(f"linear_cross_entropy ignores options and holds all logits at once: {reason}.")
    return not any(reasons.values())


def _in_chunks(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    linear_bias: Tensor | None,
    weight: Tensor | None,
    reduction: str,
    ignore_index: int,
    label_smoothing: float,
    options: LinearCrossEntropyOptions,
) -> Tensor:
    check_floating(input=input)
    check_reduction(reduction)
    _check_target(input, target, len(linear_weight), weight, label_smoothing)
    final = loss_dtype(input)
    input, linear_weight, linear_bias = lowered(input, linear_weight, linear_bias)
    h, dtype = input.reshape(-1, input.shape[-1]), accumulation_dtype(input, options)
    if target.is_floating_point():
        target, kept = target.reshape(len(h), len(linear_weight)), h.new_ones(len(h), dtype=torch.bool)
        counts = kept.to(dtype)
    else:
        target = target.reshape(-1).long()
        kept = target != ignore_index
        target = torch.where(kept, target, 0)
        counts = kept.to(dtype) if weight is None else kept * weight.to(dtype)[target]
    total = counts.sum()
    scale = torch.where(kept, 1 / total, 0) if reduction == "mean" else kept.to(dtype)
    loss = chunked_losses(
        h, linear_weight, linear_bias, target, weight, scale, label_smoothing, options, reduction != "none"
    ).to(final)
    if reduction == "none":
        return loss.reshape(input.shape[:-1])
    return torch.where(total == 0, math.nan, loss) if reduction == "mean" else loss


def _check_layer(input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None) -> tuple[int, ...]:
    if input.dim() not in (1, 2):
        raise RuntimeError(f"input must have 1 or 2 dimensions, (D) or (N, D), found {tuple(input.shape)}")
    if linear_weight.dim() < 2:
        raise RuntimeError(
            f"linear_weight must have at least 2 dimensions, (C, D), found {tuple(linear_weight.shape)}"
        )
    if input.shape[-1] != linear_weight.shape[-1]:
        raise RuntimeError(
            "input and linear_weight must have the same last dimension, "
            f"found {tuple(input.shape)} and {tuple(linear_weight.shape)}"
        )
    entries = tuple(linear_weight.shape[:-1])
    if linear_bias is not None and tuple(linear_bias.shape) != entries:
        raise RuntimeError(f"linear_bias must have shape {entries}, found {tuple(linear_bias.shape)}")
    if len(entries) > 1 and input.dim() == 1:
        raise RuntimeError(
            f"a K-dimensional linear_weight, found {tuple(linear_weight.shape)}, needs input (N, D), "
            f"found {tuple(input.shape)}"
        )
    return (*input.shape[:-1], *entries)


def _check_target(
    input: Tensor, target: Tensor, classes: int, weight: Tensor | None, label_smoothing: float
) -> None:
    batch, shape = tuple(input.shape[:-1]), tuple(target.shape)
    if shape[: len(batch)] != batch:
        raise ValueError(f"target must have the batch size of input, found {shape} for {tuple(input.shape)}")
    soft = shape == (*batch, classes)
    if soft and not target.is_floating_point():
        raise RuntimeError(f"class probabilities in target must be floating point, found {target.dtype}")
    if not soft and shape != batch:
        error = RuntimeError if batch else ValueError
        raise error(f"target must have shape {batch} or {(*batch, classes)}, found {shape}")
    if not soft and target.dtype not in (torch.int64, torch.uint8):
        raise RuntimeError(f"class indices in target must be int64 or uint8, found {target.dtype}")
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"weight must have one entry for each of {classes} classes, found {tuple(weight.shape)}"
        )
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0 and 1, found {label_smoothing}")


def _check_adaptive(input: Tensor, target: Tensor, cutoffs: Sequence[int]) -> None:
    if target.dim() > 1:
        raise RuntimeError(f"target must have shape (N) or (), found {tuple(target.shape)}")
    if input.dim() != target.dim() + 1 or input.shape[:-1] != target.shape:
        raise RuntimeError(
            f"input must have the shape of target and one more dimension, found {tuple(input.shape)} "
            f"for {tuple(target.shape)}"
        )
    known = (target >= 0) & (target < cutoffs[-1])
    check_values("target", target, known, f"a class index from 0 to {cutoffs[-1] - 1}")


def _check_tree(
    input: Tensor, head_weight: Tensor, tail_weights: Sequence[Sequence[Tensor]], cutoffs: Sequence[int]
) -> None:
    sizes = [stop - start for start, stop in pairwise(cutoffs)]
    rows, features = cutoffs[0] + len(sizes), input.shape[-1]
    if head_weight.shape != (rows, features):
        raise RuntimeError(
            f"head_weight must have shape {(rows, features)}, for cutoffs {list(cutoffs)} and input "
            f"{tuple(input.shape)}, found {tuple(head_weight.shape)}"
        )
    if len(tail_weights) != len(sizes):
        raise RuntimeError(
            f"tail_weights must hold a pair for each of {len(sizes)} clusters, found {len(tail_weights)}"
        )
    for k, (size, (down, out)) in enumerate(zip(sizes, tail_weights, strict=True)):
        if down.shape[1:] != (features,) or out.shape != (size, len(down)):
            raise RuntimeError(
                f"tail_weights[{k}] must have shapes (D_k, {features}) and ({size}, D_k), "
                f"found {tuple(down.shape)} and {tuple(out.shape)}"
            )
