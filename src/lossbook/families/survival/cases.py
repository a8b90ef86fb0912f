"""Cases for the survival losses: events and censored times, ties among both; references are definitions."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

HUGE = 1e4
EVENTS = torch.tensor([True, True, False, True, False, True, True, False])
# Events alone, events together, an event with a censored time, a censored time last.
TIED = torch.tensor([2.0, 1.0, 2.0, 2.0, 5.0, 4.0, 1.0, 4.0], dtype=torch.float64)


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def normal(generator: Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def times(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    scale = torch.rand(8, generator=generator, dtype=torch.float64) + 0.5
    return normal(generator, 8), normal(generator, 8).exp(), EVENTS, scale


def risks(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    return normal(generator, 8), TIED, EVENTS


def intervals(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    return 2 * normal(generator, 8, 3), torch.tensor([0, 2, 0, 1, 2, 1, 1, 1]), EVENTS


def by_weibull(
    input: Tensor,
    time: Tensor,
    event: Tensor,
    scale: Tensor,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """From the hazard and its integral."""
    shape, unit = 1 / scale, input.exp()
    hazard, passed = shape / unit * (time / unit) ** (shape - 1), (time / unit) ** shape
    return reduce(passed - event * (hazard.log() + (0 if full else time.log())), reduction)


def by_log_logistic(
    input: Tensor,
    time: Tensor,
    event: Tensor,
    scale: Tensor,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """From the odds of an event, and the hazard."""
    odds = (time / input.exp()) ** (1 / scale)
    hazard = odds / (scale * time * (1 + odds))
    return reduce((1 + odds).log() - event * (hazard.log() + (0 if full else time.log())), reduction)


def by_log_normal(
    input: Tensor,
    time: Tensor,
    event: Tensor,
    scale: Tensor,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """From torch's distribution."""
    law = torch.distributions.LogNormal(input, scale)
    constant = 0 if full else time.log() + 0.5 * torch.tensor(2 * torch.pi, dtype=time.dtype).log()
    return reduce(torch.where(event, -law.log_prob(time) - constant, -(1 - law.cdf(time)).log()), reduction)


def by_cells(input: Tensor, target: Tensor, event: Tensor, reduction: str = "mean") -> Tensor:
    """The binary cross entropy of the cells at risk, one subject at a time."""
    losses = []
    for z, k, happened in zip(input, target.tolist(), event.tolist(), strict=True):
        label = torch.zeros(k + 1, dtype=z.dtype)
        label[k] = float(happened)
        losses.append(
            torch.nn.functional.binary_cross_entropy_with_logits(z[: k + 1], label, reduction="sum")
        )
    return reduce(torch.stack(losses), reduction)


def by_risk_sets(
    input: Tensor, time: Tensor, event: Tensor, ties: str = "efron", reduction: str = "mean"
) -> Tensor:
    """The definition, one event and one risk set at a time."""
    risk, losses = input.exp(), []
    for i in range(len(input)):
        together = risk[(time == time[i]) & event]
        at_risk, count = risk[time >= time[i]].sum(), len(together)
        out = [k / count if ties == "efron" else 0.0 for k in range(count)]
        left = sum((torch.log(at_risk - share * together.sum()) for share in out), start=0 * at_risk)
        losses.append(left / count - input[i] if event[i] else 0 * input[i])
    loss = torch.stack(losses)
    return loss.sum() / event.sum() if reduction == "mean" else reduce(loss, reduction)


def by_probabilities(
    input: Tensor,
    target: Tensor,
    event: Tensor,
    alpha: float = 0.2,
    sigma: float = 0.1,
    reduction: str = "mean",
) -> Tensor:
    """The definition, one subject and one pair at a time."""
    q = torch.cat([input, torch.zeros_like(input[:, :1])], 1).exp()
    q, k = q / q.sum(1, keepdim=True), target.tolist()
    losses = []
    for i in range(len(q)):
        nll = -(q[i, k[i]] if event[i] else q[i, k[i] + 1 :].sum()).log()
        penalty = torch.zeros_like(nll)
        for j in range(len(q)):
            if event[i] and (k[i] < k[j] or (k[i] == k[j] and not event[j])):
                lead = q[i, : k[i] + 1].sum() - q[j, : k[i] + 1].sum()
                penalty = penalty + torch.exp(-lead / sigma)
        losses.append(alpha * nll + (1 - alpha) * penalty / len(q))
    return reduce(torch.stack(losses), reduction)


BOTH = torch.tensor([True, False])
ALL = BOTH.repeat(4)
FAR = (
    at(-HUGE, -HUGE, HUGE, HUGE, 0.0, 0.0, 0.0, 0.0),
    at(1.0, 1.0, 1.0, 1.0, 1e-300, 1e-300, 1e300, 1e300),
    ALL,
)
SHARP = (*FAR[:2], ALL, at(*[1e-200] * 4, *[1e-3] * 4))
WIDE = (*FAR[:2], ALL, at(*[1e200] * 4, *[1e3] * 4))
EXTREMES = [((*FAR, at(*[1.0] * 8)), {}), (SHARP, {}), (WIDE, {}), ((*FAR, at(*[1.0] * 8)), {"full": True})]
SURE = torch.tensor([[HUGE, -HUGE, 0.0], [-HUGE, 0.0, HUGE]] * 2, dtype=torch.float64)
ENDS = (SURE, torch.tensor([0, 2, 2, 0]), torch.tensor([True, True, False, False]))

SPECS = {
    "weibull_aft_nll_loss": Spec(
        times, wrt=(0, 3), options=grid(full=(False, True)), extremes=EXTREMES, reference=by_weibull
    ),
    "log_logistic_aft_nll_loss": Spec(
        times, wrt=(0, 3), options=grid(full=(False, True)), extremes=EXTREMES, reference=by_log_logistic
    ),
    "log_normal_aft_nll_loss": Spec(
        times, wrt=(0, 3), options=grid(full=(False, True)), extremes=EXTREMES, reference=by_log_normal
    ),
    "discrete_hazard_loss": Spec(intervals, extremes=[(ENDS, {})], reference=by_cells),
    "cox_ph_loss": Spec(
        risks,
        options=grid(ties=("efron", "breslow")),
        extremes=[
            ((at(-HUGE, HUGE, 0.0, 1e300), t, torch.tensor(e)), {"ties": ties})
            for ties in ("efron", "breslow")
            for t in (at(1.0, 2.0, 2.0, 3.0), at(1.0, 1.0, 1.0, 1.0), at(4.0, 3.0, 2.0, 1.0))
            for e in ([True] * 4, [False] * 4)
        ],
        reference=by_risk_sets,
    ),
    "deephit_loss": Spec(
        intervals,
        options=({}, {"alpha": 0.0, "sigma": 1.0}, {"alpha": 1.0}),
        extremes=[(ENDS, {"alpha": alpha}) for alpha in (0.0, 0.2, 1.0)],
        reference=by_probabilities,
    ),
}


def censored_times(s: Sizes) -> Inputs:
    return (
        leaf(torch.randn(s.elements)),
        torch.rand(s.elements) + 0.1,
        torch.rand(s.elements) < 0.5,
        leaf(torch.rand(s.elements) + 0.1),
    )


def logits_of_intervals(s: Sizes) -> Inputs:
    rows = s.rows
    return leaf(torch.randn(rows, s.symbols)), torch.randint(s.symbols, (rows,)), torch.rand(rows) < 0.5


def scored_times(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.pairs)), torch.rand(s.pairs), torch.rand(s.pairs) < 0.5


WORKLOADS = (
    Workload("weibull_aft_nll_loss", censored_times),
    Workload("log_logistic_aft_nll_loss", censored_times),
    Workload("log_normal_aft_nll_loss", censored_times),
    Workload("discrete_hazard_loss", logits_of_intervals),
    Workload("cox_ph_loss", scored_times),
    Workload("deephit_loss", logits_of_intervals),
)
