r"""Policies: surrogates whose gradient estimates that of the expected reward. None of them is a likelihood.

The gradient of :math:`\mathbb E_{a \sim \pi}\,r(a)` is :math:`\mathbb E\,r(a)\,\nabla\log\pi(a)`, an
expectation that samples of actions estimate. What a surrogate is worth says nothing; its slope does.
"""

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, in_half_again, reduce
from lossbook.ground.values import times


@full_precision
def reinforce_loss(log_probs: Tensor, advantages: Tensor, reduction: str = "mean") -> Tensor:
    r"""REINFORCE: the log-probability of what was done, times how well it went.

    .. math:: \ell = -A\,\log\pi(a)

    If the actions are drawn from :math:`\pi` itself, and :math:`A` is the reward less a baseline that does
    not depend on the action, the mean of the gradients is that of minus the expected reward. With
    :math:`A = 1` it is the negative log-likelihood of the actions; with any other it is none.

    Status: H, set function: an estimate for a batch of actions drawn from the policy.

    Args:
        log_probs: :math:`\log\pi(a)` of the actions, any shape ``(*)``.
        advantages: :math:`A`, rewards less a baseline, shape ``(*)``. They get no gradient.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The surrogate: a scalar, or shape ``(*)`` for ``'none'``. Only its gradient means something.

    Raises:
        NotImplementedError: an input is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Williams, *Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement
        Learning*, Machine Learning 8, 1992.

    >>> import torch
    >>> log_p = torch.tensor([0.5, 0.5]).log()
    >>> reinforce_loss(log_p, torch.tensor([1.0, -1.0]), reduction="none")
    tensor([ 0.6931, -0.6931])
    """
    _check(log_probs=log_probs, advantages=advantages)
    return reduce(-times(advantages.detach(), log_probs), reduction)


@full_precision
def ppo_loss(
    log_probs: Tensor,
    old_log_probs: Tensor,
    advantages: Tensor,
    clip_range: float = 0.2,
    reduction: str = "mean",
) -> Tensor:
    r"""Proximal policy optimisation: a reweighted surrogate that lets go when the policy has moved enough.

    .. math:: \ell = -\min\bigl(\rho A,\; \operatorname{clip}(\rho, 1 - \epsilon, 1 + \epsilon)\,A\bigr),
       \qquad \rho = \frac{\pi(a)}{\pi^{\mathrm{old}}(a)}

    The actions come from the old policy; :math:`\rho` corrects for that. Where an action has become more than
    :math:`1 + \epsilon` times as probable and was good, or less than :math:`1 - \epsilon` times and was bad,
    the gradient is 0. On the other sides it is not clipped.

    Status: H, set function: an estimate for a batch of actions drawn from the old policy.

    Args:
        log_probs: :math:`\log\pi(a)` of the actions, any shape ``(*)``.
        old_log_probs: :math:`\log\pi^{\mathrm{old}}(a)`, of the policy that drew them, shape ``(*)``. They
            get no gradient.
        advantages: :math:`A`, shape ``(*)``. They get no gradient.
        clip_range: :math:`\epsilon`, not negative.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The surrogate: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: an input is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``clip_range`` is negative, or unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Schulman, Wolski, Dhariwal, Radford and Klimov, *Proximal Policy Optimization Algorithms*,
        arXiv:1707.06347, 2017.

    >>> import torch
    >>> log_ratio = torch.tensor([1.1, 1.5, 1.5]).log()
    >>> ppo_loss(log_ratio, torch.zeros(3), torch.tensor([1.0, 1.0, -1.0]), reduction="none")
    tensor([-1.1000, -1.2000,  1.5000])
    """
    _check_clip(clip_range)
    _check(log_probs=log_probs, old_log_probs=old_log_probs, advantages=advantages)
    loss = _clipped(log_probs, old_log_probs, advantages, clip_range)
    return reduce(in_half_again(loss, log_probs, old_log_probs, advantages), reduction)


@full_precision
def grpo_loss(
    log_probs: Tensor,
    old_log_probs: Tensor,
    ref_log_probs: Tensor,
    rewards: Tensor,
    mask: Tensor | None = None,
    clip_range: float = 0.2,
    beta: float = 0.04,
    eps: float = 1e-4,
    reduction: str = "mean",
) -> Tensor:
    r"""Group relative policy optimisation: PPO whose baseline is the mean reward of a group of answers.

    .. math:: A_{bg} = \frac{r_{bg} - \bar r_b}{s_b + \mathrm{eps}}, \qquad
       \ell_{bg} = \frac1{T_{bg}} \sum_t \bigl\{\ell^{\mathrm{PPO}}_{bgt} + \beta\,(e^d - d - 1)\bigr\},
       \quad d = \log\pi^{\mathrm{ref}} - \log\pi

    :math:`\bar r_b` and :math:`s_b` are the mean and the standard deviation (with :math:`G - 1`) of the
    rewards of the :math:`G` answers to one question. :math:`e^d - d - 1` is never negative, and its mean over
    actions drawn from :math:`\pi` is :math:`\mathrm{KL}(\pi\,\|\,\pi^{\mathrm{ref}})`. Dividing by the length
    makes a token of a long answer count less.

    Status: H, set function: an estimate for a group of answers drawn from the old policy.

    Args:
        log_probs: :math:`\log\pi` of each token, shape ``(B, G, T)``.
        old_log_probs: those under the policy that drew the answers, shape ``(B, G, T)``. They get no
            gradient.
        ref_log_probs: those under the reference, shape ``(B, G, T)``. They get no gradient.
        rewards: :math:`r` of each answer, shape ``(B, G)`` with :math:`G \ge 2`. They get no gradient.
        mask: true where there is a token, false where there is padding, shape ``(B, G, T)``.
        clip_range: :math:`\epsilon` of PPO, not negative.
        beta: weight :math:`\beta` of the divergence from the reference.
        eps: added to the standard deviation, positive: where all rewards are equal, all advantages are 0.
        reduction: ``'none'``, ``'mean'`` (divides by the number of answers) or ``'sum'``.

    Returns:
        The surrogate: a scalar, or shape ``(B, G)`` for ``'none'``. An answer without a token costs 0 and
        counts.

    Raises:
        NotImplementedError: an input is not floating point.
        ValueError: a shape is wrong, a group has fewer than two answers, ``mask`` is not boolean,
            ``clip_range`` is negative, ``eps`` is not positive, or unknown ``reduction``.

    Source:
        Shao et al., *DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language Models*,
        arXiv:2402.03300, 2024.

    >>> import torch
    >>> log_p = torch.full((1, 2, 3), -1.0)
    >>> grpo_loss(log_p, log_p, log_p, torch.tensor([[1.0, 0.0]]), reduction="none")
    tensor([[-0.7070,  0.7070]])
    """
    _check_clip(clip_range)
    if not eps > 0:
        raise ValueError(f"eps must be positive, found {eps!r}")
    given = {"log_probs": log_probs, "old_log_probs": old_log_probs, "ref_log_probs": ref_log_probs}
    check_floating(**given, rewards=rewards)
    if log_probs.ndim != 3 or log_probs.shape[1] < 2:
        raise ValueError(f"log_probs must have shape (B, G, T) with G >= 2, found {tuple(log_probs.shape)}")
    for name, tensor in {**given, "rewards": rewards, "mask": mask}.items():
        wanted = log_probs.shape[:2] if name == "rewards" else log_probs.shape
        if tensor is not None and tensor.shape != wanted:
            raise ValueError(f"{name} must have shape {tuple(wanted)}, found {tuple(tensor.shape)}")
    if mask is not None and mask.dtype != torch.bool:
        raise ValueError(f"mask must be boolean, found dtype {mask.dtype}")

    dtype = at_least_float32(log_probs)
    present = torch.ones_like(log_probs, dtype=torch.bool) if mask is None else mask
    log_p, old, ref = (torch.where(present, tensor.to(dtype), 0) for tensor in given.values())
    reward = rewards.detach().to(dtype)
    spread = reward.std(1, keepdim=True) + eps
    advantages = (reward - reward.mean(1, keepdim=True)) / spread

    token = _clipped(log_p, old, advantages.unsqueeze(2), clip_range)
    if beta:
        d = ref.detach() - log_p
        token = token + beta * (torch.expm1(d) - d)
    loss = torch.where(present, token, 0).sum(2) / present.sum(2).clamp(min=1)
    return reduce(in_half_again(loss, *given.values(), rewards), reduction)


def _clipped(log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, clip_range: float) -> Tensor:
    # What is clipped must not pass through e^x, which may be infinite: then 0 times it would be nan.
    a = advantages.detach().to(at_least_float32(advantages))
    log_ratio = log_probs.to(at_least_float32(log_probs)) - old_log_probs.detach()
    ratio = log_ratio.detach().exp()
    follows = ((a > 0) & (ratio <= 1 + clip_range)) | ((a < 0) & (ratio >= 1 - clip_range))
    return -a * torch.where(follows, torch.where(follows, log_ratio, 0).exp(), 1 + clip_range * a.sign())


def _check(**given: Tensor) -> None:
    check_floating(**given)
    check_broadcast(**given)


def _check_clip(clip_range: float) -> None:
    if not clip_range >= 0:
        raise ValueError(f"clip_range must not be negative, found {clip_range!r}")
