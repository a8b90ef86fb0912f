r"""One of several classes: the categorical distribution."""

from torch import Tensor
from torch.distributions import Categorical

from lossbook.ground.noise import NoiseModel


def nll_loss(input: Tensor) -> NoiseModel:
    r""":math:`\mathrm{Categorical}(p)` with ``input`` :math:`= \log p`; the constant is 0."""
    return cross_entropy(input)


def cross_entropy(input: Tensor) -> NoiseModel:
    r""":math:`\mathrm{Categorical}(\mathrm{softmax}\,z)`, classes along dimension 1; the constant is 0."""
    return NoiseModel(Categorical(logits=input.movedim(min(1, input.ndim - 1), -1)), 0.0)


def logit_adjusted_cross_entropy(input: Tensor, prior: Tensor, tau: float = 1.0) -> NoiseModel:
    r""":math:`\mathrm{Categorical}(\mathrm{softmax}(z + \tau \log \pi))`; the constant is 0."""
    return NoiseModel(Categorical(logits=input.movedim(min(1, input.ndim - 1), -1) + tau * prior.log()), 0.0)
