"""Predicted variance: the derivatives with respect to the mean and the variance, each of its own shape."""

from torch import Tensor


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor, full: bool = False, eps: float = 1e-6
) -> tuple[Tensor, Tensor]:
    r""":math:`(\mu - y)/v` and :math:`\tfrac12(1/v - (y-\mu)^2/v^2)`: noisy points pull the mean less.

    ``full`` adds a constant and changes nothing.
    """
    v = (var if var.ndim == input.ndim else var.unsqueeze(-1)).clamp(min=eps)
    r = target - input
    return -r / v, (0.5 * (1 / v - (r / v) ** 2)).sum_to_size(v.shape).reshape(var.shape)
