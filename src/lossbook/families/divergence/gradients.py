"""Divergences: the derivative with respect to the predicted log-probabilities, shape of ``input``."""

from torch import Tensor


def kl_div(input: Tensor, target: Tensor, log_target: bool = False) -> Tensor:
    r""":math:`-t`: through ``log_softmax`` it becomes :math:`p - t`, prediction minus target."""
    return -(target.exp() if log_target else target).expand_as(input)
