"""Triplets: derivatives with respect to anchor, positive and negative."""

from collections.abc import Callable

import torch
from torch import Tensor


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-06,
    swap: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    r"""For an active triplet: the anchor's is :math:`u(a - p) - u(a - n)`, the others' are its two parts.

    :math:`u(x) = \operatorname{sign}(x)\,(|x| / \lVert x \rVert_p)^{p-1}` is the derivative of the norm, for
    :math:`p = 2` the unit vector. A triplet that keeps the margin pulls at nothing. Where ``swap`` chose
    :math:`d(p, n)`, the positive is pushed off the negative in the anchor's place.
    """

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return (x - y + eps).abs().pow(p).sum(-1).pow(1 / p)

    def slope(x: Tensor, y: Tensor) -> Tensor:
        difference = x - y + eps
        return difference.sign() * (difference.abs() / distance(x, y).unsqueeze(-1)).pow(p - 1)

    return _triplet_margin(distance, slope, (anchor, positive, negative), margin, swap)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """As :func:`triplet_margin_loss` for the default distance, the Euclidean one.

    Raises:
        NotImplementedError: ``distance_function`` is given: its derivative is for autograd to find.
    """
    if distance_function is not None:
        raise NotImplementedError(
            "the gradient by hand is that of the Euclidean distance: omit distance_function"
        )
    return triplet_margin_loss(anchor, positive, negative, margin=margin, swap=swap)


def _triplet_margin(
    distance: Callable[[Tensor, Tensor], Tensor],
    slope: Callable[[Tensor, Tensor], Tensor],
    triplet: tuple[Tensor, Tensor, Tensor],
    margin: float,
    swap: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    a, p, n = triplet
    swapped = (distance(p, n) < distance(a, n)) & swap
    to_negative = torch.where(swapped, distance(p, n), distance(a, n))
    active = (distance(a, p) - to_negative + margin > 0).unsqueeze(-1)
    pull = active * slope(a, p)
    push = active * torch.where(swapped.unsqueeze(-1), slope(p, n), slope(a, n))
    from_anchor = ~swapped.unsqueeze(-1)
    return pull - push * from_anchor, -pull - push * ~from_anchor, push
