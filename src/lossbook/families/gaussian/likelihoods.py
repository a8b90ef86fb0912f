r"""Predicted variance: the normal distribution."""

import math

from torch import Tensor
from torch.distributions import Normal

from lossbook.ground.noise import NoiseModel


def gaussian_nll_loss(input: Tensor, var: Tensor, full: bool = False, eps: float = 1e-6) -> NoiseModel:
    r""":math:`\mathcal N(\mu, v)`; the constant is :math:`\tfrac12\log 2\pi`, or 0 with ``full``."""
    v = (var if var.ndim == input.ndim else var.unsqueeze(-1)).clamp(min=eps)
    return NoiseModel(Normal(input, v.sqrt()), 0.0 if full else 0.5 * math.log(2 * math.pi))
