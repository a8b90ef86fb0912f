r"""Labels that may be wrong: the likelihood with the noise in it, and cross entropy reweighed.

The classes lie along dimension 1 of ``input``, or 0 where it has only one. Throughout, :math:`p` is the
softmax of the logits :math:`z`, and :math:`p_y` the probability of the label.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from lossbook.ground.arguments import check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.labels import Labels, read_labels, reduce_labels
from lossbook.ground.reduction import at_least_float32
from lossbook.ground.values import check_values, times


@full_precision
def forward_corrected_cross_entropy(
    input: Tensor, target: Tensor, transition: Tensor, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    r"""Forward correction: the negative log-likelihood of a label that passed through known noise.

    .. math:: P(y \mid z) = \sum_i p_i T_{iy}, \quad T_{ij} = P(\text{label } j \mid \text{class } i)
       \quad\Longrightarrow\quad -\log \sum_i p_i T_{iy}

    The class is a latent variable that is summed out; :math:`p` are the probabilities of the class, not of
    the label. If the classes are as claimed and :math:`T` is invertible, the minimiser is the truth.

    Status: A, exact negative log-likelihood.

    Args:
        input: logits :math:`z` of the classes, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ...)``.
        target: labels :math:`y` as they were written down: class indices, int64 or uint8, of that shape
            without the class dimension.
        transition: :math:`T`, non-negative, shape ``(C, C)``, the class in the row, the label in the column.
            That rows sum to 1 is not checked. The gradient flows into it.
        ignore_index: label that costs nothing and is not counted.
        reduction: ``'none'``, ``'mean'`` (divides by the number of labels that count) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or the shape of ``target`` for ``'none'``. A label that no class can have
        costs inf, with the gradient 0.

    Raises:
        IndexError: a label that is no class index.
        NotImplementedError: ``input`` or ``transition`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit.
        ValueError: ``transition`` is not ``(C, C)`` or has a negative entry; unknown ``reduction``; ``input``
            without a dimension, or batch sizes that differ.

    Strict:
        Nothing more.

    Source:
        Patrini, Rozza, Menon, Nock, Qu, *Making Deep Neural Networks Robust to Label Noise: A Loss Correction
        Approach*, CVPR 2017.

    >>> import torch
    >>> noise = torch.tensor([[0.75, 0.25], [0.0, 1.0]])  # class 0 is taken for 1 one time in four
    >>> forward_corrected_cross_entropy(torch.zeros(1, 2), torch.tensor([1]), noise)  # -log 0.625
    tensor(0.4700)
    """
    labels = read_labels(input, target, None, ignore_index)
    classes = input.shape[labels.dim]
    if transition.shape != (classes, classes):
        raise ValueError(
            f"transition must have shape {(classes, classes)}, one row and one column for each class, "
            f"found {tuple(transition.shape)}"
        )
    check_floating(transition=transition)
    given = transition.detach()
    check_values("transition", given, given >= 0, "non-negative", ValueError)
    log_p = log_softmax(input, labels.dim)
    columns = transition.to(input.dtype).t().index_select(0, labels.label.reshape(-1))
    column = columns.reshape(*labels.label.shape, classes).movedim(-1, labels.dim)
    surprise = -_log_of_sum(log_p, column, labels.dim)
    return reduce_labels(torch.where(labels.counts, surprise, 0), labels, reduction)


@full_precision
def generalized_cross_entropy(
    input: Tensor, target: Tensor, q: float = 0.7, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    r"""Generalised cross entropy: between cross entropy and the absolute error, deaf to absurd labels.

    .. math:: \frac{1 - p_y^q}{q}, \qquad q \to 0: \; -\log p_y

    Its gradient is that of cross entropy times :math:`p_y^q`. No distribution has it as its negative
    log-likelihood: where the classes have the probabilities :math:`\eta`, the minimiser is
    :math:`p \propto \eta^{1/(1-q)}`, which is sharper.

    Status: I, reweighted likelihood: classification-calibrated for :math:`q < 1`, not a proper score.

    Args:
        input: logits :math:`z`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ...)``.
        target: class indices :math:`y`, int64 or uint8, of that shape without the class dimension.
        q: exponent, from 0 (cross entropy) to 1 (:math:`1 - p_y`, half the absolute error).
        ignore_index: label that costs nothing and is not counted.
        reduction: ``'none'``, ``'mean'`` (divides by the number of labels that count) or ``'sum'``.

    Returns:
        The loss, below :math:`1/q`: a scalar, or the shape of ``target`` for ``'none'``. It loses no digits
        as ``q`` nears 0.

    Raises:
        IndexError: a label that is no class index.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit.
        ValueError: ``q`` is outside of 0 to 1; unknown ``reduction``; ``input`` without a dimension, or batch
            sizes that differ.

    Strict:
        Nothing more.

    Source:
        Zhang and Sabuncu, *Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy
        Labels*, NeurIPS 2018.

    >>> import torch
    >>> generalized_cross_entropy(torch.tensor([[0.25, 0.75]]).log(), torch.tensor([0]), q=0.5)
    tensor(1.)
    """
    if not 0 <= q <= 1:
        raise ValueError(f"q must be between 0 and 1, found {q!r}")
    labels, surprise = _surprise(input, target, ignore_index)
    if q == 0:
        return reduce_labels(surprise, labels, reduction)
    # In half precision q times the surprise could vanish.
    loss = -torch.expm1(-q * surprise.to(at_least_float32(surprise))) / q
    return reduce_labels(loss.to(surprise.dtype), labels, reduction)


@full_precision
def symmetric_cross_entropy(
    input: Tensor,
    target: Tensor,
    alpha: float = 0.1,
    beta: float = 1.0,
    log_zero: float = -4.0,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    r"""Symmetric cross entropy: cross entropy, plus the same with label and prediction changing places.

    .. math:: -\alpha \log p_y - \beta A\,(1 - p_y)

    The reverse cross entropy :math:`-\sum_c p_c \log q_c` of a one-hot label :math:`q` holds :math:`\log 0`,
    for which the number :math:`A` is put. So it is the absolute error, :math:`1 - p_y`, times :math:`-A`. No
    distribution has the sum as its negative log-likelihood: the minimiser is sharper than the probabilities
    of the classes.

    Status: I, reweighted likelihood: classification-calibrated, not a proper score.

    Args:
        input: logits :math:`z`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ...)``.
        target: class indices :math:`y`, int64 or uint8, of that shape without the class dimension.
        alpha: weight :math:`\alpha` of the cross entropy.
        beta: weight :math:`\beta` of the reverse cross entropy. Only its product with ``log_zero`` matters.
        log_zero: :math:`A`, what stands for :math:`\log 0`: a negative number.
        ignore_index: label that costs nothing and is not counted.
        reduction: ``'none'``, ``'mean'`` (divides by the number of labels that count) or ``'sum'``.

    Returns:
        The loss: a scalar, or the shape of ``target`` for ``'none'``.

    Raises:
        IndexError: a label that is no class index.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit.
        ValueError: unknown ``reduction``; ``input`` without a dimension, or batch sizes that differ.

    Strict:
        Nothing more.

    Source:
        Wang, Ma, Chen, Luo, Yi, Bailey, *Symmetric Cross Entropy for Robust Learning with Noisy Labels*, ICCV
        2019 (with :math:`A = -4`; the code that came with it holds the label above :math:`10^{-4}` instead,
        :math:`A = -9.2`).

    >>> import torch
    >>> symmetric_cross_entropy(torch.tensor([[0.25, 0.75]]).log(), torch.tensor([0]))  # 0.1 log 4 + 3
    tensor(3.1386)
    """
    labels, surprise = _surprise(input, target, ignore_index)
    reverse = -log_zero * _missed(surprise)
    # What has the weight 0 costs nothing, be it infinite.
    loss = alpha * surprise + beta * reverse if alpha else beta * reverse
    return reduce_labels(loss, labels, reduction)


@full_precision
def poly1_cross_entropy(
    input: Tensor, target: Tensor, epsilon: float = 2.0, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    r"""Poly-1 cross entropy: the first term of the series of cross entropy gets another coefficient.

    .. math:: -\log p_y + \epsilon\,(1 - p_y), \qquad -\log p_y = \sum_{j \ge 1} \tfrac1j (1 - p_y)^j

    No distribution has it as its negative log-likelihood: for :math:`\epsilon > 0` the minimiser is sharper
    than the probabilities of the classes, for :math:`-1 < \epsilon < 0` flatter.

    Status: I, reweighted likelihood: classification-calibrated for :math:`\epsilon > -1`, not a proper score.

    Args:
        input: logits :math:`z`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ...)``.
        target: class indices :math:`y`, int64 or uint8, of that shape without the class dimension.
        epsilon: what is added to the coefficient, :math:`\epsilon`. With 0 it is cross entropy.
        ignore_index: label that costs nothing and is not counted.
        reduction: ``'none'``, ``'mean'`` (divides by the number of labels that count) or ``'sum'``.

    Returns:
        The loss: a scalar, or the shape of ``target`` for ``'none'``.

    Raises:
        IndexError: a label that is no class index.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit.
        ValueError: unknown ``reduction``; ``input`` without a dimension, or batch sizes that differ.

    Strict:
        Nothing more.

    Source:
        Leng, Tan, Liu, Cubuk, Shi, Cheng, Anguelov, *PolyLoss: A Polynomial Expansion Perspective of
        Classification Loss Functions*, ICLR 2022.

    >>> import torch
    >>> poly1_cross_entropy(torch.tensor([[0.25, 0.75]]).log(), torch.tensor([0]))  # log 4 + 1.5
    tensor(2.8863)
    """
    labels, surprise = _surprise(input, target, ignore_index)
    return reduce_labels(surprise + epsilon * _missed(surprise), labels, reduction)


@full_precision
def confidence_penalty(
    input: Tensor, target: Tensor, beta: float = 0.1, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    r"""Cross entropy less the entropy of the prediction: being sure has a price.

    .. math:: -\log p_y - \beta\,H(p), \qquad H(p) = -\sum_c p_c \log p_c

    Since :math:`H(p) = \log C - \mathrm{KL}(p \,\|\, u)` with the uniform distribution :math:`u`, it is label
    smoothing with the divergence the other way round. No distribution has it as its negative log-likelihood:
    the minimiser is flatter than the probabilities of the classes.

    Status: I, likelihood with a regulariser.

    Args:
        input: logits :math:`z`, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ...)``.
        target: class indices :math:`y`, int64 or uint8, of that shape without the class dimension.
        beta: weight :math:`\beta` of the entropy. With 0 it is cross entropy.
        ignore_index: label that costs nothing and is not counted.
        reduction: ``'none'``, ``'mean'`` (divides by the number of labels that count) or ``'sum'``.

    Returns:
        The loss, at least :math:`-\beta \log C`: a scalar, or the shape of ``target`` for ``'none'``.

    Raises:
        IndexError: a label that is no class index.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` of another dtype or of a shape that does not fit.
        ValueError: unknown ``reduction``; ``input`` without a dimension, or batch sizes that differ.

    Strict:
        Nothing more.

    Source:
        Pereyra, Tucker, Chorowski, Kaiser, Hinton, *Regularizing Neural Networks by Penalizing Confident
        Output Distributions*, ICLR workshop 2017.

    >>> import torch
    >>> confidence_penalty(torch.zeros(1, 4), torch.tensor([0]), beta=0.5)  # log 4, less half of it
    tensor(0.6931)
    """
    labels = read_labels(input, target, None, ignore_index)
    log_p = log_softmax(input, labels.dim)
    entropy = -times(log_p.exp(), log_p).sum(labels.dim)
    loss = labels.surprise(log_p) - beta * torch.where(labels.counts, entropy, 0)
    return reduce_labels(loss, labels, reduction)


def _surprise(input: Tensor, target: Tensor, ignore_index: int) -> tuple[Labels, Tensor]:
    labels = read_labels(input, target, None, ignore_index)
    return labels, labels.surprise(log_softmax(input, labels.dim))


def _missed(surprise: Tensor) -> Tensor:
    """1 minus the probability of the label, exact where that is near 1."""
    return -torch.expm1(-surprise)


def _log_of_sum(log_p: Tensor, weight: Tensor, dim: int) -> Tensor:
    """The logarithm of the sum of ``weight`` times ``exp(log_p)``, and a gradient where a weight is 0."""
    possible = weight.detach() > 0
    top = torch.where(possible, log_p.detach(), -math.inf).amax(dim, keepdim=True)
    top = torch.where(top.isinf(), 0, top)
    # What has a weight is at most 0. The rest is held where exp is finite, for the gradient by its weight.
    most = math.log(torch.finfo(log_p.dtype).max) - 1
    total = (weight * (log_p - top).clamp(max=most).exp()).sum(dim)
    never = total == 0
    log_total = top.squeeze(dim) + torch.where(never, 1, total).log()
    return torch.where(never, -math.inf, log_total)
