r"""Ranking from pairs: who is preferred, as a distribution over 1 (the first) and -1 (the second)."""

import torch
from torch import Tensor

from lossbook.families.binary.likelihoods import Sign
from lossbook.ground.noise import NoiseModel


def pairwise_logistic_loss(input1: Tensor, input2: Tensor) -> NoiseModel:
    r""":class:`Sign` with :math:`P(y = 1) = \sigma(s_1 - s_2)`; the constant is 0."""
    return NoiseModel(Sign(input1 - input2), 0.0)


def pairwise_probit_loss(input1: Tensor, input2: Tensor) -> NoiseModel:
    r""":class:`Sign` with :math:`P(y = 1) = \Phi(s_1 - s_2)`; the constant is 0."""
    difference = input1 - input2
    return NoiseModel(Sign(torch.special.log_ndtr(difference) - torch.special.log_ndtr(-difference)), 0.0)
