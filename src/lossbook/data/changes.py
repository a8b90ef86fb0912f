"""A data set with a known fault: spoiled labels, rare classes, features that say nothing."""

from dataclasses import replace

import torch
from torch import Generator, Tensor

from lossbook.data.dataset import Dataset


def corrupt_labels(
    data: Dataset, rate: float = 0.1, size: float = 15.0, seed: int = 0
) -> tuple[Dataset, Tensor]:
    r"""Spoil a share of the real-valued labels, as a slipped decimal point or a wrong unit would.

    A spoiled label is shifted up by :math:`\mathrm{size} \cdot s \cdot |\varepsilon|`, where :math:`s` is the
    standard deviation of the labels and :math:`\varepsilon` is standard normal.

    Args:
        data: the clean data.
        rate: share of the labels to spoil, 0 to 1.
        size: size of the shift, in standard deviations of the clean labels.
        seed: decides which labels, and by how much.

    Returns:
        The spoiled data, and a mask of shape ``(N,)`` that is true where a label was spoiled.

    Raises:
        ValueError: ``rate`` is outside of 0 to 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate must be between 0 and 1, found {rate!r}")
    generator = Generator().manual_seed(seed)
    spoiled = torch.zeros(len(data), dtype=torch.bool)
    spoiled[torch.randperm(len(data), generator=generator)[: round(rate * len(data))]] = True
    shift = size * data.y.std() * torch.randn(len(data), generator=generator).abs()
    return replace(data, y=data.y + shift * spoiled), spoiled


def long_tail(data: Dataset, most: int, least: int) -> Dataset:
    """A part of the data in which each class is rarer than the one before, by a constant factor.

    Args:
        data: the data, ``y`` the classes from 0 on.
        most: how many rows of class 0 to keep.
        least: how many of the last class.

    Returns:
        The first rows of each class, class by class.

    Raises:
        ValueError: ``least`` is less than 1 or more than ``most``, or a class has too few rows.

    >>> from lossbook.data import digits
    >>> long_tail(digits(), most=100, least=5).y.bincount().tolist()
    [100, 72, 51, 37, 26, 19, 14, 10, 7, 5]
    """
    if not 1 <= least <= most:
        raise ValueError(f"least must be between 1 and most, found least={least} and most={most}")
    rows = data.y.bincount().tolist()
    last = max(len(rows) - 1, 1)
    kept = [round(most * (least / most) ** (k / last)) for k in range(len(rows))]
    for label, (found, wanted) in enumerate(zip(rows, kept, strict=True)):
        if found < wanted:
            raise ValueError(f"class {label} has {found} rows, fewer than the {wanted} to keep; lower most")
    return data[torch.cat([(data.y == k).nonzero()[:count, 0] for k, count in enumerate(kept)])]


def mislabel(data: Dataset, rate: float, seed: int = 0) -> tuple[Dataset, Tensor]:
    """Replace a share of the class labels by another class, each of the others being equally likely.

    Args:
        data: the clean data, ``y`` the classes from 0 on.
        rate: share of the labels to replace, 0 to 1.
        seed: decides which, and by what.

    Returns:
        The data with wrong labels, and a mask of shape ``(N,)`` that is true where a label is wrong.

    Raises:
        ValueError: ``rate`` is outside of 0 to 1, or there is only one class.
    """
    classes = int(data.y.max()) + 1
    if not 0 <= rate <= 1 or classes < 2:
        raise ValueError(f"rate must be between 0 and 1 and classes at least 2, found {rate!r} and {classes}")
    generator = Generator().manual_seed(seed)
    wrong = torch.zeros(len(data), dtype=torch.bool)
    wrong[torch.randperm(len(data), generator=generator)[: round(rate * len(data))]] = True
    shift = torch.randint(1, classes, (len(data),), generator=generator)
    return replace(data, y=torch.where(wrong, (data.y + shift) % classes, data.y)), wrong


def append_noise(parts: Dataset, count: int, seed: int = 0) -> Dataset:
    """The same data with ``count`` further features that mean nothing: independent standard normal numbers.

    Args:
        parts: the data; images are flattened to rows of pixels.
        count: number of features to add, 0 or more.
        seed: decides the numbers; give each part of a split another one.

    Raises:
        ValueError: ``count`` is negative.

    >>> from lossbook.data import digits
    >>> append_noise(digits(), 3).x.shape
    torch.Size([1797, 67])
    """
    if count < 0:
        raise ValueError(f"count must be 0 or more, found {count!r}")
    rows = parts.x.flatten(1)
    noise = torch.randn(len(rows), count, generator=Generator().manual_seed(seed))
    names = parts.features if parts.x.ndim == 2 else tuple(f"pixel {k}" for k in range(rows.shape[1]))
    names += tuple(f"noise {k}" for k in range(count))
    return replace(parts, x=torch.cat([rows, noise], 1), features=names)
