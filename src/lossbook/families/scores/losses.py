r"""Scores of forecasts: quantiles, expectiles, intervals, whole distributions, ensembles.

A forecast says more than one number: a quantile :math:`q_\tau`, an interval, a distribution :math:`F`, or
draws from it. A score is proper if no report is better, in expectation, than what the forecaster believes.
"""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating, warn_if_broadcast
from lossbook.ground.autocast import full_precision
from lossbook.ground.labels import read_labels, reduce_labels
from lossbook.ground.reduction import reduce
from lossbook.ground.values import check_values


@full_precision
def quantile_loss(
    input: Tensor, target: Tensor, quantile: float | Tensor = 0.5, reduction: str = "mean"
) -> Tensor:
    r"""Quantile (pinball) loss: the negative log-likelihood of an asymmetric Laplace distribution of scale 1.

    .. math:: \rho_\tau(r) = \max(\tau r, (\tau - 1) r), \quad r = y - q
       \qquad p(y \mid q) = \tau (1 - \tau)\, e^{-\rho_\tau(y - q)}

    The density is a working likelihood. Whatever the noise, the minimiser is the conditional
    :math:`\tau`-quantile: the share of targets below it is :math:`\tau`.

    Status: A, exact negative log-likelihood of the working density; D, a proper score of a quantile.

    Args:
        input: predicted quantile :math:`q`, shape ``(*)`` in the units of the target; ``(*, Q)`` if there are
            ``Q`` quantiles.
        target: observation :math:`y`, shape ``(*)``.
        quantile: :math:`\tau`, between 0 and 1, both exclusive: a number, or a tensor of shape ``(Q)``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements of ``input``) or ``'sum'``.

    Returns:
        The loss in units of the target: a scalar, or the shape of ``input`` for ``'none'``. At :math:`r = 0`
        the gradient by ``input`` is that of the middle, :math:`\tfrac12 - \tau`.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``quantile`` is outside of 0 to 1 or of the wrong shape; unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Koenker and Bassett, *Regression Quantiles*, Econometrica 46(1), 1978.

    >>> import torch
    >>> quantile_loss(torch.tensor([1.0, 1.0]), torch.tensor([3.0, 0.0]), quantile=0.9, reduction="none")
    tensor([1.8000, 0.1000])
    """
    residual, level = _residual(input, target, "quantile", quantile)
    # tau r for r > 0 and (tau - 1) r below: half the absolute value, tilted.
    return reduce(0.5 * residual.abs() + (level - 0.5) * residual, reduction)


@full_precision
def expectile_loss(
    input: Tensor, target: Tensor, expectile: float | Tensor = 0.5, reduction: str = "mean"
) -> Tensor:
    r"""Expectile loss: squared error that weighs the two signs of a residual differently.

    .. math:: \begin{cases} \tau\, r^2 & r \ge 0 \\ (1 - \tau)\, r^2 & r < 0 \end{cases}
       \qquad r = y - m

    At :math:`\tau = \tfrac12` it is half the squared error. Its minimiser, the :math:`\tau`-expectile,
    balances the mean excess with the mean shortfall: :math:`\tau\, \mathbb E (y-m)_+ = (1-\tau)\, \mathbb E
    (m-y)_+`.

    Status: D, a proper score of an expectile.

    Args:
        input: predicted expectile :math:`m`, shape ``(*)``, or ``(*, Q)`` for ``Q`` expectiles.
        target: observation :math:`y`, shape ``(*)``.
        expectile: :math:`\tau`, between 0 and 1, both exclusive: a number, or a tensor of shape ``(Q)``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements of ``input``) or ``'sum'``.

    Returns:
        The loss in squared units of the target: a scalar, or the shape of ``input`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``expectile`` is outside of 0 to 1 or of the wrong shape; unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Newey and Powell, *Asymmetric Least Squares Estimation and Testing*, Econometrica 55(4), 1987.

    >>> import torch
    >>> expectile_loss(torch.tensor([1.0, 1.0]), torch.tensor([3.0, 0.0]), expectile=0.9, reduction="none")
    tensor([3.6000, 0.1000])
    """
    residual, level = _residual(input, target, "expectile", expectile)
    above, below = residual.clamp(min=0), residual.clamp(max=0)
    return reduce(level * above**2 + (1 - level) * below**2, reduction)


@full_precision
def interval_score_loss(
    lower: Tensor, upper: Tensor, target: Tensor, alpha: float = 0.1, reduction: str = "mean"
) -> Tensor:
    r"""Interval (Winkler) score: the width of an interval, and a fine for a target outside of it.

    .. math:: u - l + \frac2\alpha (l - y)_+ + \frac2\alpha (y - u)_+

    It is :math:`\tfrac2\alpha` times the sum of the quantile losses of both ends, for :math:`\tfrac\alpha2`
    and :math:`1 - \tfrac\alpha2`. Its minimiser is the central interval that holds the share :math:`1 -
    \alpha`.

    Status: D, a proper score of a central interval.

    Args:
        lower: lower end :math:`l`, shape ``(*)``, in the units of the target.
        upper: upper end :math:`u`, shape ``(*)``. Ends that have crossed are accepted, and cost more.
        target: observation :math:`y`, shape ``(*)``.
        alpha: the share of targets meant to lie outside, between 0 and 1, both exclusive.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The score in units of the target: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``lower`` or ``upper`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``alpha`` is outside of 0 to 1; unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Winkler, *A Decision-Theoretic Approach to Interval Estimation*, JASA 67(337), 1972.

    >>> import torch
    >>> interval_score_loss(torch.tensor(1.0), torch.tensor(3.0), torch.tensor(4.0), alpha=0.5)
    tensor(6.)
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, found {alpha!r}")
    check_floating(lower=lower, upper=upper)
    check_broadcast(lower=lower, upper=upper, target=target)
    outside = torch.relu(lower - target) + torch.relu(target - upper)
    return reduce(upper - lower + 2 / alpha * outside, reduction)


@full_precision
def gaussian_crps_loss(
    input: Tensor, target: Tensor, scale: Tensor | float, reduction: str = "mean"
) -> Tensor:
    r"""Continuous ranked probability score of a normal forecast.

    .. math:: \mathrm{CRPS}(F, y) = \int \bigl(F(u) - [u \ge y]\bigr)^2 du
       = \sigma \Bigl\{ w \bigl(2\Phi(w) - 1\bigr) + 2\varphi(w) - \tfrac{1}{\sqrt\pi} \Bigr\},
       \quad w = \frac{y - \mu}{\sigma}

    To the negative log-likelihood it is what the absolute error is to the squared: it has the units of the
    target, and no observation pulls at :math:`\mu` harder than 1.

    Status: D, a strictly proper score.

    Args:
        input: predicted mean :math:`\mu`, shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        scale: standard deviation :math:`\sigma`, positive: a number, or a tensor that broadcasts.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The score in units of the target: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``scale`` is not positive; unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Matheson and Winkler, *Scoring Rules for Continuous Probability Distributions*, Management Science
        22(10), 1976; Gneiting, Raftery, Westveld and Goldman, Monthly Weather Review 133(5), 2005 (the normal
        case).

    >>> import torch
    >>> gaussian_crps_loss(torch.tensor(0.0), torch.tensor(0.0), scale=1.0)
    tensor(0.2337)
    """
    check_floating(input=input)
    warn_if_broadcast(input, target)
    scale = torch.as_tensor(scale, dtype=input.dtype, device=input.device)
    check_broadcast(input=input, target=target, scale=scale.expand_as(input) if scale.ndim == 0 else scale)
    check_values("scale", scale.detach(), scale > 0, "positive", ValueError)
    residual = target - input
    w = _standardised(residual, scale)
    density = torch.exp(-0.5 * w**2) / math.sqrt(2 * math.pi)
    spread = scale * (2 * density - 1 / math.sqrt(math.pi))
    return reduce(residual * torch.erf(w / math.sqrt(2)) + spread, reduction)


@full_precision
def ensemble_crps_loss(input: Tensor, target: Tensor, fair: bool = True, reduction: str = "mean") -> Tensor:
    r"""Continuous ranked probability score of a forecast given by draws.

    .. math:: \frac1M \sum_i |x_i - y| - \frac{1}{2 M (M-1)} \sum_{i,j} |x_i - x_j|
       \;\approx\; \mathbb E\,|X - y| - \tfrac12\, \mathbb E\,|X - X'|

    Fair: its expectation over the draws is the score of their distribution, for every number of them. Not
    fair, with :math:`M^2` for :math:`M (M-1)`, it is the score of the empirical distribution of the draws,
    and is lowest for draws that lie closer together than what they are to forecast.

    Status: D, a strictly proper score.

    Args:
        input: draws :math:`x_i` from the forecast, shape ``(*, M)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``.
        fair: whether the estimate is unbiased; needs at least two draws.
        reduction: ``'none'``, ``'mean'`` (divides by the number of targets) or ``'sum'``.

    Returns:
        The score in units of the target: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``input`` has not the shape of ``target`` and one dimension more, or too few draws;
            unknown ``reduction``.

    Source:
        Ferro, *Fair Scores for Ensemble Forecasts*, Quarterly Journal of the Royal Meteorological Society
        140(683), 2014.

    >>> import torch
    >>> ensemble_crps_loss(torch.tensor([[0.0, 2.0]]), torch.tensor([0.0]))
    tensor(0.)
    """
    _check_ensemble(input, target, "(*, M)", 1, fair)
    draws = input.shape[-1]
    distance = (input - target.unsqueeze(-1)).abs().mean(-1)
    i, j = torch.triu_indices(draws, draws, 1, device=input.device)
    pairs = (input[..., i] - input[..., j]).abs().sum(-1)
    return reduce(distance - pairs / _pairs(draws, fair), reduction)


@full_precision
def energy_score_loss(input: Tensor, target: Tensor, fair: bool = True, reduction: str = "mean") -> Tensor:
    r"""Energy score: the continuous ranked probability score of vectors, given by draws.

    .. math:: \frac1M \sum_i \lVert x_i - y \rVert - \frac{1}{2 M (M-1)} \sum_{i,j} \lVert x_i - x_j \rVert

    Status: D, a strictly proper score.

    Args:
        input: draws :math:`x_i` from the forecast, shape ``(*, M, D)``, in the units of the target.
        target: observation :math:`y`, shape ``(*, D)``.
        fair: whether the estimate is unbiased (:func:`ensemble_crps_loss`); needs at least two draws.
        reduction: ``'none'``, ``'mean'`` (divides by the number of targets) or ``'sum'``.

    Returns:
        The score in units of the target: a scalar, or shape ``(*)`` for ``'none'``. Where two vectors are
        equal, the gradient of their distance is 0.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``input`` has not the shape of ``target`` with a dimension of draws before the last, or
            too few draws; unknown ``reduction``.

    Source:
        Gneiting and Raftery, *Strictly Proper Scoring Rules, Prediction, and Estimation*, JASA 102(477),
        2007.

    >>> import torch
    >>> energy_score_loss(torch.tensor([[[3.0, 4.0], [0.0, 0.0]]]), torch.tensor([[0.0, 0.0]]))
    tensor(0.)
    """
    _check_ensemble(input, target, "(*, M, D)", 2, fair)
    draws = input.shape[-2]
    distance = _norm(input - target.unsqueeze(-2)).mean(-1)
    i, j = torch.triu_indices(draws, draws, 1, device=input.device)
    pairs = _norm(input[..., i, :] - input[..., j, :]).sum(-1)
    return reduce(distance - pairs / _pairs(draws, fair), reduction)


@full_precision
def brier_loss(input: Tensor, target: Tensor, ignore_index: int = -100, reduction: str = "mean") -> Tensor:
    r"""Brier score: the squared distance of the predicted probabilities from what happened.

    .. math:: \sum_c \bigl(p_c - [c = y]\bigr)^2, \qquad p = \operatorname{softmax}(z)

    The gradient by :math:`z` is :math:`2\,(\operatorname{diag}(p) - p p^\top)(p - e_y)`, which vanishes where
    the model is certain, right or wrong.

    Status: D, a strictly proper score.

    Args:
        input: logits :math:`z`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ...)``.
        target: class indices of that shape without the class dimension; or probabilities :math:`q`, floating
            point and of the shape of ``input``: :math:`\sum_c (p_c - q_c)^2`.
        ignore_index: class index that costs nothing and is not counted.
        reduction: ``'none'``, ``'mean'`` (divides by the number of targets that count) or ``'sum'``.

    Returns:
        The score, from 0 to 2: a scalar, or the shape of the indices for ``'none'``. It is summed over the
        classes as in the paper, neither halved nor averaged.

    Raises:
        IndexError: a class index is out of range.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` has another shape, or integers of another dtype than int64 and uint8.
        ValueError: ``input`` has no class dimension, or a probability is outside of 0 to 1; unknown
            ``reduction``.

    Source:
        Brier, *Verification of Forecasts Expressed in Terms of Probability*, Monthly Weather Review 78(1),
        1950.

    >>> import torch
    >>> brier_loss(torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
    tensor(0.5000)
    """
    if target.is_floating_point() and target.shape == input.shape and input.ndim:
        check_floating(input=input)
        check_values("target", target.detach(), (target >= 0) & (target <= 1), "a probability", ValueError)
        dim = min(1, input.ndim - 1)
        return reduce((input.softmax(dim) - target).square().sum(dim), reduction)
    labels = read_labels(input, target, None, ignore_index)
    p = input.softmax(labels.dim)
    happened = torch.zeros_like(p).scatter(labels.dim, labels.label.unsqueeze(labels.dim), 1)
    loss = torch.where(labels.counts, (p - happened).square().sum(labels.dim), 0)
    return reduce_labels(loss, labels, reduction)


def _residual(
    input: Tensor, target: Tensor, name: str, level: float | Tensor
) -> tuple[Tensor, Tensor | float]:
    """``target - input`` and the level, once they fit."""
    check_floating(input=input)
    if isinstance(level, Tensor) and level.ndim:
        if level.ndim != 1 or input.ndim == 0 or input.shape[-1] != len(level):
            raise ValueError(
                f"{name} must be a number or have the shape of the last dimension of input, "
                f"found {tuple(level.shape)} for input {tuple(input.shape)}"
            )
        target = target.unsqueeze(-1)
        check_broadcast(input=input, target=target.expand(*target.shape[:-1], len(level)))
        level = level.to(input)
        check_values(name, level.detach(), (level > 0) & (level < 1), "between 0 and 1", ValueError)
        return target - input, level
    if not 0 < level < 1:
        raise ValueError(f"{name} must be between 0 and 1, found {float(level)!r}")
    warn_if_broadcast(input, target)
    return target - input, level


def _standardised(residual: Tensor, scale: Tensor) -> Tensor:
    # Beyond 40 standard deviations the density is 0 in every dtype; held there, no quotient overflows.
    far = residual.abs() > 40 * scale
    return torch.where(far, 40 * residual.detach().sign(), residual / torch.where(far, 1, scale))


def _check_ensemble(input: Tensor, target: Tensor, shape: str, trailing: int, fair: bool) -> None:
    check_floating(input=input)
    without_draws = input.shape[:-trailing] + input.shape[input.ndim - trailing + 1 :]
    if input.ndim < trailing or target.shape != without_draws:
        raise ValueError(
            f"input must have shape {shape} for target {tuple(target.shape)}, found {tuple(input.shape)}"
        )
    least = 2 if fair else 1
    if input.shape[-trailing] < least:
        raise ValueError(f"input must hold at least {least} draws, found {input.shape[-trailing]}")


def _pairs(draws: int, fair: bool) -> int:
    return draws * (draws - 1) if fair else draws * draws


def _norm(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, dim=-1)
