"""Cases for divergences: three distributions over five classes. References are definitions."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Options, Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, class_probabilities, leaf

INF, HUGE = float("inf"), 1e4


def log_probabilities(generator: Generator) -> tuple[Tensor, Tensor]:
    input, target = torch.randn(2, 3, 5, generator=generator, dtype=torch.float64)
    return input.log_softmax(1), target.softmax(1)


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


IMPOSSIBLE = (at(0.0, -INF, -HUGE, -INF), at(1.0, 0.0, 0.0, 0.5))

ALL_REDUCTIONS = ("none", "mean", "sum", "batchmean")


def by_term(term: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """A divergence from its term in the probabilities p and t."""

    def reference(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
        loss = term(input.exp(), target.exp() if log_target else target)
        return loss.sum() / input.shape[0] if reduction == "batchmean" else reduce(loss, reduction)

    return reference


def js_term(p: Tensor, t: Tensor) -> Tensor:
    """The entropy of the average, less the average of the entropies."""
    entropy = torch.special.entr
    return entropy((p + t) / 2) - (entropy(p) + entropy(t)) / 2


def by_expectation(
    input: Tensor, target: Tensor, temperature: float = 2.0, reduction: str = "mean"
) -> Tensor:
    """Cross entropy less entropy, by torch's distributions, with the classes last."""
    student, teacher = (
        torch.distributions.Categorical(logits=x.movedim(1, -1) / temperature) for x in (input, target)
    )
    return reduce(temperature**2 * torch.distributions.kl_divergence(teacher, student), reduction)


def logits(generator: Generator) -> tuple[Tensor, Tensor]:
    input, target = 2 * torch.randn(2, 4, 5, generator=generator, dtype=torch.float64)
    return input, target


def beyond(reduction: str = "sum") -> list[tuple[tuple[Any, ...], Options]]:
    """What cannot happen, as probabilities and as logarithms."""
    log_p, t = IMPOSSIBLE
    equal = torch.zeros(4, dtype=torch.float64)
    return [
        ((log_p, t), {"reduction": reduction}),
        ((log_p, t.log()), {"reduction": reduction, "log_target": True}),
        ((equal, equal), {"reduction": reduction, "log_target": True}),
    ]


def divergence(term: Callable[[Tensor, Tensor], Tensor] | None = None) -> Spec:
    return Spec(
        log_probabilities,
        wrt=(0, 1),
        reductions=ALL_REDUCTIONS,
        options=grid(log_target=(False, True)),
        extremes=beyond(),
        reference=None if term is None else by_term(term),
    )


SURE = torch.tensor([[HUGE, -HUGE, 0.0], [-HUGE, 0.0, HUGE]], dtype=torch.float64)
MASKED = torch.tensor([[0.0, -INF, 1.0], [-INF, 0.0, -INF]], dtype=torch.float64)

SPECS = {
    "kl_div": divergence(),
    "reverse_kl_div": divergence(lambda p, t: -torch.special.entr(p) - torch.special.xlogy(p, t)),
    "js_div": divergence(js_term),
    "generalized_kl_div": divergence(lambda p, t: torch.special.xlogy(t, t / p) - t + p),
    "total_variation": divergence(lambda p, t: torch.maximum(p, t) - (p + t) / 2),
    "distillation_loss": Spec(
        logits,
        wrt=(0, 1),
        options=grid(temperature=(0.5, 1.0, 4.0)),
        extremes=[((SURE, SURE.flip(0)), {"temperature": T}) for T in (0.1, 1.0, 1e3)]
        + [((SURE, MASKED), {}), ((MASKED, MASKED), {})],
        reference=by_expectation,
    ),
}


def distributions(s: Sizes) -> Inputs:
    logits, target = class_probabilities(s)
    return leaf(logits.log_softmax(1)), target


def two_models(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, s.classes)), torch.randn(s.rows, s.classes)


WORKLOADS = (
    *(
        Workload(name, distributions, {"reduction": "batchmean"})
        for name in ("kl_div", "reverse_kl_div", "js_div", "generalized_kl_div", "total_variation")
    ),
    Workload("distillation_loss", two_models),
)
