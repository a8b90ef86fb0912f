"""Huge vocabularies: by the hidden states and by the weight of the layer that makes the logits."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import LinearCrossEntropyOptions
from torch.nn.functional import linear, one_hot


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> tuple[Tensor, Tensor]:
    r""":math:`W^\top g` and :math:`g h^\top`, with :math:`g = (\sum_c q_c)\,p - q` and :math:`q` the target
    after smoothing and weighting. The gradient by the bias is :math:`g`. ``options`` change memory only.

    ``input`` is ``(N, D)`` and ``linear_weight`` ``(C, D)``.
    """
    classes = len(linear_weight)
    kept = torch.ones(len(input), 1, dtype=input.dtype, device=input.device)
    if not target.is_floating_point():
        ignored = target == (-100 if ignore_index is None else ignore_index)
        kept = (~ignored).to(input.dtype).unsqueeze(1)
        target = one_hot(target.long().masked_fill(ignored, 0), classes).to(input.dtype)
    q = kept * ((1 - label_smoothing) * target + label_smoothing / classes)
    q = q if weight is None else weight * q
    p = linear(input, linear_weight, linear_bias).softmax(1)
    g = q.sum(1, keepdim=True) * p - q
    return g @ linear_weight, g.T @ input


def adaptive_log_softmax_loss(
    input: Tensor,
    target: Tensor,
    head_weight: Tensor,
    tail_weights: Sequence[Sequence[Tensor]],
    cutoffs: Sequence[int],
    head_bias: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    r"""By ``input`` ``(N, D)`` and by ``head_weight``: :math:`W_0^\top g_0 + A_k^\top B_k^\top g_k` and
    :math:`g_0 h^\top`, with :math:`g = p - e` in the head and in the cluster of the target.

    A row whose target is in the head has no second term.
    """
    shortlist = cutoffs[0]
    clusters = [(target >= start) & (target < stop) for start, stop in pairwise(cutoffs)]
    entry = target.clone()
    for k, rows in enumerate(clusters):
        entry[rows] = shortlist + k
    g = _softmax_minus_target(linear(input, head_weight, head_bias), entry)
    by_input = g @ head_weight
    for rows, (down, out), start in zip(clusters, tail_weights, cutoffs, strict=False):
        within = _softmax_minus_target(linear(linear(input[rows], down), out), target[rows] - start)
        by_input[rows] += within @ out @ down
    return by_input, g.T @ input


def z_loss(input: Tensor, coefficient: float = 1e-4) -> Tensor:
    r""":math:`2 \lambda \operatorname{lse}(z)\, p`: pushes all logits towards a log-normaliser of 0."""
    return 2 * coefficient * input.logsumexp(-1, keepdim=True) * input.softmax(-1)


def _softmax_minus_target(logits: Tensor, target: Tensor) -> Tensor:
    return logits.softmax(1) - one_hot(target, logits.shape[1])
