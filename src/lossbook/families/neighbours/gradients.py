"""Nearest neighbours, made soft: the derivative with respect to the embeddings."""

import torch
from torch import Tensor


def nca_loss(input: Tensor, target: Tensor, zero_infinity: bool = False) -> Tensor:
    """As :func:`soft_nearest_neighbour_loss` at temperature 1."""
    return soft_nearest_neighbour_loss(input, target)


def soft_nearest_neighbour_loss(
    input: Tensor, target: Tensor, temperature: float | Tensor = 1.0, zero_infinity: bool = False
) -> Tensor:
    r""":math:`\frac2T \sum_j (g_{kj} + g_{jk})(u_k - u_j)`, with :math:`g` posterior minus prior.

    .. math:: g_{ij} = \frac{p_{ij}\,[y_j = y_i]}{P_i} - p_{ij}

    is what a unit of squared distance between :math:`i` and :math:`j`, over :math:`T`, adds to the loss of
    :math:`i`: neighbours of the class attract by what they gain once the class is known, all others repel. A
    point alone in its class draws nobody, but is drawn by others.
    """
    difference = input.unsqueeze(1) - input
    score = -(difference**2).sum(-1) / temperature
    score.fill_diagonal_(-torch.inf)
    alike = (target.unsqueeze(1) == target).fill_diagonal_(False)
    prior = score.softmax(1)
    posterior = torch.where(alike, score, -torch.inf).softmax(1)
    g = torch.where(alike.any(1, keepdim=True), posterior - prior, 0.0)
    return 2 / temperature * ((g + g.T).unsqueeze(-1) * difference).sum(1)
