"""A margin between classes: the derivative with respect to the scores, shape of ``input``."""

from collections.abc import Callable

import torch
from torch import Tensor


def hinge_loss(input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0) -> Tensor:
    r""":math:`-y\,p \max(0, m - yz)^{p-1}` within the margin, beyond it 0."""
    gap = margin - target * input
    return -target * torch.where(gap > 0, p * gap ** (p - 1), 0)


def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    r""":math:`\frac{w_y}{C}(v - e_y \sum_i v_i)`, with :math:`v_i = p \max(0, m - z_y + z_i)^{p-1}` or 0.

    Every class within the margin is pushed down, and the right one up by as much as all of them together.
    """
    y = target.unsqueeze(-1)
    right = torch.arange(input.shape[-1], device=input.device) == y
    gap = margin - input.gather(-1, y) + input
    push = torch.where((gap > 0) & ~right, p * gap ** (p - 1), 0)
    gradient = (push - right * push.sum(-1, keepdim=True)) / input.shape[-1]
    return gradient if weight is None else weight[y] * gradient


def crammer_singer_loss(input: Tensor, target: Tensor, margin: float = 1.0) -> Tensor:
    r""":math:`e_r - e_y` while the strongest rival :math:`r` is within the margin, then 0."""
    right = torch.nn.functional.one_hot(target, input.shape[-1]).to(input)
    strongest = (input - 2 * input.abs().max() * right).argmax(-1)
    rival = torch.nn.functional.one_hot(strongest, input.shape[-1]).to(input)
    gap = margin + ((rival - right) * input).sum(-1, keepdim=True)
    return torch.where(gap > 0, rival - right, 0)


def perceptron_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`-y` on the wrong side, on the right one 0."""
    return torch.where(target * input < 0, -target, 0).to(input)


def exponential_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`-y\, e^{-yz}`: unbounded where the score is surely wrong."""
    return -target * torch.exp(-target * input)


def sparsemax_loss(input: Tensor, target: Tensor, ignore_index: int = -100) -> Tensor:
    r""":math:`\operatorname{sparsemax}(z) - e_y`: prediction minus target, exactly 0 for most classes."""
    return _minus_target(input, target, ignore_index, lambda u, tau: torch.relu(u - tau))


def entmax15_loss(input: Tensor, target: Tensor, ignore_index: int = -100) -> Tensor:
    r""":math:`\operatorname{entmax}_{1.5}(z) - e_y`: prediction minus target."""
    return _minus_target(input, target, ignore_index, lambda u, tau: torch.relu(u / 2 - tau) ** 2)


def _minus_target(
    input: Tensor, target: Tensor, ignore_index: int, of_threshold: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    # The threshold at which the probabilities sum to 1, by bisection.
    dim = min(1, input.ndim - 1)
    u = input - input.amax(dim, keepdim=True)
    low = torch.full_like(u.amax(dim, keepdim=True), -1.0)
    high = torch.zeros_like(low)
    for _ in range(60):
        middle = (low + high) / 2
        above = of_threshold(u, middle).sum(dim, keepdim=True) > 1
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    counts = (target != ignore_index).unsqueeze(dim)
    happened = torch.zeros_like(input).scatter(dim, target.unsqueeze(dim).clamp(min=0), 1)
    return (of_threshold(u, low) - happened) * counts
