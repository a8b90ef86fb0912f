"""The noise model of the quantile loss. The other scores are no likelihoods."""

import math
from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints

from lossbook.ground.noise import NoiseModel


def quantile_loss(input: Tensor, quantile: float = 0.5) -> NoiseModel:
    r"""Asymmetric Laplace of scale 1 around the quantile; the constant is :math:`-\log \tau(1-\tau)`."""
    return NoiseModel(AsymmetricLaplace(input, quantile), -math.log(quantile * (1 - quantile)))


class AsymmetricLaplace(Distribution):
    r"""The density :math:`\tau (1-\tau)\, e^{-\rho_\tau(y - q)}`, whose :math:`\tau`-quantile is :math:`q`.

    Args:
        loc: the quantile :math:`q`.
        quantile: :math:`\tau`, between 0 and 1, both exclusive.

    Raises:
        ValueError: ``quantile`` is outside of 0 to 1.

    Source:
        Yu and Moyeed, *Bayesian Quantile Regression*, Statistics and Probability Letters 54(4), 2001.
    """

    arg_constraints: ClassVar = {"loc": constraints.real}
    support = constraints.real
    has_rsample = False

    def __init__(self, loc: Tensor, quantile: float, validate_args: bool | None = None) -> None:
        if not 0 < quantile < 1:
            raise ValueError(f"quantile must be between 0 and 1, found {quantile!r}")
        self.loc, self.quantile = loc, quantile
        super().__init__(loc.shape, validate_args=validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density at ``value``."""
        residual, level = value - self.loc, self.quantile
        return math.log(level * (1 - level)) - torch.maximum(level * residual, (level - 1) * residual)

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a value below ``value``."""
        residual, level = value - self.loc, self.quantile
        below = level * torch.exp((1 - level) * residual.clamp(max=0))
        return torch.where(residual < 0, below, 1 - (1 - level) * torch.exp(-level * residual.clamp(min=0)))
