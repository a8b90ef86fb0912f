"""The distributions of an ordered category.

CORAL's product of dependent answers is the distribution of nothing.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Categorical
from torch.nn.functional import pad

from lossbook.ground.noise import NoiseModel


def ordered_logistic_nll_loss(input: Tensor, cutpoints: Tensor) -> NoiseModel:
    r"""Categorical, with the probabilities :math:`\sigma(\theta_k - f) - \sigma(\theta_{k-1} - f)`; the
    constant is 0."""
    return _cut(torch.sigmoid, input, cutpoints)


def ordered_probit_nll_loss(input: Tensor, cutpoints: Tensor) -> NoiseModel:
    r"""Categorical, with the probabilities :math:`\Phi(\theta_k - f) - \Phi(\theta_{k-1} - f)`; the constant
    is 0."""
    return _cut(torch.special.ndtr, input, cutpoints)


def corn_loss(input: Tensor) -> NoiseModel:
    r"""Categorical, with :math:`P(y > k) = \prod_{j \le k} \sigma(z_j)`; the constant is 0."""
    above = pad(input.sigmoid().cumprod(-1), (1, 0), value=1.0)
    return NoiseModel(Categorical(probs=-pad(above, (0, 1)).diff(dim=-1)), 0.0)


def _cut(cdf: Callable[[Tensor], Tensor], input: Tensor, cutpoints: Tensor) -> NoiseModel:
    ends = pad(pad(cutpoints, (1, 0), value=-math.inf), (0, 1), value=math.inf)
    return NoiseModel(Categorical(probs=cdf(ends - input.unsqueeze(-1)).diff(dim=-1)), 0.0)
