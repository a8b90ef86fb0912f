"""Cases for the losses of sampled negatives; references use torch's binary and categorical cross-entropy."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional

from lossbook.ground.case import Options, Spec
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

ROWS, DRAWS, CLASSES = 5, 3, 7
HUGE = 1e4


def normal(generator: Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def games(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scores and log-probabilities of five data and of three draws for each, from seven classes."""
    scores = 2 * normal(generator, ROWS, CLASSES)
    log_q = normal(generator, CLASSES).log_softmax(0)
    target = torch.randint(CLASSES, (ROWS,), generator=generator)
    draws = torch.multinomial(log_q.exp(), ROWS * DRAWS, replacement=True, generator=generator).view(
        ROWS, DRAWS
    )
    return scores.gather(1, target[:, None])[:, 0], scores.gather(1, draws), log_q[target], log_q[draws]


def by_binary_cross_entropy(
    input: Tensor, noise: Tensor, log_prob: Tensor, noise_log_prob: Tensor, reduction: str = "mean"
) -> Tensor:
    """torch's binary cross-entropy of the datum, labelled 1, and the draws, labelled 0."""
    logits = torch.cat([(input - log_prob).unsqueeze(1), noise - noise_log_prob], 1) - math.log(
        noise.shape[1]
    )
    labels = torch.zeros_like(logits)
    labels[:, 0] = 1
    each = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return reduce(each.sum(1), reduction)


def by_cross_entropy(
    input: Tensor, noise: Tensor, log_prob: Tensor, noise_log_prob: Tensor, reduction: str = "mean"
) -> Tensor:
    """torch's cross-entropy with the datum as class 0."""
    logits = torch.cat([(input - log_prob).unsqueeze(1), noise - noise_log_prob], 1)
    return functional.cross_entropy(
        logits, torch.zeros(len(input)).long().to(logits.device), reduction=reduction
    )


def column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


FAR = [
    # The datum sure, hopeless, and beside draws that do not count.
    (column(HUGE, -HUGE, 0.0), column(-HUGE, HUGE, -math.inf).view(3, 1)),
    (column(1e300, -1e300, 0.0), column(-1e300, 1e300, 1e300).view(3, 1)),
]
RARE = column(-1e3, 0.0, -1.0), column(0.0, -1e3, -math.inf).view(3, 1)
EXTREMES: Sequence[tuple[tuple[Any, ...], Options]] = [((*scores, *RARE), {}) for scores in FAR[:1]] + [
    ((*scores, column(-1.0, -1.0, -1.0), column(-1.0, -1.0, -1.0).view(3, 1)), {}) for scores in FAR
]


SPECS = {
    "nce_loss": Spec(games, wrt=(0, 1, 2, 3), extremes=EXTREMES, reference=by_binary_cross_entropy),
    "sampled_softmax_loss": Spec(games, wrt=(0, 1, 2, 3), extremes=EXTREMES, reference=by_cross_entropy),
}


def sampled(s: Sizes) -> Inputs:
    draws = 64
    log_q = torch.randn(s.rows, 1 + draws).log_softmax(1)
    scores = leaf(torch.randn(s.rows)), leaf(torch.randn(s.rows, draws))
    return *scores, log_q[:, 0].contiguous(), log_q[:, 1:].contiguous()


WORKLOADS = (
    Workload("nce_loss", sampled, twin=by_binary_cross_entropy),
    Workload("sampled_softmax_loss", sampled, twin=by_cross_entropy),
)
