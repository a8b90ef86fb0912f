"""The gradients of the mixture and direction losses, derived by hand."""

import torch
from torch import Tensor


def gaussian_mixture_nll_loss(
    input: Tensor, target: Tensor, scale: Tensor, logits: Tensor, full: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    r""":math:`\gamma_k(\mu_k - y)/\sigma_k^2` by the means, :math:`\gamma_k(1 - z_k^2)/\sigma_k` by the
    scales, with :math:`z_k = (y - \mu_k)/\sigma_k`, and :math:`\pi_k - \gamma_k` by the logits: the
    gradients of the components, weighted by their responsibilities :math:`\gamma` for :math:`y`."""
    z = (target[..., None] - input) / scale
    prior = logits.softmax(-1)
    share = prior * torch.exp(-0.5 * z**2) / scale
    share = share / share.sum(-1, keepdim=True)
    by_scale = share * (1 - z**2) / scale
    return (
        -share * z / scale,
        by_scale.sum_to_size(scale.shape),
        (prior - share).sum_to_size(logits.shape),
    )


def von_mises_nll_loss(
    input: Tensor, target: Tensor, concentration: Tensor, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`\kappa\sin(\mu - y)` by the angle, which vanishes on the far side too, and
    :math:`I_1(\kappa)/I_0(\kappa) - \cos(y - \mu)` by the concentration."""
    away = input - target
    by_concentration = _mean_cosine(concentration) - away.cos()
    return concentration * away.sin(), by_concentration.sum_to_size(concentration.shape)


def von_mises_mixture_nll_loss(
    input: Tensor, target: Tensor, concentration: Tensor, logits: Tensor, full: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    r"""Those of :func:`von_mises_nll_loss`, weighted by the responsibilities :math:`\gamma`; by the logits
    :math:`\pi_k - \gamma_k`."""
    away = input - target[..., None]
    prior = logits.softmax(-1)
    share = prior * torch.exp(concentration * (away.cos() - 1)) / torch.special.i0e(concentration)
    share = share / share.sum(-1, keepdim=True)
    by_concentration = share * (_mean_cosine(concentration) - away.cos())
    return (
        share * concentration * away.sin(),
        by_concentration.sum_to_size(concentration.shape),
        (prior - share).sum_to_size(logits.shape),
    )


def von_mises_fisher_nll_loss(
    input: Tensor, target: Tensor, concentration: Tensor, full: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    r""":math:`-\kappa(\hat y - \hat\mu\cos)/\lVert\mu\rVert` by the direction, at a right angle to it,
    likewise by the target, and :math:`I_{D/2}(\kappa)/I_{D/2-1}(\kappa) - \cos` by the concentration."""
    length, others = (x.norm(dim=-1, keepdim=True) for x in (input, target))
    u, v = input / length, target / others
    cos = (u * v).sum(-1, keepdim=True)
    kappa = concentration[..., None]
    by_concentration = _mean_cosine(concentration, input.shape[-1]) - cos[..., 0]
    return (
        -kappa * (v - u * cos) / length,
        -kappa * (u - v * cos) / others,
        by_concentration.sum_to_size(concentration.shape),
    )


def _mean_cosine(concentration: Tensor, dimension: int = 2) -> Tensor:
    """I_{v+1} / I_v, v = D/2 - 1: the mean of the cosine, by Gauss's continued fraction."""
    ratio = torch.zeros_like(concentration)
    for order in range(300, -1, -1):
        ratio = concentration / (dimension + 2 * order + concentration * ratio)
    return ratio
