r"""Contrast: the distributions of the games that the losses play.

The functions do not bear the losses' names, since the answer is not an argument of the losses: it is the
order in which the rows stand.
"""

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Categorical, Independent

from lossbook.ground.noise import NoiseModel


def which_partner(input: Tensor, candidates: Tensor, temperature: float = 0.1) -> NoiseModel:
    r"""Which of ``candidates`` belongs to each row of ``input``: a ``Categorical``; the constant is 0.

    .. math:: P(j \mid i) = \operatorname{softmax}_j \bigl(\cos(q_i, k_j) / \tau\bigr)

    At the answers :math:`0, \dots, N - 1` it belongs to :func:`lossbook.losses.info_nce_loss`.
    """
    return NoiseModel(Categorical(logits=_cosines(input, candidates) / temperature), 0.0)


def each_pair(input1: Tensor, input2: Tensor, scale: float = 10.0, bias: float = -10.0) -> NoiseModel:
    r"""Whether each pair belongs together: independent ``Bernoulli`` along each row; the constant is 0.

    .. math:: P(y_{ij} = 1) = \sigma\bigl(s \cos(a_i, b_j) + b\bigr)

    At the identity matrix it belongs to :func:`lossbook.losses.siglip_loss`.
    """
    return NoiseModel(Independent(Bernoulli(logits=scale * _cosines(input1, input2) + bias), 1), 0.0)


def _cosines(a: Tensor, b: Tensor) -> Tensor:
    return torch.nn.functional.cosine_similarity(a.unsqueeze(1), b, dim=-1)
