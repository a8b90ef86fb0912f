"""Cases for a margin between classes: four rows of five classes."""

import torch
from torch import Generator, Tensor

from lossbook.checks.spec import Spec, grid

WEIGHT = torch.linspace(0.2, 2.0, 5, dtype=torch.float64)
INF, HUGE = float("inf"), 1e4


def scores(generator: Generator) -> tuple[Tensor, Tensor]:
    target = torch.randint(5, (4,), generator=generator)
    return torch.randn(4, 5, generator=generator, dtype=torch.float64), target


EXTREME = torch.tensor([[HUGE, -HUGE, 0.0], [INF, 0.0, 1.0], [0.0, -INF, 1.0]], dtype=torch.float64)
RIGHT, WRONG = torch.tensor([0, 0, 2]), torch.tensor([1, 0, 0])

SPECS = {
    "multi_margin_loss": Spec(
        scores,
        options=grid(p=(1, 2), margin=(0.3, 1.0), weight=(None, WEIGHT)),
        extremes=[((EXTREME, y), {"p": p}) for y in (RIGHT, WRONG) for p in (1, 2)],
    ),
}
