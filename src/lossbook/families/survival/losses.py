r"""Time to an event: some have had it, of the others we know only that they had not had it yet (censored).

An event at :math:`t` has the density :math:`f(t)`; a subject censored at :math:`t` has the probability
:math:`S(t)` of lasting longer. Where being censored says nothing of the time left, the negative
log-likelihood is :math:`-\delta \log f(t) - (1 - \delta) \log S(t)`, with :math:`\delta = 1` for events.
"""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import (
    at_least_float32,
    check_reduction,
    in_half_again,
    mean_by,
    reduce,
)
from lossbook.ground.values import check_values, softplus

TIES = ("efron", "breslow")


@full_precision
def weibull_aft_nll_loss(
    input: Tensor,
    time: Tensor,
    event: Tensor,
    scale: Tensor | float,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of Weibull's distribution, with censored times.

    .. math:: w = \frac{\log t - \mu}\sigma: \qquad
       \ell = e^w - \delta\,(w - \log\sigma) \;=\; -\delta\log f(t) - (1 - \delta)\log S(t) - \delta\log t

    An accelerated failure time model: a change of :math:`\mu` by :math:`a` makes every time :math:`e^a` times
    as long. It is a proportional hazards model too: the hazard is multiplied by :math:`e^{-a/\sigma}`.
    :math:`\sigma = 1` is the exponential distribution.

    Status: A, exact negative log-likelihood.

    Args:
        input: location :math:`\mu` of :math:`\log t`, any shape ``(*)``; :math:`e^\mu` is the time that
            63 % do not reach.
        time: time :math:`t > 0` of the event or of censoring, shape ``(*)``.
        event: :math:`\delta`, 1 or true for an event, 0 or false for a censored time, shape ``(*)``.
        scale: :math:`\sigma > 0` of :math:`\log t`: a number, or a tensor that broadcasts to ``(*)``.
            Weibull's shape is :math:`1/\sigma`.
        full: whether to add :math:`\delta\log t`, without which the values of another model of :math:`t`
            cannot be compared.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements, censored ones included) or
            ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``time`` or ``scale`` is not positive, ``event`` is neither 0 nor 1, or unknown
            ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Kalbfleisch and Prentice, *The Statistical Analysis of Failure Time Data*, Wiley, 1980.

    >>> import torch
    >>> mu, t, event = torch.zeros(2), torch.ones(2), torch.tensor([True, False])
    >>> weibull_aft_nll_loss(mu, t, event, scale=1.0, reduction="none")  # w = 0: e^0 - 0, and e^0
    tensor([1., 1.])
    """
    w, log_t, sigma, happened = _standardised(input, time, event, scale)
    largest = torch.finfo(w.dtype).max  # where e^w is infinite, w itself is not
    loss = w.exp() + torch.where(happened, sigma.log() - w.clamp(max=largest), 0)
    return _finish(loss, happened, log_t, 0.0, full, reduction, input, time, scale)


@full_precision
def log_logistic_aft_nll_loss(
    input: Tensor,
    time: Tensor,
    event: Tensor,
    scale: Tensor | float,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of the log-logistic distribution, with censored times.

    .. math:: w = \frac{\log t - \mu}\sigma: \qquad
       \ell = \zeta(w) + \delta\,(\zeta(-w) + \log\sigma)
       \;=\; -\delta\log f(t) - (1 - \delta)\log S(t) - \delta\log t,
       \qquad \zeta(w) = \log(1 + e^w)

    An accelerated failure time model whose hazard may rise and fall again. The odds of an event by any time
    are multiplied by :math:`e^{-a/\sigma}` if :math:`\mu` grows by :math:`a`: proportional odds.

    Status: A, exact negative log-likelihood.

    Args:
        input: :math:`\mu`, any shape ``(*)``; :math:`e^\mu` is the median time.
        time: time :math:`t > 0` of the event or of censoring, shape ``(*)``.
        event: :math:`\delta`, 1 or true for an event, 0 or false for a censored time, shape ``(*)``.
        scale: :math:`\sigma > 0`, of the logistic distribution of :math:`\log t`: a number, or a tensor that
            broadcasts to ``(*)``.
        full: whether to add :math:`\delta\log t`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements, censored ones included) or
            ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``time`` or ``scale`` is not positive, ``event`` is neither 0 nor 1, or unknown
            ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Bennett, *Log-Logistic Regression Models for Survival Data*, Applied Statistics 32(2), 1983.

    >>> import torch
    >>> log_logistic_aft_nll_loss(torch.zeros(1), torch.ones(1), torch.zeros(1), scale=1.0)  # the median
    tensor(0.6931)
    """
    w, log_t, sigma, happened = _standardised(input, time, event, scale)
    loss = softplus(w) + torch.where(happened, softplus(-w) + sigma.log(), 0)
    return _finish(loss, happened, log_t, 0.0, full, reduction, input, time, scale)


@full_precision
def log_normal_aft_nll_loss(
    input: Tensor,
    time: Tensor,
    event: Tensor,
    scale: Tensor | float,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of the log-normal distribution, with censored times.

    .. math:: w = \frac{\log t - \mu}\sigma: \qquad
       \ell = \delta\,\bigl(\tfrac12 w^2 + \log\sigma\bigr) - (1 - \delta)\log\Phi(-w)
       \;=\; -\delta\log f(t) - (1 - \delta)\log S(t) - \delta\,\bigl(\log t + \tfrac12\log 2\pi\bigr)

    Without censoring it is :func:`log_normal_nll_loss`; as a regression of :math:`\log t` it is Tobit's
    model.

    Status: A, exact negative log-likelihood.

    Args:
        input: mean :math:`\mu` of :math:`\log t`, any shape ``(*)``; :math:`e^\mu` is the median time.
        time: time :math:`t > 0` of the event or of censoring, shape ``(*)``.
        event: :math:`\delta`, 1 or true for an event, 0 or false for a censored time, shape ``(*)``.
        scale: standard deviation :math:`\sigma > 0` of :math:`\log t`: a number, or a tensor that broadcasts
            to ``(*)``.
        full: whether to add :math:`\delta\,(\log t + \tfrac12\log 2\pi)`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements, censored ones included) or
            ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``time`` or ``scale`` is not positive, ``event`` is neither 0 nor 1, or unknown
            ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Kalbfleisch and Prentice, *The Statistical Analysis of Failure Time Data*, Wiley, 1980.

    >>> import torch
    >>> log_normal_aft_nll_loss(torch.zeros(1), torch.ones(1), torch.zeros(1), scale=1.0)  # the median
    tensor(0.6931)
    """
    w, log_t, sigma, happened = _standardised(input, time, event, scale)
    ended, lasting = torch.where(happened, w, 0), torch.where(happened, 0, w)
    loss = torch.where(happened, 0.5 * ended**2 + sigma.log(), -_log_normal_survival(lasting))
    return _finish(loss, happened, log_t, 0.5 * math.log(2 * math.pi), full, reduction, input, time, scale)


@full_precision
def discrete_hazard_loss(input: Tensor, target: Tensor, event: Tensor, reduction: str = "mean") -> Tensor:
    r"""Negative log-likelihood of the interval of an event, from the hazard of each interval.

    .. math:: h_j = \sigma(z_j) = P(T = j \mid T \ge j): \qquad
       \ell = \sum_{j<k} \zeta(z_j) + \zeta(-z_k) = -\log P(T = k)
       \quad\text{or, censored,}\quad \sum_{j\le k} \zeta(z_j) = -\log P(T > k)

    It is the binary cross entropy of all cells :math:`(i, j)` at risk, :math:`j \le k_i`, with the label 1 in
    the cell of an event and 0 in all others, summed over the intervals.

    Status: A, exact negative log-likelihood.

    Args:
        input: logits :math:`z` of the hazards, shape ``(N, T)``.
        target: interval :math:`k` of the event, or the last interval survived, from 0 to ``T - 1``, integers
            of shape ``(N)``.
        event: 1 or true for an event, 0 or false for a censored subject, shape ``(N)``.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``.

    Raises:
        IndexError: ``target`` is no interval.
        NotImplementedError: ``input`` is not floating point.
        ValueError: a shape or a dtype is wrong, ``event`` is neither 0 nor 1, or unknown ``reduction``.

    Source:
        Brown, *On the Use of Indicator Variables for Studying the Time-Dependence of Parameters in a
        Response-Time Model*, Biometrics 31(4), 1975; Gensheimer and Narasimhan, *A Scalable Discrete-Time
        Survival Model for Neural Networks*, PeerJ 7, 2019.

    >>> import torch
    >>> z, k = torch.zeros(2, 3), torch.tensor([1, 1])  # every hazard is one half
    >>> discrete_hazard_loss(z, k, torch.tensor([True, False]), reduction="none").exp()
    tensor([4., 4.])
    """
    happened = _check_intervals(input, target, event)
    interval = torch.arange(input.shape[1], device=input.device)
    last = interval == target.unsqueeze(1)
    z = torch.where(last & happened.unsqueeze(1), -input, input)
    at_risk = interval <= target.unsqueeze(1)
    cells = torch.where(at_risk, softplus(z.to(at_least_float32(input))), 0)
    return reduce(in_half_again(cells.sum(1), input), reduction)


@full_precision
def cox_ph_loss(
    input: Tensor, time: Tensor, event: Tensor, ties: str = "efron", reduction: str = "mean"
) -> Tensor:
    r"""Cox's partial likelihood: who of all at risk has the event, whatever the time it happens.

    .. math:: h(t \mid x) = h_0(t)\, e^{g(x)} \quad\Longrightarrow\quad
       \ell_i = -g_i + \frac1d \sum_{l=0}^{d-1}
       \log\Bigl(\sum_{j \in R} e^{g_j} - \frac ld \sum_{j \in D} e^{g_j}\Bigr)

    :math:`R` are all whose time is not before :math:`t_i`, :math:`D` the :math:`d` events at :math:`t_i`.
    Without ties, :math:`d = 1`, the loss is the cross entropy of the one among :math:`R`. Breslow's form has
    :math:`l = 0` throughout. Only differences of :math:`g` are identified, and a batch is its own risk set:
    the loss of half of the data is not half of the loss.

    Status: A′, partial likelihood: the baseline hazard :math:`h_0` cancels.

    Args:
        input: log-risk :math:`g`, shape ``(N)``: higher is earlier.
        time: time of the event or of censoring, shape ``(N)``. Only its order counts.
        event: 1 or true for an event, 0 or false for a censored time, shape ``(N)``.
        ties: events at the same time after ``'efron'`` or ``'breslow'``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of events; without any, the loss is 0) or
            ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``, with 0 for censored times.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: a shape is wrong, ``event`` is neither 0 nor 1, ``time`` is nan, or unknown ``ties`` or
            ``reduction``.

    Source:
        Cox, *Regression Models and Life-Tables*, Journal of the Royal Statistical Society B 34(2), 1972;
        Breslow, *Covariance Analysis of Censored Survival Data*, Biometrics 30(1), 1974; Efron, *The
        Efficiency of Cox's Likelihood Function for Censored Data*, JASA 72(359), 1977.

    >>> import torch
    >>> g, t, event = torch.zeros(3), torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1, 1, 0])
    >>> cox_ph_loss(g, t, event, reduction="none").exp()  # one of three, then one of two
    tensor([3., 2., 1.])
    """
    if ties not in TIES:
        raise ValueError(f"ties must be one of {', '.join(map(repr, TIES))}, found {ties!r}")
    check_reduction(reduction)
    happened = _check_subjects(input, event, time=time)
    check_values("time", time.detach(), time == time, "a number", ValueError)
    if not len(input):
        return input if reduction == "none" else input.sum()

    # From late to early, the risk set of a subject is all up to the last one with its time: its group.
    at, order = time.to(at_least_float32(time)).sort(descending=True)
    g, ended = input.to(at_least_float32(input))[order], happened[order]
    last = torch.searchsorted(-at, -at, right=True) - 1
    risk = _log_cumulative_sum_exp(g)[last]
    count = _within(last, ended.to(g))[last].clamp(min=1)
    share = _within(last, torch.where(ended, g - risk, -math.inf).exp())[last]  # of D in R

    # Who is the first, second, ... of the events in its group leaves l / d of them out.
    behind = ended.to(last).cumsum(0)
    rank = (behind - 1 - (behind[last] - count.to(last))).clamp(min=0) if ties == "efron" else 0
    left_out = torch.where(ended, torch.log1p(-rank / count * share), 0)
    terms = torch.where(ended, risk + _within(last, left_out)[last] / count - g, 0)
    loss = in_half_again(torch.zeros_like(terms).scatter(0, order, terms), input)
    return mean_by(loss, happened.sum().clamp(min=1)) if reduction == "mean" else reduce(loss, reduction)


@full_precision
def deephit_loss(
    input: Tensor,
    target: Tensor,
    event: Tensor,
    alpha: float = 0.2,
    sigma: float = 0.1,
    reduction: str = "mean",
) -> Tensor:
    r"""DeepHit: the likelihood of the interval, and a penalty on pairs in the wrong order, which has none.

    .. math:: \ell_i = \alpha\,\mathrm{NLL}_i + \frac{1 - \alpha}{N} \sum_j R_{ij}\,
       e^{-(F_i(t_i) - F_j(t_i)) / \sigma}, \qquad q = \operatorname{softmax}([z, 0])

    :math:`\mathrm{NLL}` is :math:`-\log q_t` for an event in interval :math:`t`, :math:`-\log\sum_{k>t} q_k`
    for a subject censored in it; the last of :math:`q` is what lies beyond the horizon. :math:`F` are the
    sums of :math:`q`, and :math:`R_{ij} = 1` if :math:`i` had its event while :math:`j` was still without:
    later, or censored in the same interval. With :math:`\alpha = 1` the likelihood is left, of which the
    probabilities are right; with less they give way to the order.

    Status: A, exact negative log-likelihood, for :math:`\alpha = 1`; H, set function, for the penalty.

    Args:
        input: logits :math:`z` of the intervals, shape ``(N, T)``.
        target: interval of the event, or the last interval survived, from 0 to ``T - 1``, integers of shape
            ``(N)``.
        event: 1 or true for an event, 0 or false for a censored subject, shape ``(N)``.
        alpha: weight of the likelihood, from 0 to 1.
        sigma: how fast the penalty grows, positive, in units of probability.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(N)`` for ``'none'``.

    Raises:
        IndexError: ``target`` is no interval.
        NotImplementedError: ``input`` is not floating point.
        ValueError: a shape or a dtype is wrong, ``event`` is neither 0 nor 1, ``alpha`` or ``sigma`` is out
            of range, or unknown ``reduction``.

    Source:
        Lee, Zame, Yoon and van der Schaar, *DeepHit: A Deep Learning Approach to Survival Analysis with
        Competing Risks*, AAAI 2018.

    >>> import torch
    >>> z, k = torch.zeros(2, 3), torch.tensor([0, 2])  # every interval, and what is beyond: one quarter
    >>> deephit_loss(z, k, torch.tensor([True, False]), alpha=1.0, reduction="none").exp()
    tensor([4., 4.])
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be from 0 to 1, found {alpha!r}")
    if not sigma > 0:
        raise ValueError(f"sigma must be positive, found {sigma!r}")
    happened = _check_intervals(input, target, event)
    wide = input.to(at_least_float32(input))
    log_q = torch.cat([wide, torch.zeros_like(wide[:, :1])], 1).log_softmax(1)
    interval = torch.arange(log_q.shape[1], device=input.device)
    mine, later = interval == target.unsqueeze(1), interval > target.unsqueeze(1)
    possible = torch.where(happened.unsqueeze(1), mine, later)
    nll = -torch.where(possible, log_q, -math.inf).logsumexp(1)
    if alpha == 1:
        return reduce(in_half_again(nll, input), reduction)

    risk = log_q.exp().cumsum(1)[:, target].T  # F_j(t_i) in row i
    lead = risk.diagonal().unsqueeze(1) - risk
    longer = (target.unsqueeze(1) < target) | ((target.unsqueeze(1) == target) & ~happened)
    ranked = happened.unsqueeze(1) & longer
    penalty = torch.where(ranked, -lead / sigma, -math.inf).exp().mean(1)
    return reduce(in_half_again(alpha * nll + (1 - alpha) * penalty, input), reduction)


def _standardised(
    input: Tensor, time: Tensor, event: Tensor, scale: Tensor | float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """w, log t, the scale and whether it happened, once all are known to fit."""
    check_floating(input=input)
    sigma = torch.as_tensor(scale, dtype=at_least_float32(input), device=input.device)
    given = {"scale": sigma} if sigma.ndim else {}
    check_broadcast(input=input, time=time, event=event, **given)
    check_values("time", time.detach(), time > 0, "positive", ValueError)
    check_values("scale", sigma.detach(), sigma > 0, "positive", ValueError)
    happened = _happened(event)
    log_t = time.to(sigma.dtype).log()
    residual = log_t - input.to(sigma.dtype)
    # Censored long before its time nothing is lost; held there, no slope of 0 meets an infinite quotient.
    early = ~happened & (residual < -1000 * sigma)
    w = torch.where(early, -1000, residual / torch.where(early, 1, sigma))
    return w, log_t, sigma, happened


def _finish(
    loss: Tensor,
    happened: Tensor,
    log_t: Tensor,
    constant: float,
    full: bool,
    reduction: str,
    *given: Tensor | float,
) -> Tensor:
    if full:
        loss = loss + torch.where(happened, log_t + constant, 0)
    return reduce(in_half_again(loss, *(x for x in given if isinstance(x, Tensor))), reduction)


def _happened(event: Tensor) -> Tensor:
    check_values("event", event.detach(), (event == 0) | (event == 1), "0 or 1", ValueError)
    return event != 0


def _check_subjects(input: Tensor, event: Tensor, **others: Tensor) -> Tensor:
    check_floating(input=input)
    if input.ndim != 1:
        raise ValueError(f"input must have shape (N), found {tuple(input.shape)}")
    return _check_rows(input, event, **others)


def _check_rows(input: Tensor, event: Tensor, **others: Tensor) -> Tensor:
    for name, tensor in {**others, "event": event}.items():
        if tensor.shape != input.shape[:1]:
            raise ValueError(
                f"{name} must have shape (N) for input {tuple(input.shape)}, found {tuple(tensor.shape)}"
            )
    return _happened(event)


def _check_intervals(input: Tensor, target: Tensor, event: Tensor) -> Tensor:
    check_floating(input=input)
    if input.ndim != 2:
        raise ValueError(f"input must have shape (N, T), found {tuple(input.shape)}")
    if target.is_floating_point() or target.is_complex() or target.dtype == torch.bool:
        raise ValueError(f"target must hold integers, found dtype {target.dtype}")
    happened = _check_rows(input, event, target=target)
    known = (target >= 0) & (target < input.shape[1])
    check_values("target", target, known, f"an interval below {input.shape[1]}", IndexError)
    return happened


def _log_cumulative_sum_exp(x: Tensor) -> Tensor:
    """log of the running sum of e^x, by doubling: torch's own may lack a second derivative."""
    shift = 1
    while shift < len(x):
        late, early = x[shift:], x[:-shift]
        both = torch.where(late > early, late + softplus(early - late), early + softplus(late - early))
        x = torch.cat([x[:shift], both])
        shift *= 2
    return x


def _within(group: Tensor, x: Tensor) -> Tensor:
    """The sum of ``x`` over each group, at the group's number."""
    return torch.zeros_like(x).index_add(0, group, x)


def _log_normal_survival(w: Tensor) -> Tensor:
    # log Phi(-w). Far above 0 it vanishes, so there the factor e^{-w²/2} is taken out (erfcx remains).
    # torch.special.log_ndtr has that value, but a wrong gradient in float32.
    late = w > 0
    above, below = torch.where(late, w, 0), torch.where(late, 0, w)
    log_above = torch.log(torch.special.erfcx(above / math.sqrt(2)) / 2) - above**2 / 2
    log_below = torch.log1p(-torch.erfc(-below / math.sqrt(2)) / 2)
    return torch.where(late, log_above, log_below)
