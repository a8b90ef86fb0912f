r"""Yes or no: the Bernoulli likelihood by three links, from probabilities and with signs, and the focal loss.

A model predicts the probability :math:`p = \sigma(z) = 1/(1 + e^{-z})` of "yes", or its logit :math:`z`.
From logits all losses are built from :math:`-\log\sigma(z) = \log(1 + e^{-z})` and
:math:`-\log(1 - \sigma(z)) = \log(1 + e^z)`, computed from the exponential that cannot overflow.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, reduce
from lossbook.ground.values import (
    check_expands,
    check_signs,
    check_values,
    check_values_if_strict,
    softplus,
    times,
)


@full_precision
def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    r"""Binary cross entropy of probabilities: the negative log-likelihood of a Bernoulli distribution.

    .. math:: P(t \mid p) = p^t (1-p)^{1-t}
       \quad\Longrightarrow\quad -t \log p - (1-t) \log(1-p) = -\log P(t \mid p)

    For a target between 0 and 1 it is the expected loss of a label that is 1 with probability :math:`t`; the
    minimum is then the entropy of :math:`t`, not 0.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted probability :math:`p`, from 0 to 1, any shape ``(*)``. Where there is a logit, use
            :func:`binary_cross_entropy_with_logits`: a sigmoid that rounds to 1 has lost it.
        target: observation :math:`t`, from 0 to 1, shape and dtype of ``input``.
        weight: weight of each element, a shape that broadcasts to that of ``input``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements, also when there are weights) or
            ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. The logarithm is held at -100 and its
        slope at :math:`10^{12}`, as in torch, so that a probability of exactly 0 costs 100. At
        :math:`p = t = 0` and :math:`p = t = 1` the slope is 1 and -1, as the formula says; torch gives 0.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``input`` or ``target`` outside of [0, 1], ``target`` of another dtype, or ``weight``
            that does not broadcast.
        ValueError: unknown ``reduction``, or ``target`` of another shape.

    Strict:
        Nothing more.

    Source:
        Good, *Rational Decisions*, Journal of the Royal Statistical Society B 14(1), 1952.

    >>> import torch
    >>> binary_cross_entropy(torch.tensor([0.5, 0.0]), torch.tensor([1.0, 1.0]), reduction="none")
    tensor([  0.6931, 100.0000])
    """
    _check_target(input, target, weight=weight)
    if target.dtype != input.dtype:
        raise RuntimeError(f"target must have the dtype of input, {input.dtype}, found {target.dtype}")
    check_values("input", input, (input >= 0) & (input <= 1), "between 0 and 1")
    check_values("target", target, (target >= 0) & (target <= 1), "between 0 and 1")
    log_p = _held(torch.log, input, zero=0)
    log_1_minus_p = _held(torch.log1p, -input, zero=-1)
    return reduce(_weighted(-target * log_p - (1 - target) * log_1_minus_p, weight), reduction)


@full_precision
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    r"""Binary cross entropy of logits: the negative log-likelihood of a Bernoulli distribution.

    .. math:: P(t \mid z) = \sigma(z)^t \, \sigma(-z)^{1-t}
       \quad\Longrightarrow\quad -t \log\sigma(z) - (1-t) \log\sigma(-z) = -\log P(t \mid z)

    ``pos_weight`` :math:`w` multiplies the first term. That is a change of prior: the minimiser is
    :math:`\operatorname{logit} P(t = 1) + \log w`, so subtract :math:`\log w` before reading a prediction
    as a probability.

    Status: A, exact negative log-likelihood; with ``pos_weight`` I, a reweighted one.

    Args:
        input: predicted logit :math:`z`, any shape ``(*)``.
        target: observation :math:`t`, from 0 to 1, floating point, shape of ``input``.
        weight: weight of each element, a shape that broadcasts to that of ``input``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements, also when there are weights) or
            ``'sum'``.
        pos_weight: weight :math:`w` of the positive term, a shape that broadcasts to that of ``input``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``, as precise as the more precise argument;
        torch takes the dtype of ``target``. An infinite logit costs 0 where it is right; torch gives nan.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` is not floating point, or ``weight`` or ``pos_weight`` does not broadcast.
        ValueError: unknown ``reduction``, or ``target`` of another shape.

    Strict:
        Targets outside of [0, 1].

    Source:
        Cox, *The Regression Analysis of Binary Sequences*, Journal of the Royal Statistical Society B 20(2),
        1958.

    >>> import torch
    >>> logits, labels = torch.tensor([0.0, 100.0]), torch.tensor([1.0, 0.0])
    >>> binary_cross_entropy_with_logits(logits, labels, reduction="none")
    tensor([  0.6931, 100.0000])
    """
    _check_target(input, target, weight=weight, pos_weight=pos_weight)
    _check_fractions(target)
    yes, no = target, 1 - target
    if pos_weight is not None:
        yes = pos_weight.to(at_least_float32(input)) * target.to(at_least_float32(target))
    if torch.compiler.is_compiling():
        # Both logarithms from the one that is at most log 2, as the other is |z| more: half the functions.
        negative = input < 0
        size = torch.where(negative, -input, input)
        loss = times(torch.where(negative, yes, no), size) + (yes + no) * torch.exp(-size).log1p()
    else:
        loss = times(yes, softplus(-input)) + times(no, softplus(input))
    loss = loss.to(torch.promote_types(input.dtype, target.dtype))
    return reduce(_weighted(loss, weight), reduction)


@full_precision
def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Soft margin loss: the negative log-likelihood of a Bernoulli distribution over 1 and -1.

    .. math:: P(y \mid z) = \sigma(y z)
       \quad\Longrightarrow\quad \log\bigl(1 + e^{-yz}\bigr) = -\log P(y \mid z)

    It is :func:`binary_cross_entropy_with_logits` with :math:`t = (1 + y)/2`.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted logit :math:`z`, any shape ``(*)``.
        target: observation :math:`y`, 1 or -1, shape ``(*)`` or one that broadcasts to it.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. torch computes the formula as it
        is written: where :math:`yz` is below about -89, its loss in float32 is inf and its gradient nan. Here
        both are right.

    Raises:
        NotImplementedError: ``input`` or ``target`` is complex.
        RuntimeError: ``input`` is not floating point, or ``target`` does not broadcast to its shape.
        ValueError: unknown ``reduction``.

    Strict:
        Targets other than 1 and -1; shapes that differ.

    Source:
        Friedman, Hastie, Tibshirani, *Additive Logistic Regression: a Statistical View of Boosting*,
        Annals of Statistics 28(2), 2000.

    >>> import torch
    >>> soft_margin_loss(torch.tensor([0.0, -100.0]), torch.tensor([1.0, 1.0]), reduction="none")
    tensor([  0.6931, 100.0000])
    """
    if input.is_complex() or target.is_complex():
        raise NotImplementedError(f"input and target must be real, found {input.dtype} and {target.dtype}")
    if not input.is_floating_point():
        raise RuntimeError(f"input must be a floating-point tensor, found dtype {input.dtype}")
    check_expands("target", target, input)
    check_broadcast(input=input, target=target)
    check_signs(target)
    return reduce(softplus(-input * target), reduction)


@full_precision
def sigmoid_focal_loss(
    inputs: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2, reduction: str = "none"
) -> Tensor:
    r"""Focal loss of logits: binary cross entropy that fades where the model is already right.

    .. math:: -\alpha_t (1 - p_t)^\gamma \log p_t, \qquad p_t = \begin{cases} \sigma(z) & t = 1 \\
                                                               \sigma(-z) & t = 0 \end{cases}

    with :math:`\alpha_t = \alpha` for :math:`t = 1` and :math:`1 - \alpha` for :math:`t = 0`. It is not a
    negative log-likelihood: the minimiser is not the probability of "yes", but closer to one half.

    Status: I, reweighted likelihood: classification-calibrated, not a proper score.

    Args:
        inputs: predicted logit :math:`z`, any shape ``(*)``.
        targets: observation :math:`t`, 0 or 1, floating point, shape of ``inputs``.
        alpha: weight of the positive class, from 0 to 1; a negative number leaves the weights out. The
            default 0.25 makes positives count *less* than negatives.
        gamma: focusing exponent :math:`\gamma \ge 0`; 0 gives weighted binary cross entropy.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``, the default as in torchvision.

    Raises:
        NotImplementedError: ``inputs`` is not floating point.
        RuntimeError: ``targets`` is not floating point.
        ValueError: unknown ``reduction``, ``targets`` of another shape, ``alpha`` above 1, ``gamma`` below 0.

    Strict:
        Targets outside of [0, 1].

    Source:
        Lin, Goyal, Girshick, He, Dollár, *Focal Loss for Dense Object Detection*, ICCV 2017.

    >>> import torch
    >>> sigmoid_focal_loss(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 1.0]))
    tensor([0.0433, 0.0005])
    """
    if alpha > 1:
        raise ValueError(f"alpha must be between 0 and 1, or negative for none, found {alpha!r}")
    if not gamma >= 0:
        raise ValueError(f"gamma must not be negative, found {gamma!r}")
    cross_entropy = binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    # 1 - p_t without cancellation. At an infinite logit its slope is 0, and 0 times an infinite loss nan.
    missed = targets * torch.sigmoid(-inputs) + (1 - targets) * torch.sigmoid(inputs)
    missed = torch.where(inputs.isinf(), missed.detach(), missed)
    # Held above 0, where the slope of a power below 1 is infinite.
    loss = missed.clamp(min=torch.finfo(missed.dtype).tiny) ** gamma * cross_entropy
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    return reduce(loss, reduction)


@full_precision
def probit_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Probit loss: the negative log-likelihood of a Bernoulli distribution with a normal threshold.

    .. math:: P(t \mid z) = \Phi(z)^t \, \Phi(-z)^{1-t}
       \quad\Longrightarrow\quad -t \log\Phi(z) - (1-t) \log\Phi(-z) = -\log P(t \mid z)

    The answer is yes if :math:`z` plus standard normal noise is positive. A sure mistake costs about
    :math:`z^2/2`, against :math:`|z|` in :func:`binary_cross_entropy_with_logits`.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted score :math:`z`, in standard deviations of the noise, any shape ``(*)``.
        target: observation :math:`t`, from 0 to 1, shape ``(*)``. Another shape broadcasts.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: a target outside of 0 to 1; unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Bliss, *The Method of Probits*, Science 79(2037), 1934.

    >>> import torch
    >>> probit_loss(torch.tensor([0.0, -20.0]), torch.tensor([1.0, 1.0]), reduction="none")
    tensor([  0.6931, 203.9172])
    """
    _check_share(input, target)
    loss = -times(target, _log_normal_cdf(input)) - times(1 - target, _log_normal_cdf(-input))
    return reduce(loss, reduction)


@full_precision
def cloglog_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Complementary log-log loss: the negative log-likelihood of whether something happened at least once.

    .. math:: P(t = 1 \mid z) = 1 - e^{-e^z}
       \quad\Longrightarrow\quad -t \log\bigl(1 - e^{-e^z}\bigr) + (1-t)\, e^z = -\log P(t \mid z)

    where the number of times has a Poisson distribution of mean :math:`e^z`. Yes and no are not alike: a no
    that was thought impossible costs :math:`e^z`, such a yes no more than :math:`-z`.

    Status: A, exact negative log-likelihood.

    Args:
        input: logarithm :math:`z` of the expected number, any shape ``(*)``.
        target: observation :math:`t`, from 0 to 1, shape ``(*)``. Another shape broadcasts.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. In float32 a no costs inf above a score
        of 88.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: a target outside of 0 to 1; unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        McCullagh, Nelder, *Generalized Linear Models*, 2nd edition, Chapman and Hall, 1989.

    >>> import torch
    >>> cloglog_loss(torch.tensor([-200.0, 0.0]), torch.tensor([1.0, 0.0]), reduction="none")
    tensor([200.,   1.])
    """
    _check_share(input, target)
    never = (target == 1) & (input.detach().exp() == math.inf)  # costs nothing, with a slope of 0
    rate = torch.exp(torch.where(never, 0, input))
    loss = times(1 - target, rate) - times(target, _log_at_least_once(input))
    return reduce(loss, reduction)


def _log_normal_cdf(x: Tensor) -> Tensor:
    # Phi(x) = erfc(-x / sqrt 2) / 2. Far below 0 it vanishes, so there the factor e^{-x²/2} is taken out
    # (erfcx is what remains). torch.special.log_ndtr has that value, but a wrong gradient in float32.
    dtype, x = x.dtype, x.to(at_least_float32(x))
    negative = x < 0
    below, above = torch.where(negative, x, 0), torch.where(negative, 0, x)
    log_below = torch.log(torch.special.erfcx(-below / math.sqrt(2)) / 2) - below**2 / 2
    log_above = torch.log1p(-torch.erfc(above / math.sqrt(2)) / 2)
    return torch.where(negative, log_below, log_above).to(dtype)


def _log_at_least_once(z: Tensor) -> Tensor:
    """``log(1 - e^(-r))`` with the rate ``r = e^z``: three forms, each where it loses no digit."""
    dtype, z = z.dtype, z.to(at_least_float32(z))
    rare, seldom, often = z < -20, z < 0, z > 6.7  # beyond 6.7 it is 0 in every dtype
    low, rate = torch.where(rare, z, -20), torch.exp(torch.where(rare | often, 0, z))
    few, many = torch.where(seldom, rate, 1), torch.where(seldom, 1, rate)  # not chosen: kept finite
    usual = torch.where(seldom, (-torch.expm1(-few)).log(), torch.log1p(-torch.exp(-many)))
    return torch.where(rare, low - torch.exp(low) / 2, torch.where(often, 0, usual)).to(dtype)


def _check_share(input: Tensor, target: Tensor) -> None:
    check_floating(input=input)
    check_broadcast(input=input, target=target)
    check_values("target", target.detach(), (target >= 0) & (target <= 1), "between 0 and 1", ValueError)


def _held(log: Callable[[Tensor], Tensor], x: Tensor, zero: float) -> Tensor:
    # The logarithm, but at least -100 and with a slope of at most 1e12, as torch has it. Within 1e-12 of
    # where it is infinite, a term of value 0 gives the slope: autograd would multiply 0 and infinity.
    near, infinite = x - zero <= 1e-12, x == zero  # float16 has no 1e-12: it compares with 0
    value = log(torch.where(infinite, zero + 1, x))
    held = value.detach().masked_fill(infinite, -100).clamp(min=-100)
    return torch.where(near, held + 1e12 * (x - x.detach()), value)


def _weighted(loss: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return loss
    wide = at_least_float32(loss)
    return (weight.to(wide) * loss.to(wide)).to(loss.dtype)


def _check_fractions(target: Tensor) -> None:
    check_values_if_strict("target", target, (target >= 0) & (target <= 1), "between 0 and 1")


def _check_target(input: Tensor, target: Tensor, **weights: Tensor | None) -> None:
    if target.shape != input.shape:
        raise ValueError(
            f"target must have the shape of input, {tuple(input.shape)}, found {tuple(target.shape)}"
        )
    check_floating(input=input)
    if not target.is_floating_point():
        # A kind of RuntimeError too: torch raises one or the other for booleans, from 2.14 on and before.
        error = NotImplementedError if target.dtype == torch.bool else RuntimeError
        raise error(f"target must be a floating-point tensor, found dtype {target.dtype}")
    for name, weight in weights.items():
        if weight is not None:
            check_expands(name, weight, input)
