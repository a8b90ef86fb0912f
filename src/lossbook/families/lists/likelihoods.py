"""The distribution of an order. ListNet's is of the first place alone; those of NDCG have none."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution, constraints

from lossbook.ground.noise import NoiseModel


def plackett_luce_nll_loss(input: Tensor) -> NoiseModel:
    """:class:`PlackettLuce`; the constant is 0."""
    return NoiseModel(PlackettLuce(input), 0.0)


def list_mle_loss(input: Tensor, mask: Tensor | None = None) -> NoiseModel:
    """:class:`FallingGrades`: the order of the grades is :class:`PlackettLuce`; the constant is 0."""
    return NoiseModel(FallingGrades(input, mask), 0.0)


class PlackettLuce(Distribution):
    """Who is first, second, ...: each place is a categorical choice among those left.

    Args:
        logits: scores, shape ``(*, L)``.
    """

    arg_constraints: ClassVar = {"logits": constraints.independent(constraints.real, 1)}
    support = constraints.independent(constraints.nonnegative_integer, 1)
    has_rsample = False

    def __init__(self, logits: Tensor, validate_args: bool | None = None) -> None:
        self.logits = logits
        super().__init__(logits.shape[:-1], logits.shape[-1:], validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-probability that the first ``K`` places go to the items ``value``, shape ``(*, K)``."""
        left = self.logits.expand(*value.shape[:-1], self.logits.shape[-1])
        total = left[..., :0].sum(-1)
        for item in value.unbind(-1):
            total = total + Categorical(logits=left).log_prob(item)
            left = left.scatter(-1, item.unsqueeze(-1), -torch.inf)
        return total


class FallingGrades(Distribution):
    """Grades of which only the order counts, the lower index first among equals: that is Plackett and Luce's.

    Args:
        logits: scores, shape ``(*, L)``.
        mask: true where an item is real.
    """

    arg_constraints: ClassVar = {}
    support = constraints.independent(constraints.real, 1)
    has_rsample = False

    def __init__(self, logits: Tensor, mask: Tensor | None = None, validate_args: bool | None = None) -> None:
        self.logits, self.mask = logits, mask
        super().__init__(logits.shape[:-1], logits.shape[-1:], validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-probability of the order of the grades ``value``."""
        real = torch.ones_like(value, dtype=torch.bool) if self.mask is None else self.mask
        rows = zip(self.logits, value, real, strict=True)
        return torch.stack(
            [
                PlackettLuce(s[kept]).log_prob(y[kept].argsort(descending=True, stable=True))
                for s, y, kept in rows
            ]
        )
