r"""Real numbers whose noise differs from point to point: the model predicts the variance too."""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, in_half_again, reduce
from lossbook.ground.values import check_values


@full_precision
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a normal distribution with a predicted variance.

    .. math:: p(y \mid \mu, v) = \frac{1}{\sqrt{2\pi v}} e^{-(y-\mu)^2/2v}
       \quad\Longrightarrow\quad
       \tfrac12\Bigl(\log v + \frac{(y-\mu)^2}{v}\Bigr) = -\log p(y \mid \mu, v) - \tfrac12\log 2\pi

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted mean :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts.
        var: predicted variance :math:`v`, not negative, in squared units of the target: the shape of
            ``input``, or that shape with its last dimension left out, or one dimension of size 1; or a
            ``float`` for all.
        full: whether to add the constant :math:`\tfrac12\log 2\pi`.
        eps: the least variance. A smaller one is raised to ``eps`` after the derivative is taken, as in
            torch, so that its gradient is not 0.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats, negative where the variance is small: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        RuntimeError: ``input`` and ``target`` do not broadcast, or ``var`` holds integers.
        TypeError: ``var`` is neither a tensor nor a ``float``.
        ValueError: negative ``var``, ``var`` of a shape that does not fit, or unknown ``reduction``.

    Strict:
        ``input`` and ``target`` of different shapes.

    Source:
        Nix, Weigend, *Estimating the Mean and Variance of the Target Probability Distribution*, ICNN 1994.

    >>> import torch
    >>> mean, y = torch.tensor([0.0, 0.0]), torch.tensor([2.0, 2.0])
    >>> gaussian_nll_loss(mean, y, torch.tensor([1.0, 4.0]), reduction="none")
    tensor([2.0000, 1.1931])
    """
    given = [input, target, *([var] if isinstance(var, Tensor) else [])]
    var = _as_tensor(var, input)
    v = _floor(_fit(var, input).to(at_least_float32(var)), eps)
    check_broadcast(input=input, target=target)
    loss = 0.5 * (torch.log(v) + (target - input) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduce(in_half_again(loss, *given), reduction)


def _floor(var: Tensor, eps: float) -> Tensor:
    # At least eps in value, while the slope stays 1: a variance of 0 must be able to grow.
    return torch.where(var < eps, eps + (var - var.detach()), var)


def _as_tensor(var: Tensor | float, input: Tensor) -> Tensor:
    if isinstance(var, float):
        var = torch.full_like(input, var, dtype=at_least_float32(input))
    if not isinstance(var, Tensor):
        raise TypeError(f"var must be a tensor or a float, found {type(var).__name__} {var!r}")
    if var.is_complex():
        raise NotImplementedError(f"var must be real, found dtype {var.dtype}")
    if not var.is_floating_point():
        raise RuntimeError(f"var must be a floating-point tensor, found dtype {var.dtype}")
    check_values("var", var.detach(), ~(var < 0), "non-negative", ValueError)
    return var


def _fit(var: Tensor, input: Tensor) -> Tensor:
    """``var`` with as many dimensions as ``input``, by torch's rule: at most one may be missing or 1."""
    if var.shape == input.shape:
        return var
    if var.shape == input.shape[:-1]:
        return var.unsqueeze(-1)
    differing = [size for size, wanted in zip(var.shape, input.shape, strict=False) if size != wanted]
    if var.ndim != input.ndim or differing != [1]:
        raise ValueError(
            f"var must have the shape of input, {tuple(input.shape)}, up to one dimension of size 1, "
            f"or its last dimension left out, found {tuple(var.shape)}"
        )
    return var
