r"""One of several classes: the categorical likelihood from log-probabilities or logits, and the focal loss.

The classes lie along dimension 1 of ``input``, or 0 where it has only one. A target names a class by its
index or, for :func:`cross_entropy`, gives a probability for each.
"""

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from lossbook.ground.arguments import check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.labels import check_weight, read_labels, reduce_labels
from lossbook.ground.reduction import at_least_float32, reduce
from lossbook.ground.strictness import is_strict
from lossbook.ground.values import check_values, times


@full_precision
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a class, from log-probabilities.

    .. math:: P(y \mid p) = p_y \quad\Longrightarrow\quad -\log p_y = -\log P(y \mid p)

    times the weight :math:`w_y` of the class, if there are weights.

    Status: A, exact negative log-likelihood; with ``weight`` I, a reweighted one.

    Args:
        input: log-probabilities :math:`\log p`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ..., dK)``. They
            are not checked: fed anything else, the loss has no lower bound.
        target: class indices :math:`y`, int64 or uint8, the shape of ``input`` without the class dimension.
        weight: weight :math:`w` of each class, shape ``(C)`` and dtype of ``input``.
        ignore_index: target value that costs nothing and does not count.
        reduction: ``'none'``, ``'mean'`` (divides by the sum of the weights :math:`w_y` of the targets that
            count, without weights by their number) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or the shape of ``target`` for ``'none'``. If no target counts, the mean
        is nan and its gradient 0.

    Raises:
        IndexError: a target that is no class index.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit, ``weight`` of another shape
            or dtype.
        ValueError: unknown ``reduction``, ``input`` without a dimension, or batch sizes that differ.

    Strict:
        Log-probabilities whose probabilities do not sum to 1.

    Source:
        Fisher, *On the Mathematical Foundations of Theoretical Statistics*, Philosophical Transactions A 222,
        1922 (the likelihood).

    >>> import torch
    >>> nll_loss(torch.tensor([[0.5, 0.25, 0.25]]).log(), torch.tensor([1]))
    tensor(1.3863)
    """
    labels = read_labels(input, target, weight, ignore_index)
    if is_strict():
        _check_normalised("exp(input)", input.detach().exp(), labels.dim)
    return reduce_labels(labels.weigh(labels.surprise(input)), labels, reduction)


@full_precision
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    r"""Cross entropy of logits: the negative log-likelihood of a categorical distribution.

    .. math:: P(y \mid z) = p_y = \frac{e^{z_y}}{\sum_c e^{z_c}}
       \quad\Longrightarrow\quad \log\sum_c e^{z_c} - z_y = -\log P(y \mid z)

    For class probabilities :math:`q` as target it is :math:`-\sum_c q_c \log p_c`, the expected loss of a
    label drawn from :math:`q`. Label smoothing replaces :math:`q`, or the one-hot vector of :math:`y`, by
    :math:`(1-\varepsilon)\,q + \varepsilon/C`: each label is, with probability :math:`\varepsilon`, drawn
    anew among all classes.

    Status: A, exact negative log-likelihood; B with probabilities or smoothing, I with weights.

    Args:
        input: logits :math:`z`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ..., dK)``.
        target: class indices :math:`y`, int64 or uint8, the shape of ``input`` without the class dimension;
            or class probabilities :math:`q`, floating point, the shape of ``input``. The gradient flows
            into these.
        weight: weight :math:`w` of each class, shape ``(C)``, for indices with the dtype of ``input``.
        ignore_index: target value that costs nothing and does not count. Not for class probabilities.
        reduction: ``'none'``, ``'mean'`` or ``'sum'``. The mean divides by the sum of the weights
            :math:`w_y` of the targets that count, without weights by their number; for class probabilities
            by the number of targets, also when there are weights.
        label_smoothing: :math:`\varepsilon`, from 0 to 1.

    Returns:
        The loss in nats: a scalar, or shape ``(N, d1, ..., dK)`` for ``'none'``. A logit of -inf costs
        nothing where the target's probability, or the weight, is 0; torch gives nan there. If no target
        counts, the mean is nan and its gradient 0.

    Raises:
        IndexError: a target that is no class index, or ``input`` without a dimension.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit, ``weight`` of another shape
            or dtype, ``label_smoothing`` above 1, or ``ignore_index`` given with class probabilities.
        ValueError: unknown ``reduction``, or batch sizes that differ.

    Strict:
        Class probabilities that are negative or do not sum to 1; negative ``label_smoothing``.

    Source:
        Bridle, *Probabilistic Interpretation of Feedforward Classification Network Outputs*,
        Neurocomputing, 1990; label smoothing: Szegedy et al., *Rethinking the Inception Architecture for
        Computer Vision*, CVPR 2016.

    >>> import torch
    >>> logits = torch.tensor([[0.5, 0.25, 0.25]]).log()
    >>> cross_entropy(logits, torch.tensor([1])), cross_entropy(logits, torch.tensor([[0.0, 1.0, 0.0]]))
    (tensor(1.3863), tensor(1.3863))
    """
    smoothing = _check_smoothing(label_smoothing)
    if target.shape == input.shape:
        return _expected_cross_entropy(input, target, weight, ignore_index, reduction, smoothing)
    if input.ndim == 0:
        raise IndexError("input must have a class dimension, found a tensor without dimensions")
    labels = read_labels(input, target, weight, ignore_index)
    log_p = log_softmax(input, labels.dim)
    loss = labels.weigh(labels.surprise(log_p))
    if smoothing > 0:
        spread = torch.where(labels.counts, -_weigh_classes(log_p, weight, labels.dim).mean(labels.dim), 0)
        loss = (1 - smoothing) * loss + smoothing * spread
    return reduce_labels(loss, labels, reduction)


@full_precision
def logit_adjusted_cross_entropy(
    input: Tensor,
    target: Tensor,
    prior: Tensor,
    tau: float = 1.0,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    r"""Logit adjustment: cross entropy with the shares of the classes in the training data written in.

    .. math:: P(y \mid z) = \frac{\pi_y e^{z_y}}{\sum_c \pi_c e^{z_c}}
       \quad\Longrightarrow\quad -\log \operatorname{softmax}(z + \log \pi)_y = -\log P(y \mid z)

    By Bayes' theorem, :math:`\operatorname{softmax}(z)` then estimates the probabilities where all classes
    are equally frequent, and its largest entry is the choice with the least balanced error. In general
    :math:`\tau \log \pi` is added, and :math:`\operatorname{softmax}(z)` is proportional to
    :math:`P(y \mid x) / \pi_y^\tau`.

    Status: A, exact negative log-likelihood.

    Args:
        input: logits :math:`z`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ..., dK)``. Used as they are once
            the model is trained: only the loss adds :math:`\tau \log \pi`.
        target: class indices :math:`y`, int64 or uint8, the shape of ``input`` without the class dimension.
        prior: share :math:`\pi` of each class in the training data, positive, shape ``(C)``. It need not sum
            to 1: counts will do. The gradient flows into it.
        tau: :math:`\tau`, how far to adjust. With 0 it is :func:`cross_entropy`.
        ignore_index: target value that costs nothing and does not count.
        reduction: ``'none'``, ``'mean'`` (divides by the number of targets that count) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or the shape of ``target`` for ``'none'``. If no target counts, the mean
        is nan and its gradient 0.

    Raises:
        IndexError: a target that is no class index.
        NotImplementedError: ``input`` or ``prior`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit.
        ValueError: ``prior`` is not ``(C)`` or has an entry that is not positive; unknown ``reduction``,
            ``input`` without a dimension, or batch sizes that differ.

    Strict:
        Nothing more.

    Source:
        Menon, Jayasumana, Rawat, Jain, Veit, Kumar, *Long-Tail Learning via Logit Adjustment*, ICLR 2021;
        with :math:`\tau = 1` Ren, Yu, Sheng, Ma, Zhao, Yi, Li, *Balanced Meta-Softmax for Long-Tailed Visual
        Recognition*, NeurIPS 2020.

    >>> import torch
    >>> counts = torch.tensor([90.0, 10.0])
    >>> logit_adjusted_cross_entropy(torch.zeros(1, 2), torch.tensor([1]), counts)  # -log 0.1
    tensor(2.3026)
    """
    labels = read_labels(input, target, None, ignore_index)
    classes = input.shape[labels.dim]
    if prior.shape != (classes,):
        raise ValueError(f"prior must have shape {(classes,)}, found {tuple(prior.shape)}")
    check_floating(prior=prior)
    given = prior.detach()
    check_values("prior", given, given > 0, "positive", ValueError)
    dtype = at_least_float32(input)
    shift = tau * prior.to(at_least_float32(prior)).log().to(dtype)
    along = shift.reshape(-1, *[1] * (input.ndim - labels.dim - 1))
    surprise = labels.surprise(log_softmax(input.to(dtype) + along, labels.dim))
    return reduce_labels(surprise, labels, reduction).to(input.dtype)


@full_precision
def focal_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    gamma: float = 2.0,
) -> Tensor:
    r"""Focal loss of several classes: cross entropy that fades where the model is already right.

    .. math:: -w_y (1 - p_y)^\gamma \log p_y, \qquad p_y = \frac{e^{z_y}}{\sum_c e^{z_c}}

    No distribution has it as its negative log-likelihood: the minimiser is flatter than the probabilities of
    the classes. With :math:`\gamma = 0` it is :func:`cross_entropy`, in every reduction.

    Status: I, reweighted likelihood: classification-calibrated, not a proper score.

    Args:
        input: logits :math:`z`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ..., dK)``.
        target: class indices :math:`y`, int64 or uint8, the shape of ``input`` without the class dimension.
        weight: weight :math:`w` (often called :math:`\alpha`) of each class, shape ``(C)`` and dtype of
            ``input``.
        ignore_index: target value that costs nothing and does not count.
        reduction: ``'none'``, ``'mean'`` (divides by the sum of the weights :math:`w_y` of the targets that
            count, without weights by their number) or ``'sum'``.
        gamma: focusing exponent :math:`\gamma \ge 0`.

    Returns:
        The loss in nats: a scalar, or the shape of ``target`` for ``'none'``.

    Raises:
        IndexError: a target that is no class index.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit, ``weight`` of another shape
            or dtype.
        ValueError: unknown ``reduction``, negative ``gamma``, ``input`` without a dimension, or batch sizes
            that differ.

    Strict:
        Nothing more.

    Source:
        Lin, Goyal, Girshick, He, Dollár, *Focal Loss for Dense Object Detection*, ICCV 2017.

    >>> import torch
    >>> focal_loss(torch.tensor([[0.5, 0.25, 0.25]]).log(), torch.tensor([0]), reduction="none")
    tensor([0.1733])
    """
    if not gamma >= 0:
        raise ValueError(f"gamma must not be negative, found {gamma!r}")
    labels = read_labels(input, target, weight, ignore_index)
    surprise = labels.surprise(log_softmax(input, labels.dim))
    # Infinite surprise changes 1 - p = 1 by 0, which times itself would be nan.
    impossible = surprise.isinf()
    missed = torch.where(impossible, 1, -torch.expm1(-torch.where(impossible, 0, surprise)))
    # Held above 0, where the slope of a power below 1 is infinite.
    faded = missed.clamp(min=torch.finfo(missed.dtype).tiny) ** gamma * surprise
    return reduce_labels(labels.weigh(faded), labels, reduction)


def _expected_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    _check_probabilities(input, target, ignore_index)
    dim = min(1, input.ndim - 1)
    check_weight(weight, input.shape[dim])
    q = (1 - smoothing) * target + smoothing / input.shape[dim] if smoothing > 0 else target
    return reduce(-times(_weigh_classes(q, weight, dim), log_softmax(input, dim)).sum(dim), reduction)


def _weigh_classes(values: Tensor, weight: Tensor | None, dim: int) -> Tensor:
    if weight is None:
        return values
    return times(weight.reshape(-1, *[1] * (values.ndim - dim - 1)), values)


def _check_probabilities(input: Tensor, target: Tensor, ignore_index: int) -> None:
    if not target.is_floating_point():
        raise RuntimeError(
            "target of the shape of input must hold class probabilities in floating point, "
            f"found {target.dtype}"
        )
    if input.ndim == 0:
        raise IndexError("input must have a class dimension, found a tensor without dimensions")
    if ignore_index >= 0:
        raise RuntimeError(f"ignore_index must be left out for class probabilities, found {ignore_index}")
    check_floating(input=input)
    if is_strict():
        check_values("target", target, target >= 0, "non-negative in strict mode", ValueError)
        _check_normalised("target", target.detach(), min(1, input.ndim - 1))


def _check_normalised(name: str, p: Tensor, dim: int) -> None:
    total = p.sum(dim)
    near = (total - 1).abs() < 4 * torch.finfo(p.dtype).eps ** 0.5
    check_values(f"the sum of {name} over the classes", total, near, "1 in strict mode", ValueError)


def _check_smoothing(label_smoothing: float) -> float:
    """The smoothing in force: torch takes a negative number for none."""
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0 and 1, found {label_smoothing!r}")
    if label_smoothing < 0 and is_strict():
        raise ValueError(f"label_smoothing must be between 0 and 1 in strict mode, found {label_smoothing!r}")
    return max(label_smoothing, 0.0)
