"""The distributions of a time of which only a lower bound may be known.

Cox's partial likelihood has no distribution of times, and DeepHit's penalty on pairs no distribution at all.
"""

import math
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, LogNormal, Weibull, constraints

from lossbook.ground.noise import NoiseModel


def weibull_aft_nll_loss(
    input: Tensor, event: Tensor, scale: Tensor, full: bool = False, target: Tensor | None = None
) -> NoiseModel:
    r""":class:`Censored` Weibull times of shape :math:`1/\sigma`; the constant is :math:`\delta\log t`."""
    law = Weibull(input.exp(), 1 / scale)
    survival = lambda t: -((t / input.exp()) ** (1 / scale))  # noqa: E731
    return NoiseModel(Censored(law.log_prob, survival, event), _constant(event, target, full, 0.0))


def log_logistic_aft_nll_loss(
    input: Tensor, event: Tensor, scale: Tensor, full: bool = False, target: Tensor | None = None
) -> NoiseModel:
    r""":class:`Censored` log-logistic times, :math:`S(t) = 1/(1 + (t/e^\mu)^{1/\sigma})`; the constant is
    :math:`\delta\log t`."""

    def survival(t: Tensor) -> Tensor:
        return -torch.log1p((t / input.exp()) ** (1 / scale))

    def density(t: Tensor) -> Tensor:
        odds = (t / input.exp()) ** (1 / scale)
        return torch.log(odds / (scale * t)) - 2 * torch.log1p(odds)

    return NoiseModel(Censored(density, survival, event), _constant(event, target, full, 0.0))


def log_normal_aft_nll_loss(
    input: Tensor, event: Tensor, scale: Tensor, full: bool = False, target: Tensor | None = None
) -> NoiseModel:
    r""":class:`Censored` log-normal times; the constant is :math:`\delta\,(\log t + \tfrac12\log 2\pi)`."""
    law = LogNormal(input, scale)
    survival = lambda t: torch.log1p(-law.cdf(t))  # noqa: E731
    rest = 0.5 * math.log(2 * math.pi)
    return NoiseModel(Censored(law.log_prob, survival, event), _constant(event, target, full, rest))


def discrete_hazard_loss(input: Tensor, event: Tensor) -> NoiseModel:
    r""":class:`CensoredInterval` with :math:`P(T = k) = h_k \prod_{j<k} (1 - h_j)`; the constant is 0."""
    hazard = input.sigmoid()
    lasting = (1 - hazard).cumprod(1)
    before = torch.cat([torch.ones_like(lasting[:, :1]), lasting], 1)
    return NoiseModel(CensoredInterval(torch.cat([hazard * before[:, :-1], before[:, -1:]], 1), event), 0.0)


class Censored(Distribution):
    """A time of which only a lower bound is known where ``event`` is 0.

    Args:
        log_density: of the time.
        log_survival: the logarithm of the probability of lasting longer.
        event: 1 where the time is that of the event, 0 where it is the last at which there was none.
    """

    arg_constraints: ClassVar = {}
    support = constraints.positive
    has_rsample = False

    def __init__(
        self,
        log_density: Callable[[Tensor], Tensor],
        log_survival: Callable[[Tensor], Tensor],
        event: Tensor,
        validate_args: bool | None = None,
    ) -> None:
        self.log_density, self.log_survival, self.event = log_density, log_survival, event
        super().__init__(event.shape, validate_args=validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density of an event at ``value``, or the log-probability of none up to it."""
        return torch.where(self.event != 0, self.log_density(value), self.log_survival(value))


class CensoredInterval(Distribution):
    """An interval, of which only a lower bound is known where ``event`` is 0.

    Args:
        probabilities: of each interval, and of lasting beyond the last, shape ``(N, T + 1)``.
        event: 1 where the interval is that of the event, 0 where it is the last that is known to be survived.
    """

    arg_constraints: ClassVar = {"probabilities": constraints.simplex}
    support = constraints.nonnegative_integer
    has_rsample = False

    def __init__(self, probabilities: Tensor, event: Tensor, validate_args: bool | None = None) -> None:
        self.probabilities, self.event = probabilities, event
        super().__init__(event.shape, validate_args=validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-probability of an event in ``value``, or of none up to its end."""
        here = self.probabilities.gather(1, value.unsqueeze(1)).squeeze(1)
        later = torch.arange(self.probabilities.shape[1], device=value.device) > value.unsqueeze(1)
        return torch.where(self.event != 0, here, (self.probabilities * later).sum(1)).log()


def _constant(event: Tensor, target: Tensor | None, full: bool, rest: float) -> Tensor | float:
    if full:
        return 0.0
    if target is None:
        raise ValueError("target, the time, is needed: without full the constant depends on it")
    return torch.where(event != 0, target.log() + rest, 0)
