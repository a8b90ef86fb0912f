"""Labels that may be wrong: the derivative with respect to the logits, shape of ``input``."""

from collections.abc import Callable

import torch
from torch import Tensor


def forward_corrected_cross_entropy(
    input: Tensor, target: Tensor, transition: Tensor, ignore_index: int = -100
) -> Tensor:
    r""":math:`p - r`, where :math:`r_i \propto p_i T_{iy}` is that of class :math:`i` given the label."""
    dim, one_hot = _one_hot(input, target, ignore_index)
    p = input.softmax(dim)
    joint = p * (one_hot.movedim(dim, -1) @ transition.t()).movedim(-1, dim)
    total = joint.sum(dim, keepdim=True)
    return torch.where(total > 0, p - joint / torch.where(total > 0, total, 1), 0)


def generalized_cross_entropy(
    input: Tensor, target: Tensor, q: float = 0.7, ignore_index: int = -100
) -> Tensor:
    r""":math:`p_y^q\,(p - e_y)`: the harder the label, the weaker the pull."""
    return _reweighed(input, target, ignore_index, lambda p_y: p_y**q)


def symmetric_cross_entropy(
    input: Tensor,
    target: Tensor,
    alpha: float = 0.1,
    beta: float = 1.0,
    log_zero: float = -4.0,
    ignore_index: int = -100,
) -> Tensor:
    r""":math:`(\alpha - \beta A\,p_y)\,(p - e_y)`."""
    return _reweighed(input, target, ignore_index, lambda p_y: alpha - beta * log_zero * p_y)


def poly1_cross_entropy(
    input: Tensor, target: Tensor, epsilon: float = 2.0, ignore_index: int = -100
) -> Tensor:
    r""":math:`(1 + \epsilon\,p_y)\,(p - e_y)`."""
    return _reweighed(input, target, ignore_index, lambda p_y: 1 + epsilon * p_y)


def confidence_penalty(input: Tensor, target: Tensor, beta: float = 0.1, ignore_index: int = -100) -> Tensor:
    r""":math:`p - e_y + \beta\,p \odot (\log p + H)`: what is surer than average is pulled back."""
    dim, one_hot = _one_hot(input, target, ignore_index)
    counts = one_hot.sum(dim, keepdim=True)
    p, log_p = input.softmax(dim), input.log_softmax(dim)
    entropy = -(p * log_p).sum(dim, keepdim=True)
    return counts * (p - one_hot + beta * p * (log_p + entropy))


def _reweighed(
    input: Tensor, target: Tensor, ignore_index: int, weight: Callable[[Tensor], Tensor]
) -> Tensor:
    """The gradient of cross entropy, times a function of the probability of the label."""
    dim, one_hot = _one_hot(input, target, ignore_index)
    p, counts = input.softmax(dim), one_hot.sum(dim, keepdim=True)
    return weight((p * one_hot).sum(dim, keepdim=True)) * (counts * p - one_hot)


def _one_hot(input: Tensor, target: Tensor, ignore_index: int) -> tuple[int, Tensor]:
    """The class dimension, and 1 at the label of each target that counts, else 0."""
    dim = min(1, input.ndim - 1)
    classes = torch.arange(input.shape[dim], device=input.device).reshape(-1, *[1] * (input.ndim - dim - 1))
    target = (target.reshape(()) if input.ndim == 1 else target).unsqueeze(dim)
    return dim, ((classes == target) & (target != ignore_index)).to(input)
