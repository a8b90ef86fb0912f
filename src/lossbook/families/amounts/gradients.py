"""Amounts and shares: the derivative with respect to what the model predicts, of the summed loss."""

import torch
from torch import Tensor

from lossbook.families.counts import gradients as counts


def gamma_nll_loss(
    input: Tensor, target: Tensor, concentration: Tensor, log_input: bool = True, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`a(1 - y/\mu)` for :math:`\eta`, a relative error; that over :math:`\mu` for the mean itself.

    For :math:`a` it is :math:`y/\mu - \log(y/\mu) - 1 - (\log a - \psi(a))`, with the digamma function
    :math:`\psi`. ``full`` adds a constant and changes nothing.
    """
    mu = input.exp() if log_input else input
    ratio = target / mu
    by_input = concentration * (1 - ratio) / (1 if log_input else mu)
    by_concentration = ratio - ratio.log() - 1 - concentration.log() + torch.digamma(concentration)
    return by_input, by_concentration.sum_to_size(concentration.shape)


def tweedie_nll_loss(input: Tensor, target: Tensor, power: float = 1.5, log_input: bool = True) -> Tensor:
    r""":math:`(\mu - y)\,\mu^{1-p}` for :math:`\eta`; for the mean itself :math:`(\mu - y)/\mu^p`: the error
    over the variance."""
    mu = input.exp() if log_input else input
    return (mu - target) * mu ** ((1 if log_input else 0) - power)


def beta_distribution_nll_loss(
    input: Tensor, target: Tensor, precision: Tensor, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`\varphi\mu(1-\mu)\bigl(\psi(\alpha) - \psi(\beta) - \mathrm{logit}\,y\bigr)`: expected logit
    minus observed.

    For :math:`\varphi` it is :math:`\mu(\psi(\alpha) - \log y) + (1 - \mu)(\psi(\beta) - \log(1 - y)) -
    \psi(\varphi)`. ``full`` adds a constant and changes nothing.
    """
    mu = input.sigmoid()
    of_alpha = torch.digamma(mu * precision) - target.log()
    of_beta = torch.digamma((1 - mu) * precision) - torch.log1p(-target)
    by_precision = mu * of_alpha + (1 - mu) * of_beta - torch.digamma(precision)
    by_input = precision * mu * (1 - mu) * (of_alpha - of_beta)
    return by_input, by_precision.sum_to_size(precision.shape)


def continuous_bernoulli_nll_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`\frac1{1 - e^{-z}} - \frac1z - y`: mean minus share; :math:`\frac12 - y` at 0."""
    return 1 / -torch.expm1(-input) - 1 / input - target


def zero_inflated_poisson_nll_loss(
    input: Tensor, target: Tensor, gate_logits: Tensor, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`(1 - w)(\lambda - y)` for :math:`\eta`; :math:`w` is the probability of a zero by the gate.

    For :math:`g` it is :math:`\pi - w`, where :math:`w = \pi/P(0)` if :math:`y = 0`, else 0.
    """
    rate = input.exp()
    pi, w = _responsibility(target, gate_logits, (-rate).exp())
    return (1 - w) * (rate - target), pi - w


def zero_inflated_negative_binomial_nll_loss(
    input: Tensor, target: Tensor, dispersion: Tensor, gate_logits: Tensor, full: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    r"""As for the Poisson: the negative binomial's derivatives times :math:`1 - w`, and :math:`\pi - w` for
    :math:`g`."""
    by_chance = (1 + dispersion * input.exp()) ** (-1 / dispersion)
    pi, w = _responsibility(target, gate_logits, by_chance)
    each = dispersion.expand(torch.broadcast_shapes(input.shape, target.shape, dispersion.shape))
    by_input, by_dispersion = counts.negative_binomial_nll_loss(input, target, each)
    return (1 - w) * by_input, ((1 - w) * by_dispersion).sum_to_size(dispersion.shape), pi - w


def _responsibility(y: Tensor, gate_logits: Tensor, by_chance: Tensor) -> tuple[Tensor, Tensor]:
    pi = gate_logits.sigmoid()
    return pi, torch.where(y == 0, pi / (pi + (1 - pi) * by_chance), 0)
