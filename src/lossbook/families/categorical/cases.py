"""Cases for the losses of one of several classes: four targets of three positions, five classes."""

from typing import Any

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, class_probabilities, classes, leaf

WEIGHT = torch.linspace(0.2, 2.0, 5, dtype=torch.float64)
INF, HUGE = float("inf"), 1e4


def logits(generator: Generator) -> tuple[Tensor, Tensor]:
    target = torch.randint(5, (4, 3), generator=generator)
    return 2 * torch.randn(4, 5, 3, generator=generator, dtype=torch.float64), target


def log_probabilities(generator: Generator) -> tuple[Tensor, Tensor]:
    input, target = logits(generator)
    return input.log_softmax(1), target


def imbalanced(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    return *logits(generator), torch.rand(5, generator=generator, dtype=torch.float64) + 0.01


def by_bayes(
    input: Tensor,
    target: Tensor,
    prior: Tensor,
    tau: float = 1.0,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Minus the logarithm of the posterior: likelihood times prior, over the sum of these."""
    joint = input.movedim(1, -1).exp() * prior**tau
    counts = target != ignore_index
    posterior = joint.gather(-1, target.clamp(min=0).unsqueeze(-1)).squeeze(-1) / joint.sum(-1)
    loss = torch.where(counts, -posterior.log(), 0)
    return loss.sum() / counts.sum() if reduction == "mean" else reduce(loss, reduction)


SURE = torch.tensor([[HUGE, -HUGE, 0.0], [-HUGE, 0.0, HUGE]], dtype=torch.float64)
MASKED = torch.tensor([[0.0, -INF, 1.0], [-INF, 0.0, -INF]], dtype=torch.float64)
FIRST, WRONG, RIGHT = torch.tensor([0, 0]), torch.tensor([1, 0]), torch.tensor([0, 1])
IN_MIND = torch.tensor([[0.7, 0.0, 0.3], [0.0, 1.0, 0.0]], dtype=torch.float64)
RARE = torch.tensor([1.0, 1e-300, 1e300], dtype=torch.float64)
IGNORING = grid(weight=(None, WEIGHT), ignore_index=(-100, 1))

SPECS = {
    "nll_loss": Spec(
        log_probabilities, options=({}, *IGNORING), extremes=[((MASKED, RIGHT), {}), ((MASKED, WRONG), {})]
    ),
    "cross_entropy": Spec(
        logits,
        options=({}, *grid(weight=(None, WEIGHT), ignore_index=(-100, 1), label_smoothing=(0.0, 0.2, 1.0))),
        extremes=[
            ((SURE, FIRST), {}),
            ((SURE, FIRST), {"label_smoothing": 0.1}),
            ((MASKED, RIGHT), {}),
            ((MASKED, WRONG), {}),
            ((MASKED, IN_MIND), {}),
        ],
    ),
    "logit_adjusted_cross_entropy": Spec(
        imbalanced,
        wrt=(0, 2),
        options=({}, {"tau": 0.0}, {"tau": 1.5}, {"tau": -1.0, "ignore_index": 1}),
        extremes=[
            ((z, y, RARE), {"tau": t})
            for z in (SURE, MASKED)
            for y in (RIGHT, WRONG)
            for t in (0.0, 1.0, 1e3)
        ],
        reference=by_bayes,
        rows=(0, 1),
    ),
    "focal_loss": Spec(
        logits,
        options=({}, *grid(weight=(None, WEIGHT), gamma=(0.0, 0.5, 2.0)), {"gamma": 1.0, "ignore_index": 1}),
        extremes=[
            ((z, y), {"gamma": g}) for z in (SURE, MASKED) for y in (RIGHT, WRONG) for g in (0.0, 0.5, 2.0)
        ],
    ),
}


def rows_of_log_probabilities(s: Sizes) -> Inputs:
    logits, target = classes(s)
    return leaf(logits.log_softmax(1)), target


def classes_and_shares(s: Sizes) -> Inputs:
    return *classes(s), torch.arange(1.0, s.classes + 1)


def shifted(input: Tensor, target: Tensor, prior: Tensor) -> Any:
    """torch's cross-entropy of the logits with the logarithms added."""
    return torch.nn.functional.cross_entropy(input + prior.log(), target)


WORKLOADS = (
    Workload("cross_entropy", classes),
    Workload("cross_entropy", classes, {"label_smoothing": 0.1}, "label smoothing"),
    Workload("cross_entropy", class_probabilities, variant="class probabilities"),
    Workload("nll_loss", rows_of_log_probabilities),
    Workload("logit_adjusted_cross_entropy", classes_and_shares, twin=shifted),
    Workload("focal_loss", classes),
)
