r"""Preferences: the distribution of who is preferred.

The function does not bear the loss's name, since the answer is not an argument of the loss: it is the
order of its arguments.
"""

from torch import Tensor

from lossbook.families.binary.likelihoods import Sign
from lossbook.ground.noise import NoiseModel


def which_is_preferred(
    first_logps: Tensor,
    second_logps: Tensor,
    ref_first_logps: Tensor,
    ref_second_logps: Tensor,
    beta: float = 0.1,
) -> NoiseModel:
    r"""1 if the first of two answers is preferred, -1 if the second: :class:`Sign`; the constant is 0.

    .. math:: P(1) = \sigma\bigl(\beta\,[(\log\pi_1 - \log\pi^{\mathrm{ref}}_1)
       - (\log\pi_2 - \log\pi^{\mathrm{ref}}_2)]\bigr)

    At the answer 1 it belongs to :func:`lossbook.losses.dpo_loss`.
    """
    reward = beta * (first_logps - ref_first_logps), beta * (second_logps - ref_second_logps)
    return NoiseModel(Sign(reward[0] - reward[1]), 0.0)
