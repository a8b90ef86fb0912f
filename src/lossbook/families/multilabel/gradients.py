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
