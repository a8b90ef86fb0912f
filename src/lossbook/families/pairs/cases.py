"""Cases for the pair losses. Cosines and distances keep clear of the margins, distances of 0."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, scores_and_signs, signs, vectors

HUGE, INF = 1e4, float("inf")
SIGNS = torch.tensor([1, -1, 1, -1, -1, 1, -1, -1])
# Cosines of the pairs: none is one of the margins -0.5, 0 and 0.4 below.
COSINES = torch.tensor([0.9, 0.8, -0.7, -0.3, 0.2, 0.1, 0.6, -0.9], dtype=torch.float64)
# Distances: none is one of the margins 0.5, 1 and 2 below.
DISTANCES = torch.tensor([0.3, 0.2, 1.5, 0.7, 1.2, 3.0, 2.5, 1.8], dtype=torch.float64)


def embeddings(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Pairs of vectors with the cosines above and various lengths."""
    a, other = torch.randn(2, 8, 5, generator=generator, dtype=torch.float64)
    unit = a / a.norm(dim=-1, keepdim=True)
    across = other - (other * unit).sum(-1, keepdim=True) * unit
    across = across / across.norm(dim=-1, keepdim=True)
    b = COSINES.unsqueeze(-1) * unit + (1 - COSINES**2).sqrt().unsqueeze(-1) * across
    return a, torch.linspace(0.5, 3, 8, dtype=torch.float64).unsqueeze(-1) * b, SIGNS


def distances(generator: Generator) -> tuple[Tensor, Tensor]:
    return DISTANCES + 0.01 * torch.rand(8, generator=generator, dtype=torch.float64), SIGNS


LONG = torch.tensor([[HUGE, -HUGE], [1e150, 1e150], [0.0, 0.0], [1e-200, 0.0]], dtype=torch.float64)
SHORT = torch.tensor([[HUGE, HUGE], [1e150, 0.0], [0.0, 0.0], [0.0, 1e-200]], dtype=torch.float64)
FAR = torch.tensor([0.0, HUGE, 1e300, INF], dtype=torch.float64)


def points(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Pairs of points at the distances above."""
    a, step = torch.randn(2, 8, 5, generator=generator, dtype=torch.float64)
    return a, a + DISTANCES.unsqueeze(-1) * step / step.norm(dim=-1, keepdim=True), SIGNS


def by_distance(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """The definition, with torch's distance of pairs."""
    d = torch.nn.functional.pairwise_distance(input1, input2, eps=0.0)
    return reduce(((target + 1) * d**2 + (1 - target) * (margin - d).clamp(min=0) ** 2) / 4, reduction)


APART = torch.tensor([[HUGE, -HUGE], [1e200, 0.0], [1.0, 1.0], [1e-200, 0.0]], dtype=torch.float64)
THERE = torch.tensor([[HUGE, HUGE], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]], dtype=torch.float64)

SPECS = {
    "cosine_embedding_loss": Spec(
        embeddings,
        wrt=(0, 1),
        options=grid(margin=(0, -0.5, 0.4)),
        extremes=[((LONG, SHORT, y * torch.ones(4)), {}) for y in (1, -1)],
    ),
    "contrastive_loss": Spec(
        points,
        wrt=(0, 1),
        options=grid(margin=(0.5, 1.0, 2.0)),
        extremes=[((APART, THERE, y * torch.ones(4)), {}) for y in (1, -1)],
        reference=by_distance,
    ),
    "hinge_embedding_loss": Spec(
        distances,
        options=grid(margin=(0.5, 1.0, 2.0)),
        extremes=[((FAR, y * torch.ones(4)), {}) for y in (1, -1)],
    ),
}


def pairs_of_vectors(s: Sizes) -> Inputs:
    return *vectors(s, 2), signs(s.pairs)


WORKLOADS = (
    Workload("hinge_embedding_loss", scores_and_signs),
    Workload("cosine_embedding_loss", pairs_of_vectors),
    Workload("contrastive_loss", pairs_of_vectors, twin=by_distance),
)
