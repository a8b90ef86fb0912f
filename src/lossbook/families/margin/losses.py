"""Without a likelihood: the right answer should win by a margin, and then costs nothing, or little."""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating, check_real
from lossbook.ground.autocast import full_precision
from lossbook.ground.labels import Labels, read_labels, reduce_labels
from lossbook.ground.reduction import at_least_float32, mean_by, reduce
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


@full_precision
def perceptron_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Perceptron loss: a hinge without a margin; a score on the right side costs nothing.

    .. math:: \max(0, -yz)

    No density has it as its negative logarithm, and :math:`z = 0` is a minimum wherever the labels are mixed:
    it fixes neither the size of a score nor, alone, a decision.

    Status: F, margin surrogate.

    Args:
        input: scores :math:`z`, any shape ``(*)``.
        target: observation :math:`y`, 1 or -1, shape ``(*)``. Another shape broadcasts.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in units of the score: a scalar, or shape ``(*)`` for ``'none'``. At :math:`z = 0` the
        gradient is 0, as that of ``relu``: weights that are all 0 never move.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: a target other than 1 and -1; unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Rosenblatt, *The Perceptron: A Probabilistic Model for Information Storage and Organization in the
        Brain*, Psychological Review 65(6), 1958.

    >>> import torch
    >>> perceptron_loss(torch.tensor([0.7, 0.3, -2.0]), torch.tensor([1, -1, 1]), reduction="none")
    tensor([0.0000, 0.3000, 2.0000])
    """
    return reduce(positive_part(-_signed(input, target), 0), reduction)


@full_precision
def exponential_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Exponential loss, that of AdaBoost: each mistake counts exponentially in its size.

    .. math:: e^{-yz}

    No density has it as its negative logarithm, but it is a proper score: where the probability of 1 is
    :math:`\eta`, its expectation is least at half the log-odds, :math:`\tfrac12 \log\frac{\eta}{1-\eta}`.

    Status: D, a proper score of :math:`\sigma(2z)`; F, margin surrogate.

    Args:
        input: scores :math:`z`, any shape ``(*)``.
        target: observation :math:`y`, 1 or -1, shape ``(*)``. Another shape broadcasts.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(*)`` for ``'none'``. In float32 it is inf where :math:`yz` is below
        -88.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: a target other than 1 and -1; unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Friedman, Hastie, Tibshirani, *Additive Logistic Regression: a Statistical View of Boosting*, Annals
        of Statistics 28(2), 2000.

    >>> import torch
    >>> exponential_loss(torch.tensor([1.0, -1.0]), torch.tensor([1, 1]), reduction="none")
    tensor([0.3679, 2.7183])
    """
    return reduce(torch.exp(-_signed(input, target)), reduction)


@full_precision
def sparsemax_loss(
    input: Tensor, target: Tensor, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    r"""Sparsemax loss: what cross entropy is to softmax, for the projection of the scores onto probabilities.

    .. math:: \max_{q \in \Delta} \Bigl\{ q^\top z - \tfrac12 \lVert q \rVert^2 + \tfrac12 \Bigr\} - z_y,
              \qquad \nabla_z = \operatorname{sparsemax}(z) - e_y

    where :math:`\operatorname{sparsemax}(z) = \operatorname{argmin}_{q \in \Delta} \lVert q - z \rVert^2`.
    It is 0 as soon as the right class is 1 above every other. For two classes it is a smooth hinge.

    It is a Fenchel–Young loss: where it is least, the probabilities are :math:`\operatorname{sparsemax}(z)`.

    Status: F, margin surrogate.

    Args:
        input: scores :math:`z`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ...)``.
        target: class indices :math:`y` of that shape without the class dimension, int64 or uint8.
        ignore_index: class index that costs nothing and is not counted.
        reduction: ``'none'``, ``'mean'`` (divides by the number of targets that count) or ``'sum'``.

    Returns:
        The loss in units of the score: a scalar, or the shape of ``target`` for ``'none'``.

    Raises:
        IndexError: a class index is out of range.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit.
        ValueError: ``input`` has no class dimension, or batch sizes that differ; unknown ``reduction``.

    Source:
        Martins, Astudillo, *From Softmax to Sparsemax: A Sparse Model of Attention and Multi-Label
        Classification*, ICML 2016.

    >>> import torch
    >>> sparsemax_loss(torch.tensor([[2.0, 0.5], [0.5, 0.0]]), torch.tensor([0, 0]), reduction="none")
    tensor([0.0000, 0.0625])
    """
    labels = read_labels(input, target, None, ignore_index)
    below, u = _below_the_best(input, labels.dim, 1.0)
    p = torch.relu(u - _sparsemax_threshold(u))
    conjugate = (p * u - 0.5 * p**2).sum(-1) + 0.5
    return _fenchel_young(conjugate, below, labels, input, reduction)


@full_precision
def entmax15_loss(input: Tensor, target: Tensor, ignore_index: int = -100, reduction: str = "mean") -> Tensor:
    r"""1.5-entmax loss: halfway between cross entropy, whose softmax is never 0, and :func:`sparsemax_loss`.

    .. math:: \max_{q \in \Delta} \Bigl\{ q^\top z - \tfrac43 \sum_c \bigl(q_c^{3/2} - q_c\bigr) \Bigr\}
              - z_y, \qquad \nabla_z = \operatorname{entmax}_{1.5}(z) - e_y

    where :math:`\operatorname{entmax}_{1.5}(z)_c = \max(0, \tfrac12 z_c - \tau)^2` with the :math:`\tau`
    that makes the sum 1. It is 0 as soon as the right class is 2 above every other.

    It is a Fenchel–Young loss: where it is least, the probabilities are
    :math:`\operatorname{entmax}_{1.5}(z)`.

    Status: F, margin surrogate.

    Args:
        input: scores :math:`z`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ...)``.
        target: class indices :math:`y` of that shape without the class dimension, int64 or uint8.
        ignore_index: class index that costs nothing and is not counted.
        reduction: ``'none'``, ``'mean'`` (divides by the number of targets that count) or ``'sum'``.

    Returns:
        The loss in units of the score: a scalar, or the shape of ``target`` for ``'none'``.

    Raises:
        IndexError: a class index is out of range.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit.
        ValueError: ``input`` has no class dimension, or batch sizes that differ; unknown ``reduction``.

    Source:
        Peters, Niculae, Martins, *Sparse Sequence-to-Sequence Models*, ACL 2019.

    >>> import torch
    >>> entmax15_loss(torch.tensor([[2.0, 0.0], [0.0, 0.0]]), torch.tensor([0, 0]), reduction="none")
    tensor([0.0000, 0.3905])
    """
    labels = read_labels(input, target, None, ignore_index)
    below, u = _below_the_best(input, labels.dim, 0.5)
    root = torch.relu(u - _entmax15_threshold(u))
    conjugate = (2 * root**2 * u + 4 / 3 * (root**2 - root**3)).sum(-1)
    return _fenchel_young(conjugate, below, labels, input, reduction)


def _signed(input: Tensor, target: Tensor) -> Tensor:
    """The margin ``y z``, once both are known to fit."""
    check_floating(input=input)
    check_broadcast(input=input, target=target)
    check_values("target", target, (target == 1) | (target == -1), "1 or -1", ValueError)
    return target * input


def _below_the_best(input: Tensor, dim: int, unit: float) -> tuple[Tensor, Tensor]:
    """How far each score is below the best; the same in ``unit`` with the classes last, and at least -2.

    A class more than 1 below has probability 0, however far it is.
    """
    wide = input.to(at_least_float32(input))
    below = wide - wide.detach().amax(dim, keepdim=True)
    return below, (unit * below.movedim(dim, -1)).clamp(min=-2)


def _sparsemax_threshold(u: Tensor) -> Tensor:
    k, best = _ranked(u)
    support = _top(u, best, 1 + k * best > best.cumsum(-1))
    return ((u * support).sum(-1, keepdim=True) - 1) / support.sum(-1, keepdim=True)


def _entmax15_threshold(u: Tensor) -> Tensor:
    k, best = _ranked(u)
    mean, square = best.cumsum(-1) / k, (best**2).cumsum(-1) / k
    spread = (1 / k - (square - mean**2)).clamp(min=0)
    support = _top(u, best, mean - spread.sqrt() <= best)
    count = support.sum(-1, keepdim=True)
    mean = (u * support).sum(-1, keepdim=True) / count
    return mean - ((1 - ((u - mean) ** 2 * support).sum(-1, keepdim=True)) / count).sqrt()


def _ranked(u: Tensor) -> tuple[Tensor, Tensor]:
    best = u.detach().sort(dim=-1, descending=True).values
    return torch.arange(1, u.shape[-1] + 1, device=u.device, dtype=u.dtype), best


def _top(u: Tensor, best: Tensor, inside: Tensor) -> Tensor:
    """Which classes have a positive probability: those down to the last rank that is ``inside``."""
    last = inside.sum(-1, keepdim=True).clamp(min=1) - 1
    return (u.detach() >= best.gather(-1, last)).to(u.dtype)


def _fenchel_young(conjugate: Tensor, below: Tensor, labels: Labels, input: Tensor, reduction: str) -> Tensor:
    loss = torch.where(labels.counts, conjugate, 0) + labels.surprise(below)
    return reduce_labels(loss.to(input.dtype), labels, reduction)


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
