"""A data set in memory: splitting it, standardising it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from lossbook.data._parts import random_parts

BSD = "BSD 3-Clause (distributed with {})"


@dataclass(frozen=True)
class Dataset:
    """Features and targets of one data set.

    Attributes:
        x: features, float32, shape ``(N, D)``; images have shape ``(N, 1, H, W)``.
        y: targets, shape ``(N,)``: float32 for real numbers and counts, int64 for classes.
        features: the names of the ``D`` features, with units where the source gives them.
        target: the name of the target, with its unit.
        licence: licence and origin in one line.
    """

    x: Tensor
    y: Tensor
    features: tuple[str, ...]
    target: str
    licence: str

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: Any) -> "Dataset":
        """The rows ``index``: a slice, a mask or a tensor of positions."""
        return replace(self, x=self.x[index], y=self.y[index])

    def to(self, device: torch.device | str) -> "Dataset":
        """The same data on ``device``."""
        return replace(self, x=self.x.to(device), y=self.y.to(device))

    def split(self, *fractions: float, seed: int = 0) -> tuple["Dataset", ...]:
        """Disjoint random parts.

        Args:
            fractions: the share of each part; together they make 1.
            seed: decides who goes where.

        Raises:
            ValueError: a fraction is not positive, or they do not add up to 1.

        >>> from lossbook.data import diabetes
        >>> [len(part) for part in diabetes().split(0.6, 0.2, 0.2)]
        [265, 89, 88]
        """
        return tuple(self[rows] for rows in random_parts(len(self), fractions, seed))

    def folds(self, count: int = 5, seed: int = 0) -> Iterator[tuple["Dataset", "Dataset", "Dataset"]]:
        """Cross-validation: every row is tested exactly once, by a model that has not seen it.

        Args:
            count: the number of equal parts; each in turn is the test part, the next one the validation part.
            seed: decides who goes where.

        Yields:
            The training, the validation and the test part of each round.

        Raises:
            ValueError: ``count`` is less than 3.

        >>> from lossbook.data import engel
        >>> [[len(part) for part in parts] for parts in engel().folds()][0]
        [141, 47, 47]
        """
        if count < 3:
            raise ValueError(f"count must be at least 3, found {count}")
        parts = torch.randperm(len(self), generator=Generator().manual_seed(seed)).tensor_split(count)
        for k in range(count):
            test, validation, *train = parts[k:] + parts[:k]
            yield self[torch.cat(train)], self[validation], self[test]


class Standardizer(NamedTuple):
    """Shift and scale that give features mean 0 and standard deviation 1. Fit on the training part only."""

    mean: Tensor
    std: Tensor

    @classmethod
    def fit(cls, x: Tensor) -> "Standardizer":
        """Mean and standard deviation over the first axis of ``x``; a constant feature keeps its scale."""
        std = x.std(0)
        return cls(x.mean(0), torch.where(std > 0, std, torch.ones_like(std)))

    @classmethod
    def robust(cls, x: Tensor) -> "Standardizer":
        """The same from the median and the median absolute deviation, which outliers hardly move.

        The factor 1.4826 makes the deviation of normal data their standard deviation.
        """
        centre = x.median(0).values
        return cls(centre, 1.4826 * (x - centre).abs().median(0).values)

    def __call__(self, x: Tensor) -> Tensor:
        """``x`` in standard units."""
        return (x - self.mean) / self.std

    def inverse(self, z: Tensor) -> Tensor:
        """``z`` in original units."""
        return z * self.std + self.mean


def standardize(train: Dataset, *others: Dataset) -> tuple[Dataset, ...]:
    """The parts of a split with their features in standard units of ``train``, which alone decides the scale.

    A table has one scale per feature, images one for all pixels.

    Args:
        train: the training part.
        others: validation and test part.

    >>> from lossbook.data import digits
    >>> train, test = standardize(*digits().split(0.8, 0.2))
    >>> round(train.x.mean().item(), 4), round(train.x.std().item(), 4)
    (0.0, 1.0)
    """
    scale = Standardizer.fit(train.x if train.x.ndim == 2 else train.x.flatten())
    return tuple(replace(part, x=scale(part.x)) for part in (train, *others))
