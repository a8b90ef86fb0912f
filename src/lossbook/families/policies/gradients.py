"""The gradients of the surrogates of policies, by the log-probability of what was done."""

import torch
from torch import Tensor


def reinforce_loss(log_probs: Tensor, advantages: Tensor) -> Tensor:
    r""":math:`-A`, whatever the probability is: rare actions come with a large :math:`\nabla\log\pi`."""
    return -advantages.expand(log_probs.shape)


def ppo_loss(log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, clip_range: float = 0.2) -> Tensor:
    r""":math:`-\rho A`, and 0 where a good action has become more than :math:`1 + \epsilon` times as
    probable, or a bad one less than :math:`1 - \epsilon` times."""
    ratio = (log_probs - old_log_probs).exp()
    moved = torch.where(advantages > 0, ratio > 1 + clip_range, ratio < 1 - clip_range)
    return torch.where(moved, 0, -ratio * advantages)


def grpo_loss(
    log_probs: Tensor,
    old_log_probs: Tensor,
    ref_log_probs: Tensor,
    rewards: Tensor,
    mask: Tensor | None = None,
    clip_range: float = 0.2,
    beta: float = 0.04,
    eps: float = 1e-4,
) -> Tensor:
    r"""PPO's, and :math:`\beta\,(1 - \pi^{\mathrm{ref}}/\pi)`; over the length of the answer."""
    centred = rewards - rewards.mean(1, keepdim=True)
    deviation = (centred.square().sum(1, keepdim=True) / (rewards.shape[1] - 1)).sqrt()
    advantages = (centred / (deviation + eps)).unsqueeze(2).expand(log_probs.shape)
    slope = ppo_loss(log_probs, old_log_probs, advantages, clip_range)
    slope = slope + beta * (1 - (ref_log_probs - log_probs).exp())
    present = torch.ones_like(log_probs) if mask is None else mask.to(log_probs)
    return slope * present / present.sum(2, keepdim=True).clamp(min=1)
