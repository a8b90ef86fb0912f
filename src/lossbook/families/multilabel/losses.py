r"""Several labels at once: a yes or no for each label, or a margin between the right and the wrong."""

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

from lossbook.families.binary.losses import binary_cross_entropy_with_logits
from lossbook.ground.arguments import check_broadcast, check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import mean_by, reduce
from lossbook.ground.values import check_values, times


@full_precision
def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    r"""Binary cross entropy of several labels, averaged over the labels.

    .. math:: P(t \mid z) = \prod_{c=1}^C \sigma(z_c)^{t_c}\, \sigma(-z_c)^{1-t_c}
       \quad\Longrightarrow\quad
       -\frac1C \sum_c \bigl[t_c \log\sigma(z_c) + (1-t_c)\log\sigma(-z_c)\bigr] = -\frac1C \log P(t \mid z)

    The labels are independent given the logits. The mean equals that of
    :func:`binary_cross_entropy_with_logits`, whose likelihood this is.

    Status: A, exact negative log-likelihood, divided by the number of labels.

    Args:
        input: logits :math:`z`, shape ``(*, C)``: unlike in :func:`cross_entropy`, the labels come last.
        target: observations :math:`t`, from 0 to 1, shape ``(*, C)``. Another shape broadcasts.
        weight: weight of each label, shape ``(C)`` or any that broadcasts.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements, also when there are weights) or
            ``'sum'`` (of the averages over the labels).

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. An infinite logit costs 0 where it is
        right; torch gives nan.

    Raises:
        IndexError: ``input`` has no dimension.
        NotImplementedError: ``input`` is not floating point, or ``target`` is boolean.
        RuntimeError: ``target`` is complex, or the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Targets outside of [0, 1]; ``input`` and ``target`` of different shapes.

    Source:
        Dembczyński, Kotłowski, Hüllermeier, *Consistent Multilabel Ranking through Univariate Losses*, ICML
        2012.

    >>> import torch
    >>> multilabel_soft_margin_loss(torch.zeros(1, 3), torch.tensor([[1.0, 0.0, 1.0]]))
    tensor(0.6931)
    """
    if input.ndim == 0:
        raise IndexError("input must have a label dimension, found a tensor without dimensions")
    check_floating(input=input)
    if target.dtype == torch.bool:
        message = "target must hold numbers, found dtype torch.bool: convert it with target.float()"
        raise NotImplementedError(message)  # a RuntimeError too, which torch raises until 2.13
    check_broadcast(input=input, target=target)
    labels = target if target.is_floating_point() else target.to(input)
    logits, labels = torch.broadcast_tensors(input, labels)
    loss = binary_cross_entropy_with_logits(logits, labels, reduction="none")
    if weight is not None:
        loss = weight * loss
    last = input.ndim - 1
    return reduce(mean_by(loss, input.shape[last], last), reduction)


@full_precision
def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Multi-label margin loss: every right label should score at least 1 above every wrong one.

    .. math:: \frac1C \sum_{j \in Y} \sum_{i \notin Y} \max\bigl(0,\, 1 - (z_j - z_i)\bigr)

    with the set :math:`Y` of right labels. It is a hinge for each pair of a right and a wrong label. No
    density has it as its negative logarithm: for each pair the likelihood would be :math:`\sigma(z_j -
    z_i)`.

    Status: F, margin surrogate.

    Args:
        input: scores :math:`z`, shape ``(C)`` or ``(N, C)``.
        target: the right labels as indices, int64, shape of ``input``; the list ends at the first -1.
        reduction: ``'none'``, ``'mean'`` (divides by the batch size) or ``'sum'``.

    Returns:
        The loss in units of the score: a scalar, or shape ``(N)`` for ``'none'``. Its second
        derivative is 0; torch has none. The mean of an empty batch is nan; torch returns memory it
        never wrote.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``input`` has no labels or more than two dimensions, ``target`` another shape or
            dtype, or an index outside of [-1, C - 1].
        ValueError: unknown ``reduction``.

    Strict:
        Nothing more.

    Source:
        Elisseeff, Weston, *A Kernel Method for Multi-Labelled Classification*, NIPS 2001.

    >>> import torch
    >>> scores, labels = torch.tensor([[2.0, 0.5, 1.5]]), torch.tensor([[0, -1, 0]])
    >>> multilabel_margin_loss(scores, labels)  # wrong label 2 is only 0.5 below right label 0
    tensor(0.1667)
    """
    _check_lists(input, target)
    z = input.reshape(1) if input.ndim == 0 else input
    lists = target.reshape(z.shape)
    listed = (lists != -1).cumprod(-1).bool()
    j = torch.where(listed, lists, 0)
    right = torch.zeros_like(lists).scatter_add(-1, j, listed.long()) > 0
    hinges = torch.where(listed, _hinges(z, right, z.gather(-1, j)), 0)
    return reduce((hinges.sum(-1) / z.shape[-1]).to(input.dtype), reduction)


def _hinges(z: Tensor, right: Tensor, z_j: Tensor) -> Tensor:
    """For each label j, the sum of max(0, 1 - (z_j - z_i)) over the labels i that are not right.

    Sorted, the labels that count are the first n, those above z_j - 1. They cost their sum minus n (z_j - 1),
    in C log C steps instead of a table of all pairs. The sums may be far above the result: double precision.
    """
    double = torch.float32 if z.device.type == "mps" else torch.float64
    wrong = torch.where(right, -math.inf, z).sort(dim=-1, descending=True).values.to(double)
    threshold = z_j.to(double) - 1
    n = torch.searchsorted(-wrong.detach(), -threshold.detach())
    sums = pad(wrong.cumsum(-1), (1, 0))
    return sums.gather(-1, n) - times(n.to(double), threshold)


def _check_lists(input: Tensor, target: Tensor) -> None:
    found = f"input {tuple(input.shape)} and target {tuple(target.shape)}"
    if input.ndim > 2 or input.shape[-1:] == (0,):
        raise RuntimeError(f"input must be of shape (C) or (N, C) with at least one label, found {found}")
    same = target.shape == input.shape
    if not same and (input.ndim == 2 or target.ndim == 2 or target.numel() != input.numel()):
        raise RuntimeError(f"target must have the shape of input, found {found}")
    check_floating(input=input)
    if target.dtype != torch.int64:
        raise RuntimeError(f"target must hold label indices of dtype int64, found {target.dtype}")
    labels = input.shape[-1] if input.ndim else 1
    check_values("target", target, (target >= -1) & (target < labels), f"-1 or a label index below {labels}")
