"""Cases for a margin between classes: two labels with clear margins, and four rows of five classes."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Workload, classes, scores_and_signs

WEIGHT = torch.linspace(0.2, 2.0, 5, dtype=torch.float64)
INF, HUGE = float("inf"), 1e4


def scores(generator: Generator) -> tuple[Tensor, Tensor]:
    target = torch.randint(5, (4,), generator=generator)
    return torch.randn(4, 5, generator=generator, dtype=torch.float64), target


def signed_scores(generator: Generator) -> tuple[Tensor, Tensor]:
    # Margins y * z: none is one of the margins 0.3 and 1 below.
    margins = torch.tensor([-3.0, -0.4, 0.1, 0.6, 0.8, 2.5], dtype=torch.float64)
    signs = 2 * torch.randint(2, (6,), generator=generator) - 1
    return signs * margins, signs


EXTREME = torch.tensor([[HUGE, -HUGE, 0.0], [INF, 0.0, 1.0], [0.0, -INF, 1.0]], dtype=torch.float64)
RIGHT, WRONG = torch.tensor([0, 0, 2]), torch.tensor([1, 0, 0])

SIGNED = torch.tensor([HUGE, -HUGE, INF, -INF], dtype=torch.float64)

SPECS = {
    "hinge_loss": Spec(
        signed_scores,
        options=grid(p=(1, 2), margin=(0.3, 1.0)),
        extremes=[((SIGNED, torch.full((4,), y)), {"p": p}) for y in (1, -1) for p in (1, 2)],
    ),
    "crammer_singer_loss": Spec(
        scores,
        options=grid(margin=(0.3, 1.0)),
        extremes=[((EXTREME, y), {}) for y in (RIGHT, WRONG)],
    ),
    "multi_margin_loss": Spec(
        scores,
        options=grid(p=(1, 2), margin=(0.3, 1.0), weight=(None, WEIGHT)),
        extremes=[((EXTREME, y), {"p": p}) for y in (RIGHT, WRONG) for p in (1, 2)],
    ),
}


WORKLOADS = (
    Workload("multi_margin_loss", classes),
    Workload("crammer_singer_loss", classes),
    Workload("hinge_loss", scores_and_signs),
)
