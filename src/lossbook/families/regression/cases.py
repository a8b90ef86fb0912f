"""Cases for the losses of real numbers. Residuals keep clear of the kinks at 0 and at the thresholds."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Workload, real_numbers

# Sizes of the residuals: none is 0 or one of the thresholds 0.5, 1 and 2 below.
SIZES = torch.tensor([0.05, 0.3, 0.7, 1.4, 1.7, 2.6, 4.0, 9.0], dtype=torch.float64)
WEIGHT = torch.linspace(0.1, 2.0, 8, dtype=torch.float64)
INF, HUGE = float("inf"), 1e4


def inputs(generator: Generator) -> tuple[Tensor, Tensor]:
    target = torch.randn(8, generator=generator, dtype=torch.float64)
    sign = torch.tensor([1.0, -1.0] * 4, dtype=torch.float64)
    return target + sign * SIZES, target


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


FAR = (at(-HUGE, 0.0, HUGE, 1e300), at(HUGE, 0.0, 0.0, 0.0))
INFINITE = (at(-INF, INF, 0.0), at(0.0, 0.0, INF))

SPECS = {
    "mse_loss": Spec(
        inputs, wrt=(0, 1), options=grid(weight=(None, WEIGHT)), extremes=[(FAR, {}), (INFINITE, {})]
    ),
    "l1_loss": Spec(
        inputs, wrt=(0, 1), options=grid(weight=(None, WEIGHT)), extremes=[(FAR, {}), (INFINITE, {})]
    ),
    "huber_loss": Spec(
        inputs,
        wrt=(0, 1),
        options=grid(delta=(0.5, 1.0, 2.0), weight=(None, WEIGHT)),
        extremes=[(FAR, {}), (INFINITE, {}), (FAR, {"delta": INF}), (INFINITE, {"delta": 1e-6})],
    ),
    "smooth_l1_loss": Spec(
        inputs,
        wrt=(0, 1),
        options=grid(beta=(0.0, 0.5, 1.0, 2.0)),
        extremes=[(FAR, {}), (INFINITE, {}), (FAR, {"beta": 0.0}), (INFINITE, {"beta": 1e-6})],
    ),
}


WORKLOADS = (
    Workload("l1_loss", real_numbers),
    Workload("mse_loss", real_numbers),
    Workload("huber_loss", real_numbers),
    Workload("smooth_l1_loss", real_numbers),
)
