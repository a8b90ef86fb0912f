"""From the loss of each element to one number."""

import torch
from torch import Tensor

REDUCTIONS = ("none", "mean", "sum")


def reduce(loss: Tensor, reduction: str) -> Tensor:
    """Apply ``reduction`` to the elementwise ``loss``: ``'mean'`` divides by the number of elements."""
    check_reduction(reduction)
    if reduction == "mean":
        return mean_by(loss, loss.numel())  # loss.mean() writes a gradient as large as loss: this does not
    return loss.sum() if reduction == "sum" else loss


def mean_by(loss: Tensor, count: Tensor | int, dim: int | None = None) -> Tensor:
    """The sum of ``loss`` divided by ``count``, which float16 may be too small to hold: so in float32."""
    return (loss.sum(dim, dtype=at_least_float32(loss)) / count).to(loss.dtype)


def at_least_float32(tensor: Tensor) -> torch.dtype:
    """The dtype of ``tensor``, but not below float32: for numbers that half precision cannot hold."""
    return torch.promote_types(tensor.dtype, torch.float32)


def in_half_again(loss: Tensor, *given: Tensor) -> Tensor:
    """``loss``, which its numbers made float32, in half precision again if ``given`` is."""
    dtypes = [tensor.dtype for tensor in given if tensor.is_floating_point()]
    half = bool(dtypes) and dtypes[0].itemsize == 2 and all(dtype == dtypes[0] for dtype in dtypes)
    return loss.to(dtypes[0]) if half else loss


def reduce_weighted(loss: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """As :func:`reduce` for ``weight * loss``, but ``'mean'`` divides by the sum of the weights."""
    check_reduction(reduction)
    weighted = weight * loss
    if reduction == "mean":
        return mean_by(weighted, weight.sum(dtype=at_least_float32(weight)))
    return weighted.sum() if reduction == "sum" else weighted


def check_reduction(reduction: str, allowed: tuple[str, ...] = REDUCTIONS) -> None:
    """Raise ``ValueError`` unless ``reduction`` is one of ``allowed``."""
    if reduction not in allowed:
        raise ValueError(f"reduction must be one of {', '.join(map(repr, allowed))}, found {reduction!r}")
