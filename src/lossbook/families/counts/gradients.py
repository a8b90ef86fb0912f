"""Counts: the derivative with respect to what the model predicts, shape of ``input``."""

import torch
from torch import Tensor


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False, eps: float = 1e-8
) -> Tensor:
    r""":math:`e^\eta - y`: prediction minus target; for the rate itself :math:`1 - y/(\lambda + \epsilon)`.

    ``full`` adds a constant and changes nothing.
    """
    return input.exp() - target if log_input else 1 - target / (input + eps)


def negative_binomial_nll_loss(
    input: Tensor, target: Tensor, dispersion: Tensor | float, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`(\mu - y)/(1 + \alpha\mu)` for :math:`\eta`: large means, being noisy, pull less.

    For :math:`\alpha` it is :math:`\frac1{\alpha^2}\bigl(\psi(y + r) - \psi(r) - \log(1 + \alpha\mu) -
    \frac{y - \mu}{r + \mu}\bigr)`, with the digamma function :math:`\psi` and :math:`r = 1/\alpha`.
    ``full`` adds a constant and changes nothing.
    """
    alpha = torch.as_tensor(dispersion, dtype=input.dtype, device=input.device)
    mu, r = input.exp(), 1 / alpha
    ratio = torch.digamma(target + r) - torch.digamma(r)
    by_r = torch.log1p(alpha * mu) + (target - mu) / (r + mu) - ratio
    return (mu - target) / (1 + alpha * mu), (-by_r * r**2).sum_to_size(alpha.shape)
