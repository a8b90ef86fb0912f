"""Huge vocabularies: categorical distributions, and what z-loss pretends to have seen."""

import math
from collections.abc import Sequence

from torch import Tensor
from torch.distributions import Categorical, Normal
from torch.nn.functional import linear

from lossbook.families.vocabulary.losses import adaptive_log_softmax
from lossbook.ground.noise import NoiseModel


def linear_cross_entropy(
    input: Tensor, linear_weight: Tensor, *, linear_bias: Tensor | None = None
) -> NoiseModel:
    r"""Categorical with the logits :math:`W h + b`; the constant is 0.

    For class indices, without class weights.
    """
    return NoiseModel(Categorical(logits=linear(input, linear_weight, linear_bias)), 0.0)


def adaptive_log_softmax_loss(
    input: Tensor,
    head_weight: Tensor,
    tail_weights: Sequence[Sequence[Tensor]],
    cutoffs: Sequence[int],
    head_bias: Tensor | None = None,
) -> NoiseModel:
    """Categorical over all classes, its probabilities products along the tree; the constant is 0."""
    log_p = adaptive_log_softmax(input, head_weight, tail_weights, cutoffs, head_bias)
    return NoiseModel(Categorical(logits=log_p), 0.0)


def z_loss_pseudo_observation(coefficient: float = 1e-4) -> Normal:
    r"""The noise around a log-normaliser that z-loss takes for seen to be 0: :math:`\mathcal N(0,
    1/(2\lambda))`.

    Its negative log-density is the loss plus :math:`\tfrac12 \log(\pi / \lambda)`.
    """
    return Normal(0.0, math.sqrt(0.5 / coefficient))
