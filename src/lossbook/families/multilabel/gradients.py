"""Several labels at once: the derivative with respect to the scores, shape of ``input``."""

import torch
from torch import Tensor


def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    r""":math:`(\sigma(z) - t)/C`, times the weight: prediction minus target."""
    gradient = (torch.sigmoid(input) - target) / input.shape[-1]
    return gradient if weight is None else weight * gradient


def multilabel_margin_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`1/C` for each pair closer than 1: up for its wrong label, down for its right one."""
    labels = torch.arange(input.shape[-1], device=input.device)
    listed = (target != -1).cumprod(-1).bool()
    named = (target.unsqueeze(-1) == labels) & listed.unsqueeze(-1)  # (*, place in the list, label)
    wrong = ~named.any(-2)
    score = input.gather(-1, target.clamp(min=0)).unsqueeze(-1)
    close = (1 - score + input.unsqueeze(-2) > 0) & wrong.unsqueeze(-2) & listed.unsqueeze(-1)
    pulled = named * close.sum(-1, keepdim=True)
    return (close.sum(-2) - pulled.sum(-2)).to(input) / input.shape[-1]


def asymmetric_loss(
    input: Tensor,
    target: Tensor,
    gamma_neg: float = 4.0,
    gamma_pos: float = 1.0,
    clip: float = 0.05,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Yes: :math:`(1-p)^{\gamma_+} (\gamma_+ p \log p - (1 - p))`. No: :math:`p (1-p) p_m^{\gamma_- - 1}
    \bigl(\tfrac{p_m}{1-p_m} - \gamma_- \log(1-p_m)\bigr)` where :math:`p > m`, else 0."""
    p, shifted = torch.sigmoid(input), torch.relu(torch.sigmoid(input) - clip)
    yes = (1 - p) ** gamma_pos * (gamma_pos * p * p.log() - (1 - p))
    inside = torch.where(shifted > 0, shifted, 0.5)
    no = inside ** (gamma_neg - 1) * (inside / (1 - inside) - gamma_neg * torch.log1p(-inside))
    no = torch.where(shifted > 0, p * (1 - p) * no, 0)
    gradient = target * yes + (1 - target) * no
    return gradient if mask is None else gradient * mask


def zlpr_loss(input: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Wrong labels :math:`\frac{e^{z_i}}{1 + \sum e^{z}}`, right ones
    :math:`-\frac{e^{-z_j}}{1 + \sum e^{-z}}`: two softmaxes, each against an imaginary 0."""
    known = torch.ones_like(target) if mask is None else mask.to(target)
    up, down = known * target * torch.exp(-input), known * (1 - target) * torch.exp(input)
    return down / (1 + down.sum(-1, keepdim=True)) - up / (1 + up.sum(-1, keepdim=True))


def bp_mll_loss(input: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""The loss times (softmax of :math:`z` over the wrong labels - softmax of :math:`-z` over the right)."""
    known = torch.ones_like(target) if mask is None else mask.to(target)
    right, wrong = known * target, known * (1 - target)
    up, down = right * torch.exp(-input), wrong * torch.exp(input)
    pairs = (right.sum(-1, keepdim=True) * wrong.sum(-1, keepdim=True)).clamp(min=1)
    return (down * up.sum(-1, keepdim=True) - up * down.sum(-1, keepdim=True)) / pairs
