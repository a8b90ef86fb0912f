r"""Boxes that should lie on each other: overlap, and what still pulls when there is none.

A box is :math:`(x_1, y_1, x_2, y_2)`, two corners with :math:`x_1 \le x_2` and :math:`y_1 \le y_2`. Two boxes
share an area :math:`I` and cover together an area :math:`U`; their hull is the smallest box around both.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from lossbook.ground.arguments import check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, reduce
from lossbook.ground.values import check_values, check_values_if_strict, positive_part


@full_precision
def giou_loss(input: Tensor, target: Tensor, eps: float = 1e-7, reduction: str = "mean") -> Tensor:
    r"""Generalised IoU loss: one minus intersection over union, and the share of the hull that is empty.

    .. math:: 1 - \frac{I}{U + \epsilon} + \frac{A - U}{A + \epsilon}

    :math:`A` is the area of the hull. Where the boxes do not overlap the first quotient has no gradient, but
    the second pulls them together. It does not depend on the unit of length, :math:`\epsilon` aside.

    Status: H, set function.

    Args:
        input: predicted boxes, shape ``(*, 4)``.
        target: true boxes, the same shape.
        eps: :math:`\epsilon`, not negative, an area: what boxes of no size are divided by.
        reduction: ``'none'``, ``'mean'`` (divides by the number of boxes) or ``'sum'``.

    Returns:
        The loss, from 0 to 2: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: the shapes differ or do not end in 4, the corners of a true box are in the wrong order,
            ``eps`` is negative; unknown ``reduction``.

    Strict:
        A predicted box with its corners in the wrong order.

    Source:
        Rezatofighi, Tsoi, Gwak, Sadeghian, Reid, Savarese, *Generalized Intersection over Union*, CVPR 2019;
        as torchvision.

    >>> import torch
    >>> giou_loss(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]]))  # 1 + 1 / 3
    tensor(1.3333)
    """
    pair = _measure(input, target, eps)
    hull = pair.hull.prod(-1)
    return reduce(1 - pair.iou + _quotient(hull - pair.union, hull + pair.eps), reduction).to(input.dtype)


@full_precision
def diou_loss(input: Tensor, target: Tensor, eps: float = 1e-7, reduction: str = "mean") -> Tensor:
    r"""Distance IoU loss: one minus intersection over union, and how far apart the centres are.

    .. math:: 1 - \frac{I}{U + \epsilon} + \frac{\rho^2}{c^2 + \epsilon}

    :math:`\rho` is the distance of the centres, :math:`c` the diagonal of the hull.

    Status: H, set function.

    Args:
        input: predicted boxes, shape ``(*, 4)``.
        target: true boxes, the same shape.
        eps: :math:`\epsilon`, not negative, an area.
        reduction: ``'none'``, ``'mean'`` (divides by the number of boxes) or ``'sum'``.

    Returns:
        The loss, from 0 to 2: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: as :func:`giou_loss`.

    Strict:
        A predicted box with its corners in the wrong order.

    Source:
        Zheng, Wang, Liu, Li, Ye, Ren, *Distance-IoU Loss: Faster and Better Learning for Bounding Box
        Regression*, AAAI 2020; as torchvision.

    >>> import torch
    >>> diou_loss(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]]))  # 1 + 4 / 10
    tensor(1.4000)
    """
    return reduce(_distance_loss(_measure(input, target, eps)), reduction).to(input.dtype)


@full_precision
def ciou_loss(input: Tensor, target: Tensor, eps: float = 1e-7, reduction: str = "mean") -> Tensor:
    r"""Complete IoU loss: :func:`diou_loss`, and how much the shapes differ.

    .. math:: \ell_{\mathrm{DIoU}} + \mathrm{sg}\Bigl[\frac{v}{1 - \mathrm{IoU} + v + \epsilon}\Bigr]\, v
       \qquad v = \frac{4}{\pi^2} \Bigl(\arctan \frac{w^t}{h^t} - \arctan \frac w h\Bigr)^2

    No gradient flows through :math:`\mathrm{sg}[\cdot]`, the weight of the shape, which is small while the
    boxes hardly overlap. So the gradient is that of no function, and finite differences of the value do not
    give it.

    Status: H, set function.

    Args:
        input: predicted boxes, shape ``(*, 4)``.
        target: true boxes, the same shape.
        eps: :math:`\epsilon`, not negative, an area; a plain number in the weight of the shape.
        reduction: ``'none'``, ``'mean'`` (divides by the number of boxes) or ``'sum'``.

    Returns:
        The loss, from 0 to 2.5: a scalar, or shape ``(*)`` for ``'none'``. A box without any size counts as
        upright: its angle is 0.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: as :func:`giou_loss`.

    Strict:
        A predicted box with its corners in the wrong order.

    Source:
        Zheng, Wang, Liu, Li, Ye, Ren, *Distance-IoU Loss: Faster and Better Learning for Bounding Box
        Regression*, AAAI 2020; as torchvision.

    >>> import torch
    >>> ciou_loss(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 2.0, 2.0]]))
    tensor(0.)
    """
    pair = _measure(input, target, eps)
    v = 4 / math.pi**2 * (_angle(pair.true) - _angle(pair.side)) ** 2
    below = 1 - pair.iou + v + eps
    weight = (v / torch.where(below == 0, 1, below)).detach()
    return reduce(_distance_loss(pair) + weight * v, reduction).to(input.dtype)


class _Pair(NamedTuple):
    """Two boxes, measured in a unit that keeps areas finite; sides are ``(*, 2)``: width and height."""

    iou: Tensor
    union: Tensor
    side: Tensor
    true: Tensor
    hull: Tensor
    between: Tensor  # from one centre to the other
    eps: Tensor


def _measure(input: Tensor, target: Tensor, eps: float) -> _Pair:
    _check_boxes(input, target, eps)
    dtype = at_least_float32(input)
    (p, q), (s, t) = (box.to(dtype).split(2, -1) for box in (input, target))  # lower and upper corners
    hull = torch.maximum(q, t) - torch.minimum(p, s)
    # A square of the longest side must not overflow: beyond 1 that side is the unit.
    unit = hull.detach().amax(-1, keepdim=True).clamp(min=1)
    hull, side, true = hull / unit, (q - p) / unit, (t - s) / unit
    shared = positive_part(torch.minimum(q, t) - torch.maximum(p, s), 0) / unit
    between = 0.5 * (p - s + q - t) / unit
    area = eps / unit.squeeze(-1) / unit.squeeze(-1)
    both = shared.prod(-1)
    union = side.prod(-1) + true.prod(-1) - both
    return _Pair(_quotient(both, union + area), union, side, true, hull, between, area)


def _distance_loss(pair: _Pair) -> Tensor:
    apart = pair.between.square().sum(-1)
    return 1 - pair.iou + _quotient(apart, pair.hull.square().sum(-1) + pair.eps)


def _angle(side: Tensor) -> Tensor:
    """The arc tangent of width over height, of finite slope where the height is 0; 0 for no size at all."""
    size = side.detach().abs().amax(-1, keepdim=True)
    side = side / torch.where(size == 0, 1, size)
    upright = torch.where(side[..., 1:] < 0, -1, 1)
    width, height = (side * upright).unbind(-1)
    return torch.atan2(width, torch.where(size.squeeze(-1) == 0, 1, height))


def _quotient(above: Tensor, below: Tensor) -> Tensor:
    """``above / below``, and 0 for 0 / 0, which ``eps = 0`` allows."""
    return above / torch.where(below == 0, 1, below)


def _check_boxes(input: Tensor, target: Tensor, eps: float) -> None:
    check_floating(input=input)
    if input.shape[-1:] != (4,):
        raise ValueError(f"input must have shape (*, 4), found {tuple(input.shape)}")
    if target.shape != input.shape:
        raise ValueError(
            f"target must have the shape of input, {tuple(input.shape)}, found {tuple(target.shape)}"
        )
    if not eps >= 0:
        raise ValueError(f"eps must be 0 or more, found {eps!r}")
    true, predicted = (box.detach()[..., 2:] - box.detach()[..., :2] for box in (target, input))
    ordered = "ordered, x1 <= x2 and y1 <= y2: a side must be 0 or more"
    check_values("target", true, true >= 0, ordered, ValueError)
    check_values_if_strict("input", predicted, predicted >= 0, ordered)
