"""Cases for the losses of huge vocabularies, here with few classes."""

from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import LinearCrossEntropyOptions

from lossbook.checks.spec import Spec, grid

ROWS, FEATURES, CLASSES = 5, 3, 7
CUTOFFS = (3, 5, 7)
CLASS_WEIGHT = torch.linspace(0.1, 2.0, CLASSES, dtype=torch.float64)
IN_CHUNKS = LinearCrossEntropyOptions(batch_chunk_size=2)


def normal(*shape: int, generator: Generator) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def layer(generator: Generator) -> tuple[Tensor, Tensor]:
    shapes = ((ROWS, FEATURES), (CLASSES, FEATURES))
    hidden, weight = (normal(*shape, generator=generator) for shape in shapes)
    return hidden, weight


def indices(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    return (*layer(generator), torch.tensor([0, 6, 3, 3, 1]))


def adaptive(generator: Generator) -> tuple[Any, ...]:
    hidden, target = normal(ROWS, FEATURES, generator=generator), torch.tensor([0, 6, 3, 4, 1])
    head = normal(5, FEATURES, generator=generator)
    sizes = ((2, 2), (1, 2))
    tail = [
        (normal(d, FEATURES, generator=generator), normal(size, d, generator=generator)) for d, size in sizes
    ]
    return hidden, target, head, tail, CUTOFFS


def extreme(scale: float) -> tuple[Tensor, Tensor, Tensor]:
    hidden, weight, target = indices(Generator().manual_seed(0))
    return scale * hidden, weight, target


def extreme_adaptive(scale: float) -> tuple[Any, ...]:
    hidden, *others = adaptive(Generator().manual_seed(0))
    return scale * hidden, *others


SPECS = {
    "linear_cross_entropy": Spec(
        indices,
        wrt=(0, 1),
        target=2,
        # torch has no chunks for label smoothing, and warns.
        options=(
            *grid(weight=(None, CLASS_WEIGHT), ignore_index=(None, 3), options=(None, IN_CHUNKS)),
            *grid(weight=(None, CLASS_WEIGHT), ignore_index=(None, 3), label_smoothing=(0.3,)),
        ),
        extremes=[(extreme(s), {"options": o}) for s in (1e4, 1e300) for o in (None, IN_CHUNKS)],
    ),
    "adaptive_log_softmax_loss": Spec(adaptive, wrt=(0, 2), extremes=[(extreme_adaptive(1e4), {})]),
    "z_loss": Spec(
        lambda generator: (normal(ROWS, CLASSES, generator=generator),),
        options=grid(coefficient=(1e-4, 0.1)),
        extremes=[((torch.tensor([[-1e4, 1e4], [1e4, 1e4]]),), {})],
    ),
}
