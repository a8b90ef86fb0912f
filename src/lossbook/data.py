"""Real data sets as tensors, from the packages this one depends on and one text of its own. No downloads."""

import gzip
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn import datasets as sklearn_datasets
from torch import Generator, Tensor

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

        >>> [len(part) for part in diabetes().split(0.6, 0.2, 0.2)]
        [265, 89, 88]
        """
        return tuple(self[rows] for rows in _random_parts(len(self), fractions, seed))

    def folds(self, count: int = 5, seed: int = 0) -> Iterator[tuple["Dataset", "Dataset", "Dataset"]]:
        """Cross-validation: every row is tested exactly once, by a model that has not seen it.

        Args:
            count: the number of equal parts; each in turn is the test part, the next one the validation part.
            seed: decides who goes where.

        Yields:
            The training, the validation and the test part of each round.

        Raises:
            ValueError: ``count`` is less than 3.

        >>> [[len(part) for part in parts] for parts in engel().folds()][0]
        [141, 47, 47]
        """
        if count < 3:
            raise ValueError(f"count must be at least 3, found {count}")
        parts = torch.randperm(len(self), generator=Generator().manual_seed(seed)).tensor_split(count)
        for k in range(count):
            test, validation, *train = parts[k:] + parts[:k]
            yield self[torch.cat(train)], self[validation], self[test]


@dataclass(frozen=True)
class Text:
    """Pages of text whose words are numbers.

    Attributes:
        words: the vocabulary, sorted by falling frequency: ``words[k]`` is the word with number ``k``.
        pages: the numbers of each page's words, int64, shape ``(length,)``.
        licence: licence and origin in one line.
    """

    words: tuple[str, ...]
    pages: tuple[Tensor, ...]
    licence: str

    def __len__(self) -> int:
        """How many words the pages hold together."""
        return sum(map(len, self.pages))

    def split(self, *fractions: float, seed: int = 0) -> tuple["Text", ...]:
        """Disjoint random parts made of whole pages, as in :meth:`Dataset.split`.

        Args:
            fractions: the share of the pages of each part; together they make 1.
            seed: decides which page goes where.

        Raises:
            ValueError: a fraction is not positive, or they do not add up to 1.

        >>> page = torch.zeros(5, dtype=torch.int64)
        >>> [len(part) for part in Text(("a",), (page, page, page, page), "").split(0.75, 0.25)]
        [15, 5]
        """
        parts = _random_parts(len(self.pages), fractions, seed)
        return tuple(replace(self, pages=tuple(self.pages[i] for i in rows.tolist())) for rows in parts)

    def contexts(self, length: int) -> Dataset:
        """Every word that has ``length`` words before it on its page, as the target of these.

        Args:
            length: how many words, at least 1.

        Returns:
            ``x`` int64 of shape ``(N, length)``, and ``y`` int64 of shape ``(N,)``.

        Raises:
            ValueError: ``length`` is less than 1, or no page is long enough.

        >>> page = torch.tensor([0, 1, 0, 2])
        >>> rows = Text(("a", "b", "c"), (page,), "").contexts(2)
        >>> rows.x.tolist(), rows.y.tolist()
        ([[0, 1], [1, 0]], [0, 2])
        """
        longest = max(map(len, self.pages), default=0)
        if not 1 <= length < longest:
            raise ValueError(
                f"length must be from 1 to {longest - 1}, for pages of {longest} words, found {length}"
            )
        windows = torch.cat([page.unfold(0, length + 1, 1) for page in self.pages if len(page) > length])
        names = tuple(f"word {k}" for k in range(-length, 0))
        return Dataset(windows[:, :-1], windows[:, -1], names, "next word", self.licence)


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

    >>> train, test = standardize(*digits().split(0.8, 0.2))
    >>> round(train.x.mean().item(), 4), round(train.x.std().item(), 4)
    (0.0, 1.0)
    """
    scale = Standardizer.fit(train.x if train.x.ndim == 2 else train.x.flatten())
    return tuple(replace(part, x=scale(part.x)) for part in (train, *others))


def diabetes() -> Dataset:
    """442 patients: ten features and the progression of diabetes after one year.

    Source: Efron, Hastie, Johnstone, Tibshirani, *Least Angle Regression*, Annals of Statistics 32(2), 2004.
    """
    raw = _sklearn("diabetes")
    return _table(raw.data, raw.target, raw.feature_names, "progression after one year", "scikit-learn")


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


def engel() -> Dataset:
    """235 Belgian working-class households: income and what is spent on food, in Belgian francs a year.

    Source: Engel, *Die Productions- und Consumtionsverhältnisse des Königreichs Sachsen*, 1857; Koenker and
    Bassett, *Robust Tests for Heteroscedasticity Based on Regression Quantiles*, Econometrica 50(1), 1982.
    """
    raw = _statsmodels("engel")
    return _table(raw[["income"]], raw["foodexp"], ["income (francs)"], "food (francs)", "statsmodels")


def doctor_visits() -> Dataset:
    """20 190 person-years of the RAND Health Insurance Experiment: visits to a doctor in a year.

    Source: Newhouse and the Insurance Experiment Group, *Free for All?*, Harvard University Press, 1993.
    """
    raw = _statsmodels("randhie")
    features = [name for name in raw.columns if name != "mdvis"]
    return _table(raw[features], raw["mdvis"], features, "visits in a year", "statsmodels")


def breast_cancer() -> Dataset:
    """569 tumours: thirty measurements of cell nuclei; 1 is benign, 0 malignant. The features are not scaled.

    Source: Street, Wolberg, Mangasarian, *Nuclear feature extraction for breast tumor diagnosis*, SPIE, 1993.
    """
    raw = _sklearn("breast_cancer")
    data = _table(raw.data, raw.target, raw.feature_names, "benign", "scikit-learn")
    return replace(data, y=data.y.long())


def iris() -> Dataset:
    """150 flowers of three species: lengths and widths of petals and sepals in cm.

    Source: Fisher, *The Use of Multiple Measurements in Taxonomic Problems*, Annals of Eugenics 7(2), 1936.
    """
    raw = _sklearn("iris")
    data = _table(raw.data, raw.target, raw.feature_names, "species", "scikit-learn")
    return replace(data, y=data.y.long())


def digits() -> Dataset:
    """1797 handwritten digits as 8 x 8 images with values from 0 to 1, shape ``(N, 1, 8, 8)``.

    Source: Alpaydin and Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository,
    1998 (the test part).
    """
    raw = _sklearn("digits")
    images = torch.tensor(raw.images / 16, dtype=torch.float32).unsqueeze(1)
    target = torch.tensor(raw.target, dtype=torch.int64)
    return Dataset(images, target, ("pixel",), "digit", BSD.format("scikit-learn"))


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


def append_noise(parts: Dataset, count: int, seed: int = 0) -> Dataset:
    """The same data with ``count`` further features that mean nothing: independent standard normal numbers.

    Args:
        parts: the data; images are flattened to rows of pixels.
        count: number of features to add, 0 or more.
        seed: decides the numbers; give each part of a split another one.

    Raises:
        ValueError: ``count`` is negative.

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


RULED_LINE = re.compile(r"([\"*+=~^-])\1{2,}")
WORD = re.compile(r"[a-z_]+|[0-9]+|[^\sa-z_0-9]")


@cache
def python_help() -> Text:
    """The help pages of Python 3.11.7 about itself: about 80 pages, 100 000 words, 3 500 different ones.

    Words are in lower case; numbers and punctuation marks are words too. The text lies in this package, as
    each version of Python has another.
    """
    packed = resources.files("lossbook").joinpath("python_help.txt.gz").read_bytes()
    texts = gzip.decompress(packed).decode().lower().split("\f")
    pages = [WORD.findall(RULED_LINE.sub(" ", text)) for text in texts]
    counts = Counter(word for page in pages for word in page)
    words = tuple(sorted(counts, key=lambda word: (-counts[word], word)))
    number = {word: k for k, word in enumerate(words)}
    numbered = tuple(torch.tensor([number[word] for word in page]) for page in pages)
    return Text(words, numbered, "Python Software Foundation License 2 (the text of Python 3.11.7)")


MNIST_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def mnist(folder: str | Path, part: str = "train") -> Dataset:
    """MNIST from four files that you have downloaded: images with values from 0 to 1, ``(N, 1, 28, 28)``.

    The files are in the IDX format, packed (``.gz``) or unpacked, under their usual names, such as
    ``train-images-idx3-ubyte.gz``. Nothing is downloaded here; :func:`digits` needs no file at all.

    Args:
        folder: where the files lie.
        part: ``'train'`` (60 000 images) or ``'test'`` (10 000).

    Raises:
        ValueError: another part, or a file that is damaged or not what its name says.
        FileNotFoundError: a file is missing; the message names it.

    Source: LeCun, Bottou, Bengio, Haffner, *Gradient-based learning applied to document recognition*,
    Proceedings of the IEEE 86(11), 1998.
    """
    if part not in MNIST_FILES:
        raise ValueError(f"part must be 'train' or 'test', found {part!r}")
    images, labels = (_idx(Path(folder), name) for name in MNIST_FILES[part])
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise ValueError(
            f"the images and labels of part {part!r} in {folder} do not belong together: their shapes are "
            f"{tuple(images.shape)} and {tuple(labels.shape)}; download both again"
        )
    licence = "CC BY-SA 3.0 (Yann LeCun and Corinna Cortes)"
    return Dataset(images.unsqueeze(1) / 255, labels.long(), ("pixel",), "digit", licence)


def _idx(folder: Path, name: str) -> Tensor:
    """One IDX file: two zeros, 8 for bytes, the number of axes, their lengths (big-endian), the values."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)
    if path is None:
        raise FileNotFoundError(
            f"{folder} holds neither {name} nor {name}.gz; download the four files of MNIST into it, "
            "or use data.digits(), which needs no download"
        )
    raw = _unpacked(path)
    if len(raw) < 4 or raw[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is no IDX file of bytes: it begins with {raw[:4]!r}; download it again")
    start = 4 + 4 * raw[3]
    shape = [int.from_bytes(raw[i : i + 4], "big") for i in range(4, start, 4)]
    if len(raw) - start != math.prod(shape):
        raise ValueError(
            f"{path} announces {math.prod(shape)} values, found {len(raw) - start}; download it again"
        )
    return torch.tensor(np.frombuffer(raw, np.uint8, offset=start).reshape(shape))


def _unpacked(path: Path) -> bytes:
    raw = path.read_bytes()
    if path.suffix != ".gz":
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be unpacked ({error}); download it again") from error


def _random_parts(count: int, fractions: Sequence[float], seed: int) -> list[Tensor]:
    if min(fractions, default=0) <= 0 or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(f"fractions must be positive and add up to 1, found {fractions}")
    order = torch.randperm(count, generator=Generator().manual_seed(seed))
    ends = [round(count * sum(fractions[: i + 1])) for i in range(len(fractions))]
    return [order[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def _table(x: Any, y: Any, features: Sequence[str], target: str, package: str) -> Dataset:
    return Dataset(
        torch.tensor(np.asarray(x), dtype=torch.float32),
        torch.tensor(np.asarray(y), dtype=torch.float32),
        tuple(map(str, features)),
        target,
        BSD.format(package),
    )


@cache
def _sklearn(name: str) -> Any:
    options = {"scaled": False} if name == "diabetes" else {}
    return getattr(sklearn_datasets, f"load_{name}")(**options)


@cache
def _statsmodels(name: str) -> Any:
    from importlib import import_module  # statsmodels takes a second to import: only who needs it waits

    return import_module(f"statsmodels.datasets.{name}").load_pandas().data
