"""Cases for the losses of preferences; references write the definitions out, in probabilities."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

HUGE, INF = 1e4, float("inf")
GOOD = torch.tensor([True, False] * 4)


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def answers(generator: Generator, count: int) -> tuple[Tensor, ...]:
    return tuple(-3 * torch.rand(8, generator=generator, dtype=torch.float64) - 0.1 for _ in range(count))


def two(generator: Generator) -> tuple[Tensor, ...]:
    return answers(generator, 2)


def four(generator: Generator) -> tuple[Tensor, ...]:
    return answers(generator, 4)


def single(generator: Generator) -> tuple[Tensor, ...]:
    return *answers(generator, 2), GOOD, torch.tensor(0.3, dtype=torch.float64)


def wins(w: Tensor, l: Tensor, ref_w: Tensor, ref_l: Tensor, beta: float) -> Tensor:  # noqa: E741
    """The chance of the chosen answer, from powers of ratios of probabilities."""
    better, worse = (w.exp() / ref_w.exp()) ** beta, (l.exp() / ref_l.exp()) ** beta
    return better / (better + worse)


def by_wins(
    w: Tensor,
    l: Tensor,  # noqa: E741
    ref_w: Tensor,
    ref_l: Tensor,
    beta: float = 0.1,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """The cross-entropy of a coin."""
    p = wins(w, l, ref_w, ref_l, beta)
    return torch.nn.functional.binary_cross_entropy(
        p, torch.full_like(p, 1 - label_smoothing), reduction=reduction
    )


def by_flips(
    w: Tensor,
    l: Tensor,  # noqa: E741
    ref_w: Tensor,
    ref_l: Tensor,
    beta: float = 0.1,
    label_smoothing: float = 0.1,
    reduction: str = "mean",
) -> Tensor:
    """The losses of both ways round for which the mean over the flips is DPO's, by solving for them."""
    p, e = wins(w, l, ref_w, ref_l, beta), label_smoothing
    flips = torch.tensor([[1 - e, e], [e, 1 - e]], dtype=p.dtype)
    both = torch.linalg.solve(flips, torch.stack([-p.log(), -(1 - p).log()]))
    return reduce(both[0], reduction)


def by_squares(
    w: Tensor,
    l: Tensor,  # noqa: E741
    ref_w: Tensor,
    ref_l: Tensor,
    beta: float = 0.1,
    reduction: str = "mean",
) -> Tensor:
    """torch's squared error."""
    ratio = torch.log(w.exp() * ref_l.exp() / (l.exp() * ref_w.exp()))
    return torch.nn.functional.mse_loss(ratio, torch.full_like(ratio, 0.5 / beta), reduction=reduction)


def by_geometric_means(
    w: Tensor,
    l: Tensor,  # noqa: E741
    beta: float = 2.0,
    gamma: float = 0.5,
    reduction: str = "mean",
) -> Tensor:
    """From the geometric means of the probabilities of the tokens."""
    better, worse = w.exp() ** beta, l.exp() ** beta * torch.tensor(gamma, dtype=w.dtype).exp()
    return reduce(-(better / (better + worse)).log(), reduction)


def by_odds(
    w: Tensor,
    l: Tensor,  # noqa: E741
    beta: float = 0.1,
    reduction: str = "mean",
) -> Tensor:
    """From the odds ratio."""
    odds_w, odds_l = w.exp() / (1 - w.exp()), l.exp() / (1 - l.exp())
    return reduce(-w - beta * (odds_w / (odds_w + odds_l)).log(), reduction)


def by_values(
    logps: Tensor,
    ref_logps: Tensor,
    target: Tensor,
    kl: Tensor,
    beta: float = 0.1,
    desirable_weight: float = 1.0,
    undesirable_weight: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """The paper's form: what an answer could be worth, less its value, one at a time."""
    losses = []
    for log_p, log_ref, good in zip(logps, ref_logps, target.tolist(), strict=True):
        gain = beta * (log_p - log_ref - max(kl.item(), 0))
        if good:
            losses.append(desirable_weight - desirable_weight / (1 + torch.exp(-gain)))
        else:
            losses.append(undesirable_weight - undesirable_weight / (1 + torch.exp(gain)))
    return reduce(torch.stack(losses), reduction)


FAR = (at(-HUGE, -1e-300, -HUGE, -1e300), at(-1e-300, -HUGE, -HUGE, -1e300))
SAME = (at(-1.0, -1.0, -HUGE, -1e300), at(-1.0, -1.0, -HUGE, -1e300))
NEVER = (at(-1.0), at(-INF), at(-1.0), at(-1.0))  # the other answer is impossible
BETAS = (0.1, 2.0)

SPECS = {
    "dpo_loss": Spec(
        four,
        wrt=(0, 1, 2, 3),
        options=grid(beta=BETAS, label_smoothing=(0.0, 0.1, 1.0)),
        extremes=[((*FAR, *SAME), {"label_smoothing": e}) for e in (0.0, 0.1, 1.0)] + [(NEVER, {})],
        reference=by_wins,
    ),
    "robust_dpo_loss": Spec(
        four,
        wrt=(0, 1, 2, 3),
        options=grid(beta=BETAS, label_smoothing=(0.0, 0.1, 0.4)),
        extremes=[((*FAR, *SAME), {"label_smoothing": e}) for e in (0.0, 0.4)],
        reference=by_flips,
    ),
    "ipo_loss": Spec(
        four,
        wrt=(0, 1, 2, 3),
        options=grid(beta=BETAS),
        extremes=[((*FAR, *SAME), {})],
        reference=by_squares,
    ),
    "simpo_loss": Spec(
        two,
        wrt=(0, 1),
        options=grid(beta=(0.5, 2.0), gamma=(0.0, 0.5)),
        extremes=[(FAR, {})],
        reference=by_geometric_means,
    ),
    "orpo_loss": Spec(
        two, wrt=(0, 1), options=grid(beta=(0.1, 1.0)), extremes=[(FAR, {})], reference=by_odds
    ),
    "kto_loss": Spec(
        single,
        wrt=(0, 1),
        target=2,
        rows=(0, 1, 2),
        options=grid(beta=BETAS, desirable_weight=(1.0, 1.5), undesirable_weight=(1.0, 0.5)),
        extremes=[((*FAR, GOOD[:4], torch.tensor(kl)), {}) for kl in (-1.0, 0.0, HUGE)],
        reference=by_values,
    ),
}


def log_probabilities(s: Sizes, count: int) -> Inputs:
    return tuple(leaf(-torch.rand(s.elements) - 0.1) for _ in range(count))


def of_model_and_reference(s: Sizes) -> Inputs:
    model, reference = log_probabilities(s, 2), log_probabilities(s, 2)
    return *model, *(tensor.detach() for tensor in reference)


def of_pairs(s: Sizes) -> Inputs:
    return log_probabilities(s, 2)


def of_single_answers(s: Sizes) -> Inputs:
    model, reference = log_probabilities(s, 2)
    return model, reference.detach(), torch.rand(s.elements) < 0.5, torch.tensor(0.1)


WORKLOADS = (
    Workload("dpo_loss", of_model_and_reference),
    Workload("robust_dpo_loss", of_model_and_reference),
    Workload("ipo_loss", of_model_and_reference),
    Workload("simpo_loss", of_pairs),
    Workload("orpo_loss", of_pairs),
    Workload("kto_loss", of_single_answers),
)
