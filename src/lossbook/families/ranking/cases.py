"""Cases for the ranking losses. Differences of scores keep clear of the margins."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Workload, pairs_of_scores

HUGE, INF = 1e4, float("inf")
SIGNS = torch.tensor([1, -1] * 4)
# Differences: none is plus or minus one of the margins 0, 0.5 and 1 below.
DIFFERENCES = torch.tensor([0.2, -0.2, 0.8, 0.8, -1.6, 1.6, -6.0, 3.0], dtype=torch.float64)


def scores(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    second = torch.randn(8, generator=generator, dtype=torch.float64)
    return second + DIFFERENCES, second, SIGNS


def against(*values: float) -> tuple[Tensor, Tensor, Tensor]:
    first = torch.tensor(values, dtype=torch.float64)
    return first, torch.zeros_like(first), torch.ones_like(first)


SPECS = {
    "margin_ranking_loss": Spec(
        scores,
        wrt=(0, 1),
        options=grid(margin=(0, 0.5, 1.0)),
        extremes=[(against(-HUGE, 0.0, HUGE, -INF, INF), {})],
    ),
    "pairwise_logistic_loss": Spec(
        scores, wrt=(0, 1), target=2, extremes=[(against(-HUGE, 0.0, HUGE, -INF, INF), {})]
    ),
    "pairwise_probit_loss": Spec(
        scores, wrt=(0, 1), target=2, extremes=[(against(-HUGE, 0.0, HUGE, INF), {})]
    ),
}


WORKLOADS = (
    Workload("margin_ranking_loss", pairs_of_scores),
    Workload("pairwise_logistic_loss", pairs_of_scores),
    Workload("pairwise_probit_loss", pairs_of_scores),
)
