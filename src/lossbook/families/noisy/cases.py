"""Cases for labels that may be wrong: four rows of three positions, five classes. References: definitions."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, classes

INF, HUGE = float("inf"), 1e4
IGNORING = (-100, 1)


def logits(generator: Generator) -> tuple[Tensor, Tensor]:
    target = torch.randint(5, (4, 3), generator=generator)
    return 2 * torch.randn(4, 5, 3, generator=generator, dtype=torch.float64), target


def noisy(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    rows = torch.rand(5, 5, generator=generator, dtype=torch.float64) + torch.eye(5)
    return *logits(generator), rows / rows.sum(1, keepdim=True)


def by_definition(
    input: Tensor,
    target: Tensor,
    cost: Callable[[Tensor, Tensor], Tensor],
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """``cost`` of the probabilities and the one-hot labels, both with the classes last."""
    counts = (target != ignore_index).to(input.dtype)
    p = input.movedim(1, -1).softmax(-1)
    one_hot = torch.nn.functional.one_hot(target.clamp(min=0), p.shape[-1]).to(p)
    loss = counts * cost(p, one_hot)
    return loss.sum() / counts.sum() if reduction == "mean" else reduce(loss, reduction)


def at(p: Tensor, label: Tensor) -> Tensor:
    """The probability of the label."""
    return (p * label).sum(-1)


def by_joint(input: Tensor, target: Tensor, transition: Tensor, **options: Any) -> Tensor:
    """Minus the logarithm of the marginal of the table of classes and labels."""

    def cost(p: Tensor, label: Tensor) -> Tensor:
        return -at((p.unsqueeze(-1) * transition).sum(-2), label).log()

    return by_definition(input, target, cost, **options)


def by_power(input: Tensor, target: Tensor, q: float = 0.7, **options: Any) -> Tensor:
    """Powers of the probability; the logarithm for 0."""

    def cost(p: Tensor, label: Tensor) -> Tensor:
        return (1 - at(p, label) ** q) / q if q else -at(p, label).log()

    return by_definition(input, target, cost, **options)


def both_ways(
    input: Tensor,
    target: Tensor,
    alpha: float = 0.1,
    beta: float = 1.0,
    log_zero: float = -4.0,
    **options: Any,
) -> Tensor:
    """Two cross entropies, in the second of which the label's logarithm is 0 or ``log_zero``."""

    def cost(p: Tensor, label: Tensor) -> Tensor:
        forth, back = -(label * p.log()).sum(-1), -(p * log_zero * (1 - label)).sum(-1)
        return alpha * forth + beta * back

    return by_definition(input, target, cost, **options)


def by_sum(input: Tensor, target: Tensor, epsilon: float = 2.0, **options: Any) -> Tensor:
    """The logarithm and the probability, added."""

    def cost(p: Tensor, label: Tensor) -> Tensor:
        return -at(p, label).log() + epsilon * (1 - at(p, label))

    return by_definition(input, target, cost, **options)


def by_divergence(input: Tensor, target: Tensor, beta: float = 0.1, **options: Any) -> Tensor:
    """The entropy as what the divergence from the uniform distribution leaves of log C."""

    def cost(p: Tensor, label: Tensor) -> Tensor:
        size = p.shape[-1]
        divergence = (p * (p * size).log()).sum(-1)
        return -(label * p.log()).sum(-1) - beta * (torch.tensor(float(size)).double().log() - divergence)

    return by_definition(input, target, cost, **options)


SURE = torch.tensor([[HUGE, -HUGE, 0.0], [-HUGE, 0.0, HUGE]], dtype=torch.float64)
MASKED = torch.tensor([[0.0, -INF, 1.0], [-INF, 0.0, -INF]], dtype=torch.float64)
WRONG, RIGHT = torch.tensor([1, 0]), torch.tensor([0, 1])
EXTREME = [(z, y) for z in (SURE, MASKED) for y in (WRONG, RIGHT)]
IDENTITY = torch.eye(3, dtype=torch.float64)
NEVER_0 = torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1e-300, 1.0]], dtype=torch.float64)
EVENLY = torch.full((3, 3), 1 / 3, dtype=torch.float64)

SPECS = {
    "forward_corrected_cross_entropy": Spec(
        noisy,
        wrt=(0, 2),
        options=({}, *grid(ignore_index=IGNORING)),
        extremes=[((z, y, t), {}) for z, y in EXTREME for t in (IDENTITY, NEVER_0, EVENLY)],
        reference=by_joint,
        rows=(0, 1),
    ),
    "generalized_cross_entropy": Spec(
        logits,
        options=grid(q=(0.0, 1e-3, 0.7, 1.0), ignore_index=IGNORING),
        extremes=[(case, {"q": q}) for case in EXTREME for q in (0.0, 1e-12, 0.5, 1.0)],
        reference=by_power,
    ),
    "symmetric_cross_entropy": Spec(
        logits,
        options=(
            {},
            *grid(alpha=(0.0, 0.5), beta=(0.0, 2.0), ignore_index=IGNORING),
            {"log_zero": -9.0},
        ),
        extremes=[
            (case, {"alpha": a, "beta": b}) for case in EXTREME for a in (0.0, 1.0) for b in (0.0, 1.0)
        ],
        reference=both_ways,
    ),
    "poly1_cross_entropy": Spec(
        logits,
        options=grid(epsilon=(-0.5, 0.0, 2.0), ignore_index=IGNORING),
        extremes=[(case, {"epsilon": e}) for case in EXTREME for e in (-1.0, 0.0, 2.0)],
        reference=by_sum,
    ),
    "confidence_penalty": Spec(
        logits,
        options=grid(beta=(0.0, 0.1, 1.0), ignore_index=IGNORING),
        extremes=[(case, {"beta": b}) for case in EXTREME for b in (0.0, 0.1, 1.0)],
        reference=by_divergence,
    ),
}


def labels_and_noise(s: Sizes) -> Inputs:
    even = torch.full((s.classes, s.classes), 0.3 / (s.classes - 1))
    return *classes(s), even.fill_diagonal_(0.7)


WORKLOADS = (
    Workload("forward_corrected_cross_entropy", labels_and_noise),
    Workload("generalized_cross_entropy", classes),
    Workload("symmetric_cross_entropy", classes),
    Workload("poly1_cross_entropy", classes),
    Workload("confidence_penalty", classes),
)
