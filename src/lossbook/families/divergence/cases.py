"""Cases for divergences: three distributions over five classes."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Inputs, Sizes, Workload, class_probabilities, leaf

INF, HUGE = float("inf"), 1e4


def log_probabilities(generator: Generator) -> tuple[Tensor, Tensor]:
    input, target = torch.randn(2, 3, 5, generator=generator, dtype=torch.float64)
    return input.log_softmax(1), target.softmax(1)


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


IMPOSSIBLE = (at(0.0, -INF, -HUGE, -INF), at(1.0, 0.0, 0.0, 0.5))

SPECS = {
    "kl_div": Spec(
        log_probabilities,
        wrt=(0, 1),
        reductions=("none", "mean", "sum", "batchmean"),
        options=grid(log_target=(False, True)),
        extremes=[
            (IMPOSSIBLE, {"reduction": "sum"}),
            ((IMPOSSIBLE[0], IMPOSSIBLE[1].log()), {"reduction": "sum", "log_target": True}),
        ],
    ),
}


def distributions(s: Sizes) -> Inputs:
    logits, target = class_probabilities(s)
    return leaf(logits.log_softmax(1)), target


WORKLOADS = (Workload("kl_div", distributions, {"reduction": "batchmean"}),)
