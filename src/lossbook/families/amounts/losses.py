r"""Amounts that cannot be negative, shares between 0 and 1, and counts with more zeros than their law has.

Amounts have no zeros (gamma) or a heap of them (Tweedie); shares lie inside (0, 1) or may touch its ends;
counts whose zeros come from two sources are zero-inflated.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from lossbook.families.counts.losses import negative_binomial_nll_loss
from lossbook.ground.arguments import check_broadcast, check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, in_half_again, reduce
from lossbook.ground.values import check_values, softplus

# log(sinh(x/2) / (x/2)) = sum of B_2n x^2n / (2n (2n)!), with the Bernoulli numbers B.
SERIES = (
    1 / 24,
    -1 / 2880,
    1 / 181440,
    -1 / 9676800,
    1 / 479001600,
    -691 / 15692092416000,
    1 / 1046139494400,
)


@full_precision
def gamma_nll_loss(
    input: Tensor,
    target: Tensor,
    concentration: Tensor | float,
    log_input: bool = True,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a gamma distribution, of which the mean is predicted.

    .. math:: p(y) = \frac{1}{\Gamma(a)} \Bigl(\frac{a}{\mu}\Bigr)^a y^{a-1} e^{-ay/\mu}
       \quad\Longrightarrow\quad
       a \Bigl(\frac y\mu - \log\frac y\mu\Bigr) - a\log a + \log\Gamma(a) = -\log p(y) - \log y

    The standard deviation is :math:`\mu/\sqrt a`: a fixed share of the mean. :math:`a = 1` is the exponential
    distribution. For a fixed :math:`a` the minimiser is the conditional mean, whatever the distribution.

    Status: A, exact negative log-likelihood.

    Args:
        input: :math:`\eta = \log\mu`, the logarithm of the predicted mean, or the mean :math:`\mu > 0` itself
            without ``log_input``, any shape ``(*)``.
        target: amount :math:`y > 0`, shape ``(*)``.
        concentration: shape :math:`a > 0`, given, or learned as a tensor that broadcasts to ``(*)``.
        log_input: whether ``input`` is the logarithm of the mean.
        full: whether to add :math:`\log y`, without which the values of another model of :math:`y` cannot be
            compared.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``target``, ``concentration`` or a mean is not positive, or unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        McCullagh and Nelder, *Generalized Linear Models*, 2nd edition, Chapman and Hall, 1989, chapter 8.

    >>> import torch
    >>> log_mean, amount = torch.zeros(1), torch.ones(1)
    >>> gamma_nll_loss(log_mean, amount, concentration=1.0)  # exponential: p(1) = 1/e
    tensor(1.)
    """
    y, a = _given(input, target, concentration=concentration)
    check_values("target", target.detach(), target > 0, "positive", ValueError)
    log_ratio = y.log() - _log_mean(input, a.dtype, log_input)
    # log Γ(a) - a log a + a, after Stirling's formula
    normaliser = 0.5 * math.log(2 * math.pi) - 0.5 * a.log() + _stirling_error(a, a.log())
    loss = a * (torch.expm1(log_ratio) - log_ratio) + normaliser
    if full:
        loss = loss + y.log()
    return _finish(loss, reduction, input, target, concentration)


@full_precision
def tweedie_nll_loss(
    input: Tensor, target: Tensor, power: float = 1.5, log_input: bool = True, reduction: str = "mean"
) -> Tensor:
    r"""What Tweedie's likelihood says of the mean, for amounts with a heap of zeros.

    .. math:: \mathrm{Var}[y] = \phi\mu^p: \qquad
       -\log p(y) = \frac1\phi \Bigl(\frac{\mu^{2-p}}{2-p} + y\,\frac{\mu^{1-p}}{p-1}\Bigr) + c(y, \phi, p)

    The loss is the bracket. For :math:`1 < p < 2` the distribution is that of a sum: a Poisson number of
    gamma-distributed amounts, so that :math:`y = 0` has the probability
    :math:`\exp\bigl(-\mu^{2-p}/(\phi(2-p))\bigr)`. The term :math:`c` is a series free of :math:`\mu`, and
    :math:`\phi` moves no minimum. :math:`p = 1` is :func:`poisson_nll_loss`, :math:`p = 2` is
    :math:`y/\mu + \log\mu`, the gamma loss with :math:`a = 1`; there, terms that depend on no mean differ.

    Status: A′, quasi-likelihood: exact for the mean, silent on the dispersion.

    Args:
        input: :math:`\eta = \log\mu`, the logarithm of the predicted mean, or the mean :math:`\mu > 0` itself
            without ``log_input``, any shape ``(*)``.
        target: amount :math:`y \ge 0`, shape ``(*)``.
        power: :math:`p` from 1 to 2. Losses of different powers have different units.
        log_input: whether ``input`` is the logarithm of the mean.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(*)`` for ``'none'``. The deviance is twice what it exceeds its value
        at :math:`\mu = y` by.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``target`` is negative, a mean is not positive, ``power`` is not from 1 to 2, or unknown
            ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Tweedie, *An Index which Distinguishes between Some Important Exponential Families*, Proceedings of
        the Indian Statistical Institute Golden Jubilee International Conference, 1984; Jørgensen,
        *Exponential Dispersion Models*, Journal of the Royal Statistical Society B 49(2), 1987.

    >>> import torch
    >>> log_mean, amount = torch.zeros(2), torch.tensor([0.0, 1.0])
    >>> tweedie_nll_loss(log_mean, amount, reduction="none")  # 1/(2 - p), and y/(p - 1) more
    tensor([2., 4.])
    """
    if not 1 <= power <= 2:
        raise ValueError(f"power must be from 1 to 2, found {power}")
    (y,) = _given(input, target)
    check_values("target", target.detach(), target >= 0, "non-negative", ValueError)
    eta = _log_mean(input, y.dtype, log_input)
    there = torch.where(y == 0, 0, eta)  # where y is 0, how small the mean is costs nothing
    if power == 1:
        loss = eta.exp() - y * there
    elif power == 2:
        loss = y * torch.exp(-there) + eta
    else:
        loss = torch.exp((2 - power) * eta) / (2 - power) + y * torch.exp((1 - power) * there) / (power - 1)
    return _finish(loss, reduction, input, target)


@full_precision
def beta_distribution_nll_loss(
    input: Tensor,
    target: Tensor,
    precision: Tensor | float,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a beta distribution, of which mean and precision are predicted.

    .. math:: \mu = \sigma(z), \quad \alpha = \mu\varphi, \quad \beta = (1 - \mu)\varphi: \qquad
       \log\frac{\Gamma(\alpha)\,\Gamma(\beta)}{\Gamma(\varphi)} - \alpha\log y - \beta\log(1 - y)
       = -\log p(y) - \log y - \log(1 - y)

    The variance is :math:`\mu(1 - \mu)/(1 + \varphi)`. Shares of exactly 0 or 1 have no density here. It
    shares a name, and nothing else, with :func:`beta_nll_loss`, the weighted Gaussian loss.

    Status: A, exact negative log-likelihood.

    Args:
        input: :math:`z`, the logit of the mean, any shape ``(*)``.
        target: share :math:`0 < y < 1`, shape ``(*)``.
        precision: :math:`\varphi > 0`, given, or learned as a tensor that broadcasts to ``(*)``.
        full: whether to add :math:`\log y + \log(1 - y)`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. Densities exceed 1, so it may be
        negative.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``target`` is not between 0 and 1, ``precision`` is not positive, or unknown
            ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Ferrari and Cribari-Neto, *Beta Regression for Modelling Rates and Proportions*, Journal of Applied
        Statistics 31(7), 2004.

    >>> import torch
    >>> share = torch.tensor([0.3])
    >>> beta_distribution_nll_loss(torch.zeros(1), share, 4.0, full=True).neg().exp()  # α = β = 2: 6y(1 - y)
    tensor(1.2600)
    """
    y, phi = _given(input, target, precision=precision)
    inside = (target > 0) & (target < 1)
    check_values("target", target.detach(), inside, "between 0 and 1, both excluded", ValueError)
    z = input.to(phi.dtype)
    log_mu, log_rest, log_phi = logsigmoid(z), logsigmoid(-z), phi.log()
    alpha, beta = torch.sigmoid(z) * phi, torch.sigmoid(-z) * phi
    # The three log Γ by Stirling's formula, whose large terms cancel, and what is left of each.
    left = (
        _stirling_error(alpha, log_mu + log_phi)
        + _stirling_error(beta, log_rest + log_phi)
        - _stirling_error(phi, log_phi)
    )
    loss = alpha * (log_mu - y.log()) + beta * (log_rest - torch.log1p(-y)) + left
    loss = loss + 0.5 * (math.log(2 * math.pi) - log_mu - log_rest - log_phi)
    if full:
        loss = loss + y.log() + torch.log1p(-y)
    return _finish(loss, reduction, input, target, precision)


@full_precision
def continuous_bernoulli_nll_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Negative log-likelihood of a continuous Bernoulli distribution: shares from 0 to 1, ends included.

    .. math:: p(y) = \frac{z}{e^z - 1}\, e^{yz}, \quad 0 \le y \le 1
       \qquad\Longrightarrow\qquad
       \log\frac{e^z - 1}{z} - yz = -\log p(y)

    Binary cross entropy of a share is :math:`\log(1 + e^z) - yz`: the same density without the constant that
    makes it integrate to 1. The mean is :math:`\frac1{1 - e^{-z}} - \frac1z`, and not :math:`\sigma(z)`.

    Status: A, exact negative log-likelihood.

    Args:
        input: logit :math:`z`, any shape ``(*)``.
        target: share :math:`0 \le y \le 1`, shape ``(*)``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. Densities exceed 1, so it may be
        negative.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``target`` is not from 0 to 1, or unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Loaiza-Ganem and Cunningham, *The Continuous Bernoulli: Fixing a Pervasive Error in Variational
        Autoencoders*, NeurIPS 2019.

    >>> import torch
    >>> continuous_bernoulli_nll_loss(torch.zeros(1), torch.tensor([0.3]))  # uniform
    tensor(0.)
    """
    (y,) = _given(input, target)
    check_values("target", target.detach(), (target >= 0) & (target <= 1), "from 0 to 1", ValueError)
    z = input.to(y.dtype)
    near = z.abs() < 0.5
    # Near 0 the two halves of (e^z - 1)/z cancel in the derivative; there the series is exact.
    small = torch.where(near, z, 0)
    square = 0 * small
    for coefficient in reversed(SERIES):
        square = small**2 * (coefficient + square)
    around_zero = square + small * (0.5 - y)
    size, missed = torch.where(near, 1, z.abs()), torch.where(z > 0, 1 - y, y)
    further = size * missed + torch.log(-torch.expm1(-size)) - size.log()
    return _finish(torch.where(near, around_zero, further), reduction, input, target)


@full_precision
def zero_inflated_poisson_nll_loss(
    input: Tensor, target: Tensor, gate_logits: Tensor, full: bool = False, reduction: str = "mean"
) -> Tensor:
    r"""Negative log-likelihood of counts that are 0 for one of two reasons: by a gate, or by chance.

    .. math:: P(0) = \pi + (1 - \pi)\,e^{-\lambda}, \qquad
       P(y) = (1 - \pi)\,\frac{\lambda^y e^{-\lambda}}{y!} \quad (y > 0),
       \qquad \pi = \sigma(g), \; \lambda = e^\eta

    The loss is :math:`-\log P(0)`, and :math:`-\log P(y) - \log y!` above 0. The mean is
    :math:`(1 - \pi)\lambda`, not :math:`\lambda`.

    Status: A, exact negative log-likelihood.

    Args:
        input: logarithm :math:`\eta` of the rate of those whom the gate lets through, any shape ``(*)``.
        target: count :math:`y \ge 0`, shape ``(*)``.
        gate_logits: :math:`g`, the logit of the probability :math:`\pi` of a zero by the gate, shape ``(*)``.
        full: whether to add :math:`\log y!`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. Without ``full`` it may be negative.

    Raises:
        NotImplementedError: ``input`` or ``gate_logits`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``target`` is negative, or unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Lambert, *Zero-Inflated Poisson Regression, with an Application to Defects in Manufacturing*,
        Technometrics 34(1), 1992.

    >>> import torch
    >>> log_rate, count, gate = torch.zeros(2), torch.tensor([0.0, 1.0]), torch.zeros(2)
    >>> P = zero_inflated_poisson_nll_loss(log_rate, count, gate, reduction="none").neg().exp()
    >>> P  # 1/2 + 1/(2e), and 1/(2e)
    tensor([0.6839, 0.1839])
    """
    check_floating(input=input, gate_logits=gate_logits)
    y, gate = _given(input, target, gate_logits=gate_logits)
    check_values("target", target.detach(), target >= 0, "non-negative", ValueError)
    eta = input.to(y.dtype)
    none = eta.clamp(max=80).exp()  # beyond, e^{-λ} and its slope are 0 in every dtype
    eta, count = (torch.where(y > 0, x, 0) for x in (eta, y))
    some = eta.exp() - count * eta
    if full:
        some = some + torch.lgamma(count + 1)
    loss = torch.where(y > 0, softplus(gate) + some, _either(gate, none))
    return _finish(loss, reduction, input, target, gate_logits)


@full_precision
def zero_inflated_negative_binomial_nll_loss(
    input: Tensor,
    target: Tensor,
    dispersion: Tensor | float,
    gate_logits: Tensor,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of overdispersed counts that are 0 by a gate, or by chance.

    .. math:: P(0) = \pi + (1 - \pi)\,(1 + \alpha\mu)^{-1/\alpha}, \qquad
       P(y) = (1 - \pi)\,\mathrm{NB}(y; \mu, \alpha) \quad (y > 0),
       \qquad \pi = \sigma(g), \; \mu = e^\eta

    with the distribution of :func:`negative_binomial_nll_loss`. The mean is :math:`(1 - \pi)\mu`. A gate and
    a large :math:`\alpha` explain the same zeros: few data tell them apart.

    Status: A, exact negative log-likelihood.

    Args:
        input: logarithm :math:`\eta` of the mean of those whom the gate lets through, any shape ``(*)``.
        target: count :math:`y \ge 0`, shape ``(*)``.
        dispersion: :math:`\alpha > 0`, given, or learned as a tensor that broadcasts to ``(*)``.
        gate_logits: :math:`g`, the logit of the probability :math:`\pi` of a zero by the gate, shape ``(*)``.
        full: whether to add :math:`\log y!`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. Without ``full`` it may be negative.

    Raises:
        NotImplementedError: ``input`` or ``gate_logits`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``target`` is negative, ``dispersion`` is not positive, or unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Greene, *Accounting for Excess Zeros and Sample Selection in Poisson and Negative Binomial Regression
        Models*, New York University working paper EC-94-10, 1994.

    >>> import torch
    >>> log_mean, count, gate = torch.zeros(1), torch.zeros(1), torch.zeros(1)
    >>> zero_inflated_negative_binomial_nll_loss(log_mean, count, 1.0, gate).neg().exp()  # 1/2 + 1/4
    tensor(0.7500)
    """
    check_floating(input=input, gate_logits=gate_logits)
    y, alpha, gate = _given(input, target, dispersion=dispersion, gate_logits=gate_logits)
    check_values("target", target.detach(), target >= 0, "non-negative", ValueError)
    none = softplus(input.to(y.dtype) + alpha.log()) / alpha
    eta, count, alpha, gate = torch.broadcast_tensors(input.to(y.dtype), y, alpha, gate)
    eta, count = (torch.where(y > 0, x, 0) for x in (eta, count))
    some = negative_binomial_nll_loss(eta, count, alpha, full, reduction="none")
    loss = torch.where(y > 0, softplus(gate) + some, _either(gate, none))
    return _finish(loss, reduction, input, target, gate_logits)


def _either(gate: Tensor, none: Tensor) -> Tensor:
    """-log(π + (1 - π) e^-none), where neither large number is taken from another."""
    shut = softplus(-gate) - softplus(-none - gate)
    return torch.where(gate > 0, shut, softplus(gate) - torch.logaddexp(gate, -none))


def _given(input: Tensor, target: Tensor, **parameters: Tensor | float) -> list[Tensor]:
    """The target and the parameters as tensors of at least float32, once all are known to fit."""
    check_floating(input=input)
    dtype = at_least_float32(input)
    tensors = {
        name: torch.as_tensor(value, dtype=dtype, device=input.device) for name, value in parameters.items()
    }
    shaped = {name: tensor for name, tensor in tensors.items() if tensor.ndim}
    check_broadcast(input=input, target=target, **shaped)
    for name, tensor in tensors.items():
        if name != "gate_logits":
            check_values(name, tensor.detach(), tensor > 0, "positive", ValueError)
    return [target.to(dtype), *tensors.values()]


def _log_mean(input: Tensor, dtype: torch.dtype, log_input: bool) -> Tensor:
    if log_input:
        return input.to(dtype)
    check_values("input", input.detach(), input > 0, "positive without log_input", ValueError)
    return input.to(dtype).log()


def _finish(loss: Tensor, reduction: str, *given: Tensor | float) -> Tensor:
    return reduce(in_half_again(loss, *(x for x in given if isinstance(x, Tensor))), reduction)


def _stirling_error(x: Tensor, log_x: Tensor) -> Tensor:
    """log Γ(x) - (x - 1/2) log x + x - log(2π)/2: from its series where x is large, finite where x is 0."""
    large = x > 16
    big, small, log_small = torch.where(large, x, 16), torch.where(large, 1, x), torch.where(large, 0, log_x)
    u = 1 / big**2
    series = (1 / 12 - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u / 1188)))) / big
    left = torch.lgamma(1 + small) - (small + 0.5) * log_small + small - 0.5 * math.log(2 * math.pi)
    return torch.where(large, series, left)
