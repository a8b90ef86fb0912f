"""How a data set or a text is split at random."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor


def random_parts(count: int, fractions: Sequence[float], seed: int) -> list[Tensor]:
    if min(fractions, default=0) <= 0 or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(f"fractions must be positive and add up to 1, found {fractions}")
    order = torch.randperm(count, generator=Generator().manual_seed(seed))
    ends = [round(count * sum(fractions[: i + 1])) for i in range(len(fractions))]
    return [order[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)]
