"""Cases for several labels at once: three rows of four labels."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

WEIGHT = torch.linspace(0.2, 2.0, 4, dtype=torch.float64)
INF, HUGE = float("inf"), 1e4
YES_NO = torch.tensor([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 0]], dtype=torch.float64)
LISTS = torch.tensor([[2, 0, -1, 1], [-1, -1, -1, -1], [3, 0, 1, -1]])


def scores(generator: Generator) -> Tensor:
    return 2 * torch.randn(3, 4, generator=generator, dtype=torch.float64)


def labels(generator: Generator) -> tuple[Tensor, Tensor]:
    return scores(generator), YES_NO


def lists(generator: Generator) -> tuple[Tensor, Tensor]:
    return scores(generator), LISTS


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


SPECS = {
    "multilabel_soft_margin_loss": Spec(
        labels,
        wrt=(0, 1),
        options=grid(weight=(None, WEIGHT)),
        extremes=[((at(HUGE, -HUGE, INF, -INF), at(0, 1, 1, 0)), {}), ((at(INF, -INF), at(0, 1)), {})],
    ),
    "multilabel_margin_loss": Spec(
        lists,
        extremes=[
            ((at(HUGE, -HUGE, 0, 1e300), torch.tensor([1, 2, -1, 0])), {}),
            ((at(INF, 0, -INF, 1), torch.tensor([0, 3, -1, 0])), {}),
        ],
    ),
}


def sets_of_classes(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, s.classes)), torch.randint(0, 2, (s.rows, s.classes)).float()


def lists_of_classes(s: Sizes) -> Inputs:
    target = torch.full((s.rows, s.classes), -1)
    target[:, :5] = torch.rand(s.rows, s.classes).argsort(1)[:, :5]
    return leaf(torch.randn(s.rows, s.classes)), target


WORKLOADS = (
    Workload("multilabel_margin_loss", lists_of_classes),
    Workload("multilabel_soft_margin_loss", sets_of_classes),
)
