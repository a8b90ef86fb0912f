"""One of several classes: the derivative with respect to the prediction, shape of ``input``."""

import torch
from torch import Tensor


def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100) -> Tensor:
    r""":math:`-w_y e_y`: only the log-probability of the observed class is pulled up."""
    return -_one_hot(input, target, weight, ignore_index)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    r""":math:`p - q`: prediction minus target, where :math:`q` is one-hot, given or smoothed.

    With weights :math:`q_c` becomes :math:`w_c q_c`, and :math:`p` is multiplied by the sum of these.
    """
    dim = min(1, input.ndim - 1)
    if target.shape == input.shape:
        counts = torch.ones_like(input)
        q = target if weight is None else target * _along(weight, input, dim)
    else:
        counts = (target != ignore_index).unsqueeze(dim).to(input)
        q = _one_hot(input, target, weight, ignore_index)
    evenly = torch.ones_like(input) if weight is None else _along(weight, input, dim).expand_as(input)
    q = (1 - label_smoothing) * q + label_smoothing * evenly * counts / input.shape[dim]
    return input.softmax(dim) * q.sum(dim, keepdim=True) - q


def logit_adjusted_cross_entropy(
    input: Tensor, target: Tensor, prior: Tensor, tau: float = 1.0, ignore_index: int = -100
) -> tuple[Tensor, Tensor]:
    r""":math:`p - e_y` with :math:`p = \operatorname{softmax}(z + \tau \log \pi)`; by the shares
    :math:`\tau\,(p - e_y) / \pi`, summed over the targets."""
    dim = min(1, input.ndim - 1)
    by_input = cross_entropy(input + tau * _along(prior, input, dim).log(), target, None, ignore_index)
    return by_input, tau * by_input.movedim(dim, -1).reshape(-1, len(prior)).sum(0) / prior


def focal_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    gamma: float = 2.0,
) -> Tensor:
    r""":math:`w_y (1-p_y)^{\gamma-1} (1 - p_y - \gamma p_y \log p_y)\,(p - e_y)`."""
    dim = min(1, input.ndim - 1)
    one_hot = _one_hot(input, target, None, ignore_index)
    p, log_p = input.softmax(dim), input.log_softmax(dim)
    p_y, log_p_y = ((one_hot * values).sum(dim, keepdim=True) for values in (p, log_p))
    pull = (1 - p_y) ** (gamma - 1) * (1 - p_y - gamma * p_y * log_p_y)
    weights = _one_hot(input, target, weight, ignore_index).sum(dim, keepdim=True)
    return weights * pull * (p - one_hot)


def _one_hot(input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int) -> Tensor:
    """1, or the weight, at the class of each target that counts, else 0."""
    dim = min(1, input.ndim - 1)
    classes = _along(torch.arange(input.shape[dim], device=input.device), input, dim)
    target = (target.reshape(()) if input.ndim == 1 else target).unsqueeze(dim)
    hit = ((classes == target) & (target != ignore_index)).to(input)
    return hit if weight is None else hit * _along(weight, input, dim)


def _along(values: Tensor, input: Tensor, dim: int) -> Tensor:
    """One value for each class, along the class dimension of ``input``."""
    return values.reshape(-1, *[1] * (input.ndim - dim - 1))
