r"""Ranking of whole lists: one score for each item of a list, and grades or an order to agree with.

Plackett and Luce's model is a likelihood of the order, ListNet compares two distributions of the first place.
LambdaRank and ApproxNDCG aim at NDCG, the score of a sorted list in which the top counts most: with the gain
:math:`2^y - 1` of grade :math:`y` and the discount :math:`D(r) = 1/\log_2(1 + r)` of rank :math:`r`, DCG is
:math:`\sum_i (2^{y_i} - 1) D(r_i)`, and NDCG is DCG divided by the largest one, maxDCG.
"""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, in_half_again, reduce
from lossbook.ground.values import check_values, softplus, times


@full_precision
def plackett_luce_nll_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Plackett and Luce's negative log-likelihood of who is first, second, ... of a list.

    .. math:: P(\pi \mid s) = \prod_{i=1}^{K} \frac{e^{s_{\pi_i}}}{\sum_{j \notin \{\pi_1 \dots \pi_{i-1}\}}
       e^{s_j}} \quad\Longrightarrow\quad
       \ell = \sum_{i=1}^{K} \Bigl(\log\!\!\sum_{j \notin \{\pi_1 \dots \pi_{i-1}\}}\!\! e^{s_j}
       - s_{\pi_i}\Bigr)

    Choose the best by a softmax, then the best of the rest, and so on: a race in which every score has
    Gumbel noise of its own. :math:`K = 1` is :func:`cross_entropy`, a list of two is
    :func:`pairwise_logistic_loss`.

    Status: A, exact negative log-likelihood; A′, partial likelihood, if fewer than all places are given.

    Args:
        input: scores :math:`s`, shape ``(*, L)``, in units of log-odds.
        target: indices :math:`\pi` of the first ``K`` items, the best first, shape ``(*, K)`` with
            ``K <= L``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of lists) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        IndexError: ``target`` holds what is no item.
        NotImplementedError: ``input`` is not floating point.
        ValueError: a shape or a dtype is wrong, ``target`` holds an item twice, or unknown ``reduction``.

    Source:
        Luce, *Individual Choice Behavior*, Wiley, 1959; Plackett, *The Analysis of Permutations*, Applied
        Statistics 24(2), 1975.

    >>> import torch
    >>> s, order = torch.zeros(3), torch.tensor([2, 0, 1])  # one of six orders
    >>> plackett_luce_nll_loss(s, order).exp()
    tensor(6.)
    >>> plackett_luce_nll_loss(s, order[:1]).exp()  # one of three winners
    tensor(3.)
    """
    _check_places(input, target)
    if not target.shape[-1]:
        return reduce(input[..., :0].sum(-1), reduction)
    s = input.to(at_least_float32(input))
    placed = s.gather(-1, target)
    unplaced = torch.ones_like(s, dtype=torch.bool).scatter(-1, target, False)
    left = placed
    if target.shape[-1] < s.shape[-1]:  # those without a place are behind all others
        rest = torch.where(unplaced, s, -math.inf).logsumexp(-1, keepdim=True)
        left = torch.cat([placed, rest], -1)
    choices = _log_sum_from_here_on(left)[..., : target.shape[-1]] - placed
    return reduce(in_half_again(choices.sum(-1), input), reduction)


@full_precision
def list_mle_loss(
    input: Tensor, target: Tensor, mask: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    r"""ListMLE: Plackett and Luce's negative log-likelihood of the order of falling grades.

    .. math:: \ell = \sum_{i=1}^{n} \Bigl(\log\sum_{j \ge i} e^{s_{\pi_j}} - s_{\pi_i}\Bigr), \qquad
       y_{\pi_1} \ge y_{\pi_2} \ge \dots \ge y_{\pi_n}

    The likelihood knows no ties. Of equal grades the lower index comes first, as if that had been observed:
    where the order of the items means something (a sort, a search engine), the scores learn it.

    Status: A, exact negative log-likelihood of an order without ties.

    Args:
        input: scores :math:`s`, shape ``(*, L)``, in units of log-odds.
        target: grades :math:`y`, higher is better, shape ``(*, L)``; only their order counts.
        mask: true where an item is real, boolean, shape ``(*, L)``. The others cost nothing.
        reduction: ``'none'``, ``'mean'`` (divides by the number of lists) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``target`` or ``mask`` of another shape, a grade that is nan or infinite, ``mask`` that is
            not boolean, or unknown ``reduction``.

    Source:
        Xia, Liu, Wang, Zhang and Li, *Listwise Approach to Learning to Rank: Theory and Algorithm*, ICML
        2008.

    >>> import torch
    >>> s, y = torch.tensor([0.0, 0.0, 9.0]), torch.tensor([1.0, 3.0, 0.0])
    >>> list_mle_loss(s, y, mask=torch.tensor([True, True, False])).exp()  # one of two orders
    tensor(2.)
    """
    real = _check_list(input, target, mask)
    s = torch.where(real, input.to(at_least_float32(input)), 0)
    order = _falling(target, real)
    s, real = s.gather(-1, order), real.gather(-1, order)
    left = _log_sum_from_here_on(torch.where(real, s, _as_good_as_never(s)))
    choices = torch.where(real, left - s, 0)
    return reduce(in_half_again(choices.sum(-1), input), reduction)


@full_precision
def list_net_loss(
    input: Tensor, target: Tensor, mask: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    r"""ListNet: cross entropy of the first place, whose distribution the grades are said to give.

    .. math:: \ell = -\sum_i q_i \log p_i, \qquad
       q = \operatorname{softmax}(y), \quad p = \operatorname{softmax}(s)

    The least value is the entropy of :math:`q`, where :math:`s` is :math:`y` up to a constant: the scores
    have the unit of the grades, as those of no other loss of a list, and ties are no trouble.

    Status: B, expected negative log-likelihood of the first place under a distribution made from the grades.

    Args:
        input: scores :math:`s`, shape ``(*, L)``.
        target: grades :math:`y` in units of log-odds, shape ``(*, L)``.
        mask: true where an item is real, boolean, shape ``(*, L)``. The others cost nothing.
        reduction: ``'none'``, ``'mean'`` (divides by the number of lists) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``; 0 for a list without items.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``target`` or ``mask`` of another shape, a grade that is nan or infinite, ``mask`` that is
            not boolean, or unknown ``reduction``.

    Source:
        Cao, Qin, Liu, Tsai and Li, *Learning to Rank: From Pairwise Approach to Listwise Approach*, ICML
        2007.

    >>> import torch
    >>> grades = torch.tensor([0.0, 0.0, 0.0, 0.0])
    >>> list_net_loss(torch.zeros(4), grades).exp()  # any of four is first
    tensor(4.)
    """
    real = _check_list(input, target, mask)
    dtype = at_least_float32(input)
    log_p = _log_softmax(input.to(dtype), real)
    q = torch.where(real, _log_softmax(target.to(dtype), real).exp(), 0)
    return reduce(in_half_again(-times(q, log_p).sum(-1), input), reduction)


@full_precision
def lambda_rank_loss(
    input: Tensor,
    target: Tensor,
    k: int | None = None,
    sigma: float = 1.0,
    mask: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""LambdaRank: the logistic loss of each pair, weighted by what swapping the two would change in NDCG.

    .. math:: \ell = \sum_{y_i > y_j} w_{ij} \log\bigl(1 + e^{-\sigma (s_i - s_j)}\bigr), \qquad
       w_{ij} = \frac{\lvert 2^{y_i} - 2^{y_j}\rvert\;\lvert D(r_i) - D(r_j)\rvert}{\mathrm{maxDCG@}k}

    :math:`r` are the ranks by the scores as they are now, and :math:`D(r) = 0` beyond :math:`k`. No gradient
    flows through the weights, which jump where two scores change places: the value may rise while the order
    gets better, so follow NDCG instead.

    Status: H, set function: a surrogate of NDCG, made of likelihoods of pairs.

    Args:
        input: scores :math:`s`, shape ``(*, L)``.
        target: grades :math:`y \ge 0`, higher is better, shape ``(*, L)``.
        k: how many places count, at least 1; by default all.
        sigma: :math:`\sigma > 0`, the slope of the logistic function.
        mask: true where an item is real, boolean, shape ``(*, L)``. The others cost nothing and have no rank.
        reduction: ``'none'``, ``'mean'`` (divides by the number of lists) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(*)`` for ``'none'``; 0 for a list without a grade above 0.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``target`` or ``mask`` of another shape, a grade that is negative, nan or infinite,
            ``mask`` that is not boolean, ``k`` or ``sigma`` out of range, or unknown ``reduction``.

    Source:
        Burges, Ragno and Le, *Learning to Rank with Nonsmooth Cost Functions*, NIPS 2006; Wang, Li, Golbandi,
        Bendersky and Najork, *The LambdaLoss Framework for Ranking Metric Optimization*, CIKM 2018.

    >>> import torch
    >>> s, y = torch.tensor([0.0, 0.0]), torch.tensor([0.0, 1.0])  # gains 0 and 1, discounts 1 and 0.63
    >>> lambda_rank_loss(s, y)  # 0.37 times log 2
    tensor(0.2558)
    """
    if k is not None and k < 1:
        raise ValueError(f"k must be at least 1, found {k!r}")
    if not sigma > 0:
        raise ValueError(f"sigma must be positive, found {sigma!r}")
    real = _check_list(input, target, mask)
    _check_grades(target, real)
    s = torch.where(real, input.to(at_least_float32(input)), 0)
    gain = _gain(target.to(s.dtype), real, k)
    discount = _discount(_rank(s.detach(), real), k)
    (y_i, y_j), (s_i, s_j), (gain_i, gain_j), (d_i, d_j) = map(_pairs, (target, s, gain, discount))
    higher = (y_i > y_j) & real.unsqueeze(-1) & real.unsqueeze(-2)
    weight = torch.where(higher, ((gain_i - gain_j) * (d_i - d_j)).abs(), 0)  # without a gradient
    pairs = times(weight, softplus(-sigma * torch.where(higher, s_i - s_j, 0)))
    return reduce(in_half_again(pairs.sum((-2, -1)), input), reduction)


@full_precision
def approx_ndcg_loss(
    input: Tensor,
    target: Tensor,
    temperature: float = 0.1,
    mask: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""ApproxNDCG: one minus NDCG of smooth ranks.

    .. math:: \ell = 1 - \frac1{\mathrm{maxDCG}} \sum_i \frac{2^{y_i} - 1}{\log_2(1 + \hat r_i)}, \qquad
       \hat r_i = 1 + \sum_{j \ne i} \frac1{1 + e^{-(s_j - s_i)/T}}

    A rank is one plus the number of items above. With a step for the sigmoid, which is the limit
    :math:`T \to 0`, this is one minus NDCG; with a small :math:`T` only neighbours have gradients.

    Status: H, set function: a smooth NDCG.

    Args:
        input: scores :math:`s`, shape ``(*, L)``.
        target: grades :math:`y \ge 0`, higher is better, shape ``(*, L)``.
        temperature: :math:`T > 0`, in units of the scores.
        mask: true where an item is real, boolean, shape ``(*, L)``. The others cost nothing and have no rank.
        reduction: ``'none'``, ``'mean'`` (divides by the number of lists) or ``'sum'``.

    Returns:
        The loss, from 0 to 1: a scalar, or shape ``(*)`` for ``'none'``; 0 for a list without a grade above
        0.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``target`` or ``mask`` of another shape, a grade that is negative, nan or infinite,
            ``mask`` that is not boolean, ``temperature`` that is not positive, or unknown ``reduction``.

    Source:
        Qin, Liu and Li, *A General Approximation Framework for Direct Optimization of Information Retrieval
        Measures*, Information Retrieval 13(4), 2010.

    >>> import torch
    >>> s, y = torch.tensor([5.0, 0.0, 9.0]), torch.tensor([0.0, 1.0, 2.0])
    >>> approx_ndcg_loss(s, y)  # 1 - (3 + 1 / 2) / (3 + 1 / log2(3))
    tensor(0.0361)
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, found {temperature!r}")
    real = _check_list(input, target, mask)
    _check_grades(target, real)
    s = torch.where(real, input.to(at_least_float32(input)), 0)
    s_i, s_j = _pairs(s)
    above = ((s_j - s_i) / temperature).sigmoid()
    rank = 0.5 + torch.where(real.unsqueeze(-2), above, 0).sum(-1)  # an item is half above itself
    gain = _gain(target.to(s.dtype), real, None)
    loss = torch.where((gain > 0).any(-1), 1 - (gain / torch.log2(1 + rank)).sum(-1), 0)
    return reduce(in_half_again(loss, input), reduction)


def _check_places(input: Tensor, target: Tensor) -> None:
    check_floating(input=input)
    if target.is_floating_point() or target.is_complex() or target.dtype == torch.bool:
        raise ValueError(f"target must hold integers, found dtype {target.dtype}")
    if not input.ndim or not target.ndim or input.shape[:-1] != target.shape[:-1]:
        raise ValueError(
            "input must have shape (*, L) and target (*, K), "
            f"found {tuple(input.shape)} and {tuple(target.shape)}"
        )
    size, places = input.shape[-1], target.shape[-1]
    if places > size:
        raise ValueError(f"target must hold at most {size} places for as many items, found {places}")
    check_values("target", target, (target >= 0) & (target < size), f"an item below {size}", IndexError)
    item = target.sort(-1).values
    check_values("target", item[..., 1:], item.diff(dim=-1) != 0, "free of items placed twice", ValueError)


def _check_list(input: Tensor, target: Tensor, mask: Tensor | None) -> Tensor:
    """Where items are real, once all shapes and values are known to fit."""
    check_floating(input=input)
    if mask is not None and mask.dtype != torch.bool:
        raise ValueError(f"mask must be boolean, found dtype {mask.dtype}")
    for name, tensor in {"target": target, **({} if mask is None else {"mask": mask})}.items():
        if not input.ndim or tensor.shape != input.shape:
            raise ValueError(
                f"{name} must have the shape (*, L) of input, {tuple(input.shape)}, "
                f"found {tuple(tensor.shape)}"
            )
    real = torch.ones_like(input, dtype=torch.bool) if mask is None else mask
    check_values("target", target.detach(), target.detach().isfinite() | ~real, "finite", ValueError)
    return real


def _check_grades(target: Tensor, real: Tensor) -> None:
    check_values("target", target.detach(), (target.detach() >= 0) | ~real, "no negative grade", ValueError)


def _falling(key: Tensor, real: Tensor) -> Tensor:
    """The items by falling key, of equal keys the lower index first, those that are not real at the end."""
    order = key.argsort(dim=-1, descending=True, stable=True)
    return order.gather(-1, (~real).gather(-1, order).to(torch.uint8).argsort(dim=-1, stable=True))


def _rank(s: Tensor, real: Tensor) -> Tensor:
    """1 for the highest score, 2 for the next, ..."""
    place = torch.arange(1, s.shape[-1] + 1, device=s.device, dtype=s.dtype).expand(s.shape)
    return torch.zeros_like(s).scatter(-1, _falling(s, real), place)


def _discount(rank: Tensor, k: int | None) -> Tensor:
    discount = 1 / torch.log2(1 + rank)
    return discount if k is None else torch.where(rank <= k, discount, 0)


def _gain(grade: Tensor, real: Tensor, k: int | None) -> Tensor:
    """2^y - 1 divided by maxDCG@k; 0 where that is 0."""
    y = torch.where(real, grade, 0).detach()
    if not y.shape[-1]:
        return y
    # In units of 2^max, which no grade can overflow: 2^y - 1 = 2^y (1 - 2^-y).
    gain = torch.exp2(y - y.amax(-1, keepdim=True)) * -torch.expm1(-math.log(2) * y)
    place = torch.arange(1, y.shape[-1] + 1, device=y.device, dtype=y.dtype)
    most = (gain.sort(-1, descending=True).values * _discount(place, k)).sum(-1, keepdim=True)
    return torch.where(most > 0, gain / torch.where(most > 0, most, 1), 0)


def _pairs(x: Tensor) -> tuple[Tensor, Tensor]:
    """``x_i`` and ``x_j``, which broadcast to all pairs ``(i, j)``."""
    return x.unsqueeze(-1), x.unsqueeze(-2)


def _log_softmax(x: Tensor, real: Tensor) -> Tensor:
    """Over the real items; of none, any numbers."""
    return torch.where(real, x, _as_good_as_never(x)).log_softmax(-1)


def _log_sum_from_here_on(x: Tensor) -> Tensor:
    """log of the sum of e^x over an item and all behind it, by doubling: torch's own may lack a second
    derivative, and the largest of all may be too large for what is behind it."""
    shift, size = 1, x.shape[-1]
    while shift < size:
        here, behind = x[..., :-shift], x[..., shift:]
        least, most = torch.minimum(here, behind), torch.maximum(here, behind)
        x = torch.cat([most + softplus(least - most), x[..., -shift:]], -1)
        shift *= 2
    return x


def _as_good_as_never(x: Tensor) -> float:
    """As good as minus infinity beside a score, but not nan when it meets itself."""
    return torch.finfo(x.dtype).min / 4
