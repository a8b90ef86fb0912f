r"""Real numbers: squared, absolute and Huber losses, their smooth cousins, and heavy tails.

Here ``input`` is the location :math:`\mu` that a model predicts, ``target`` the observation :math:`y`, and
:math:`r = y - \mu` the residual. All losses depend on :math:`|r|` only.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import hardtanh

from lossbook.ground.arguments import check_floating, check_weight, warn_if_broadcast
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import (
    at_least_float32,
    check_reduction,
    in_half_again,
    reduce,
    reduce_weighted,
)
from lossbook.ground.values import check_expands, check_values


@full_precision
def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    r"""Squared error: the negative log-likelihood of a normal distribution with fixed variance.

    .. math:: p(y \mid \mu) = \frac{1}{\sqrt{\pi}} e^{-(y-\mu)^2}
       \quad\Longrightarrow\quad (y-\mu)^2 = -\log p(y \mid \mu) - \tfrac12 \log \pi

    that is :math:`\mathcal N(\mu, \sigma^2 = \tfrac12)`; any other fixed :math:`\sigma` rescales the loss.
    Its minimiser is the conditional mean.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted location :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements, or by the sum of the weights) or
            ``'sum'``.
        weight: weight of each element, the shape of ``input``.

    Returns:
        The loss in squared units of the target: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: neither ``input`` nor ``target`` is floating point, or one is complex.
        RuntimeError: the shapes do not broadcast.
        ValueError: unknown ``reduction``, or ``weight`` of another shape.

    Strict:
        Shapes that differ.

    Source:
        Legendre, *Nouvelles méthodes pour la détermination des orbites des comètes*, 1805;
        Gauss, *Theoria motus corporum coelestium*, 1809.

    >>> import torch
    >>> mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 4.0]))
    tensor(2.5000)
    """
    return _reduce(_residual(input, target, weight) ** 2, weight, reduction)


@full_precision
def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    r"""Absolute error: the negative log-likelihood of a Laplace distribution of scale 1.

    .. math:: p(y \mid \mu) = \tfrac12 e^{-|y-\mu|}
       \quad\Longrightarrow\quad |y-\mu| = -\log p(y \mid \mu) - \log 2

    Its minimiser is the conditional median.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted location :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements, or by the sum of the weights) or
            ``'sum'``.
        weight: weight of each element, the shape of ``input``. torch 2.13 drops it when ``input`` is of a
            ``Tensor`` subclass; this function does not.

    Returns:
        The loss in units of the target: a scalar, or shape ``(*)`` for ``'none'``. The gradient at
        :math:`r = 0` is 0, as in torch.

    Raises:
        RuntimeError: the shapes do not broadcast, ``input`` or ``target`` is boolean, or both are integers
            and the reduction is ``'mean'``.
        ValueError: unknown ``reduction``, or ``weight`` of another shape.

    Strict:
        Shapes that differ.

    Source:
        Laplace, *Mémoire sur la probabilité des causes par les événements*, 1774.

    >>> import torch
    >>> l1_loss(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 4.0]))
    tensor(1.5000)
    """
    if torch.bool in (input.dtype, target.dtype):
        raise RuntimeError(f"input and target must not be boolean, found {input.dtype} and {target.dtype}")
    _check_shapes(input, target, weight)
    difference = input - target
    if reduction == "mean" and not (difference.is_floating_point() or difference.is_complex()):
        raise RuntimeError(
            f"input or target must be floating point for reduction 'mean', found {input.dtype} and "
            f"{target.dtype}"
        )
    return _reduce(difference.abs(), weight, reduction)


@full_precision
def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    r"""Huber loss: squared error for small residuals, absolute error for large ones.

    .. math:: \rho_\delta(r) = \begin{cases} \tfrac12 r^2 & |r| \le \delta \\
                                              \delta\,(|r| - \tfrac12\delta) & |r| > \delta \end{cases}
       \qquad p(y \mid \mu) = \frac{e^{-\rho_\delta(y-\mu)}}{Z_\delta}, \quad
       Z_\delta = \sqrt{2\pi}\,\bigl(2\Phi(\delta) - 1\bigr) + \tfrac2\delta e^{-\delta^2/2}

    The density has a normal centre and Laplace tails: the least favourable one when a share of the data,
    fixed by :math:`\delta`, may come from anywhere (:func:`lossbook.likelihoods.huber_outlier_rate`).

    Status: E, M-estimator: the density exists but is a modelling device.

    Args:
        input: predicted location :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements, also when there are weights) or
            ``'sum'``.
        delta: residual at which the parabola ends, positive, in units of the target.
        weight: weight of each element, the shape of ``input``.

    Returns:
        The loss in squared units of the target: a scalar, or shape ``(*)`` for ``'none'``, in the dtype of
        ``input``. If that of ``target`` is another, torch gives a value but no gradient; here both are right.

    Raises:
        NotImplementedError: ``input`` is not floating point, or ``target`` is complex.
        RuntimeError: ``delta`` is not positive, or the shapes do not broadcast.
        ValueError: unknown ``reduction``, or ``weight`` of another shape.

    Strict:
        Shapes that differ.

    Source:
        Huber, *Robust Estimation of a Location Parameter*, Annals of Mathematical Statistics 35(1), 1964.

    >>> import torch
    >>> huber_loss(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 5.0]), reduction="none")
    tensor([0.5000, 2.5000])
    """
    if not delta > 0:
        raise RuntimeError(f"delta must be positive, found {delta!r}")
    check_floating(input=input)
    loss = _huber(_residual(input, target, weight), delta).to(input.dtype)
    return reduce(loss if weight is None else weight * loss, reduction)


@full_precision
def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    r"""Smooth L1 loss: absolute error with its corner rounded. It is Huber's loss divided by its threshold.

    .. math:: \frac{\rho_\beta(r)}{\beta} = \begin{cases} \frac{r^2}{2\beta} & |r| \le \beta \\
                                                          |r| - \tfrac12\beta & |r| > \beta \end{cases}
       \qquad p(y \mid \mu) = \frac{e^{-\rho_\beta(y-\mu)/\beta}}{\sqrt\beta\, Z_{\sqrt\beta}}

    with Huber's :math:`Z`: the density is Huber's with threshold :math:`\sqrt\beta`, stretched by
    :math:`\sqrt\beta`.

    Status: E, M-estimator: the density exists but is a modelling device.

    Args:
        input: predicted location :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.
        beta: residual at which the parabola ends, in units of the target; 0 gives :func:`l1_loss`.

    Returns:
        The loss in units of the target: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: neither ``input`` nor ``target`` is floating point, or one is complex.
        RuntimeError: ``beta`` is negative, or the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Girshick, *Fast R-CNN*, ICCV 2015 (with :math:`\beta = 1`).

    >>> import torch
    >>> smooth_l1_loss(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 5.0]), reduction="none", beta=2.0)
    tensor([0.2500, 2.0000])
    """
    if not beta >= 0:
        raise RuntimeError(f"beta must not be negative, found {beta!r}")
    residual = _residual(input, target)
    return reduce(residual.abs() if beta == 0 else _huber(residual, beta) / beta, reduction)


@full_precision
def log_cosh_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Logarithm of the hyperbolic cosine: a parabola for small residuals, absolute error for large ones.

    .. math:: p(y \mid \mu) = \tfrac1\pi \operatorname{sech}(y-\mu)
       \quad\Longrightarrow\quad \log\cosh r = -\log p(y \mid \mu) - \log \pi

    Status: E, M-estimator: the density, hyperbolic secant, exists but is a modelling device.

    Args:
        input: predicted location :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(*)`` for ``'none'``. It is near :math:`\tfrac12 r^2` where
        :math:`|r| \ll 1` and near :math:`|r| - \log 2` where :math:`|r| \gg 1`, so its unit matters.

    Raises:
        NotImplementedError: neither ``input`` nor ``target`` is floating point, or one is complex.
        RuntimeError: the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Perks, *On Some Experiments in the Graduation of Mortality Statistics*, Journal of the Institute of
        Actuaries 63(1), 1932 (the density).

    >>> import torch
    >>> log_cosh_loss(torch.tensor([0.0, 0.0]), torch.tensor([0.1, 100.0]), reduction="none")
    tensor([4.9917e-03, 9.9307e+01])
    """
    r = _residual(input, target)
    size = torch.where(r < 0, -r, r)  # |r|, but with the slope 1 at 0: the second derivative there is 1
    # cosh r = e^|r| (1 + e^-2|r|) / 2, and the second factor is near 1 for small residuals.
    return reduce(size + torch.log1p(0.5 * torch.expm1(-2 * size)), reduction)


@full_precision
def pseudo_huber_loss(input: Tensor, target: Tensor, delta: float = 1.0, reduction: str = "mean") -> Tensor:
    r"""Pseudo-Huber or Charbonnier loss: a hyperbola that touches Huber's parabola and runs along its lines.

    .. math:: \delta^2 \Bigl(\sqrt{1 + (r/\delta)^2} - 1\Bigr)
       = \frac{\delta r^2}{\delta + \sqrt{\delta^2 + r^2}}
       \qquad p(y \mid \mu) = \frac{e^{\delta^2 - \delta \sqrt{\delta^2 + (y-\mu)^2}}}{Z_\delta}, \quad
       Z_\delta = 2 \delta\, e^{\delta^2} K_1(\delta^2)

    with the modified Bessel function :math:`K_1`: a hyperbolic distribution.

    Status: E, M-estimator: the density exists but is a modelling device.

    Args:
        input: predicted location :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        delta: slope that the loss nears far away, positive and finite, in units of the target.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in squared units of the target: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: neither ``input`` nor ``target`` is floating point, or one is complex.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``delta`` is not positive and finite, or unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Charbonnier, Blanc-Féraud, Aubert and Barlaud, *Two Deterministic Half-Quadratic Regularization
        Algorithms for Computed Imaging*, ICIP 1994; Barndorff-Nielsen, *Exponentially Decreasing
        Distributions for the Logarithm of Particle Size*, Proceedings of the Royal Society A 353, 1977 (the
        density).

    >>> import torch
    >>> pseudo_huber_loss(torch.tensor(0.0), torch.tensor(4.0), delta=3.0)
    tensor(6.)
    """
    _check_option("delta", delta)
    r = _residual(input, target)
    hypotenuse = torch.hypot(r, r.new_tensor(delta))
    return reduce(delta * (r * (r / (delta + hypotenuse))), reduction)


@full_precision
def laplace_nll_loss(
    input: Tensor, target: Tensor, scale: Tensor | float, full: bool = False, reduction: str = "mean"
) -> Tensor:
    r"""Negative log-likelihood of a Laplace distribution with a predicted scale.

    .. math:: p(y \mid \mu, \sigma) = \frac{1}{2\sigma} e^{-|y-\mu|/\sigma}
       \quad\Longrightarrow\quad
       \frac{|y-\mu|}{\sigma} + \log\sigma = -\log p(y \mid \mu, \sigma) - \log 2

    The best location is the median, and the best scale the mean of :math:`|r|`.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted location :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        scale: :math:`\sigma > 0` in units of the target: a number, or a tensor that broadcasts to ``(*)``.
            The standard deviation is :math:`\sqrt2\,\sigma`.
        full: whether to add the constant :math:`\log 2`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats, negative where the scale is small: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``scale`` is not positive, or unknown ``reduction``.

    Strict:
        ``input`` and ``target`` of different shapes.

    Source:
        Laplace, *Mémoire sur la probabilité des causes par les événements*, 1774.

    >>> import torch
    >>> laplace_nll_loss(torch.tensor(0.0), torch.tensor(2.0), scale=1.0)
    tensor(2.)
    """
    sigma = _positive("scale", scale, input)
    size = _wide_residual(input, target, scale=sigma).abs()
    loss = size / sigma + sigma.log() + (math.log(2) if full else 0.0)
    return reduce(in_half_again(loss, input, *_tensors(target, scale)), reduction)


@full_precision
def student_t_nll_loss(
    input: Tensor,
    target: Tensor,
    scale: Tensor | float,
    df: Tensor | float,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of Student's t distribution with a predicted scale and degrees of freedom.

    .. math:: \tfrac{\nu+1}2 \log\Bigl(1 + \frac{r^2}{\nu\sigma^2}\Bigr) + \log\sigma
       + \log\frac{\Gamma(\nu/2)}{\Gamma((\nu+1)/2)} + \tfrac12\log\nu
       \;=\; -\log p(y \mid \mu, \sigma, \nu) - \tfrac12\log\pi

    The smaller :math:`\nu`, the heavier the tails: :math:`\nu = 1` is the Cauchy distribution,
    :math:`\nu \to \infty` the normal one. The pull of a far point goes back to 0, so the loss is not convex
    in :math:`\mu`.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted location :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        scale: :math:`\sigma > 0` in units of the target: a number, or a tensor that broadcasts to ``(*)``.
            It is no standard deviation: that is :math:`\sigma\sqrt{\nu/(\nu-2)}`, and there is none if
            :math:`\nu \le 2`.
        df: degrees of freedom :math:`\nu`, positive and finite: a number, or a tensor that broadcasts to
            ``(*)``.
        full: whether to add the constant :math:`\tfrac12\log\pi`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats, negative where the scale is small: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``scale`` or ``df`` is not positive, or ``df`` infinite; unknown ``reduction``.

    Strict:
        ``input`` and ``target`` of different shapes.

    Source:
        Lange, Little and Taylor, *Robust Statistical Modeling Using the t Distribution*, JASA 84(408), 1989.

    >>> import torch
    >>> student_t_nll_loss(torch.tensor(0.0), torch.tensor(1.0), scale=1.0, df=1.0, full=True)  # log 2 pi
    tensor(1.8379)
    """
    sigma, nu = _positive("scale", scale, input), _positive("df", df, input)
    check_values("df", nu.detach(), nu < math.inf, "finite", ValueError)
    r = _wide_residual(input, target, scale=sigma, df=nu)
    loss = 0.5 * (nu + 1) * _log1p_square(r, sigma * nu.sqrt()) + sigma.log() + _student_constant(nu)
    if full:
        loss = loss + 0.5 * math.log(math.pi)
    return reduce(in_half_again(loss, input, *_tensors(target, scale, df)), reduction)


@full_precision
def general_robust_loss(
    input: Tensor, target: Tensor, alpha: float = 1.0, scale: float = 1.0, reduction: str = "mean"
) -> Tensor:
    r"""Barron's general robust loss: one number leads from squared error to losses with a ceiling.

    .. math:: \frac{|\alpha-2|}{\alpha} \Bigl( \Bigl(\frac{x}{|\alpha-2|} + 1\Bigr)^{\alpha/2} - 1 \Bigr),
       \qquad x = (r/c)^2

    and in the limit :math:`\tfrac x2` at :math:`\alpha = 2` (squared error), :math:`\log(\tfrac x2 + 1)` at 0
    (Cauchy), :math:`1 - e^{-x/2}` at :math:`-\infty` (Welsch), :math:`e^{x/2} - 1` at :math:`\infty`. At 1 it
    is the pseudo-Huber loss of :math:`r/c`, at -2 that of Geman and McClure.

    For :math:`\alpha < 0` the loss levels off, and there is no density.

    Status: E, M-estimator: the density, where it exists, is a modelling device.

    Args:
        input: predicted location :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        alpha: shape :math:`\alpha`, any number or an infinity. To learn it, the normaliser would be needed.
        scale: :math:`c > 0`, finite, in units of the target: up to about there the loss is
            :math:`\tfrac12 (r/c)^2`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss, without a unit: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: neither ``input`` nor ``target`` is floating point, or one is complex.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``alpha`` is nan, ``scale`` is not positive and finite, or unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Barron, *A General and Adaptive Robust Loss Function*, CVPR 2019.

    >>> import torch
    >>> zero, y = torch.tensor(0.0), torch.tensor(2.0)
    >>> [round(general_robust_loss(zero, y, alpha=a).item(), 3) for a in (2.0, 1.0, 0.0, -2.0)]
    [2.0, 1.236, 1.099, 1.0]
    """
    if math.isnan(alpha):
        raise ValueError(f"alpha must be a number, found {alpha!r}")
    _check_option("scale", scale)
    r, b = _residual(input, target), abs(alpha - 2)
    r = r.to(at_least_float32(r))
    if alpha == 2:
        loss = 0.5 * (r / scale) ** 2
    elif alpha == 0:
        loss = _log1p_square(r, scale * math.sqrt(2))
    elif math.isinf(alpha):
        far = _root(r) * scale  # there 1 - e^(-x/2) is 1, and held there no quotient overflows
        x = ((r / scale) if alpha > 0 else r.clamp(-far, far) / scale) ** 2
        loss = math.copysign(1, alpha) * torch.expm1(math.copysign(0.5, alpha) * x)
    else:
        loss = b / alpha * torch.expm1(0.5 * alpha * _log1p_square(r, scale * math.sqrt(b)))
    return reduce(in_half_again(loss, input, target), reduction)


def _huber(residual: Tensor, delta: float) -> Tensor:
    # The tangent to the parabola r²/2 at q, the point of [-delta, delta] nearest to r: its slope is q.
    # Without a branch, an infinite residual costs inf and has the slope delta; torch.where would make it nan.
    delta = min(delta, torch.finfo(residual.dtype).max)
    q = hardtanh(residual, -delta, delta)  # clamps, with a gradient that a processor makes five times as fast
    return q * (residual - 0.5 * q)


def _residual(input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """The difference, in the floating-point dtype that both have together."""
    _check_shapes(input, target, weight)
    a, b = (tensor.byte() if tensor.dtype == torch.bool else tensor for tensor in (input, target))
    residual = a - b
    if not residual.is_floating_point():
        raise NotImplementedError(
            f"input or target must be floating point and none complex, found {input.dtype} and {target.dtype}"
        )
    return residual


def _check_shapes(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    warn_if_broadcast(input, target)
    if weight is not None:
        check_weight(weight, input)


def _reduce(loss: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    check_reduction(reduction)
    return reduce(loss, reduction) if weight is None else reduce_weighted(loss, weight, reduction)


def _log1p_square(r: Tensor, s: Tensor | float) -> Tensor:
    """log(1 + (r/s)²), also where the square overflows: far away the 1 no longer counts."""
    s = torch.as_tensor(s, dtype=r.dtype, device=r.device)
    far = r.abs() > _root(r) * s
    near = torch.where(far, 0, r) / torch.where(far, 1, s)
    return torch.where(far, 2 * (torch.where(far, r.abs(), 1).log() - s.log()), torch.log1p(near**2))


def _root(r: Tensor) -> float:
    """The fourth root of the largest number: its square can still be squared, and dwarfs 1."""
    return torch.finfo(r.dtype).max ** 0.25


def _student_constant(nu: Tensor) -> Tensor:
    """log Γ(ν/2) - log Γ((ν+1)/2) + ½ log ν: for many degrees of freedom from its series in 1/ν."""
    large = nu > 40
    u = 1 / torch.where(large, nu, 40)
    series = u / 4 - u**3 / 24 + u**5 / 20 - 17 * u**7 / 112 + 31 * u**9 / 36 - 691 * u**11 / 88
    few = torch.where(large, 40, nu)
    exact = torch.lgamma(few / 2) - torch.lgamma((few + 1) / 2) + 0.5 * few.log()
    return torch.where(large, 0.5 * math.log(2) + series, exact)


def _check_option(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, found {value!r}")


def _positive(name: str, value: Tensor | float, input: Tensor) -> Tensor:
    """``value`` as a tensor of at least float32, once it is known to be positive."""
    check_floating(input=input)
    tensor = torch.as_tensor(value, dtype=at_least_float32(input), device=input.device)
    check_values(name, tensor.detach(), tensor > 0, "positive", ValueError)
    return tensor


def _wide_residual(input: Tensor, target: Tensor, **parameters: Tensor) -> Tensor:
    """The residual in at least float32, once the shapes are known to fit."""
    warn_if_broadcast(input, target)
    shape = torch.broadcast_tensors(input, target)[0]
    for name, parameter in parameters.items():
        check_expands(name, parameter, shape)
    wide = at_least_float32(input)
    return target.to(wide) - input.to(wide)


def _tensors(*values: Tensor | float) -> list[Tensor]:
    return [value for value in values if isinstance(value, Tensor)]
