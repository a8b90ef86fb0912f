"""Cases for the neighbour losses: three classes; points that coincide, are far, or alone in their class."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Workload, labelled_vectors

HUGE = 1e4
CLASSES = torch.tensor([0, 1, 0, 2, 2, 1, 0])


def points(generator: Generator) -> tuple[Tensor, Tensor]:
    return torch.randn(7, 3, generator=generator, dtype=torch.float64), CLASSES


SAME = torch.ones(7, 3, dtype=torch.float64)
FAR = HUGE * torch.arange(21, dtype=torch.float64).view(7, 3).cos()
ALONE = torch.tensor([0, 1, 0, 2, 0, 1, 0])

SPECS = {
    "nca_loss": Spec(
        points,
        options=grid(zero_infinity=(False, True)),
        rows=(),
        extremes=[
            (case, {"zero_infinity": z}) for case in ((SAME, CLASSES), (FAR, ALONE)) for z in (False, True)
        ],
    ),
    "soft_nearest_neighbour_loss": Spec(
        points,
        options=grid(temperature=(0.5, 1.0, 4.0)),
        rows=(),
        extremes=[((FAR, CLASSES), {"temperature": t}) for t in (1e-4, 1.0, 1e4)],
    ),
}


WORKLOADS = (
    Workload("nca_loss", labelled_vectors, {"zero_infinity": True}),
    Workload("soft_nearest_neighbour_loss", labelled_vectors, {"zero_infinity": True}),
)
