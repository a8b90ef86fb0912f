"""A text that comes with the package, as numbered words."""

import gzip
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import torch
from torch import Tensor

from lossbook.data._parts import random_parts
from lossbook.data.dataset import Dataset

RULED_LINE = re.compile(r"([\"*+=~^-])\1{2,}")


WORD = re.compile(r"[a-z_]+|[0-9]+|[^\sa-z_0-9]")


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
        parts = random_parts(len(self.pages), fractions, seed)
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


@cache
def python_help() -> Text:
    """The help pages of Python 3.11.7 about itself: about 80 pages, 100 000 words, 3 500 different ones.

    Words are in lower case; numbers and punctuation marks are words too. The text lies in this package, as
    each version of Python has another.
    """
    packed = resources.files("lossbook.data").joinpath("python_help.txt.gz").read_bytes()
    texts = gzip.decompress(packed).decode().lower().split("\f")
    pages = [WORD.findall(RULED_LINE.sub(" ", text)) for text in texts]
    counts = Counter(word for page in pages for word in page)
    words = tuple(sorted(counts, key=lambda word: (-counts[word], word)))
    number = {word: k for k, word in enumerate(words)}
    numbered = tuple(torch.tensor([number[word] for word in page]) for page in pages)
    return Text(words, numbered, "Python Software Foundation License 2 (the text of Python 3.11.7)")
