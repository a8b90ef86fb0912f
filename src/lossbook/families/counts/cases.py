"""Cases for counts: rates, or their logarithms, above 0."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

INF, HUGE = float("inf"), 1e4


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


COUNTS = at(0, 1, 2, 3, 5, 9, 0, 1)


def rates(generator: Generator) -> tuple[Tensor, Tensor]:
    return 2 * torch.rand(8, generator=generator, dtype=torch.float64) + 0.1, COUNTS


def rates_and_dispersion(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    dispersion = torch.tensor([[0.01], [0.5], [3.0]], dtype=torch.float64)
    log_mean = torch.randn(3, 8, generator=generator, dtype=torch.float64)
    return log_mean, COUNTS.expand(3, 8), dispersion


FAR = (at(HUGE, -HUGE, -INF, -INF, INF), at(0, 3, 0, 2, 0))

SPECS = {
    "poisson_nll_loss": Spec(
        rates,
        options=grid(log_input=(True, False), full=(False, True)),
        extremes=[(FAR, {}), (FAR, {"full": True}), ((at(0, 0), at(0, 2)), {"log_input": False})],
    ),
    "negative_binomial_nll_loss": Spec(
        rates_and_dispersion,
        wrt=(0, 2),
        options=grid(full=(False, True)),
        extremes=[((*(t[:4] for t in FAR), at(1e-12, 1e6, 1.0, 1.0)), {})],
    ),
}


def log_rates_and_counts(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.elements)), torch.poisson(torch.full((s.elements,), 3.0))


WORKLOADS = (
    Workload("poisson_nll_loss", log_rates_and_counts),
    Workload("poisson_nll_loss", log_rates_and_counts, {"full": True}, "full"),
    Workload("negative_binomial_nll_loss", log_rates_and_counts, {"dispersion": 0.5}),
)
