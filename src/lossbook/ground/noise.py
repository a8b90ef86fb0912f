"""What every noise model shares."""

from typing import NamedTuple

from torch import Tensor
from torch.distributions import Distribution


class NoiseModel(NamedTuple):
    """The distribution a loss assumes, and what its negative log-probability adds to the loss.

    Attributes:
        distribution: the distribution of the target given the prediction.
        constant: ``-distribution.log_prob(target) - loss``; it does not depend on the prediction.
            Where it depends on the target, the function that makes the model takes that too.
    """

    distribution: Distribution
    constant: Tensor | float
