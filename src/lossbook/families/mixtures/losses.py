r"""Several right answers, and angles: mixtures of distributions, and distributions on a circle or a sphere.

A mixture :math:`p(y) = \sum_k \pi_k\, p_k(y)` has the loss
:math:`-\mathrm{lse}_k(\log\pi_k + \log p_k(y))`; its gradient is that of the components, weighted by their
responsibilities for :math:`y`. On the circle and the sphere the density :math:`\propto e^{\kappa\cos}` takes
the place of the normal one.
"""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, check_reduction, in_half_again, reduce
from lossbook.ground.values import check_values

DEBYE_FROM = 32  # from this order on, four terms of the expansion are good to 1e-9


@full_precision
def gaussian_mixture_nll_loss(
    input: Tensor,
    target: Tensor,
    scale: Tensor | float,
    logits: Tensor,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a mixture of normal distributions: a mixture density network's loss.

    .. math:: \ell = -\mathrm{lse}_k\Bigl(\log\mathrm{softmax}(z)_k - \log\sigma_k
       - \frac{(y - \mu_k)^2}{2\sigma_k^2}\Bigr) \;=\; -\log p(y) - \tfrac12\log 2\pi

    It has no lower bound: with :math:`\mu_k` on an observation, it falls without end as
    :math:`\sigma_k \to 0`. Keep the scale above a floor.

    Status: A′, marginal likelihood: the component is summed out.

    Args:
        input: means :math:`\mu_k`, shape ``(*, K)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``.
        scale: :math:`\sigma_k > 0` in units of the target: a number, or a tensor that broadcasts to
            ``(*, K)``.
        logits: :math:`z_k` of the weights, which broadcast to ``(*, K)``.
        full: whether to add the constant :math:`\tfrac12\log 2\pi`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of observations) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``target`` does not have the shape of ``input`` without its last dimension, ``scale`` or
            ``logits`` do not broadcast to it, ``scale`` is not positive, or unknown ``reduction``.

    Source:
        Bishop, *Mixture Density Networks*, Aston University NCRG/94/004, 1994.

    >>> import torch
    >>> means, weights = torch.tensor([[-1.0, 1.0]]), torch.zeros(1, 2)
    >>> gaussian_mixture_nll_loss(means, torch.tensor([1.0]), scale=0.1, logits=weights)  # log 2 + log 0.1
    tensor(-1.6094)
    """
    sigma = _parameter("scale", scale, input, target, "positive")
    residual = target.to(sigma.dtype)[..., None] - input.to(sigma.dtype)
    log_density = -0.5 * _quotient(residual, sigma).square() - sigma.log()
    constant = 0.5 * math.log(2 * math.pi) if full else 0.0
    return _mixed(log_density, logits, constant, reduction, input, target, scale)


@full_precision
def von_mises_nll_loss(
    input: Tensor,
    target: Tensor,
    concentration: Tensor | float,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of von Mises's distribution: the normal distribution of angles.

    .. math:: \ell = -\kappa\cos(y - \mu) + \log I_0(\kappa) \;=\; -\log p(y) - \log 2\pi

    A turn more or less changes nothing. For large :math:`\kappa` it is the normal distribution of variance
    :math:`1/\kappa`; :math:`\kappa = 0` is the uniform one.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted angle :math:`\mu` in radians, any shape ``(*)``. Predict a vector of the plane,
            with its direction (``torch.atan2``) as the angle and its length as the concentration: in that
            vector the loss is convex. A network that outputs the angle itself has to jump somewhere.
        target: observed angle :math:`y` in radians, shape ``(*)``.
        concentration: :math:`\kappa \ge 0`: a number, or a tensor that broadcasts to ``(*)``.
        full: whether to add the constant :math:`\log 2\pi`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``concentration`` is negative, or unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        von Mises, *Über die „Ganzzahligkeit“ der Atomgewichte und verwandte Fragen*, Physikalische
        Zeitschrift 19, 1918.

    >>> import math, torch
    >>> almost_a_turn = torch.tensor(2 * math.pi - 0.01)
    >>> von_mises_nll_loss(torch.tensor(0.0), almost_a_turn, concentration=100.0)
    tensor(-3.2153)
    """
    check_floating(input=input)
    kappa = torch.as_tensor(concentration, dtype=at_least_float32(input), device=input.device)
    given = {"concentration": kappa} if kappa.ndim else {}
    check_broadcast(input=input, target=target, **given)
    check_values("concentration", kappa.detach(), kappa >= 0, "0 or more", ValueError)
    loss = _von_mises(input, target, kappa) + (math.log(2 * math.pi) if full else 0.0)
    return reduce(in_half_again(loss, *_tensors(input, target, concentration)), reduction)


@full_precision
def von_mises_mixture_nll_loss(
    input: Tensor,
    target: Tensor,
    concentration: Tensor | float,
    logits: Tensor,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a mixture of von Mises distributions: several right angles.

    .. math:: \ell = -\mathrm{lse}_k\bigl(\log\mathrm{softmax}(z)_k + \kappa_k\cos(y - \mu_k)
       - \log I_0(\kappa_k)\bigr) \;=\; -\log p(y) - \log 2\pi

    Status: A′, marginal likelihood: the component is summed out.

    Args:
        input: angles :math:`\mu_k` in radians, shape ``(*, K)``.
        target: observed angle :math:`y` in radians, shape ``(*)``.
        concentration: :math:`\kappa_k \ge 0`: a number, or a tensor that broadcasts to ``(*, K)``.
        logits: :math:`z_k` of the weights, which broadcast to ``(*, K)``.
        full: whether to add the constant :math:`\log 2\pi`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of observations) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``target`` does not have the shape of ``input`` without its last dimension,
            ``concentration`` or ``logits`` do not broadcast to it, ``concentration`` is negative, or unknown
            ``reduction``.

    Source:
        Bishop and Legleye, *Estimating Conditional Probability Densities for Periodic Variables*, NIPS 1994.

    >>> import math, torch
    >>> opposite, weights = torch.tensor([[0.0, math.pi]]), torch.zeros(1, 2)
    >>> for y in (0.0, math.pi):
    ...     print(von_mises_mixture_nll_loss(opposite, torch.tensor([y]), 50.0, weights))
    tensor(-2.1793)
    tensor(-2.1793)
    """
    kappa = _parameter("concentration", concentration, input, target, "0 or more")
    log_density = -_von_mises(input, target[..., None], kappa)
    constant = math.log(2 * math.pi) if full else 0.0
    return _mixed(log_density, logits, constant, reduction, input, target, concentration)


@full_precision
def von_mises_fisher_nll_loss(
    input: Tensor,
    target: Tensor,
    concentration: Tensor | float,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of the von Mises–Fisher distribution of directions.

    .. math:: \ell = -\kappa\,\hat\mu^\top\hat y - \bigl(\tfrac D2 - 1\bigr)\log\kappa
       + \log I_{D/2-1}(\kappa) \;=\; -\log p(\hat y) - \tfrac D2\log 2\pi

    Both vectors are divided by their lengths. With :math:`\kappa` fixed it is :math:`1 - \cos` up to a factor
    and a constant: the likelihood behind losses of the cosine.

    The Bessel function is computed in float64, by Debye's expansion for orders of 32 and above and by
    recursion from there below; relative to the loss it is good to :math:`10^{-9}` in every dimension and at
    every :math:`\kappa`, :math:`\kappa = 0` (the uniform distribution) included.

    Status: A, exact negative log-likelihood.

    Args:
        input: mean direction, shape ``(*, D)`` with :math:`D \ge 2`, of any length. A zero vector has the
            cosine 0 with everything, and gets no gradient.
        target: observed direction, shape ``(*, D)``, of any length.
        concentration: :math:`\kappa \ge 0`: a number, or a tensor that broadcasts to ``(*)``.
        full: whether to add the constant :math:`\tfrac D2\log 2\pi`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of vectors) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``input`` and ``target`` differ in shape or have fewer than two dimensions,
            ``concentration`` does not broadcast or is negative, or unknown ``reduction``.

    Source:
        Banerjee, Dhillon, Ghosh and Sra, *Clustering on the Unit Hypersphere using von Mises-Fisher
        Distributions*, JMLR 6, 2005.

    >>> import torch
    >>> north = torch.tensor([0.0, 0.0, 1.0])
    >>> von_mises_fisher_nll_loss(north, north, concentration=0.0, full=True)  # log of the area, 4 pi
    tensor(2.5310)
    """
    check_floating(input=input)
    if input.shape != target.shape or input.ndim == 0 or input.shape[-1] < 2:
        raise ValueError(
            f"input and target must have one shape (*, D) with D >= 2, found {tuple(input.shape)} and "
            f"{tuple(target.shape)}"
        )
    wide = at_least_float32(input)
    kappa = torch.as_tensor(concentration, dtype=wide, device=input.device)
    _check_expands("concentration", kappa, input.shape[:-1])
    check_values("concentration", kappa.detach(), kappa >= 0, "0 or more", ValueError)
    d = input.shape[-1]
    excess = _log_bessel(0.5 * d - 1, kappa.double()).to(wide)
    loss = kappa * _one_minus_cosine(input.to(wide), target.to(wide)) + excess
    if full:
        loss = loss + 0.5 * d * math.log(2 * math.pi)
    return reduce(in_half_again(loss, *_tensors(input, target, concentration)), reduction)


def _parameter(name: str, value: Tensor | float, input: Tensor, target: Tensor, range: str) -> Tensor:
    """A parameter of every component, as a tensor of at least float32, once everything fits."""
    check_floating(input=input)
    if input.ndim == 0 or target.shape != input.shape[:-1]:
        raise ValueError(
            f"target must have the shape of input {tuple(input.shape)} without its last dimension, found "
            f"{tuple(target.shape)}"
        )
    tensor = torch.as_tensor(value, dtype=at_least_float32(input), device=input.device)
    _check_expands(name, tensor, input.shape)
    valid = tensor > 0 if range == "positive" else tensor >= 0
    check_values(name, tensor.detach(), valid, range, ValueError)
    return tensor


def _check_expands(name: str, tensor: Tensor, shape: torch.Size) -> None:
    short = tensor.ndim <= len(shape)
    pairs = zip(reversed(tensor.shape), reversed(shape), strict=False)
    if not short or any(size not in (1, full) for size, full in pairs):
        raise ValueError(f"{name} must broadcast to {tuple(shape)}, found {tuple(tensor.shape)}")


def _mixed(
    log_density: Tensor,
    logits: Tensor,
    constant: float,
    reduction: str,
    input: Tensor,
    target: Tensor,
    parameter: Tensor | float,
) -> Tensor:
    """The loss of a mixture from the log-densities of its components, ``(*, K)``."""
    _check_expands("logits", logits, log_density.shape)
    check_reduction(reduction)
    log_weight = logits.to(log_density.dtype).expand(log_density.shape).log_softmax(-1)
    loss = constant - torch.logsumexp(log_weight + log_density, -1)
    return reduce(in_half_again(loss, *_tensors(input, target, parameter, logits)), reduction)


def _von_mises(input: Tensor, target: Tensor, kappa: Tensor) -> Tensor:
    r"""kappa (1 - cos) + log(I_0 e^-kappa): two terms that are both small where the fit is good."""
    half = 0.5 * (target.to(kappa.dtype) - input.to(kappa.dtype))
    return 2 * kappa * half.sin().square() + _log_i0e(kappa)


def _log_i0e(kappa: Tensor) -> Tensor:
    # Near 0 the series: torch gives i0e the slope 0 there, and its logarithm has the slope -1.
    near = kappa < 1e-3
    away = torch.where(near, 1, kappa)
    return torch.where(near, 0.25 * kappa.square() - kappa, torch.special.i0e(away).log())


def _quotient(residual: Tensor, sigma: Tensor) -> Tensor:
    """residual / sigma, held where its square would be infinite: no slope of 0 meets an infinite one."""
    limit = 0.5 * math.sqrt(torch.finfo(sigma.dtype).max)
    far = residual.abs() > limit * sigma
    return torch.where(far, limit, residual / torch.where(far, 1, sigma))


def _one_minus_cosine(a: Tensor, b: Tensor) -> Tensor:
    """1 - cos from the chord between unit vectors, which keeps small angles; 1 for a zero vector."""
    (u, short_a), (v, short_b) = _unit(a), _unit(b)
    return torch.where(short_a | short_b, 1, 0.5 * (u - v).square().sum(-1))


def _unit(vector: Tensor) -> tuple[Tensor, Tensor]:
    """The unit vector, and whether the vector was 0; a scale first, so that no square overflows."""
    largest = vector.detach().abs().amax(-1, keepdim=True)
    zero = largest == 0
    scaled = torch.where(zero, 1, vector) / torch.where(zero, 1, largest)
    return scaled / scaled.square().sum(-1, keepdim=True).sqrt(), zero[..., 0]


def _log_bessel(order: float, kappa: Tensor) -> Tensor:
    r"""log I_v(kappa) - v log kappa - kappa, smooth from kappa = 0 on.

    With q_v = I_{v+1} / (kappa I_v) the recursion 1 / q_v = 2 (v + 1) + kappa^2 q_{v+1} leads down from an
    order at which Debye's expansion holds.
    """
    steps = max(0, math.ceil(DEBYE_FROM - order))
    top = order + steps
    value, above = _debye(top, kappa), _debye(top + 1, kappa)
    ratio = (above - value).exp()
    for step in range(steps):
        ratio = 1 / (2 * (top - step) + kappa * (kappa * ratio))
        value = value - ratio.log()
    return value


def _debye(order: float, kappa: Tensor) -> Tensor:
    """The expansion for large orders: Abramowitz and Stegun 9.7.7, with kappa taken out."""
    s = torch.hypot(kappa, kappa.new_tensor(order))
    t = order / s
    t2 = t * t
    terms = (
        t * (3 - 5 * t2) / 24,
        t2 * (81 + t2 * (-462 + 385 * t2)) / 1152,
        t * t2 * (30375 + t2 * (-369603 + t2 * (765765 - 425425 * t2))) / 414720,
        t2
        * t2
        * (4465125 + t2 * (-94121676 + t2 * (349922430 + t2 * (-446185740 + 185910725 * t2))))
        / 39813120,
    )
    series = torch.zeros_like(t)
    for power, term in enumerate(terms, start=1):
        series = series + term / order**power
    return (
        order * (order / (s + kappa))
        - order * (order + s).log()
        - 0.5 * (2 * math.pi * s).log()
        + torch.log1p(series)
    )


def _tensors(*values: Tensor | float) -> list[Tensor]:
    return [value for value in values if isinstance(value, Tensor)]
