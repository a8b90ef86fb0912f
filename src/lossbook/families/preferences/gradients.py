"""The gradients of the losses of preferences, derived by hand."""

import torch
from torch import Tensor


def dpo_loss(
    chosen_logps: Tensor,
    rejected_logps: Tensor,
    ref_chosen_logps: Tensor,
    ref_rejected_logps: Tensor,
    beta: float = 0.1,
    label_smoothing: float = 0.0,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    r""":math:`-\beta\,(\sigma(-\beta h) - \varepsilon)` for the chosen answer: the chance that the model
    gives to the other outcome, less the share of flips."""
    h = _log_ratio(chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps)
    return _four(-beta * (torch.sigmoid(-beta * h) - label_smoothing))


def robust_dpo_loss(
    chosen_logps: Tensor,
    rejected_logps: Tensor,
    ref_chosen_logps: Tensor,
    ref_rejected_logps: Tensor,
    beta: float = 0.1,
    label_smoothing: float = 0.1,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    r""":math:`-\beta\,(\sigma(-\beta h) + \varepsilon/(1 - 2\varepsilon))` for the chosen answer: it never
    lets go."""
    h = _log_ratio(chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps)
    return _four(-beta * (torch.sigmoid(-beta * h) + label_smoothing / (1 - 2 * label_smoothing)))


def ipo_loss(
    chosen_logps: Tensor,
    rejected_logps: Tensor,
    ref_chosen_logps: Tensor,
    ref_rejected_logps: Tensor,
    beta: float = 0.1,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    r""":math:`2h - 1/\beta` for the chosen answer: beyond :math:`1/2\beta` it turns round."""
    return _four(
        2 * _log_ratio(chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps) - 1 / beta
    )


def simpo_loss(
    chosen_logps: Tensor, rejected_logps: Tensor, beta: float = 2.0, gamma: float = 0.5
) -> tuple[Tensor, Tensor]:
    r""":math:`-\beta\,\sigma(\gamma - \beta\,(\overline{\log\pi}_w - \overline{\log\pi}_l))` for the
    chosen answer."""
    slope = -beta * torch.sigmoid(gamma - beta * (chosen_logps - rejected_logps))
    return slope, -slope


def orpo_loss(chosen_logps: Tensor, rejected_logps: Tensor, beta: float = 0.1) -> tuple[Tensor, Tensor]:
    r""":math:`-1 - \beta\,\frac{\sigma(o_l - o_w)}{1 - \bar\pi_w}` for the chosen answer."""
    p_w, p_l = chosen_logps.exp(), rejected_logps.exp()
    odds_w, odds_l = p_w / (1 - p_w), p_l / (1 - p_l)
    pull = beta * odds_l / (odds_l + odds_w)
    return -1 - pull / (1 - p_w), pull / (1 - p_l)


def kto_loss(
    logps: Tensor,
    ref_logps: Tensor,
    target: Tensor,
    kl: Tensor | float,
    beta: float = 0.1,
    desirable_weight: float = 1.0,
    undesirable_weight: float = 1.0,
) -> tuple[Tensor, Tensor]:
    r""":math:`\mp\beta\lambda\,\sigma(u)\,\sigma(-u)`: it pulls hardest at
    :math:`u = 0`, and lets go on both sides."""
    good = torch.sigmoid(beta * (logps - ref_logps - max(0.0, float(kl))))
    slope = beta * good * (1 - good)
    slope = torch.where(target != 0, -desirable_weight * slope, undesirable_weight * slope)
    return slope, -slope


def _log_ratio(chosen: Tensor, rejected: Tensor, ref_chosen: Tensor, ref_rejected: Tensor) -> Tensor:
    return chosen - rejected - ref_chosen + ref_rejected


def _four(slope: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return slope, -slope, -slope, slope
