r"""Counts: the Poisson likelihood, and the negative binomial where the counts vary more than that allows."""

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from lossbook.ground.arguments import check_broadcast, check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, in_half_again, reduce
from lossbook.ground.values import check_expands, check_values, check_values_if_strict, times


@full_precision
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a Poisson distribution.

    .. math:: P(y \mid \lambda) = \frac{\lambda^y e^{-\lambda}}{y!}
       \quad\Longrightarrow\quad
       \lambda - y \log\lambda = e^\eta - y\eta = -\log P(y \mid \lambda) - \log y!

    with the logarithm :math:`\eta = \log\lambda` of the rate as ``input``. Its minimiser is the conditional
    mean for any non-negative target, counts or not.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted :math:`\eta`, or the rate :math:`\lambda` itself without ``log_input``, any shape
            ``(*)``.
        target: count :math:`y`, shape ``(*)``. Another shape broadcasts.
        log_input: whether ``input`` is the logarithm of the rate.
        full: whether to add :math:`\log y!`, by Stirling's formula and only for :math:`y > 1`, as torch
            does. It is 0.04 short at :math:`y = 2`; ``torch.lgamma(y + 1)`` is exact.
        eps: added to the rate before its logarithm is taken, without ``log_input``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. Without ``full`` it may be negative. A
        rate of 0 costs nothing where the count is 0; from its logarithm -inf torch gives nan.

    Raises:
        RuntimeError: the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Negative targets; shapes that differ.

    Source:
        Nelder, Wedderburn, *Generalized Linear Models*, Journal of the Royal Statistical Society A 135(3),
        1972; for any target: Gourieroux, Monfort, Trognon, *Pseudo Maximum Likelihood Methods: Applications
        to Poisson Models*, Econometrica 52(3), 1984.

    >>> import torch
    >>> poisson_nll_loss(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0]), reduction="none")
    tensor([1.0000, 2.7183])
    """
    _check_counts(input=input, target=target)
    rate, log_rate = (input.exp(), input) if log_input else (input, _log(input, eps))
    y = _real(target, input)
    loss = rate - times(y, log_rate)
    if full:
        loss = loss + _stirling(y).to(loss.dtype)
    return reduce(in_half_again(loss, input, target), reduction)


@full_precision
def negative_binomial_nll_loss(
    input: Tensor,
    target: Tensor,
    dispersion: Tensor | float,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a negative binomial distribution: a Poisson whose rate is itself random.

    .. math:: y \sim \mathrm{Poisson}(\lambda), \quad \lambda \sim \mathrm{Gamma}(\text{mean } \mu = e^\eta,
              \text{variance } \alpha\mu^2)
       \quad\Longrightarrow\quad
       P(y) = \frac{\Gamma(y + r)}{\Gamma(r)\, y!}\, \sigma(x)^y\, \sigma(-x)^r,
       \qquad r = \frac1\alpha, \quad x = \log \alpha\mu

    .. math:: -\log P(y) - \log y! = -y \log\sigma(x) - r \log\sigma(-x) - \log\frac{\Gamma(y + r)}{\Gamma(r)}

    The variance is :math:`\mu + \alpha\mu^2` (the form called NB2). As :math:`\alpha \to 0` it becomes
    :func:`poisson_nll_loss`.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted logarithm :math:`\eta` of the mean, any shape ``(*)``.
        target: count :math:`y`, shape ``(*)``. Another shape broadcasts.
        dispersion: :math:`\alpha > 0`, given, or learned as a tensor whose shape broadcasts to ``(*)``.
        full: whether to add :math:`\log y!`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. Without ``full`` it may be negative.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``dispersion`` is not positive, or unknown ``reduction``.

    Strict:
        Negative targets; ``input`` and ``target`` of different shapes.

    Source:
        Greenwood, Yule, *An Inquiry into the Nature of Frequency Distributions*, Journal of the Royal
        Statistical Society 83(2), 1920; Cameron, Trivedi, *Econometric Models Based on Count Data*, Journal
        of Applied Econometrics 1(1), 1986.

    >>> import torch
    >>> log_mean, count = torch.tensor([0.0]), torch.tensor([1.0])
    >>> negative_binomial_nll_loss(log_mean, count, dispersion=1.0)  # geometric: P(1) = 1/4
    tensor(1.3863)
    """
    check_floating(input=input)
    _check_counts(input=input, target=target)
    alpha = torch.as_tensor(dispersion, dtype=at_least_float32(input), device=input.device)
    check_values("dispersion", alpha.detach(), alpha > 0, "positive", ValueError)
    check_expands("dispersion", alpha, torch.broadcast_tensors(input, target)[0])
    r, x, y = 1 / alpha, input.to(alpha.dtype) + alpha.log(), _real(target, input)
    loss = -times(y, logsigmoid(x)) - r * logsigmoid(-x) - _log_gamma_ratio(y, r)
    if full:
        loss = loss + torch.lgamma(y + 1)
    return reduce(in_half_again(loss, input, target), reduction)


def _real(target: Tensor, input: Tensor) -> Tensor:
    # Counts in a dtype that holds their sums and logarithms: 255 + 1 is 0 in uint8.
    if target.dtype == torch.bool:
        return target  # refused where it is used
    whole = not (target.is_floating_point() or target.is_complex())
    return target.to(at_least_float32(input if whole else target))


def _log(rate: Tensor, eps: float) -> Tensor:
    # float16 has no 1e-8, so it is added in float32.
    return (rate.to(at_least_float32(rate)) + eps).log()


def _stirling(y: Tensor) -> Tensor:
    large = torch.where(y > 1, y, 1.0)
    formula = (large + 0.5) * large.log() - y + 0.5 * math.log(2 * math.pi)
    return torch.where(y > 1, formula, 0)


def _log_gamma_ratio(y: Tensor, r: Tensor) -> Tensor:
    """log Γ(y + r) - log Γ(r), also where r is so large that the two cannot be told apart."""
    return (r + y - 0.5) * torch.log1p(y / r) + y * r.log() - y + _stirling_error(r + y) - _stirling_error(r)


def _stirling_error(x: Tensor) -> Tensor:
    """log Γ(x) minus Stirling's formula, from its series where x is large."""
    large = x > 16  # clamp would have the slope 0 at 16 itself, from torch 2.14 on
    u = 1 / torch.where(large, x, 16) ** 2
    series = (1 / 12 - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u / 1188)))) / x
    small = torch.where(large, 16, x)
    difference = torch.lgamma(small) - ((small - 0.5) * small.log() - small + 0.5 * math.log(2 * math.pi))
    return torch.where(large, series, difference)


def _check_counts(input: Tensor, target: Tensor) -> None:
    check_broadcast(input=input, target=target)
    if not target.is_complex():
        check_values_if_strict("target", target, target >= 0, "non-negative")
