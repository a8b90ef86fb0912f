"""Cases for the losses of one of several classes: four targets of three positions, five classes."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Inputs, Sizes, Workload, class_probabilities, classes, leaf

WEIGHT = torch.linspace(0.2, 2.0, 5, dtype=torch.float64)
INF, HUGE = float("inf"), 1e4


def logits(generator: Generator) -> tuple[Tensor, Tensor]:
    target = torch.randint(5, (4, 3), generator=generator)
    return 2 * torch.randn(4, 5, 3, generator=generator, dtype=torch.float64), target


def log_probabilities(generator: Generator) -> tuple[Tensor, Tensor]:
    input, target = logits(generator)
    return input.log_softmax(1), target


SURE = torch.tensor([[HUGE, -HUGE, 0.0], [-HUGE, 0.0, HUGE]], dtype=torch.float64)
MASKED = torch.tensor([[0.0, -INF, 1.0], [-INF, 0.0, -INF]], dtype=torch.float64)
FIRST, WRONG, RIGHT = torch.tensor([0, 0]), torch.tensor([1, 0]), torch.tensor([0, 1])
IN_MIND = torch.tensor([[0.7, 0.0, 0.3], [0.0, 1.0, 0.0]], dtype=torch.float64)
IGNORING = grid(weight=(None, WEIGHT), ignore_index=(-100, 1))

SPECS = {
    "nll_loss": Spec(
        log_probabilities, options=({}, *IGNORING), extremes=[((MASKED, RIGHT), {}), ((MASKED, WRONG), {})]
    ),
    "cross_entropy": Spec(
        logits,
        options=({}, *grid(weight=(None, WEIGHT), ignore_index=(-100, 1), label_smoothing=(0.0, 0.2, 1.0))),
        extremes=[
            ((SURE, FIRST), {}),
            ((SURE, FIRST), {"label_smoothing": 0.1}),
            ((MASKED, RIGHT), {}),
            ((MASKED, WRONG), {}),
            ((MASKED, IN_MIND), {}),
        ],
    ),
    "focal_loss": Spec(
        logits,
        options=grid(weight=(None, WEIGHT), ignore_index=(-100, 1), gamma=(0.0, 0.5, 1.0, 2.0)),
        extremes=[
            ((z, y), {"gamma": g}) for z in (SURE, MASKED) for y in (RIGHT, WRONG) for g in (0.0, 0.5, 2.0)
        ],
    ),
}


def rows_of_log_probabilities(s: Sizes) -> Inputs:
    logits, target = classes(s)
    return leaf(logits.log_softmax(1)), target


WORKLOADS = (
    Workload("cross_entropy", classes),
    Workload("cross_entropy", classes, {"label_smoothing": 0.1}, "label smoothing"),
    Workload("cross_entropy", class_probabilities, variant="class probabilities"),
    Workload("nll_loss", rows_of_log_probabilities),
    Workload("focal_loss", classes),
)
