"""From the loss of each element to one number."""

from torch import Tensor

REDUCTIONS = ("none", "mean", "sum")


def reduce(loss: Tensor, reduction: str) -> Tensor:
    """Apply ``reduction`` to the elementwise ``loss``: ``'mean'`` divides by the number of elements."""
    check_reduction(reduction)
    if reduction == "mean":
        return loss.mean()
    return loss.sum() if reduction == "sum" else loss


def reduce_weighted(loss: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """As :func:`reduce` for ``weight * loss``, but ``'mean'`` divides by the sum of the weights."""
    check_reduction(reduction)
    weighted = weight * loss
    if reduction == "mean":
        return weighted.sum() / weight.sum()
    return weighted.sum() if reduction == "sum" else weighted


def check_reduction(reduction: str, allowed: tuple[str, ...] = REDUCTIONS) -> None:
    """Raise ``ValueError`` unless ``reduction`` is one of ``allowed``."""
    if reduction not in allowed:
        raise ValueError(f"reduction must be one of {', '.join(map(repr, allowed))}, found {reduction!r}")
