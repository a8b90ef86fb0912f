"""Cases for the triplet losses: active and inactive ones, clear of the corner between them."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Inputs, Sizes, Workload, vectors

HUGE = 1e4
# Shares of the way from the anchor: where the positive and the negative lie, per triplet.
NEAR = torch.tensor([0.2, 0.9, 0.5, 1.4, 0.3, 2.0], dtype=torch.float64).unsqueeze(-1)
AWAY = torch.tensor([1.9, 0.4, 1.1, 0.6, 3.0, 1.0], dtype=torch.float64).unsqueeze(-1)


def triplets(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    a, to_p, to_n = torch.randn(3, 6, 4, generator=generator, dtype=torch.float64)
    return a, a + NEAR * to_p, a + AWAY * to_n


COLLAPSED = (torch.ones(2, 3, dtype=torch.float64),) * 3
FAR = (torch.full((2, 3), HUGE, dtype=torch.float64), -COLLAPSED[0] * HUGE, COLLAPSED[0] * 1e100)

SPECS = {
    "triplet_margin_loss": Spec(
        triplets,
        wrt=(0, 1, 2),
        options=grid(margin=(0.3, 1.0), p=(2, 3, 1.5), eps=(1e-6, 0.01), swap=(False, True)),
        extremes=[
            (inputs, {"p": p, "eps": eps})
            for inputs in (COLLAPSED, FAR)
            for p in (1, 2, 3, float("inf"))
            for eps in (0.0, 1e-6)
        ],
    ),
    "triplet_margin_with_distance_loss": Spec(
        triplets,
        wrt=(0, 1, 2),
        options=grid(margin=(0.3, 1.0), swap=(False, True)),
        extremes=[(COLLAPSED, {}), (FAR, {})],
    ),
}


def triplets_of_vectors(s: Sizes) -> Inputs:
    return tuple(vectors(s, 3))


WORKLOADS = (
    Workload("triplet_margin_loss", triplets_of_vectors),
    Workload("triplet_margin_loss", triplets_of_vectors, {"swap": True}, "swap"),
    Workload("triplet_margin_with_distance_loss", triplets_of_vectors),
)
