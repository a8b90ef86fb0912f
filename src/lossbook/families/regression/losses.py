r"""Real numbers: squared, absolute and Huber losses.

Here ``input`` is the location :math:`\mu` that a model predicts, ``target`` the observation :math:`y`, and
:math:`r = y - \mu` the residual. All four losses depend on :math:`|r|` only.
"""

import torch
from torch import Tensor

from lossbook.ground.arguments import check_floating, check_weight, warn_if_broadcast
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import check_reduction, reduce, reduce_weighted


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


def _huber(residual: Tensor, delta: float) -> Tensor:
    # The tangent to the parabola r²/2 at q, the point of [-delta, delta] nearest to r: its slope is q.
    # Without a branch, an infinite residual costs inf and has the slope delta; torch.where would make it nan.
    delta = min(delta, torch.finfo(residual.dtype).max)
    q = residual.clamp(-delta, delta)
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
