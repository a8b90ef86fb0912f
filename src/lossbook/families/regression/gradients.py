"""Real numbers: the derivatives by the location, shape of ``input``, and by what else is predicted."""

import math

import torch
from torch import Tensor


def mse_loss(input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    r""":math:`2(\mu - y)`, times the weight: a residual twice as large pulls twice as hard."""
    return _weighted(2 * (input - target), weight)


def l1_loss(input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    r""":math:`\operatorname{sign}(\mu - y)`, times the weight: every residual pulls equally hard."""
    return _weighted(torch.sign(input - target), weight)


def huber_loss(input: Tensor, target: Tensor, delta: float = 1.0, weight: Tensor | None = None) -> Tensor:
    r""":math:`\operatorname{clip}(\mu - y, -\delta, \delta)`, times the weight."""
    return _weighted((input - target).clamp(-delta, delta), weight)


def smooth_l1_loss(input: Tensor, target: Tensor, beta: float = 1.0) -> Tensor:
    r""":math:`\operatorname{clip}((\mu - y)/\beta, -1, 1)`; for :math:`\beta = 0` the sign."""
    residual = input - target
    return torch.sign(residual) if beta == 0 else (residual / beta).clamp(-1, 1)


def log_cosh_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`\tanh(\mu - y)`."""
    return torch.tanh(input - target)


def pseudo_huber_loss(input: Tensor, target: Tensor, delta: float = 1.0) -> Tensor:
    r""":math:`(\mu - y) / \sqrt{1 + ((\mu - y)/\delta)^2}`: never beyond :math:`\delta`."""
    residual = input - target
    return residual / torch.sqrt(1 + (residual / delta) ** 2)


def laplace_nll_loss(
    input: Tensor, target: Tensor, scale: Tensor, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`\operatorname{sign}(\mu - y)/\sigma` and :math:`(1 - |r|/\sigma)/\sigma`: the scale goes to the
    mean of :math:`|r|`."""
    residual = input - target
    return residual.sign() / scale, ((1 - residual.abs() / scale) / scale).sum_to_size(scale.shape)


def student_t_nll_loss(
    input: Tensor, target: Tensor, scale: Tensor, df: Tensor, full: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    r""":math:`w (\mu - y)/\sigma^2` and :math:`(1 - w r^2/\sigma^2)/\sigma` with the weight
    :math:`w = \tfrac{\nu+1}{\nu + r^2/\sigma^2}`, as for a normal distribution of variance
    :math:`\sigma^2/w`; and the derivative by :math:`\nu`."""
    residual = input - target
    square = (residual / scale) ** 2
    weight = (df + 1) / (df + square)
    by_df = torch.log1p(square / df) - weight * square / df + 1 / df
    by_df = 0.5 * (by_df + torch.digamma(df / 2) - torch.digamma((df + 1) / 2))
    by_scale = (1 - weight * square) / scale
    return (
        weight * residual / scale**2,
        by_scale.sum_to_size(scale.shape),
        by_df.sum_to_size(df.shape),
    )


def general_robust_loss(input: Tensor, target: Tensor, alpha: float = 1.0, scale: float = 1.0) -> Tensor:
    r""":math:`\tfrac{\mu-y}{c^2} \bigl(\tfrac{x}{|\alpha-2|} + 1\bigr)^{\alpha/2 - 1}`, :math:`x = (r/c)^2`:
    for :math:`\alpha < 1` it falls back to 0 far away, and between 1 and 2 it grows without bound."""
    residual = input - target
    x = (residual / scale) ** 2
    if math.isinf(alpha):
        bend = torch.exp(math.copysign(0.5, alpha) * x)
    elif alpha == 2:
        bend = torch.ones_like(x)
    else:
        bend = (x / abs(alpha - 2) + 1) ** (alpha / 2 - 1)
    return residual / scale**2 * bend


def _weighted(gradient: Tensor, weight: Tensor | None) -> Tensor:
    return gradient if weight is None else weight * gradient
