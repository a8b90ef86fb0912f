r"""Nearest neighbours, made soft: the class of a point, given the classes of all the others.

The function does not bear a loss's name, since the labels are on both sides: of each point one is predicted
from those of the others. The product over the points is a pseudo-likelihood.
"""

import torch
from torch import Tensor
from torch.distributions import Categorical

from lossbook.ground.noise import NoiseModel


def leave_one_out(input: Tensor, target: Tensor, temperature: float = 1.0) -> NoiseModel:
    r"""The class of the neighbour that each point draws, a ``Categorical`` per point; the constant is 0.

    .. math:: P(y_i = c) = \sum_{j \ne i,\; y_j = c} p_{ij}

    At the classes ``target`` themselves it belongs to :func:`lossbook.losses.soft_nearest_neighbour_loss`,
    and at temperature 1 to :func:`lossbook.losses.nca_loss`.
    """
    score = -(torch.cdist(input, input) ** 2) / temperature
    drawn = score.fill_diagonal_(-torch.inf).softmax(1)
    of_class = torch.nn.functional.one_hot(target).to(drawn)
    return NoiseModel(Categorical(probs=drawn @ of_class), 0.0)
