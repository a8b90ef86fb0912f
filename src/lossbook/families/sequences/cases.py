"""Cases for CTC: repeats, an empty target, fewer frames than the batch has, too few frames for the labels."""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as torch_functional
from torch import Generator, Tensor

from lossbook.families.sequences.losses import ctc_loss
from lossbook.ground.case import Spec
from lossbook.ground.workload import Inputs, Loss, Sizes, Workload, leaf

TARGETS = torch.tensor([[1, 2], [2, 2], [1, 0], [0, 0], [1, 1]])
FRAMES = torch.tensor([4, 3, 4, 2, 2])  # the last has no room for the blank between 1 and 1
SIZES = torch.tensor([2, 2, 1, 0, 2])
FITTING = 4
HUGE, INF = 1e4, float("inf")


def sequences(generator: Generator) -> tuple[Tensor, ...]:
    logits = torch.randn(4, FITTING, 3, generator=generator, dtype=torch.float64)
    return logits.log_softmax(-1), TARGETS[:FITTING], FRAMES[:FITTING], SIZES[:FITTING]


def torch_without_surplus(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """torch's CTC, with the surplus exp(log_probs) of its gradient taken off again."""
    loss = torch_functional.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, "none", zero_infinity=zero_infinity
    )
    frame = torch.arange(len(log_probs), device=log_probs.device).view(-1, 1, 1)
    p = log_probs.exp() * (frame < input_lengths.view(-1, 1))
    loss = loss - (p - p.detach()).sum((0, 2))
    if reduction == "mean":
        return (loss / target_lengths.clamp(min=1)).mean()
    return loss.sum() if reduction == "sum" else loss


def with_log_probs(log_probs: Tensor) -> tuple[Tensor, ...]:
    return log_probs, TARGETS, FRAMES, SIZES


CERTAIN = torch.full((4, 5, 3), -INF, dtype=torch.float64)
CERTAIN[..., 0] = 0.0
STEEP = torch.tensor([0.0, HUGE, -HUGE], dtype=torch.float64).log_softmax(0).expand(4, 5, 3)

SPECS = {
    "ctc_loss": Spec(
        sequences,
        options=({}, {"blank": 0, "zero_infinity": True}),
        extremes=[
            (with_log_probs(log_probs), {"zero_infinity": zero})
            for log_probs in (CERTAIN, STEEP, torch.full_like(STEEP, -INF))
            for zero in (False, True)
        ],
        dtypes=(torch.float32,),
        reference=torch_without_surplus,
    ),
}


def batch_of_sequences(s: Sizes) -> Inputs:
    logits = leaf(torch.randn(s.frames, s.sequences, s.symbols))
    targets = torch.randint(1, s.symbols, (s.sequences, s.labels))
    return logits, targets, (s.frames,) * s.sequences, (s.labels,) * s.sequences


def after_log_softmax(loss: Loss, logits: Tensor, *rest: Any) -> Tensor:
    return loss(logits.log_softmax(2), *rest)


def long_sequences(s: Sizes) -> Inputs:
    return batch_of_sequences(s._replace(frames=s.frames * 20 // 3))


ctc_workload = partial(
    Workload,
    "ctc_loss",
    aim=0.8,
    ours=lambda *inputs: after_log_softmax(ctc_loss, *inputs),
    twin=lambda *inputs: after_log_softmax(torch_functional.ctc_loss, *inputs),
)
WORKLOADS = (ctc_workload(batch_of_sequences), ctc_workload(long_sequences, variant="1000 frames"))
