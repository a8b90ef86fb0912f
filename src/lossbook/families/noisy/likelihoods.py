"""The noise model of forward correction. The other losses of this family are no likelihoods."""

from torch import Tensor
from torch.distributions import Categorical

from lossbook.ground.noise import NoiseModel


def forward_corrected_cross_entropy(input: Tensor, transition: Tensor) -> NoiseModel:
    r""":math:`\mathrm{Categorical}(T^\top p)`: a class from :math:`p`, then its label; the constant is 0."""
    p = input.movedim(min(1, input.ndim - 1), -1).softmax(-1)
    return NoiseModel(Categorical(probs=p @ transition), 0.0)
