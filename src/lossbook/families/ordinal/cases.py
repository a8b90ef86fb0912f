"""Cases for the losses of ordered categories: every category; references are differences of two numbers."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, pad

from lossbook.ground.case import Options, Spec
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

HUGE = 1e4
GRADES = torch.tensor([0, 1, 2, 3, 1, 2, 0, 3])


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def located(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    f = torch.randn(8, generator=generator, dtype=torch.float64)
    return f, GRADES, at(-1.2, 0.3, 0.9)


def questions(generator: Generator) -> tuple[Tensor, Tensor]:
    return 2 * torch.randn(8, 3, generator=generator, dtype=torch.float64), GRADES


def by_difference(cdf: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    def loss(input: Tensor, target: Tensor, cutpoints: Tensor, reduction: str = "mean") -> Tensor:
        ends = pad(pad(cutpoints, (1, 0), value=-math.inf), (0, 1), value=math.inf)
        p = torch.stack([cdf(ends[k + 1] - f) - cdf(ends[k] - f) for f, k in zip(input, target, strict=True)])
        return reduce(-p.log(), reduction)

    return loss


def by_climbing(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The probabilities of each ladder, one rung at a time."""
    losses = []
    for z, y in zip(input, target.tolist(), strict=True):
        p = torch.ones((), dtype=z.dtype)
        for k, rung in enumerate(z.sigmoid()):
            p = p * (rung if k < y else 1 - rung if k == y else 1)
        losses.append(-p.log())
    return reduce(torch.stack(losses), reduction)


def by_levels(input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean") -> Tensor:
    """torch's binary cross entropy of the levels 1, ..., 1, 0, ..., 0."""
    levels = torch.stack([(k < target).to(input) for k in range(input.shape[1])], 1)
    each = binary_cross_entropy_with_logits(input, levels, weight=weight, reduction="none")
    return reduce(each.sum(1), reduction)


FAR = at(-HUGE, HUGE, 0.0, -40.0, 40.0, 1e100, -1e100, 1e-300)
ALL_EQUAL = [torch.full((8,), y) for y in range(4)]
CUTS = (at(-1.0, 0.0, 1.0), at(0.0, 1e-300, 1e-100), at(-HUGE, 0.0, HUGE), at(-1e100, 0.0, 1e-9))
LATENT: list[tuple[Inputs, Options]] = [((FAR, y, cuts), {}) for y in ALL_EQUAL for cuts in CUTS]
SURE = torch.tensor([[HUGE, -HUGE, 0.0], [-1e300, 0.0, 1e300]] * 4, dtype=torch.float64)
ANSWERS: list[tuple[Inputs, Options]] = [((SURE, y), {}) for y in ALL_EQUAL]

SPECS = {
    "ordered_logistic_nll_loss": Spec(
        located, wrt=(0, 2), extremes=LATENT, reference=by_difference(torch.sigmoid), rows=(0, 1)
    ),
    "ordered_probit_nll_loss": Spec(
        located, wrt=(0, 2), extremes=LATENT, reference=by_difference(torch.special.ndtr), rows=(0, 1)
    ),
    "corn_loss": Spec(questions, extremes=ANSWERS, reference=by_climbing),
    "coral_loss": Spec(
        questions,
        options=({}, {"weight": at(0.5, 2.0, 0.0)}),
        extremes=[*ANSWERS, ((SURE, GRADES), {"weight": at(0.0, 1.0, 2.0)})],
        reference=by_levels,
    ),
}


def grades(s: Sizes) -> Inputs:
    cutpoints = leaf(torch.linspace(-2, 2, 4))
    return leaf(torch.randn(s.elements)), torch.randint(5, (s.elements,)), cutpoints


def logits_of_questions(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, s.symbols)), torch.randint(s.symbols + 1, (s.rows,))


WORKLOADS = (
    Workload("ordered_logistic_nll_loss", grades),
    Workload("ordered_probit_nll_loss", grades),
    Workload("corn_loss", logits_of_questions),
    Workload("coral_loss", logits_of_questions),
)
