"""Classes without a likelihood: the right answer should win by a margin, and then costs nothing."""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating, check_real
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import mean_by, reduce
from lossbook.ground.strictness import is_strict
from lossbook.ground.values import at, check_signs, check_values, positive_part, times


@full_precision
def hinge_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    r"""Hinge loss of the support vector machine: the score should be on the right side by ``margin``.

    .. math:: \max(0,\, m - yz)^p

    No density has it as its negative logarithm: :math:`e^{-\ell}`, summed over both labels, depends on
    :math:`z`. The minimiser for ``p=1`` is the sign of the more probable label, for ``p=2`` (with
    :math:`m = 1`) the difference of the two probabilities.

    Status: F, margin surrogate.

    Args:
        input: scores :math:`z`, any shape ``(*)``.
        target: observation :math:`y`, 1 or -1, shape ``(*)``. Another shape broadcasts.
        p: power, 1 or 2.
        margin: margin :math:`m`, in units of the score.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in units of the score to the power ``p``: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point, or ``target`` is complex.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``p`` is neither 1 nor 2, or unknown ``reduction``.

    Strict:
        Targets other than 1 and -1, shapes that differ, a negative ``margin``.

    Source:
        Cortes, Vapnik, *Support-Vector Networks*, Machine Learning 20, 1995.

    >>> import torch
    >>> hinge_loss(torch.tensor([0.7, 0.3, 0.9]), torch.tensor([1, -1, 1]), reduction="none")
    tensor([0.3000, 1.3000, 0.1000])
    """
    _check_options(p, margin)
    check_floating(input=input)
    check_real(target=target)
    check_broadcast(input=input, target=target)
    check_signs(target)
    return reduce(positive_part(margin - target * input, 0) ** p, reduction)


@full_precision
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""Multi-class margin loss: the right class should score at least ``margin`` above every other.

    .. math:: \frac{w_y}{C} \sum_{i \ne y} \max(0,\, m - z_y + z_i)^p

    No density has it as its negative logarithm: summed over the classes, :math:`e^{-\ell}` depends on
    :math:`z`. Nor does its minimiser give the most probable class in every case.

    Status: F, margin surrogate.

    Args:
        input: scores :math:`z`, shape ``(C)`` or ``(N, C)``.
        target: class indices :math:`y`, int64, shape ``()`` or ``(N)``.
        p: power of the hinge, 1 or 2.
        margin: margin :math:`m`, in units of the score.
        weight: weight :math:`w` of each class, shape ``(C)`` and dtype of ``input``. It multiplies after
            the power.
        reduction: ``'none'``, ``'mean'`` (divides by the batch size, also when there are weights) or
            ``'sum'``.

    Returns:
        The loss in units of the score to the power ``p``: a scalar, or the shape of ``target`` for
        ``'none'``. Its gradient is differentiable, which torch's is not. The mean of an empty batch is nan;
        torch returns memory it never wrote.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``input`` has no classes or more than two dimensions, ``target`` another shape or
            dtype or an index that is no class, ``weight`` another length or dtype.
        ValueError: ``p`` is neither 1 nor 2, ``weight`` is not one-dimensional, or unknown ``reduction``.

    Strict:
        A negative ``margin``.

    Source:
        Weston, Watkins, *Support Vector Machines for Multi-Class Pattern Recognition*, ESANN 1999; not
        consistent: Tewari, Bartlett, *On the Consistency of Multiclass Classification Methods*, JMLR 8,
        2007.

    >>> import torch
    >>> multi_margin_loss(torch.tensor([[2.0, 0.5, 1.5]]), torch.tensor([0]))
    tensor(0.1667)
    """
    _check(input, target, p, margin, weight)
    z, y = _rows(input, target)
    right = torch.arange(z.shape[-1], device=z.device) == y
    # The right class is taken out before the power.
    violation = positive_part(torch.where(right, 0, margin - z.gather(-1, y) + z), 0)
    loss = mean_by(violation**p, z.shape[-1], -1)
    if weight is not None:
        loss = times(at(weight, y.squeeze(-1)), loss)
    return reduce(loss.reshape(target.shape), reduction)


@full_precision
def crammer_singer_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    r"""Crammer and Singer's multi-class hinge: the right class should beat its strongest rival by ``margin``.

    .. math:: \max\bigl(0,\, m - z_y + \max_{i \ne y} z_i\bigr)

    The limit, at temperature 0, of a cross entropy in which every wrong class starts with the advantage
    :math:`m`; itself it is no likelihood. Its minimiser gives the most probable class if that has a
    probability above one half.

    Status: F, margin surrogate.

    Args:
        input: scores :math:`z`, shape ``(C)`` or ``(N, C)``.
        target: class indices :math:`y`, int64, shape ``()`` or ``(N)``.
        margin: margin :math:`m`, in units of the score.
        reduction: ``'none'``, ``'mean'`` (divides by the batch size) or ``'sum'``.

    Returns:
        The loss in units of the score: a scalar, or the shape of ``target`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``input`` has no classes or more than two dimensions, ``target`` another shape or
            dtype or an index that is no class.
        ValueError: unknown ``reduction``.

    Strict:
        A negative ``margin``.

    Source:
        Crammer, Singer, *On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines*,
        JMLR 2, 2001.

    >>> import torch
    >>> crammer_singer_loss(torch.tensor([[2.0, 0.5, 1.5]]), torch.tensor([0]))
    tensor(0.5000)
    """
    _check(input, target, 1, margin, None)
    z, y = _rows(input, target)
    right = torch.arange(z.shape[-1], device=z.device) == y
    rival = torch.where(right, -math.inf, z).amax(-1)
    loss = torch.relu(margin - z.gather(-1, y).squeeze(-1) + rival)
    return reduce(loss.reshape(target.shape), reduction)


def _rows(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Scores with the classes in the last dimension; the right class of each row, to gather with."""
    z = input.reshape(-1) if input.ndim < 2 else input
    return z, target.reshape(z.shape[:-1]).unsqueeze(-1)


def _check(input: Tensor, target: Tensor, p: int, margin: float, weight: Tensor | None) -> None:
    _check_options(p, margin, weight)
    _check_scores(input, target)
    classes = input.shape[-1] if input.ndim else 1
    _check_weight(weight, input, classes)
    check_values("target", target, (target >= 0) & (target < classes), f"a class index below {classes}")


def _check_options(p: int, margin: float, weight: Tensor | None = None) -> None:
    """Raise ``ValueError`` for options that no input could make right."""
    if p not in (1, 2):
        raise ValueError(f"p must be 1 or 2, found {p!r}")
    if weight is not None and weight.ndim != 1:
        raise ValueError(f"weight must be one-dimensional, found shape {tuple(weight.shape)}")
    if margin < 0 and is_strict():
        raise ValueError(f"margin must not be negative in strict mode, found {margin!r}")


def _check_scores(input: Tensor, target: Tensor) -> None:
    found = f"input {tuple(input.shape)} and target {tuple(target.shape)}"
    if input.ndim > 2 or input.shape[-1:] == (0,):
        raise RuntimeError(f"input must be of shape (C) or (N, C) with at least one class, found {found}")
    rows = 1 if input.ndim < 2 else input.shape[0]
    if target.ndim > 1 or target.numel() != rows:
        raise RuntimeError(f"target must hold one class index for each row of input, found {found}")
    check_floating(input=input)
    if target.dtype != torch.int64:
        raise RuntimeError(f"target must hold class indices of dtype int64, found {target.dtype}")


def _check_weight(weight: Tensor | None, input: Tensor, classes: int) -> None:
    if weight is not None and (weight.shape != (classes,) or weight.dtype != input.dtype):
        raise RuntimeError(
            f"weight must hold one weight of dtype {input.dtype} for each of {classes} classes, "
            f"found shape {tuple(weight.shape)} and dtype {weight.dtype}"
        )
