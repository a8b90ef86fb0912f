"""Real numbers: the derivative with respect to the predicted location, shape of ``input``."""

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


def _weighted(gradient: Tensor, weight: Tensor | None) -> Tensor:
    return gradient if weight is None else weight * gradient
