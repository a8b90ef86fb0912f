"""Yes or no: the derivative with respect to the prediction, shape of ``input``."""

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    r""":math:`(p - t) / (p(1 - p))`, times the weight: unbounded where the model is sure and wrong."""
    return _weighted((input - target) / (input * (1 - input)), weight)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, pos_weight: Tensor | None = None
) -> Tensor:
    r""":math:`\sigma(z) - t`, times the weight: prediction minus target.

    With ``pos_weight`` :math:`w` it is :math:`(1 - t)\,\sigma(z) - w\,t\,\sigma(-z)`.
    """
    pull = 1 if pos_weight is None else pos_weight
    return _weighted((1 - target) * torch.sigmoid(input) - pull * target * torch.sigmoid(-input), weight)


def soft_margin_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`-y\,\sigma(-yz)`: the sign of the label times the probability given to the other one."""
    return -target * torch.sigmoid(-target * input)


def sigmoid_focal_loss(inputs: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2) -> Tensor:
    r""":math:`\pm\alpha_t (1 - p_t)^\gamma\,(\gamma p_t \log p_t + p_t - 1)`: plus for 1, minus for 0."""
    sign = 2 * targets - 1
    p, log_p = torch.sigmoid(sign * inputs), logsigmoid(sign * inputs)
    alpha_t = alpha * targets + (1 - alpha) * (1 - targets) if alpha >= 0 else 1
    return sign * alpha_t * torch.sigmoid(-sign * inputs) ** gamma * (gamma * p * log_p + p - 1)


def probit_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`-t\,\varphi(z)/\Phi(z) + (1-t)\,\varphi(z)/\Phi(-z)`: about :math:`z` where surely wrong."""
    density = torch.exp(-0.5 * input**2) / math.sqrt(2 * math.pi)
    return density * ((1 - target) / torch.special.ndtr(-input) - target / torch.special.ndtr(input))


def cloglog_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`(1-t)\,r - t\,\frac{r}{e^r - 1}` with the rate :math:`r = e^z`."""
    rate = torch.exp(input)
    return (1 - target) * rate - target * rate / torch.expm1(rate)


def _weighted(gradient: Tensor, weight: Tensor | None) -> Tensor:
    return gradient if weight is None else weight * gradient
