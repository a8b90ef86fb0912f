"""Cases for a margin between classes: two labels with clear margins, and four rows of five classes."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Workload, classes, scores_and_signs

WEIGHT = torch.linspace(0.2, 2.0, 5, dtype=torch.float64)
INF, HUGE = float("inf"), 1e4


def scores(generator: Generator) -> tuple[Tensor, Tensor]:
    target = torch.randint(5, (4,), generator=generator)
    return torch.randn(4, 5, generator=generator, dtype=torch.float64), target


def signed_scores(generator: Generator) -> tuple[Tensor, Tensor]:
    # Margins y * z: none is one of the margins 0.3 and 1 below.
    margins = torch.tensor([-3.0, -0.4, 0.1, 0.6, 0.8, 2.5], dtype=torch.float64)
    signs = 2 * torch.randint(2, (6,), generator=generator) - 1
    return signs * margins, signs


EXTREME = torch.tensor([[HUGE, -HUGE, 0.0], [INF, 0.0, 1.0], [0.0, -INF, 1.0]], dtype=torch.float64)
RIGHT, WRONG = torch.tensor([0, 0, 2]), torch.tensor([1, 0, 0])

SIGNED = torch.tensor([HUGE, -HUGE, INF, -INF], dtype=torch.float64)

MASKED = torch.tensor([[0.0, -INF, 1.0], [-INF, 0.0, -INF], [HUGE, -HUGE, 0.0]], dtype=torch.float64)
EQUAL = torch.zeros(3, 3, dtype=torch.float64)


def positions(generator: Generator) -> tuple[Tensor, Tensor]:
    target = torch.randint(5, (4, 3), generator=generator)
    return 1.5 * torch.randn(4, 5, 3, generator=generator, dtype=torch.float64), target


def by_clamp(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The definition, as a maximum."""
    return reduce(torch.maximum(-target * input, torch.zeros_like(input)), reduction)


def by_labels(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The definition, one label at a time."""
    return reduce(torch.where(target == 1, 1 / input.exp(), input.exp()), reduction)


def best_of(
    candidate: Callable[[Tensor], Tensor], entropy: Callable[[Tensor], Tensor]
) -> Callable[..., Tensor]:
    """The definition: the best of the candidates q, one for each number of classes that share in them."""

    def reference(input: Tensor, target: Tensor, ignore_index: int = -100, reduction: str = "mean") -> Tensor:
        z = input.movedim(1, -1)
        best = z.sort(dim=-1, descending=True).values
        value = torch.full_like(best[..., 0], -INF)
        for k in range(1, z.shape[-1] + 1):
            q = candidate(best[..., :k])
            score = (q * best[..., :k]).sum(-1) + entropy(q).sum(-1)
            value = torch.maximum(value, torch.where((q >= 0).all(-1), score, -INF))
        counts = target != ignore_index
        right = z.gather(-1, target.clamp(min=0).unsqueeze(-1)).squeeze(-1)
        loss = torch.where(counts, value - right, 0)
        return loss.sum() / counts.sum() if reduction == "mean" else reduce(loss, reduction)

    return reference


def projected(z: Tensor) -> Tensor:
    return z - (z.sum(-1, keepdim=True) - 1) / z.shape[-1]


def squared(z: Tensor) -> Tensor:
    u = z / 2 - z.mean(-1, keepdim=True) / 2
    room = (1 - (u**2).sum(-1, keepdim=True)) / z.shape[-1]
    return torch.where(room > 0, (u + torch.where(room > 0, room, 1).sqrt()) ** 2, -1)


SPECS = {
    "hinge_loss": Spec(
        signed_scores,
        options=grid(p=(1, 2), margin=(0.3, 1.0)),
        extremes=[((SIGNED, torch.full((4,), y)), {"p": p}) for y in (1, -1) for p in (1, 2)],
    ),
    "crammer_singer_loss": Spec(
        scores,
        options=grid(margin=(0.3, 1.0)),
        extremes=[((EXTREME, y), {}) for y in (RIGHT, WRONG)],
    ),
    "multi_margin_loss": Spec(
        scores,
        options=grid(p=(1, 2), margin=(0.3, 1.0), weight=(None, WEIGHT)),
        extremes=[((EXTREME, y), {"p": p}) for y in (RIGHT, WRONG) for p in (1, 2)],
    ),
    "perceptron_loss": Spec(
        signed_scores,
        extremes=[((SIGNED, torch.full((4,), y)), {}) for y in (1, -1)],
        reference=by_clamp,
    ),
    "exponential_loss": Spec(
        signed_scores,
        extremes=[((SIGNED, torch.full((4,), y)), {}) for y in (1, -1)],
        reference=by_labels,
    ),
    "sparsemax_loss": Spec(
        positions,
        options=grid(ignore_index=(-100, 1)),
        extremes=[((z, y), {}) for z in (MASKED, EQUAL) for y in (RIGHT, WRONG)],
        reference=best_of(projected, lambda q: q * (1 - q) / 2),
    ),
    "entmax15_loss": Spec(
        positions,
        options=grid(ignore_index=(-100, 1)),
        extremes=[((z, y), {}) for z in (MASKED, EQUAL) for y in (RIGHT, WRONG)],
        reference=best_of(squared, lambda q: 4 / 3 * (q - q * q.clamp(min=0).sqrt())),
    ),
}


WORKLOADS = (
    Workload("sparsemax_loss", classes),
    Workload("entmax15_loss", classes),
    Workload("perceptron_loss", scores_and_signs),
    Workload("exponential_loss", scores_and_signs),
    Workload("multi_margin_loss", classes),
    Workload("crammer_singer_loss", classes),
    Workload("hinge_loss", scores_and_signs),
)
