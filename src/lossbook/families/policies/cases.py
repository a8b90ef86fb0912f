"""Cases for the surrogates of policies. Ratios keep clear of the ends of the clip, where a slope jumps."""

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

HUGE, INF = 1e4, float("inf")
# Ratios: inside of both clips below, beyond one of them, beyond both; on either side.
RATIOS = torch.tensor([1.0, 1.1, 0.9, 1.3, 0.7, 2.0, 0.3, 1.05], dtype=torch.float64)
GOOD_AND_BAD = torch.tensor([1.0, 2.0, 0.5, 1.5, -1.0, 0.8, 1.2, -0.7], dtype=torch.float64)
CLIPS = (0.2, 0.5)


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def drawn(generator: Generator, *shape: int) -> Tensor:
    return -2 * torch.rand(*shape, generator=generator, dtype=torch.float64) - 0.1


def actions(generator: Generator) -> tuple[Tensor, Tensor]:
    return drawn(generator, 8), GOOD_AND_BAD


def moved(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Every ratio, good and bad."""
    old = drawn(generator, 16)
    return old + RATIOS.repeat(2).log(), old, torch.cat([GOOD_AND_BAD.abs(), -GOOD_AND_BAD.abs()])


def groups(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Two questions, four answers each, of up to four tokens; one answer is empty."""
    old = drawn(generator, 2, 4, 4)
    lengths = torch.tensor([[4, 2, 1, 3], [3, 0, 4, 4]])
    present = torch.arange(4) < lengths.unsqueeze(2)
    log_p = old + RATIOS.repeat(4).reshape(2, 4, 4).log()
    rewards = torch.tensor([[1.0, 0.0, 2.0, 0.5], [0.0, 0.3, 1.0, -1.0]], dtype=torch.float64)
    return log_p, old, drawn(generator, 2, 4, 4), rewards, present


def by_product(log_probs: Tensor, advantages: Tensor, reduction: str = "mean") -> Tensor:
    """torch's loss of classes whose log-probabilities are given, weighted."""
    each = [
        torch.nn.functional.nll_loss(p.reshape(1, 1), torch.tensor([0])) * a
        for p, a in zip(log_probs, advantages, strict=True)
    ]
    return reduce(torch.stack(each), reduction)


def by_minimum(
    log_probs: Tensor,
    old_log_probs: Tensor,
    advantages: Tensor,
    clip_range: float = 0.2,
    reduction: str = "mean",
) -> Tensor:
    """As it is written in the paper."""
    ratio = log_probs.exp() / old_log_probs.exp()
    first, second = ratio * advantages, ratio.clamp(1 - clip_range, 1 + clip_range) * advantages
    return reduce(-torch.min(first, second), reduction)


def by_answers(
    log_probs: Tensor,
    old_log_probs: Tensor,
    ref_log_probs: Tensor,
    rewards: Tensor,
    mask: Tensor | None = None,
    clip_range: float = 0.2,
    beta: float = 0.04,
    eps: float = 1e-4,
    reduction: str = "mean",
) -> Tensor:
    """One answer and one token at a time."""
    losses = []
    for b in range(len(rewards)):
        for g in range(rewards.shape[1]):
            a = (rewards[b, g] - rewards[b].mean()) / (rewards[b].var().sqrt() + eps)
            tokens = []
            for t in range(log_probs.shape[2]):
                if mask is None or mask[b, g, t]:
                    p, ref = log_probs[b, g, t].exp(), ref_log_probs[b, g, t].exp()
                    surrogate = by_minimum(log_probs[b, g, t], old_log_probs[b, g, t], a, clip_range)
                    tokens.append(surrogate + beta * (ref / p - torch.log(ref / p) - 1))
            losses.append(torch.stack(tokens).mean() if tokens else torch.zeros_like(a))
    return reduce(torch.stack(losses).reshape(rewards.shape), reduction)


SURE = at(-1e-300, -HUGE, -HUGE, -1e-300, -1.0, -1e-300)
DRAWN = at(-HUGE, -1e-300, -1e-300, -HUGE, -HUGE, -HUGE)
SIGNED = at(1.0, 1.0, -1.0, 0.0, 1e-300, 1e300)
ANSWERS = tuple(x.reshape(1, 2, 3) for x in (SURE, SURE, SURE))
PARTLY = torch.tensor([[[True, False, False], [False, False, False]]])

SPECS = {
    "reinforce_loss": Spec(
        actions, extremes=[((at(-HUGE, -INF, 0.0), at(1.0, 0.0, -1.0)), {})], reference=by_product
    ),
    "ppo_loss": Spec(
        moved,
        options=grid(clip_range=CLIPS),
        extremes=[((SURE, DRAWN, SIGNED), {"clip_range": c}) for c in (0.0, 0.2, 2.0)],
        reference=by_minimum,
    ),
    "grpo_loss": Spec(
        groups,
        options=grid(clip_range=CLIPS, beta=(0.0, 0.04), eps=(1e-4, 1.0)),
        extremes=[
            ((*ANSWERS, torch.tensor([rewards]).double()), {})
            for rewards in ([1.0, 0.0], [1.0, 1.0], [HUGE, -HUGE])
        ]
        + [
            ((SURE.reshape(1, 2, 3), *ANSWERS[1:], at(1.0, 0.0)[None], PARTLY), {}),
            ((SURE.reshape(1, 2, 3), DRAWN.reshape(1, 2, 3), *ANSWERS[2:], at(1.0, 0.0)[None]), {}),
        ],
        reference=by_answers,
    ),
}


def rewarded_actions(s: Sizes) -> Inputs:
    return leaf(-torch.rand(s.elements)), torch.randn(s.elements)


def moved_actions(s: Sizes) -> Inputs:
    log_probs, advantages = rewarded_actions(s)
    return log_probs, log_probs.detach() + 0.1 * torch.randn(s.elements), advantages


def groups_of_answers(s: Sizes) -> Inputs:
    shape = (s.sequences, 4, s.tokens)
    log_probs = leaf(-torch.rand(shape))
    others = (log_probs.detach() + 0.1 * torch.randn(shape) for _ in range(2))
    return log_probs, *others, torch.randn(shape[:2])


WORKLOADS = (
    Workload("reinforce_loss", rewarded_actions),
    Workload("ppo_loss", moved_actions),
    Workload("grpo_loss", groups_of_answers),
)
