r"""Ordered categories 0, 1, ..., K-1, such as grades: above and below are known, distances are not.

Either a real number is cut into K pieces at thresholds, or K-1 questions are asked, "above k?".
"""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, in_half_again, reduce
from lossbook.ground.values import check_values, softplus, times

NARROW = 0.03  # the width, beside the length over which the normal density changes, of a thin slice


@full_precision
def ordered_logistic_nll_loss(
    input: Tensor, target: Tensor, cutpoints: Tensor, reduction: str = "mean"
) -> Tensor:
    r"""Negative log-likelihood of ordered categories: a logistic variable between two thresholds.

    .. math:: P(y \le k) = \sigma(\theta_k - f) \quad\Longrightarrow\quad
       \ell = -\log\bigl[\sigma(b) - \sigma(a)\bigr] = \zeta(-b) + \zeta(a) - \log(1 - e^{a-b}),
       \qquad b = \theta_y - f,\ a = \theta_{y-1} - f

    with :math:`\theta_{-1} = -\infty`, :math:`\theta_{K-1} = \infty` and :math:`\zeta(x) = \log(1 + e^x)`.
    A higher :math:`f` shifts all of the distribution upwards: the odds of being above :math:`k` are
    multiplied by the same factor for every :math:`k` (proportional odds). Only differences
    :math:`\theta_k - f` matter, so :math:`f` needs no intercept.

    Status: A, exact negative log-likelihood.

    Args:
        input: location :math:`f` of the latent variable, any shape ``(*)``.
        target: category :math:`y` from 0 to ``K - 1``, integers of shape ``(*)``.
        cutpoints: thresholds :math:`\theta`, strictly increasing, shape ``(K - 1)``, or ``(*, K - 1)`` where
            each element has its own.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        IndexError: ``target`` is no category.
        NotImplementedError: ``input`` or ``cutpoints`` is not floating point.
        RuntimeError: ``input`` and ``target`` do not broadcast.
        ValueError: ``cutpoints`` do not increase, or have another shape; ``target`` holds no integers;
            unknown ``reduction``.

    Strict:
        ``input`` and ``target`` of different shapes.

    Source:
        McCullagh, *Regression Models for Ordinal Data*, Journal of the Royal Statistical Society B 42(2),
        1980.

    >>> import torch
    >>> f, y, cutpoints = torch.zeros(3), torch.arange(3), torch.tensor([-1.0986, 1.0986])  # log 3
    >>> ordered_logistic_nll_loss(f, y, cutpoints, reduction="none").neg().exp()
    tensor([0.2500, 0.5000, 0.2500])
    """
    a, b, width, first, last = _between(input, target, cutpoints)
    loss = torch.where(last, 0, softplus(-b)) + torch.where(first, 0, softplus(a))
    loss = loss - torch.where(first | last, 0, _log_1_minus_exp(width))
    return reduce(in_half_again(loss, input, cutpoints), reduction)


@full_precision
def ordered_probit_nll_loss(
    input: Tensor, target: Tensor, cutpoints: Tensor, reduction: str = "mean"
) -> Tensor:
    r"""Negative log-likelihood of ordered categories: a normal variable between two thresholds.

    .. math:: P(y \le k) = \Phi(\theta_k - f) \quad\Longrightarrow\quad
       \ell = -\log\bigl[\Phi(b) - \Phi(a)\bigr], \qquad b = \theta_y - f,\ a = \theta_{y-1} - f

    with :math:`\theta_{-1} = -\infty` and :math:`\theta_{K-1} = \infty`. It is
    :func:`ordered_logistic_nll_loss` with normal noise: a grade far from where it was expected costs about
    half the square of the distance instead of the distance.

    Status: A, exact negative log-likelihood.

    Args:
        input: location :math:`f` of the latent variable, in standard deviations of its noise, any shape
            ``(*)``.
        target: category :math:`y` from 0 to ``K - 1``, integers of shape ``(*)``.
        cutpoints: thresholds :math:`\theta`, strictly increasing, shape ``(K - 1)``, or ``(*, K - 1)`` where
            each element has its own.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        IndexError: ``target`` is no category.
        NotImplementedError: ``input`` or ``cutpoints`` is not floating point.
        RuntimeError: ``input`` and ``target`` do not broadcast.
        ValueError: ``cutpoints`` do not increase, or have another shape; ``target`` holds no integers;
            unknown ``reduction``.

    Strict:
        ``input`` and ``target`` of different shapes.

    Source:
        Aitchison and Silvey, *The Generalization of Probit Analysis to the Case of Multiple Responses*,
        Biometrika 44(1-2), 1957.

    >>> import torch
    >>> f, y, cutpoints = torch.zeros(3), torch.arange(3), torch.tensor([-0.6745, 0.6745])  # quartiles
    >>> ordered_probit_nll_loss(f, y, cutpoints, reduction="none").neg().exp()
    tensor([0.2500, 0.5000, 0.2500])
    """
    a, b, width, first, last = _between(input, target, cutpoints)
    inside = ~(first | last)
    ends = -_log_normal_cdf(torch.where(inside, 0, torch.where(last, -a, b)))
    loss = torch.where(
        inside,
        -_log_normal_between(
            torch.where(inside, a, -0.5), torch.where(inside, b, 0.5), torch.where(inside, width, 1)
        ),
        ends,
    )
    return reduce(in_half_again(loss, input, cutpoints), reduction)


@full_precision
def corn_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""CORN: the negative log-likelihood of a ladder, each rung of which is climbed or not.

    .. math:: P(y > k \mid y \ge k) = \sigma(z_k) \quad\Longrightarrow\quad
       \ell = \sum_{k<y} \zeta(-z_k) + \bigl[y < K - 1\bigr]\, \zeta(z_y) = -\log P(y)

    The chain rule: of the :math:`K - 1` questions "further than :math:`k`?" only those are asked that come
    up. Whatever the logits, the probabilities of the categories are positive and sum to 1. It is the
    continuation-ratio model, and :func:`discrete_hazard_loss` with the hazard :math:`\sigma(-z_k)`.

    Status: A, exact negative log-likelihood.

    Args:
        input: logits :math:`z` of going on, shape ``(*, K - 1)``.
        target: category :math:`y` from 0 to ``K - 1``, integers of shape ``(*)``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of samples, unlike the authors' code, which
            divides by the number of questions asked) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        IndexError: ``target`` is no category.
        NotImplementedError: ``input`` is not floating point.
        ValueError: a shape is wrong, ``target`` holds no integers, or unknown ``reduction``.

    Source:
        Shi, Cao and Raschka, *Deep Neural Networks for Rank-Consistent Ordinal Regression Based on
        Conditional Probabilities*, Pattern Analysis and Applications 26, 2023.

    >>> import torch
    >>> z, y = torch.zeros(3, 2), torch.arange(3)  # every rung is climbed by one half
    >>> corn_loss(z, y, reduction="none").neg().exp()
    tensor([0.5000, 0.2500, 0.2500])
    """
    above, here = _rungs(input, target)
    wide = input.to(at_least_float32(input))
    asked = torch.where(above | here, softplus(torch.where(above, -wide, wide)), 0)
    return reduce(in_half_again(asked.sum(-1), input), reduction)


@full_precision
def coral_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    r"""CORAL: the binary cross entropies of all questions "above k?", added as if they were independent.

    .. math:: P(y > k) = \sigma(z_k): \qquad
       \ell = \sum_{k=0}^{K-2} w_k \bigl\{\zeta(z_k) - [y > k]\, z_k\bigr\}

    Each term is a likelihood, their sum is none of :math:`y`: who is above 2 is above 1 as well. The logits
    must not increase with :math:`k`, or the probability of a category is negative. The authors ensure that
    by one score and ordered biases, :math:`z_k = f - \theta_k`.

    Status: A′, composite likelihood: dependent answers, multiplied.

    Args:
        input: logits :math:`z` of being above each category but the last, shape ``(*, K - 1)``.
        target: category :math:`y` from 0 to ``K - 1``, integers of shape ``(*)``, not the 0 and 1 of each
            question.
        weight: weight :math:`w` of each question, shape ``(K - 1)``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of samples, also when there are weights) or
            ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        IndexError: ``target`` is no category.
        NotImplementedError: ``input`` is not floating point.
        ValueError: a shape is wrong, ``target`` holds no integers, or unknown ``reduction``.

    Source:
        Cao, Mirjalili and Raschka, *Rank Consistent Ordinal Regression for Neural Networks with Application
        to Age Estimation*, Pattern Recognition Letters 140, 2020.

    >>> import torch
    >>> z, y = torch.zeros(3, 2), torch.arange(3)
    >>> coral_loss(z, y, reduction="none")  # two questions, each answered with one half: 2 log 2
    tensor([1.3863, 1.3863, 1.3863])
    """
    above, _ = _rungs(input, target)
    wide = input.to(at_least_float32(input))
    each = softplus(torch.where(above, -wide, wide))
    if weight is not None:
        if weight.shape != input.shape[-1:]:
            raise ValueError(
                f"weight must have shape (K - 1) for input {tuple(input.shape)}, found {tuple(weight.shape)}"
            )
        each = times(weight, each)
    return reduce(in_half_again(each.sum(-1), input), reduction)


def _between(
    input: Tensor, target: Tensor, cutpoints: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """What is below and above the latent variable, how far apart these are, and where one is infinite.

    There a finite threshold stands in, which the loss must not read.
    """
    check_floating(input=input, cutpoints=cutpoints)
    check_broadcast(input=input, target=target)
    shape = torch.broadcast_shapes(input.shape, target.shape)
    if cutpoints.ndim == 0 or cutpoints.shape[-1] == 0 or cutpoints.shape[:-1] not in (shape, ()):
        raise ValueError(
            f"cutpoints must have shape (K - 1) or (*, K - 1) for input {tuple(input.shape)} and target "
            f"{tuple(target.shape)}, found {tuple(cutpoints.shape)}"
        )
    steps = cutpoints.detach().diff(dim=-1)
    check_values("each step of cutpoints", steps, steps > 0, "positive", ValueError)
    categories = cutpoints.shape[-1] + 1
    _check_categories(target, categories)

    dtype = torch.promote_types(at_least_float32(input), at_least_float32(cutpoints))
    f, y = input.to(dtype).expand(shape), target.long().expand(shape)
    theta = cutpoints.to(dtype).expand(*shape, categories - 1)
    upper, lower = (
        theta.gather(-1, k.clamp(0, categories - 2).unsqueeze(-1)).squeeze(-1) for k in (y, y - 1)
    )
    first, last = y == 0, y == categories - 1
    return lower - f, upper - f, torch.where(first | last, 1, upper - lower), first, last


def _rungs(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Where the target is above, and where it is, among the K - 1 questions."""
    check_floating(input=input)
    if input.ndim == 0 or input.shape[-1] == 0:
        raise ValueError(f"input must have shape (*, K - 1), found {tuple(input.shape)}")
    if target.shape != input.shape[:-1]:
        raise ValueError(
            f"target must have shape (*) for input (*, K - 1), found {tuple(target.shape)} for "
            f"{tuple(input.shape)}"
        )
    _check_categories(target, input.shape[-1] + 1)
    k = torch.arange(input.shape[-1], device=input.device)
    return target.unsqueeze(-1) > k, target.unsqueeze(-1) == k


def _check_categories(target: Tensor, categories: int) -> None:
    if target.is_floating_point() or target.is_complex() or target.dtype == torch.bool:
        raise ValueError(f"target must hold integers, found dtype {target.dtype}")
    known = (target >= 0) & (target < categories)
    check_values("target", target, known, f"a category below {categories}", IndexError)


def _log_1_minus_exp(width: Tensor) -> Tensor:
    """``log(1 - e^-width)`` for a positive width: two forms, each where it loses no digit."""
    near = width < math.log(2)
    small, large = torch.where(near, width, 1), torch.where(near, 1, width)
    return torch.where(near, (-torch.expm1(-small)).log(), torch.log1p(-torch.exp(-large)))


def _log_normal_between(a: Tensor, b: Tensor, width: Tensor) -> Tensor:
    """``log(Phi(b) - Phi(a))`` with ``width = b - a > 0``, as a ratio to the larger of the two.

    By symmetry the interval lies mostly below 0. Where it is so narrow that the two are nearly equal, it is
    the density in the middle times the width, with the first two terms of the series for its curvature.
    """
    middle = -(a / 2 + b / 2).abs()
    narrow = width * (1 - middle.detach()) < NARROW
    m, d = torch.where(narrow, middle, 0), torch.where(narrow, width, 0)
    tilt, bend = (m * d) ** 2, d**2
    series = (tilt - bend) / 24 + (tilt**2 - 6 * tilt * bend + 3 * bend**2) / 1920
    thin = torch.log1p(series) - m**2 / 2 + torch.where(narrow, width, 1).log() - math.log(2 * math.pi) / 2

    m, d = torch.where(narrow, -1, middle), torch.where(narrow, 1, width)
    upper, lower = m + d / 2, m - d / 2
    below = upper < 0  # else the two are far apart
    inner, outer = torch.where(below, upper, -1), torch.where(below, lower, -2)
    ratio = torch.where(below, -m * d + _log_scaled(inner) - _log_scaled(outer), 0)
    apart = _log_normal_cdf(torch.where(below, 0, upper)) - _log_normal_cdf(torch.where(below, -1, lower))
    gap = torch.where(below, ratio, apart).clamp(max=100)  # beyond, nothing is lost
    return torch.where(narrow, thin, _log_normal_cdf(upper) + _log_1_minus_exp(gap))


def _log_scaled(x: Tensor) -> Tensor:
    """``log Phi(x) + x²/2`` for a negative x: what is left when the part that vanishes is taken out."""
    return torch.log(torch.special.erfcx(-x / math.sqrt(2)) / 2)


def _log_normal_cdf(x: Tensor) -> Tensor:
    # torch.special.log_ndtr has that value, but a wrong gradient in float32.
    negative = x < 0
    below, above = torch.where(negative, x, 0), torch.where(negative, 0, x)
    log_above = torch.log1p(-torch.erfc(above / math.sqrt(2)) / 2)
    return torch.where(negative, _log_scaled(below) - below**2 / 2, log_above)
