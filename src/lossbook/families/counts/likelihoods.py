r"""Counts: the Poisson and the negative binomial distribution."""

import torch
from torch import Tensor
from torch.distributions import NegativeBinomial, Poisson

from lossbook.ground.noise import NoiseModel


def poisson_nll_loss(
    input: Tensor, log_input: bool = True, full: bool = False, eps: float = 1e-8, *, target: Tensor
) -> NoiseModel:
    r""":math:`\mathrm{Poisson}(\lambda)`; the constant is :math:`\log y!`, less Stirling's with ``full``.

    From the rate itself the distribution is :math:`\mathrm{Poisson}(\lambda + \epsilon)`, and
    :math:`\epsilon` is part of the constant.
    """
    constant = torch.lgamma(target + 1) + (0 if log_input else eps)
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * torch.pi * target).log()
        constant = constant - torch.where(target > 1, stirling, 0)
    return NoiseModel(Poisson(input.exp() if log_input else input + eps), constant)


def negative_binomial_nll_loss(
    input: Tensor, dispersion: Tensor | float, full: bool = False, *, target: Tensor
) -> NoiseModel:
    r"""NB2, :math:`r = 1/\alpha` and logit :math:`\log\alpha\mu`; the constant is :math:`\log y!` or 0."""
    alpha = torch.as_tensor(dispersion, dtype=input.dtype, device=input.device)
    distribution = NegativeBinomial(total_count=1 / alpha, logits=input + alpha.log())
    return NoiseModel(distribution, 0.0 if full else torch.lgamma(target + 1))
