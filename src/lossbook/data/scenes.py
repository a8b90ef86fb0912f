"""Tasks made from pictures of digits: several at once, pairs, contests, scenes, strips."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Generator, Tensor

from lossbook.data.dataset import Dataset


def overlay(parts: Dataset, count: int, most: int = 3, seed: int = 0) -> Dataset:
    """Pictures of several classes at once: single pictures laid over each other, the darker pixel wins.

    Each shows 1 to ``most`` single pictures, drawn at random; two may be of the same class. Split first, then
    overlay each part by itself, so that no picture of the test part has been seen in training.

    Args:
        parts: the single pictures, ``y`` their classes.
        count: how many pictures to make.
        most: largest number of single pictures in one.
        seed: decides what is drawn.

    Returns:
        ``count`` pictures; ``y`` has shape ``(count, C)``, float32, 1 for each class that is shown.

    Raises:
        ValueError: ``most`` is less than 1.

    >>> from lossbook.data import digits
    >>> pictures = overlay(digits(), 5)
    >>> tuple(pictures.x.shape), tuple(pictures.y.shape), pictures.y.sum(1).tolist()
    ((5, 1, 8, 8), (5, 10), [3.0, 1.0, 1.0, 3.0, 1.0])
    """
    if most < 1:
        raise ValueError(f"most must be at least 1, found {most}")
    generator = Generator().manual_seed(seed)
    picked = torch.randint(len(parts), (count, most), generator=generator)
    shown = torch.arange(most) < torch.randint(1, most + 1, (count, 1), generator=generator)
    classes = torch.nn.functional.one_hot(parts.y)[picked] * shown.unsqueeze(-1)
    pictures = parts.x[picked] * shown[..., None, None, None]
    return replace(parts, x=pictures.amax(1), y=classes.amax(1).float())


def pairs(parts: Dataset, count: int, alike: float = 0.5, seed: int = 0) -> Dataset:
    """Pairs of pictures that are of one class (target 1) or not (target -1), drawn at random.

    Split first, then pair each part by itself, so that no picture of the test part has been seen in training.

    Args:
        parts: what to pair, ``y`` their classes.
        count: number of pairs.
        alike: probability that a pair is of one class.
        seed: decides what is drawn.

    Returns:
        ``x`` of shape ``(count, 2, ...)``; ``y`` of shape ``(count,)``, 1 and -1, int64.

    Raises:
        ValueError: a class has a single picture, or there is only one class.

    >>> from lossbook.data import digits
    >>> drawn = pairs(digits(), 4)
    >>> drawn.x.shape, drawn.y.tolist()
    (torch.Size([4, 2, 1, 8, 8]), [1, -1, 1, 1])
    """
    _, sizes = parts.y.unique(return_counts=True)
    if sizes.min() < 2 or len(sizes) < 2:
        raise ValueError(
            f"parts needs two classes or more, with two pictures or more, found {sizes.tolist()}"
        )
    generator = Generator().manual_seed(seed)
    wanted = torch.rand(count, generator=generator) < alike
    first = torch.randint(len(parts), (count,), generator=generator)
    allowed = (parts.y[first, None] == parts.y) == wanted[:, None]
    allowed[torch.arange(count), first] = False
    second = torch.multinomial(allowed.double(), 1, generator=generator)[:, 0]
    return replace(
        parts,
        x=torch.stack([parts.x[first], parts.x[second]], 1),
        y=torch.where(wanted, 1, -1),
        target="alike",
    )


def comparisons(
    parts: Dataset, count: int, noise: float = 1.0, group: Tensor | None = None, seed: int = 0
) -> Dataset:
    r"""Which of two has the higher label, as judges say who may err.

    A judge sees each label through noise of its own, drawn anew for every comparison, and names the higher
    one. The noise is ``noise`` times a standard Gumbel variable, so that a first label higher by :math:`d`
    wins with probability :math:`\sigma(d / \mathrm{noise})`.

    Args:
        parts: what to compare, ``y`` its labels. Two of the same label are never compared.
        count: number of comparisons, each between two drawn at random.
        noise: how much the judges err, in units of the label; 0: never.
        group: group of each row, shape ``(N,)``; only rows of the same group are compared.
        seed: decides what is drawn.

    Returns:
        ``x`` of shape ``(count, 2, ...)``; ``y`` of shape ``(count,)``, int64: 1 where the first won, or -1.

    Raises:
        ValueError: ``noise`` is negative, or no group has two different labels.

    >>> from lossbook.data import digits
    >>> drawn = comparisons(digits(), 4, noise=0)
    >>> drawn.x.shape, drawn.y.tolist()
    (torch.Size([4, 2, 1, 8, 8]), [1, -1, -1, 1])
    """
    if noise < 0:
        raise ValueError(f"noise must be 0 or more, found {noise!r}")
    allowed = parts.y[:, None] != parts.y
    if group is not None:
        allowed &= group[:, None] == group
    rows = allowed.any(1).nonzero()[:, 0]
    if not len(rows):
        raise ValueError("nothing to compare: parts needs two different labels in one group at least")
    generator = Generator().manual_seed(seed)
    first = rows[torch.randint(len(rows), (count,), generator=generator)]
    second = torch.multinomial(allowed[first].double(), 1, generator=generator)[:, 0]
    gumbel = -torch.empty(2, count, dtype=torch.float64).exponential_(generator=generator).log()
    seen = parts.y[torch.stack([first, second])] + noise * gumbel
    return replace(
        parts,
        x=torch.stack([parts.x[first], parts.x[second]], 1),
        y=torch.where(seen[0] > seen[1], 1, -1),
        target="the first is higher",
    )


def digit_scenes(
    digits: Dataset, classes: Sequence[int], count: int, ignore: int = -100, seed: int = 0
) -> Dataset:
    """Images of 16 x 16 pixels with one digit of each of two classes side by side, labelled pixel by pixel.

    A pixel of the digit ``classes[k]`` has the label ``k + 1`` where it is dark (above 0.5), 0 where it is
    light (up to 0.25), and ``ignore`` in between; the background is 0.

    Args:
        digits: the digits to draw from, images of shape ``(N, 1, 8, 8)``.
        classes: two digits.
        count: number of images.
        ignore: label of the pixels that nobody could name.
        seed: decides which digits, and where.

    Returns:
        Images of shape ``(count, 1, 16, 16)`` and labels of shape ``(count, 16, 16)``.

    Raises:
        ValueError: not two classes, or a class without an image.

    >>> from lossbook.data import digits
    >>> scene = digit_scenes(digits(), (0, 1), count=3)
    >>> scene.x.shape, scene.y.shape, scene.y.unique().tolist()
    (torch.Size([3, 1, 16, 16]), torch.Size([3, 16, 16]), [-100, 0, 1, 2])
    """
    pools = [digits.x[digits.y == label, 0] for label in classes]
    if len(pools) != 2 or not all(map(len, pools)):
        raise ValueError(f"classes must be two digits that have images, found {classes!r}")
    generator = Generator().manual_seed(seed)
    images, labels = torch.zeros(count, 1, 16, 16), torch.zeros(count, 16, 16, dtype=torch.int64)
    for row in range(count):
        left = int(torch.randint(2, (), generator=generator))
        for k, pool in enumerate(pools):
            pixels = pool[int(torch.randint(len(pool), (), generator=generator))]
            top, column = int(torch.randint(9, (), generator=generator)), 8 * (k ^ left)
            area = (row, slice(top, top + 8), slice(column, column + 8))
            images[:, 0][area] = pixels
            faint = torch.where(pixels > 0.25, ignore, 0)
            labels[area] = torch.where(pixels > 0.5, k + 1, faint)
    return Dataset(images, labels, ("pixel",), "class of the pixel", digits.licence)


def strips(
    digits: Dataset, count: int, least: int = 2, most: int = 4, width: int = 40, seed: int = 0
) -> Dataset:
    """Strips of paper with several digits written side by side, labelled by what they read, not by where.

    Args:
        digits: the digits to draw from, images of shape ``(N, 1, 8, 8)``.
        count: number of strips.
        least: smallest number of digits in a strip.
        most: largest number.
        width: width of a strip in pixels; a digit takes 8, the gaps are random.
        seed: decides which digits, how many, and where.

    Returns:
        Images of shape ``(count, 1, 8, width)`` and labels of shape ``(count, most)``, filled up with -1.

    Raises:
        ValueError: ``least`` is less than 1 or more than ``most``, or ``most`` digits do not fit.

    >>> from lossbook.data import digits
    >>> strip = strips(digits(), count=3)
    >>> strip.x.shape, strip.y.tolist()
    (torch.Size([3, 1, 8, 40]), [[1, 8, 4, 8], [8, 2, -1, -1], [6, 4, 9, -1]])
    """
    if not 1 <= least <= most:
        raise ValueError(f"least must be between 1 and most, found least={least} and most={most}")
    if 8 * most > width:
        raise ValueError(f"width must be at least {8 * most} for {most} digits, found {width}")
    generator = Generator().manual_seed(seed)
    images = torch.zeros(count, 1, 8, width)
    labels = torch.full((count, most), -1)
    for row in range(count):
        size = int(torch.randint(least, most + 1, (), generator=generator))
        picked = torch.randint(len(digits), (size,), generator=generator)
        gaps = torch.randint(width - 8 * size + 1, (size,), generator=generator).sort().values
        for k, (digit, gap) in enumerate(zip(picked, gaps.tolist(), strict=True)):
            images[row, :, :, gap + 8 * k : gap + 8 * k + 8] = digits.x[digit]
        labels[row, :size] = digits.y[picked]
    return Dataset(images, labels, ("pixel",), "digits from left to right", digits.licence)
