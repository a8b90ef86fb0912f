"""Class labels: indices that name one of the classes of ``input``, checked, weighted and reduced.

The classes lie along dimension 1 of ``input``, or 0 where it has only one.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from lossbook.ground.arguments import check_floating
from lossbook.ground.reduction import at_least_float32, check_reduction, mean_by, reduce
from lossbook.ground.values import at, check_values, times


class Labels(NamedTuple):
    """Class indices that have been checked: where ``counts`` is false, ``label`` is 0."""

    label: Tensor
    counts: Tensor
    weight: Tensor | None
    dim: int

    def surprise(self, log_p: Tensor) -> Tensor:
        """Minus the log-probability of each label that counts, else 0."""
        picked = log_p.gather(self.dim, self.label.unsqueeze(self.dim)).squeeze(self.dim)
        return torch.where(self.counts, -picked, 0)

    def weigh(self, loss: Tensor) -> Tensor:
        """``loss`` times the weight of each label's class."""
        return loss if self.weight is None else times(self.weight, loss)


def read_labels(input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int) -> Labels:
    """The labels of a class loss, once their dtype, shape and range, and the weights, are known to fit."""
    dim = _check_indices(input, target)
    classes = input.shape[dim]
    check_weight(weight, classes)
    if weight is not None and weight.dtype != input.dtype:
        raise RuntimeError(f"weight must have the dtype of input, {input.dtype}, found {weight.dtype}")
    target = (target.reshape(()) if input.ndim == 1 else target).long()
    counts = target != ignore_index
    known = (target >= 0) & (target < classes)
    check_values("target", target, known | ~counts, f"a class index below {classes}", IndexError)
    label = torch.where(counts, target, 0)
    return Labels(label, counts, None if weight is None else torch.where(counts, at(weight, label), 0), dim)


def reduce_labels(loss: Tensor, labels: Labels, reduction: str) -> Tensor:
    """'mean' divides by the weights of the labels that count, without weights by their number."""
    check_reduction(reduction)
    if reduction == "mean":
        counted = labels.counts if labels.weight is None else labels.weight
        return mean_by(loss, counted.sum(dtype=at_least_float32(loss)))
    return reduce(loss, reduction)


def check_weight(weight: Tensor | None, classes: int) -> None:
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"weight must hold one weight for each of {classes} classes, found shape {tuple(weight.shape)}"
        )


def _check_indices(input: Tensor, target: Tensor) -> int:
    """The class dimension, once the dtype and shape of ``target`` are known to fit."""
    found = f"input {tuple(input.shape)} and target {tuple(target.shape)}"
    if input.ndim == 0:
        raise ValueError("input must have a class dimension, found a tensor without dimensions")
    check_floating(input=input)
    indices = target.dtype in (torch.int64, torch.uint8)
    if input.ndim == 1 and target.ndim < 2 and target.numel() != 1 and indices:
        raise ValueError(f"a target for input of shape (C) must hold one class index, found {found}")
    if input.ndim > 1 and input.shape[:1] != target.shape[:1]:
        raise ValueError(f"input and target must have the same batch size, found {found}")
    wanted = input.shape[:1] + input.shape[2:]
    if target.ndim > 1 if input.ndim == 1 else target.shape != wanted:
        raise RuntimeError(f"target must have the shape of input without the class dimension, found {found}")
    if not indices:
        raise RuntimeError(f"target must hold class indices of dtype int64 or uint8, found {target.dtype}")
    return min(1, input.ndim - 1)
