"""The distributions of amounts, of shares, and of counts with a gate."""

import math
from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import (
    Beta,
    ContinuousBernoulli,
    Distribution,
    Gamma,
    NegativeBinomial,
    Poisson,
    constraints,
)
from torch.types import _size

from lossbook.ground.noise import NoiseModel


def gamma_nll_loss(
    input: Tensor, concentration: Tensor, log_input: bool = True, full: bool = False, *, target: Tensor
) -> NoiseModel:
    r"""Gamma of shape :math:`a` and rate :math:`a/\mu`; the constant is :math:`\log y` or 0."""
    mu = input.exp() if log_input else input
    return NoiseModel(Gamma(concentration, concentration / mu), 0.0 if full else target.log())


def tweedie_nll_loss(
    input: Tensor, power: float = 1.5, log_input: bool = True, *, target: Tensor
) -> NoiseModel:
    r""":class:`Tweedie` with dispersion 1; the constant is its series, which is free of the mean."""
    distribution = Tweedie(input.exp() if log_input else input, power)
    return NoiseModel(distribution, -distribution.log_series(target))


def beta_distribution_nll_loss(
    input: Tensor, precision: Tensor, full: bool = False, *, target: Tensor
) -> NoiseModel:
    r"""Beta with :math:`\alpha = \mu\varphi`, :math:`\beta = (1 - \mu)\varphi`; the constant is
    :math:`\log y + \log(1 - y)` or 0."""
    mu = input.sigmoid()
    constant = target.log() + torch.log1p(-target)
    return NoiseModel(Beta(mu * precision, (1 - mu) * precision), 0.0 if full else constant)


def continuous_bernoulli_nll_loss(input: Tensor) -> NoiseModel:
    r"""Continuous Bernoulli with logit :math:`z`; the constant is 0."""
    return NoiseModel(ContinuousBernoulli(logits=input), 0.0)


def zero_inflated_poisson_nll_loss(
    input: Tensor, gate_logits: Tensor, full: bool = False, *, target: Tensor
) -> NoiseModel:
    r""":class:`ZeroInflated` Poisson; the constant is :math:`\log y!` or 0."""
    constant = 0.0 if full else torch.lgamma(target + 1)
    return NoiseModel(ZeroInflated(Poisson(input.exp()), gate_logits), constant)


def zero_inflated_negative_binomial_nll_loss(
    input: Tensor, dispersion: Tensor, gate_logits: Tensor, full: bool = False, *, target: Tensor
) -> NoiseModel:
    r""":class:`ZeroInflated` NB2; the constant is :math:`\log y!` or 0."""
    alpha = torch.as_tensor(dispersion, dtype=input.dtype, device=input.device)
    base = NegativeBinomial(1 / alpha, logits=input + alpha.log())
    return NoiseModel(ZeroInflated(base, gate_logits), 0.0 if full else torch.lgamma(target + 1))


class Tweedie(Distribution):
    r"""A Poisson number of gamma-distributed amounts, :math:`1 < p < 2`, and its limits :math:`p = 1, 2`.

    .. math:: N \sim \mathrm{Poisson}\Bigl(\frac{\mu^{2-p}}{\phi(2-p)}\Bigr), \qquad
              y = \sum_{i=1}^N x_i, \qquad
              x_i \sim \mathrm{Gamma}\Bigl(\frac{2-p}{p-1}, \text{ scale } \phi(p-1)\mu^{p-1}\Bigr)

    Its mean is :math:`\mu`, its variance :math:`\phi\mu^p`, and :math:`\log p(y)` is
    :math:`-\frac1\phi\bigl(\frac{\mu^{2-p}}{2-p} + \frac{y\mu^{1-p}}{p-1}\bigr)` plus a series in :math:`y`,
    :math:`\phi` and :math:`p`. At :math:`p = 1`, that is for :math:`\phi = 1`, it is the Poisson, at 2 the
    gamma distribution of shape :math:`1/\phi`.

    Args:
        mean: :math:`\mu > 0`.
        power: :math:`p` from 1 to 2.
        dispersion: :math:`\phi > 0`.

    Source: Dunn and Smyth, *Series Evaluation of Tweedie Exponential Dispersion Model Densities*, Statistics
    and Computing 15(4), 2005.

    >>> import torch
    >>> Tweedie(torch.tensor(1.0), power=1.5).log_prob(torch.tensor(0.0))
    tensor(-2.)
    """

    arg_constraints: ClassVar = {}
    support = constraints.nonnegative
    has_rsample = False

    def __init__(
        self,
        mean: Tensor,
        power: float = 1.5,
        dispersion: float = 1.0,
        validate_args: bool | None = None,
    ) -> None:
        if not 1 <= power <= 2 or (power == 1 and dispersion != 1):
            raise ValueError(
                f"power must be from 1 to 2, and above 1 unless dispersion is 1, found power {power} and "
                f"dispersion {dispersion}"
            )
        self.average, self.power, self.dispersion = mean, power, dispersion
        super().__init__(mean.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        r""":math:`\mu`."""
        return self.average

    @property
    def variance(self) -> Tensor:
        r""":math:`\phi\mu^p`."""
        return self.dispersion * self.average**self.power

    def sample(self, sample_shape: _size = torch.Size()) -> Tensor:  # noqa: B008
        """Amounts, each the sum of as many gamma-distributed ones as a Poisson distribution draws."""
        mu, p, phi = self.average.expand(self._extended_shape(sample_shape)), self.power, self.dispersion
        if p == 1:
            return torch.poisson(mu)
        if p == 2:
            return Gamma(1 / phi, 1 / (phi * mu)).sample()
        number = torch.poisson(mu ** (2 - p) / (phi * (2 - p)))
        shape = torch.where(number > 0, number * (2 - p) / (p - 1), 1)
        return torch.where(number > 0, Gamma(shape, 1 / (phi * (p - 1) * mu ** (p - 1))).sample(), 0)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density of an amount, or the log-probability of 0."""
        mu, p = self.average, self.power
        by_mean = torch.xlogy(value, mu) - mu if p == 1 else -value / mu - mu.log()
        if 1 < p < 2:
            by_mean = -(mu ** (2 - p) / (2 - p) + value * mu ** (1 - p) / (p - 1))
        return by_mean / self.dispersion + self.log_series(value)

    def log_series(self, value: Tensor) -> Tensor:
        """The part of the log-density that the mean does not touch."""
        p, phi = self.power, self.dispersion
        if p == 1:
            return -torch.lgamma(value + 1)
        if p == 2:
            a = 1 / phi
            return a * math.log(a) - math.lgamma(a) + torch.xlogy(torch.as_tensor(a - 1), value)
        shape = (2 - p) / (p - 1)
        y = torch.where(value > 0, value, 1)
        most = float((y ** (2 - p)).max()) / (phi * (2 - p)) if y.numel() else 0.0
        n = torch.arange(1, int(most + 12 * math.sqrt(most) + 40), dtype=y.dtype, device=y.device)
        # The term of n events: their Poisson probability times the density of their sum, without the mean.
        constant = n * shape * math.log((p - 1) * phi) + n * math.log(phi * (2 - p))
        terms = n * shape * y.log().unsqueeze(-1) - constant - torch.lgamma(n + 1) - torch.lgamma(n * shape)
        return torch.where(value > 0, terms.logsumexp(-1) - y.log(), 0)


class ZeroInflated(Distribution):
    r"""A count that a gate makes 0 with the probability :math:`\sigma(g)`, else one of ``base``.

    Args:
        base: the distribution of what the gate lets through.
        gate_logits: :math:`g`.
    """

    arg_constraints: ClassVar = {"gate_logits": constraints.real}
    support = constraints.nonnegative_integer
    has_rsample = False

    def __init__(self, base: Distribution, gate_logits: Tensor, validate_args: bool | None = None) -> None:
        self.base, self.gate_logits = base, gate_logits
        super().__init__(
            torch.broadcast_shapes(base.batch_shape, gate_logits.shape), validate_args=validate_args
        )

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-probability of a count."""
        gate = self.gate_logits.sigmoid()
        passed = (1 - gate) * self.base.log_prob(value).exp()
        return torch.where(value == 0, gate + passed, passed).log()
