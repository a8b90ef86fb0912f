r"""Sampled negatives: the distributions of the games that the losses play.

The functions do not bear the losses' names, since the answer is not an argument of the losses: the datum
stands apart from the draws.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Categorical

from lossbook.ground.noise import NoiseModel


def datum_or_noise(input: Tensor, log_prob: Tensor, draws: int) -> NoiseModel:
    r"""Whether a value of score ``input`` is the datum: a ``Bernoulli``; the constant is 0.

    .. math:: P(\text{datum} \mid y) = \frac{p(y)}{p(y) + K q(y)} = \sigma\bigl(s - \log K q\bigr)

    At 1 for the datum and 0 for each of its ``draws``, added up, it belongs to
    :func:`lossbook.losses.nce_loss`.
    """
    return NoiseModel(Bernoulli(logits=input - log_prob - math.log(draws)), 0.0)


def which_is_the_datum(scores: Tensor, log_probs: Tensor) -> NoiseModel:
    r"""Which of the values along the last dimension is the datum: a ``Categorical``; the constant is 0.

    .. math:: P(i) = \operatorname{softmax}_i (s_i - \log q_i)

    At 0, where the datum stands first, it belongs to :func:`lossbook.losses.sampled_softmax_loss`.
    """
    return NoiseModel(Categorical(logits=torch.sub(scores, log_probs)), 0.0)
