"""Cases for the losses of yes or no."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn.functional import softplus

from lossbook.ground.case import Options, Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf, logits_and_labels, scores_and_signs

WEIGHT = torch.linspace(0.1, 2.0, 8, dtype=torch.float64)
INF, HUGE = float("inf"), 1e4


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


LABELS = at(0, 1, 1, 0, 1, 0, 0, 1)
EXTREME = (at(HUGE, -HUGE, HUGE, -HUGE, INF, -INF, INF, -INF), at(1, 0, 0, 1, 1, 0, 0, 1))
CERTAIN = (at(0, 1, 0, 1, 1e-300), at(0, 1, 1, 0, 1))


def probabilities(generator: Generator) -> tuple[Tensor, Tensor]:
    return torch.rand(8, generator=generator, dtype=torch.float64) * 0.9 + 0.05, LABELS


def logits(generator: Generator) -> tuple[Tensor, Tensor]:
    return 3 * torch.randn(8, generator=generator, dtype=torch.float64), LABELS


def signs(generator: Generator) -> tuple[Tensor, Tensor]:
    input, label = logits(generator)
    return input, 2 * label - 1


FAR = (at(HUGE, -HUGE, HUGE, -HUGE, 1e150, -1e150, 0, 1e-300), at(1, 0, 0, 1, 1, 0, 0, 1))
EITHER_WAY: list[tuple[tuple[Tensor, Tensor], Options]] = [
    (FAR, {}),
    ((FAR[0], 1 - FAR[1]), {}),
    ((FAR[0], at(*[0.3] * 8)), {}),
]


def moderate(generator: Generator) -> tuple[Tensor, Tensor]:
    return 1.5 * torch.randn(8, generator=generator, dtype=torch.float64), LABELS


def of_probability(probability: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """The Bernoulli likelihood of a probability of yes."""

    def reference(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
        p = probability(input)
        return reduce(-target * p.log() - (1 - target) * (1 - p).log(), reduction)

    return reference


SPECS = {
    "binary_cross_entropy": Spec(
        probabilities, options=grid(weight=(None, WEIGHT)), extremes=[(CERTAIN, {})]
    ),
    "binary_cross_entropy_with_logits": Spec(
        logits,
        wrt=(0, 1),
        options=grid(weight=(None, WEIGHT), pos_weight=(None, WEIGHT.flip(0))),
        extremes=[(EXTREME, {}), (EXTREME, {"pos_weight": WEIGHT}), (EXTREME, {"weight": WEIGHT})],
    ),
    "soft_margin_loss": Spec(signs, extremes=[((EXTREME[0], 2 * EXTREME[1] - 1), {})]),
    "sigmoid_focal_loss": Spec(
        logits,
        options=grid(alpha=(-1, 0.25, 0.6), gamma=(0, 0.5, 1, 2, 5)),
        extremes=[(EXTREME, {}), (EXTREME, {"gamma": 0}), (EXTREME, {"gamma": 0.5})],
    ),
    "probit_loss": Spec(
        moderate,
        extremes=EITHER_WAY,
        reference=of_probability(lambda z: (1 + torch.erf(z / math.sqrt(2))) / 2),
    ),
    "cloglog_loss": Spec(
        moderate,
        extremes=EITHER_WAY,
        reference=of_probability(lambda z: 1 - torch.exp(-torch.exp(z))),
    ),
}


def probabilities_and_labels(s: Sizes) -> Inputs:
    return leaf(torch.rand(s.elements)), torch.randint(0, 2, (s.elements,)).float()


def one_logarithm(logit: Tensor, label: Tensor) -> Tensor:
    """What the loss takes at least; it loses digits where the model is right."""
    return (softplus(logit) - label * logit).sum()


WORKLOADS = (
    Workload("binary_cross_entropy", probabilities_and_labels),
    Workload("binary_cross_entropy_with_logits", logits_and_labels, formula=one_logarithm),
    Workload("soft_margin_loss", scores_and_signs),
    Workload("probit_loss", logits_and_labels),
    Workload("cloglog_loss", logits_and_labels),
    Workload("sigmoid_focal_loss", logits_and_labels, {"reduction": "mean"}),
)
