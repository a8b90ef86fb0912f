"""What a loss is timed on: inputs too large for a cache, and what it is timed beside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Sizes(NamedTuple):
    """How large the inputs are."""

    elements: int
    rows: int
    classes: int
    pairs: int
    features: int
    frames: int
    sequences: int
    symbols: int
    labels: int
    tokens: int
    hidden: int
    vocabulary: int
    large_hidden: int
    large_vocabulary: int


FULL = Sizes(2_000_000, 4096, 1000, 20_000, 128, 150, 16, 40, 30, 4096, 64, 8192, 1024, 128_000)
TINY = Sizes(24, 4, 6, 5, 3, 9, 2, 5, 3, 8, 4, 16, 4, 32)

Inputs = tuple[Any, ...]
Loss = Callable[..., Any]


@dataclass(frozen=True)
class Workload:
    """One loss beside its twin.

    Attributes:
        loss: name in :mod:`lossbook.losses`.
        inputs: makes the arguments; a gradient is taken by those that require one.
        options: keywords of the loss and of its twin.
        variant: how the workload differs from others of its loss.
        aim: the largest ratio to torch's eager kernel that is hoped for.
        memory: whether the peak of the memory is measured too.
        cuda: whether the workload is for a GPU only.
        ours: ours as a function of the inputs, where that is not the loss itself.
        formula: what its floor is read off, where that is not ours.
        twin: what it is compared with, where that is not torch's function of the name; a loss without
            either is timed alone.
    """

    loss: str
    inputs: Callable[[Sizes], Inputs]
    options: dict[str, Any] = field(default_factory=dict)
    variant: str = ""
    aim: float = 0.5
    memory: bool = False
    cuda: bool = False
    ours: Loss | None = None
    formula: Loss | None = None
    twin: Loss | None = None

    @property
    def name(self) -> str:
        """The loss and the variant."""
        return f"{self.loss}, {self.variant}" if self.variant else self.loss


def leaf(values: Tensor) -> Tensor:
    """``values`` as a tensor by which a gradient is taken."""
    return values.detach().requires_grad_()


def signs(*shape: int) -> Tensor:
    """Labels 1 and -1."""
    return torch.randint(0, 2, shape) * 2.0 - 1


def real_numbers(s: Sizes) -> Inputs:
    """Predictions and targets."""
    return leaf(torch.randn(s.elements)), torch.randn(s.elements)


def logits_and_labels(s: Sizes) -> Inputs:
    """Logits, and labels 0 and 1."""
    return leaf(torch.randn(s.elements)), torch.randint(0, 2, (s.elements,)).float()


def scores_and_signs(s: Sizes) -> Inputs:
    """Scores, and labels 1 and -1."""
    return leaf(torch.randn(s.elements)), signs(s.elements)


def pairs_of_scores(s: Sizes) -> Inputs:
    """Two scores, and which is to be larger."""
    return *(leaf(torch.randn(s.elements)) for _ in range(2)), signs(s.elements)


def classes(s: Sizes) -> Inputs:
    """Logits of each class, and class indices."""
    return leaf(torch.randn(s.rows, s.classes)), torch.randint(0, s.classes, (s.rows,))


def vectors(s: Sizes, count: int) -> list[Tensor]:
    """``count`` batches of vectors."""
    return [leaf(torch.randn(s.pairs, s.features)) for _ in range(count)]


def labelled_vectors(s: Sizes) -> Inputs:
    """Vectors of a batch, about 1 from each other, and the class of each: four classes, none alone.

    Farther apart, weights below 1e-38 make products slow on a processor.
    """
    points = max(s.rows // 4, 8)
    return leaf(torch.randn(points, s.features) / s.features**0.5), torch.arange(points) % 4


def class_probabilities(s: Sizes) -> Inputs:
    """Logits of each class, and the probability of each."""
    return leaf(torch.randn(s.rows, s.classes)), torch.rand(s.rows, s.classes).softmax(1)
