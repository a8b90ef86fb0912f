r"""Predicted variance: the normal distribution, of numbers, of vectors and of logarithms."""

import math

from torch import Tensor
from torch.distributions import LogNormal, MultivariateNormal, Normal

from lossbook.ground.noise import NoiseModel


def gaussian_nll_loss(input: Tensor, var: Tensor, full: bool = False, eps: float = 1e-6) -> NoiseModel:
    r""":math:`\mathcal N(\mu, v)`; the constant is :math:`\tfrac12\log 2\pi`, or 0 with ``full``."""
    v = (var if var.ndim == input.ndim else var.unsqueeze(-1)).clamp(min=eps)
    return NoiseModel(Normal(input, v.sqrt()), 0.0 if full else 0.5 * math.log(2 * math.pi))


def multivariate_gaussian_nll_loss(input: Tensor, scale_tril: Tensor, full: bool = False) -> NoiseModel:
    r""":math:`\mathcal N(\mu, L L^\top)`; the constant is :math:`\tfrac D2 \log 2\pi`, or 0 with ``full``."""
    distribution = MultivariateNormal(input, scale_tril=scale_tril.tril())
    return NoiseModel(distribution, 0.0 if full else 0.5 * input.shape[-1] * math.log(2 * math.pi))


def log_normal_nll_loss(
    input: Tensor, scale: Tensor | float, full: bool = False, *, target: Tensor
) -> NoiseModel:
    r"""Log-normal; the constant is :math:`\log y + \tfrac12\log 2\pi`, or 0 with ``full``."""
    constant = 0.0 if full else target.log() + 0.5 * math.log(2 * math.pi)
    return NoiseModel(LogNormal(input, scale), constant)
