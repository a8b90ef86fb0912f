"""The gradients of the box losses, derived by hand: each by the predicted corners.

A corner that is not the outer one moves no side of the hull, one that is not the inner one none of the
intersection. Moving a side changes an area by the other side.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class _Slopes(NamedTuple):
    """Areas ``(*, 1)`` and their derivatives by the four coordinates, ``(*, 4)``."""

    inner: Tensor
    by_inner: Tensor
    union: Tensor
    by_union: Tensor
    hull: Tensor
    by_hull: Tensor


def giou_loss(input: Tensor, target: Tensor, eps: float = 1e-7) -> Tensor:
    r""":math:`-\mathrm d\,\mathrm{IoU} + \frac{(U + \epsilon)\,\mathrm dA - (A + \epsilon)\,\mathrm dU}{(A +
    \epsilon)^2}`."""
    m = _slopes(input, target)
    empty = ((m.union + eps) * m.by_hull - (m.hull + eps) * m.by_union) / (m.hull + eps) ** 2
    return empty - _by_iou(m, eps)


def diou_loss(input: Tensor, target: Tensor, eps: float = 1e-7) -> Tensor:
    r""":math:`-\mathrm d\,\mathrm{IoU} + \frac{\mathrm d\rho^2}{c^2 + \epsilon} -
    \frac{\rho^2\, \mathrm dc^2}{(c^2 + \epsilon)^2}`."""
    m = _slopes(input, target)
    (p, q), (s, t) = input.split(2, -1), target.split(2, -1)
    between, side = (p + q - s - t) / 2, torch.maximum(q, t) - torch.minimum(p, s)
    rho, c = between.square().sum(-1, True), side.square().sum(-1, True) + eps
    by_c = torch.cat([-2 * side * (p < s), 2 * side * (q > t)], -1)
    return torch.cat([between, between], -1) / c - rho * by_c / c**2 - _by_iou(m, eps)


def ciou_loss(input: Tensor, target: Tensor, eps: float = 1e-7) -> Tensor:
    r"""That of :func:`diou_loss`, and the weight of the shape, held, times :math:`\mathrm dv`.

    The angle :math:`\theta` of a box has :math:`\partial_w \theta = \frac{h}{w^2 + h^2}` and
    :math:`\partial_h \theta = -\frac{w}{w^2 + h^2}`."""
    m = _slopes(input, target)
    (w, h), (wide, high) = ((box[..., 2:] - box[..., :2]).unbind(-1) for box in (input, target))
    turn = torch.atan(wide / high) - torch.atan(w / h)
    v = 4 / math.pi**2 * turn**2
    weight = v / (1 - (m.inner / (m.union + eps)).squeeze(-1) + v + eps)
    by_side = (-8 / math.pi**2 * weight * turn / (w * w + h * h)).unsqueeze(-1) * torch.stack([h, -w], -1)
    return diou_loss(input, target, eps) + torch.cat([-by_side, by_side], -1)


def _by_iou(m: _Slopes, eps: float) -> Tensor:
    return (m.by_inner * (m.union + eps) - m.inner * m.by_union) / (m.union + eps) ** 2


def _slopes(input: Tensor, target: Tensor) -> _Slopes:
    (p, q), (s, t) = input.split(2, -1), target.split(2, -1)
    inner = (torch.minimum(q, t) - torch.maximum(p, s)).clamp(min=0)
    outer, side = torch.maximum(q, t) - torch.minimum(p, s), q - p
    shared = (inner > 0).all(-1, keepdim=True)
    by_inner = torch.cat([-inner.flip(-1) * (p > s), inner.flip(-1) * (q < t)], -1) * shared
    by_hull = torch.cat([-outer.flip(-1) * (p < s), outer.flip(-1) * (q > t)], -1)
    by_own = torch.cat([-side.flip(-1), side.flip(-1)], -1)
    areas = [x.prod(-1, keepdim=True) for x in (inner, side, t - s, outer)]
    union = areas[1] + areas[2] - areas[0]
    return _Slopes(areas[0], by_inner, union, by_own - by_inner, areas[3], by_hull)
