"""Sampled negatives: by the scores of the datum and of the draws, and by the logarithms of their
probabilities."""

import math

import torch
from torch import Tensor


def nce_loss(
    input: Tensor, noise: Tensor, log_prob: Tensor, noise_log_prob: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    r""":math:`\sigma(s - \log Kq) - 1` by the score of the datum, :math:`\sigma(s_k - \log Kq_k)` by those of
    the draws: the probability of being a datum, minus whether it is one. By :math:`\log q` the opposite."""
    log_count = math.log(noise.shape[1])
    datum = (input - log_prob - log_count).sigmoid() - 1
    draws = (noise - noise_log_prob - log_count).sigmoid()
    return datum, draws, -datum, -draws


def sampled_softmax_loss(
    input: Tensor, noise: Tensor, log_prob: Tensor, noise_log_prob: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    r""":math:`p_0 - 1` by the score of the datum and :math:`p_k` by those of the draws, with :math:`p` the
    softmax of all :math:`s - \log q`. By :math:`\log q` the opposite."""
    values = torch.cat([(input - log_prob).unsqueeze(1), noise - noise_log_prob], 1)
    p = values.softmax(1)
    datum, draws = p[:, 0] - 1, p[:, 1:]
    return datum, draws, -datum, -draws
