"""The gradients of the scores, derived by hand."""

import math

import torch
from torch import Tensor


def quantile_loss(input: Tensor, target: Tensor, quantile: float | Tensor = 0.5) -> Tensor:
    r""":math:`[y < q] - \tau`: pulled up by the level, down by the rest."""
    if isinstance(quantile, Tensor) and quantile.ndim:
        target = target.unsqueeze(-1)
    return 0.5 * (input - target).sign() + 0.5 - quantile


def expectile_loss(input: Tensor, target: Tensor, expectile: float | Tensor = 0.5) -> Tensor:
    r""":math:`2\,|\tau - [y < m]|\,(m - y)`."""
    if isinstance(expectile, Tensor) and expectile.ndim:
        target = target.unsqueeze(-1)
    below = (target < input).to(input)
    return 2 * (expectile + (1 - 2 * expectile) * below) * (input - target)


def interval_score_loss(
    lower: Tensor, upper: Tensor, target: Tensor, alpha: float = 0.1
) -> tuple[Tensor, Tensor]:
    r""":math:`\tfrac2\alpha [y < l] - 1` and :math:`1 - \tfrac2\alpha [y > u]`: zero where a share of
    :math:`\tfrac\alpha2` lies beyond the end."""
    below, above = (target < lower).to(lower), (target > upper).to(upper)
    return 2 / alpha * below - 1, 1 - 2 / alpha * above


def gaussian_crps_loss(input: Tensor, target: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    r""":math:`1 - 2\Phi(w)` by the mean, never beyond 1; :math:`2\varphi(w) - \pi^{-1/2}` by the scale."""
    w = (target - input) / scale
    density = torch.exp(-0.5 * w**2) / math.sqrt(2 * math.pi)
    return -torch.erf(w / math.sqrt(2)), 2 * density - 1 / math.sqrt(math.pi)


def ensemble_crps_loss(input: Tensor, target: Tensor, fair: bool = True) -> Tensor:
    r"""Pulled to the target by :math:`\tfrac1M`, and pushed off the draws on either side."""
    draws = input.shape[-1]
    pairs = draws * (draws - 1) if fair else draws * draws
    others = (input.unsqueeze(-1) - input.unsqueeze(-2)).sign().sum(-1)
    return (input - target.unsqueeze(-1)).sign() / draws - others / pairs


def energy_score_loss(input: Tensor, target: Tensor, fair: bool = True) -> Tensor:
    r"""As :func:`ensemble_crps_loss`, with unit vectors for signs."""
    draws = input.shape[-2]
    pairs = draws * (draws - 1) if fair else draws * draws
    others = _unit(input.unsqueeze(-2) - input.unsqueeze(-3)).sum(-2)
    return _unit(input - target.unsqueeze(-2)) / draws - others / pairs


def brier_loss(input: Tensor, target: Tensor, ignore_index: int = -100) -> Tensor:
    r""":math:`2\,(\operatorname{diag}(p) - p p^\top)(p - e_y)`: small where the model is certain."""
    dim = min(1, input.ndim - 1)
    p = input.softmax(dim)
    counts = (target != ignore_index).unsqueeze(dim)
    happened = torch.zeros_like(p).scatter(dim, target.unsqueeze(dim).clamp(min=0), 1)
    error = p - happened
    return 2 * p * (error - (p * error).sum(dim, keepdim=True)) * counts


def _unit(x: Tensor) -> Tensor:
    length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return x / torch.where(length == 0, 1, length)
