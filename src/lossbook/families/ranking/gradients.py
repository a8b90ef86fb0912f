"""Ranking from pairs: derivatives with respect to the two scores. Only differences count."""

import math

import torch
from torch import Tensor

from lossbook.ground.values import clamp_slope


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0
) -> tuple[Tensor, Tensor]:
    r""":math:`-y` for the first score while the margin is not kept, then 0."""
    gap = margin - target * (input1 - input2)
    return _opposite(-target * clamp_slope(gap))


def pairwise_logistic_loss(input1: Tensor, input2: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    r""":math:`-y\,\sigma(-y(s_1 - s_2))` for the first score: the probability given to the other outcome."""
    return _opposite(-target * torch.sigmoid(-target * (input1 - input2)))


def pairwise_probit_loss(input1: Tensor, input2: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    r""":math:`-y\,\varphi(d) / \Phi(d)` with :math:`d = y(s_1 - s_2)`, the inverse Mills ratio.

    Computed as :math:`\sqrt{2/\pi} / \operatorname{erfcx}(-d/\sqrt2)`: both densities share the factor
    :math:`e^{-d^2/2}`. A great upset pulls in proportion to its size, :math:`\varphi(d)/\Phi(d) \to -d`.
    """
    d = target * (input1 - input2)
    return _opposite(-target * (math.sqrt(2 / math.pi) / torch.special.erfcx(-d / math.sqrt(2))))


def _opposite(first: Tensor) -> tuple[Tensor, Tensor]:
    return first, -first
