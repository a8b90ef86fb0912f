r"""Several labels at once: a yes or no for each label, or an order of the right before the wrong."""

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, pad

from lossbook.families.binary.losses import binary_cross_entropy_with_logits
from lossbook.ground.arguments import check_broadcast, check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import check_reduction, mean_by, reduce
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


@full_precision
def asymmetric_loss(
    input: Tensor,
    target: Tensor,
    gamma_neg: float = 4.0,
    gamma_pos: float = 1.0,
    clip: float = 0.05,
    mask: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""Asymmetric loss: binary cross entropy in which the easy answers of no fade more than those of yes.

    .. math:: -t\,(1-p)^{\gamma_+} \log p - (1-t)\, p_m^{\gamma_-} \log(1-p_m), \qquad
              p = \sigma(z), \quad p_m = \max(p - m,\, 0)

    With :math:`\gamma_\pm = 0` and :math:`m = 0` it is :func:`binary_cross_entropy_with_logits`. Otherwise
    the minimiser is not the probability of the label; a no whose probability is below :math:`m` costs
    nothing.

    Status: I, reweighted likelihood: not a proper score.

    Args:
        input: logits :math:`z`, any shape ``(*)``.
        target: observations :math:`t`, from 0 to 1, shape ``(*)``. Another shape broadcasts.
        gamma_neg: focusing exponent :math:`\gamma_-` of no, not negative.
        gamma_pos: focusing exponent :math:`\gamma_+` of yes, not negative.
        clip: probability :math:`m` that is subtracted for no, at least 0 and below 1.
        mask: true where a label is known, boolean, a shape that broadcasts. The others cost nothing and are
            not counted.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements that are known) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``. The gradient flows through the weights
        too.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: a target outside of 0 to 1, a negative exponent, ``clip`` outside of its range, ``mask``
            that is not boolean; unknown ``reduction``.

    Strict:
        Shapes that differ.

    Source:
        Ridnik, Ben-Baruch, Zamir, Noy, Friedman, Protter, Zelnik-Manor, *Asymmetric Loss for Multi-Label
        Classification*, ICCV 2021. Its code sums; here ``'mean'`` is the default.

    >>> import torch
    >>> asymmetric_loss(torch.tensor([0.0, 0.0, -3.0]), torch.tensor([1.0, 0.0, 0.0]), reduction="none")
    tensor([0.3466, 0.0245, 0.0000])
    """
    for name, gamma in (("gamma_neg", gamma_neg), ("gamma_pos", gamma_pos)):
        if not gamma >= 0:
            raise ValueError(f"{name} must not be negative, found {gamma!r}")
    if not 0 <= clip < 1:
        raise ValueError(f"clip must be at least 0 and below 1, found {clip!r}")
    check_floating(input=input)
    known = _known(mask)
    check_broadcast(input=input, target=target, **known)
    z, t, counts = _only_known(input, target, mask)
    check_values("target", t.detach(), (t >= 0) & (t <= 1), "between 0 and 1", ValueError)
    missed, shifted = torch.sigmoid(-z), torch.relu(torch.sigmoid(z) - clip)
    no = logsigmoid(-z) if clip == 0 else (missed + clip).log().clamp(max=0)
    loss = -times(t * _power(missed, gamma_pos, z), logsigmoid(z))
    loss = loss - times((1 - t) * _power(shifted, gamma_neg, z), no)
    if counts is None:
        return reduce(loss, reduction)
    check_reduction(reduction)
    loss = torch.where(counts, loss, 0)
    return mean_by(loss, counts.expand_as(loss).sum()) if reduction == "mean" else reduce(loss, reduction)


@full_precision
def zlpr_loss(input: Tensor, target: Tensor, mask: Tensor | None = None, reduction: str = "mean") -> Tensor:
    r"""Zero-bounded log-sum-exp and pairwise rank loss: wrong labels below 0, right ones above.

    .. math:: \log\Bigl(1 + \sum_{i \notin Y} e^{z_i}\Bigr) + \log\Bigl(1 + \sum_{j \in Y} e^{-z_j}\Bigr)

    with the set :math:`Y` of right labels. Each term is a cross entropy: an imaginary label of score 0 is
    chosen before all wrong labels, and all right labels before it. At a threshold of 0, as many labels are
    named as have a positive score.

    Status: A′, pseudo-likelihood: two choices that do not share one distribution of :math:`Y`.

    Args:
        input: scores :math:`z`, shape ``(*, C)``.
        target: 1 for a right label, 0 for a wrong one, shape of ``input``.
        mask: true where a label is known, boolean, shape of ``input``: the others belong to neither sum.
        reduction: ``'none'``, ``'mean'`` (divides by the number of rows) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``target`` or ``mask`` of another shape, a target that is neither 0 nor 1, ``mask`` that
            is not boolean, ``input`` without a label dimension; unknown ``reduction``.

    Source:
        Su, Zhu, Murtadha, Pan, Wen, Liu, *ZLPR: A Novel Loss for Multi-Label Classification*, arXiv
        2208.02955, 2022.

    >>> import torch
    >>> zlpr_loss(torch.tensor([[1.0, -1.0, 2.0]]), torch.tensor([[1.0, 0.0, 1.0]]))
    tensor(0.7209)
    """
    right, wrong = _sides(input, target, mask)
    return reduce(_log_1_sum_exp(input, wrong) + _log_1_sum_exp(-input, right), reduction)


@full_precision
def bp_mll_loss(input: Tensor, target: Tensor, mask: Tensor | None = None, reduction: str = "mean") -> Tensor:
    r"""BP-MLL's exponential loss: the mean of :math:`e^{-(z_j - z_i)}` over pairs of a right and a wrong
    label.

    .. math:: \frac{1}{|Y|\,|\bar Y|} \sum_{j \in Y} \sum_{i \notin Y} e^{-(z_j - z_i)}
       = \frac{1}{|Y|} \sum_{j \in Y} e^{-z_j} \cdot \frac{1}{|\bar Y|} \sum_{i \notin Y} e^{z_i}

    with the set :math:`Y` of right labels. The exponential bounds the count of pairs in the wrong order,
    without a likelihood. Only differences matter: the height of the scores is left undetermined.

    Status: F, margin surrogate.

    Args:
        input: scores :math:`z`, shape ``(*, C)``.
        target: 1 for a right label, 0 for a wrong one, shape of ``input``.
        mask: true where a label is known, boolean, shape of ``input``: the others form no pairs.
        reduction: ``'none'``, ``'mean'`` (divides by the number of rows, with those without pairs) or
            ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(*)`` for ``'none'``; 0 where all labels, or none, are right. Beyond
        the largest number of its dtype it is held there, so that its gradient stays finite.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``target`` or ``mask`` of another shape, a target that is neither 0 nor 1, ``mask`` that
            is not boolean, ``input`` without a label dimension; unknown ``reduction``.

    Source:
        Zhang, Zhou, *Multilabel Neural Networks with Applications to Functional Genomics and Text
        Categorization*, IEEE Transactions on Knowledge and Data Engineering 18(10), 2006.

    >>> import torch
    >>> bp_mll_loss(torch.tensor([[1.0, -1.0, 2.0]]), torch.tensor([[1.0, 0.0, 1.0]]))
    tensor(0.0926)
    """
    right, wrong = _sides(input, target, mask)
    exponent = _log_mean_exp(-input, right) + _log_mean_exp(input, wrong)
    most = math.log(torch.finfo(exponent.dtype).max) - 0.01
    exponent = exponent - (exponent - exponent.clamp(max=most)).detach()
    pairs = right.any(-1) & wrong.any(-1)
    return reduce(torch.where(pairs, exponent.exp(), 0), reduction)


def _power(weight: Tensor, gamma: float, z: Tensor) -> Tensor:
    # Held above 0, where the slope of a power below 1 is infinite; at an infinite logit the slope is 0.
    weight = torch.where(z.isinf(), weight.detach(), weight)
    return weight.clamp(min=torch.finfo(weight.dtype).tiny) ** gamma


def _log_1_sum_exp(x: Tensor, chosen: Tensor) -> Tensor:
    """``log(1 + sum e^x)`` over the chosen labels: 1 is e to the 0."""
    return pad(torch.where(chosen, x, -math.inf), (1, 0)).logsumexp(-1)


def _log_mean_exp(x: Tensor, chosen: Tensor) -> Tensor:
    """The logarithm of the mean of ``e^x`` over the chosen labels; of nothing, any number."""
    counted = chosen | ~chosen.any(-1, keepdim=True)
    count = counted.sum(-1).to(x.dtype)
    return torch.where(counted, x, -math.inf).logsumexp(-1) - count.log()


def _sides(input: Tensor, target: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Where labels are right and where they are wrong, once all shapes and values are known to fit."""
    check_floating(input=input)
    for name, tensor in {"target": target, **_known(mask)}.items():
        if input.ndim == 0 or tensor.shape != input.shape:
            raise ValueError(
                f"{name} must have the shape of input, with a label dimension, {tuple(input.shape)}, "
                f"found {tuple(tensor.shape)}"
            )
    right, wrong = target == 1, target == 0
    valid = right | wrong
    check_values("target", target, valid if mask is None else valid | ~mask, "0 or 1", ValueError)
    return (right, wrong) if mask is None else (right & mask, wrong & mask)


def _known(mask: Tensor | None) -> dict[str, Tensor]:
    if mask is not None and mask.dtype != torch.bool:
        raise ValueError(f"mask must be boolean, found dtype {mask.dtype}")
    return {} if mask is None else {"mask": mask}


def _only_known(input: Tensor, target: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
    target = target if target.is_floating_point() else target.to(input.dtype)
    if mask is None:
        return input, target, None
    return torch.where(mask, input, 0), torch.where(mask, target, 0), mask


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
