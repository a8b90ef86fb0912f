"""Predicted variance: the derivatives with respect to the mean and the variance, each of its own shape."""

import torch
from torch import Tensor


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor, full: bool = False, eps: float = 1e-6
) -> tuple[Tensor, Tensor]:
    r""":math:`(\mu - y)/v` and :math:`\tfrac12(1/v - (y-\mu)^2/v^2)`: noisy points pull the mean less.

    ``full`` adds a constant and changes nothing.
    """
    v = (var if var.ndim == input.ndim else var.unsqueeze(-1)).clamp(min=eps)
    r = target - input
    return -r / v, (0.5 * (1 / v - (r / v) ** 2)).sum_to_size(v.shape).reshape(var.shape)


def beta_nll_loss(input: Tensor, target: Tensor, var: Tensor, beta: float = 0.5) -> Tensor:
    r""":math:`(\mu - y)/v^{1-\beta}` by the mean: variance takes less of the pull away, at 1 none of it."""
    return (input - target) * var ** (beta - 1)


def multivariate_gaussian_nll_loss(
    input: Tensor, target: Tensor, scale_tril: Tensor, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`-w` and the lower triangle of :math:`\operatorname{diag}(1/L_{ii}) - w z^\top`, where
    :math:`z = L^{-1} r` and :math:`w = L^{-\top} z = \Sigma^{-1} r`."""
    inverse = torch.linalg.inv(scale_tril.tril())
    z = (inverse @ (target - input).unsqueeze(-1)).squeeze(-1)
    w = (inverse.mT @ z.unsqueeze(-1)).squeeze(-1)
    ones = torch.diag_embed(1 / scale_tril.diagonal(dim1=-2, dim2=-1))
    by_factor = (ones - w.unsqueeze(-1) * z.unsqueeze(-2)).tril()
    return -w, by_factor.sum_to_size(scale_tril.shape)


def log_normal_nll_loss(
    input: Tensor, target: Tensor, scale: Tensor, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`(\mu - \log y)/\sigma^2` and :math:`(1 - (\log y - \mu)^2/\sigma^2)/\sigma`."""
    z = (target.log() - input) / scale
    return -z / scale, ((1 - z**2) / scale).sum_to_size(scale.shape)
