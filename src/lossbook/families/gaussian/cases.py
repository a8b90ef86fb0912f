"""Cases for a predicted variance, one for each row of three."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf, real_numbers

INF, HUGE = float("inf"), 1e4


def rows(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    input, target = torch.randn(2, 4, 3, generator=generator, dtype=torch.float64)
    return input, target, torch.rand(4, 1, generator=generator, dtype=torch.float64) + 0.5


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


SPECS = {
    "gaussian_nll_loss": Spec(
        rows,
        wrt=(0, 2),
        options=grid(full=(False, True), eps=(1e-6, 0.1)),
        extremes=[
            ((at(0, HUGE, 0, -HUGE), at(0, 0, 1, INF), at(0, 0, 1e-300, 1)), {}),
            ((at(0, 1), at(0, 0), at(1e300, INF)), {}),
        ],
    ),
}


def means_and_variances(s: Sizes) -> Inputs:
    return *real_numbers(s), leaf(torch.rand(s.elements) + 0.1)


WORKLOADS = (Workload("gaussian_nll_loss", means_and_variances),)
