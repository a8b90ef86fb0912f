r"""Contrast: which of the others in the batch belongs to this one?

Two views of one thing should be told from all others. Five losses play that game and are likelihoods of its
answer; two replace the others by a demand on the moments of the features, and are no likelihoods.
"""

import torch
from torch import Tensor

from lossbook.ground.arguments import check_floating
from lossbook.ground.autocast import full_precision, product
from lossbook.ground.reduction import at_least_float32, check_reduction, mean_by, reduce
from lossbook.ground.values import check_values, softplus

EXCLUDED = -1e30  # score of a candidate that does not stand for choice; finite, so that no gradient is nan


@full_precision
def info_nce_loss(
    input: Tensor,
    target: Tensor,
    negatives: Tensor | None = None,
    temperature: float | Tensor = 0.1,
    reduction: str = "mean",
) -> Tensor:
    r"""InfoNCE: minus the log-probability of naming, among the candidates, the partner of each query.

    .. math:: \ell_i = -\log \frac{e^{\cos(q_i, k_i)/\tau}}
       {e^{\cos(q_i, k_i)/\tau} + \sum_n e^{\cos(q_i, n)/\tau}}

    If one of :math:`K` candidates was drawn from :math:`p(k \mid q)` and the others from :math:`p(k)`, this
    is the exact negative log-likelihood of which one it was. The best score is :math:`\log p(k \mid q) /
    p(k)` up to a constant, and :math:`\log K - \mathbb E\,\ell` is a lower bound of the mutual information.

    Status: G, likelihood of an auxiliary task: which candidate is the partner.

    Args:
        input: queries :math:`q`, shape ``(N, D)``; only their directions count.
        target: their partners :math:`k`, shape ``(N, D)``, in the same order.
        negatives: the other candidates :math:`n`: ``(M, D)``, shared by all queries, or ``(N, M, D)``. By
            default the partners of the other queries.
        temperature: :math:`\tau > 0`, a number or a tensor of one element, which may be learned.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``. One direction only: a query looks for its
        partner. A zero vector has cosine 0 with everything.

    Raises:
        NotImplementedError: an embedding is not floating point.
        ValueError: a shape is another one, ``temperature`` is not positive, or unknown ``reduction``.

    Source:
        van den Oord, Li and Vinyals, *Representation Learning with Contrastive Predictive Coding*,
        arXiv:1807.03748, 2018.

    >>> import torch
    >>> q = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> info_nce_loss(q, q, temperature=1.0)  # log(1 + e^(0 - 1))
    tensor(0.3133)
    """
    _check_views(input=input, target=target)
    tau = _positive("temperature", temperature, input)
    query, key = _direction(input), _direction(target)
    if negatives is None:
        score = product(query, key.T) / tau
        each = _surprise(score.diagonal(), _without_diagonal(score))
    else:
        _check_negatives(negatives, input)
        others = _direction(negatives)
        shared = others.ndim == 2
        score = product(query, others.T) if shared else product(others, query.unsqueeze(-1)).squeeze(-1)
        each = _surprise((query * key).sum(-1) / tau, score / tau)
    return reduce(each.to(input.dtype), reduction)


@full_precision
def clip_loss(
    input1: Tensor, input2: Tensor, temperature: float | Tensor = 0.07, reduction: str = "mean"
) -> Tensor:
    r"""CLIP's loss: :func:`info_nce_loss` both ways, halved.

    .. math:: \ell_i = \tfrac12 \bigl(-\log \operatorname{softmax}_j(s_{ij})_i
       - \log \operatorname{softmax}_j(s_{ji})_i\bigr), \qquad s_{ij} = \cos(a_i, b_j) / \tau

    Each picture looks for its caption among all captions, each caption for its picture among all pictures.
    Each half is an exact negative log-likelihood; their sum is a pseudo-likelihood of the matching.

    Status: G, likelihood of an auxiliary task: which candidate is the partner, asked both ways.

    Args:
        input1: embeddings :math:`a`, say of pictures, shape ``(N, D)``.
        input2: embeddings :math:`b` of their partners, say captions, shape ``(N, D)``, in the same order.
        temperature: :math:`\tau > 0`, a number or a tensor of one element, which may be learned. It is the
            inverse of what CLIP calls the logit scale.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``.

    Raises:
        NotImplementedError: an embedding is not floating point.
        ValueError: a shape is another one, ``temperature`` is not positive, or unknown ``reduction``.

    Source:
        Radford et al., *Learning Transferable Visual Models From Natural Language Supervision*, ICML 2021.

    >>> import torch
    >>> a = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> clip_loss(a, a, temperature=1.0)
    tensor(0.3133)
    """
    _check_views(input1=input1, input2=input2)
    score = product(_direction(input1), _direction(input2).T) / _positive("temperature", temperature, input1)
    there, back = (_surprise(score.diagonal(), _without_diagonal(s)) for s in (score, score.T))
    return reduce(((there + back) / 2).to(input1.dtype), reduction)


@full_precision
def nt_xent_loss(
    input1: Tensor, input2: Tensor, temperature: float | Tensor = 0.5, reduction: str = "mean"
) -> Tensor:
    r"""NT-Xent, SimCLR's loss: each of :math:`2N` views names its partner among all other views.

    .. math:: \ell_i = \log \sum_{j \ne i} e^{s_{ij}} - s_{i, \text{partner}(i)},
       \qquad s_{ij} = \cos(z_i, z_j) / \tau

    The name: normalised, temperature-scaled cross-entropy. Beside :func:`clip_loss`, views of the same side
    stand for choice too: :math:`2N - 1` candidates.

    Status: G, likelihood of an auxiliary task: which of the other views is the partner.

    Args:
        input1: embeddings of the first views, shape ``(N, D)``.
        input2: embeddings of the second views, shape ``(N, D)``, in the same order.
        temperature: :math:`\tau > 0`, a number or a tensor of one element, which may be learned.
        reduction: ``'none'``, ``'mean'`` (divides by ``2N``) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(2N)`` for ``'none'``, the rows of ``input1`` first.

    Raises:
        NotImplementedError: an embedding is not floating point.
        ValueError: a shape is another one, ``temperature`` is not positive, or unknown ``reduction``.

    Source:
        Chen, Kornblith, Norouzi and Hinton, *A Simple Framework for Contrastive Learning of Visual
        Representations*, ICML 2020.

    >>> import torch
    >>> a = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> nt_xent_loss(a, a, temperature=1.0)  # log(e + 2) - 1
    tensor(0.5514)
    """
    _check_views(input1=input1, input2=input2)
    count = len(input1)
    views = torch.cat([_direction(input1), _direction(input2)])
    score = product(views, views.T) / _positive("temperature", temperature, input1)
    partner = torch.arange(2 * count, device=score.device).roll(count).unsqueeze(1)
    others = _without_diagonal(score).scatter(1, partner, EXCLUDED)
    each = _surprise(score.gather(1, partner).squeeze(1), others)
    return reduce(each.to(input1.dtype), reduction)


@full_precision
def sup_con_loss(
    input: Tensor, target: Tensor, temperature: float | Tensor = 0.1, reduction: str = "mean"
) -> Tensor:
    r"""Supervised contrast: each point names, one after the other, all others of its class.

    .. math:: \ell_i = \frac{1}{|P_i|} \sum_{p \in P_i}
       \Bigl(\log \sum_{j \ne i} e^{s_{ij}} - s_{ip}\Bigr), \qquad s_{ij} = \cos(u_i, u_j) / \tau

    :math:`P_i` are the others of the class of :math:`i`. This is the paper's form *out*, with the mean
    outside of the logarithm. With the mean inside it differs from the loss of soft nearest neighbours
    (:func:`soft_nearest_neighbour_loss` of unit vectors, :math:`T = 2\tau`) by :math:`\log |P_i|`, and is
    never larger.

    Status: G, likelihood of an auxiliary task: naming a companion, averaged over all companions.

    Args:
        input: embeddings :math:`u`, shape ``(N, D)``; only their directions count.
        target: class of each, integers of shape ``(N)``.
        temperature: :math:`\tau > 0`, a number or a tensor of one element, which may be learned.
        reduction: ``'none'``, ``'mean'`` (divides by the number of points that are not alone in their class)
            or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``. A point alone in its class costs 0 and
        does not count in the mean, which is 0 if all are alone. At best the loss is :math:`\log |P_i|`.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: shapes other than ``(N, D)`` and ``(N)``, classes that are not integers, ``temperature``
            that is not positive, or unknown ``reduction``.

    Source:
        Khosla et al., *Supervised Contrastive Learning*, NeurIPS 2020 (without the factor of temperatures in
        its code).

    >>> import torch
    >>> u = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])  # the last one is alone
    >>> sup_con_loss(u, torch.tensor([0, 0, 1]), temperature=1.0)  # log(e + 1) - 1
    tensor(0.3133)
    """
    _check_classes(input, target)
    points = _direction(input)
    score = product(points, points.T) / _positive("temperature", temperature, input)
    alike = (target.unsqueeze(1) == target) & ~_diagonal(score)
    friends = alike.sum(1)
    mean = torch.where(alike, score, 0).sum(1) / friends.clamp(min=1)
    each = torch.where(friends > 0, _without_diagonal(score).logsumexp(1) - mean, 0).to(input.dtype)
    check_reduction(reduction)
    if reduction == "mean":
        return mean_by(each, (friends > 0).sum(dtype=at_least_float32(each)).clamp(min=1))
    return reduce(each, reduction)


@full_precision
def siglip_loss(
    input1: Tensor,
    input2: Tensor,
    scale: Tensor | float,
    bias: Tensor | float,
    reduction: str = "mean",
) -> Tensor:
    r"""SigLIP's loss: of every pair separately, whether it belongs together.

    .. math:: \ell_i = \sum_j \log\bigl(1 + e^{-y_{ij} (s \cos(a_i, b_j) + b)}\bigr),
       \qquad y_{ij} = \begin{cases} 1 & i = j \\ -1 & i \ne j \end{cases}

    An independent Bernoulli variable for each of the :math:`N^2` pairs. No softmax couples the candidates,
    so a batch may be cut into blocks. Only one pair in :math:`N` is alike, which the bias has to know: start
    it at about :math:`-\log(N - 1)` or below (the paper: :math:`s = 10`, :math:`b = -10`).

    Status: G, likelihood of an auxiliary task: whether a pair belongs together.

    Args:
        input1: embeddings :math:`a`, shape ``(N, D)``; only their directions count.
        input2: embeddings :math:`b` of their partners, shape ``(N, D)``, in the same order.
        scale: :math:`s > 0`, the inverse temperature: a number or a tensor of one element, to be learned.
        bias: :math:`b`, the logit at cosine 0: a number or a tensor of one element, to be learned.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``, not by the number of pairs) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``, one row of pairs each.

    Raises:
        NotImplementedError: an embedding is not floating point.
        ValueError: a shape is another one, ``scale`` is not positive, or unknown ``reduction``.

    Source:
        Zhai, Mustafa, Kolesnikov and Beyer, *Sigmoid Loss for Language Image Pre-Training*, ICCV 2023.

    >>> import torch
    >>> a = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> siglip_loss(a, a, scale=1.0, bias=0.0)  # log(1 + 1/e) + log 2
    tensor(1.0064)
    """
    _check_views(input1=input1, input2=input2)
    scale, bias = _positive("scale", scale, input1), _one("bias", bias, input1)
    logit = scale * product(_direction(input1), _direction(input2).T) + bias
    pairs = softplus(torch.where(_diagonal(logit), -logit, logit))
    return reduce(pairs.sum(1).to(input1.dtype), reduction)


@full_precision
def barlow_twins_loss(input1: Tensor, input2: Tensor, lambd: float = 0.005, eps: float = 1e-5) -> Tensor:
    r"""Barlow Twins: the correlations of the features of two views should be the identity matrix.

    .. math:: \sum_i (1 - C_{ii})^2 + \lambda \sum_{i \ne j} C_{ij}^2,
       \qquad C = \frac1N z_1^\top z_2, \quad z = \frac{x - \bar x}{\sqrt{\operatorname{var}(x) + \epsilon}}

    A feature must agree between the views, and no two features may say the same. No pair is repelled, so no
    negatives are needed; nor is there a likelihood.

    Status: H, function of a set: of second moments over the batch.

    Args:
        input1: features of the first views, shape ``(N, D)``, :math:`N \ge 2`.
        input2: features of the second views, shape ``(N, D)``, in the same order.
        lambd: weight :math:`\lambda` of the correlations between different features.
        eps: added to the variances, those with ``N`` in the denominator; with 0, a constant feature is nan.

    Returns:
        A scalar without a unit: one number for the batch, which is not a mean over its rows.

    Raises:
        NotImplementedError: the features are not floating point.
        ValueError: a shape is another one, or the batch has fewer than two rows.

    Source:
        Zbontar, Jing, Misra, LeCun and Deny, *Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction*, ICML 2021.

    >>> import torch
    >>> x = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])  # both features say the same
    >>> barlow_twins_loss(x, x, lambd=0.5, eps=0.0)
    tensor(1.)
    """
    _check_views(2, input1=input1, input2=input2)
    z1, z2 = (_standardised(x, eps) for x in (input1, input2))
    correlation = product(z1.T, z2) / len(z1)
    agree, repeat = (1 - correlation) ** 2, lambd * correlation**2
    return torch.where(_diagonal(correlation), agree, repeat).sum().to(input1.dtype)


@full_precision
def vicreg_loss(
    input1: Tensor,
    input2: Tensor,
    invariance: float = 25.0,
    variance: float = 25.0,
    covariance: float = 1.0,
    eps: float = 1e-4,
) -> Tensor:
    r"""VICReg: views agree, every feature keeps a standard deviation of 1, and no two features covary.

    .. math:: \frac{\lambda}{ND} \lVert x_1 - x_2 \rVert^2 + \sum_{x = x_1, x_2} \Bigl\{
       \frac{\mu}{2D} \sum_i \bigl(1 - \sqrt{C_{ii} + \epsilon}\bigr)_+
       + \frac{\nu}{D} \sum_{i \ne j} C_{ij}^2 \Bigr\}

    :math:`C` is the covariance of the features over the batch, with :math:`N - 1` in the denominator. The
    first term alone is a squared error, which the constant map minimises; the other two forbid that.

    Status: H, function of a set: a squared error, and second moments over the batch.

    Args:
        input1: features of the first views, shape ``(N, D)``, :math:`N \ge 2`; not normalised.
        input2: features of the second views, shape ``(N, D)``, in the same order.
        invariance: weight :math:`\lambda` of the squared difference of the views.
        variance: weight :math:`\mu` of what the standard deviations lack to 1.
        covariance: weight :math:`\nu` of the squared covariances.
        eps: added to the variances under the root.

    Returns:
        A scalar: one number for the batch, which is not a mean over its rows. As in the authors' code; the
        paper has neither the ½ nor the ``1/D`` of the first term.

    Raises:
        NotImplementedError: the features are not floating point.
        ValueError: a shape is another one, or the batch has fewer than two rows.

    Source:
        Bardes, Ponce and LeCun, *VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised
        Learning*, ICLR 2022.

    >>> import torch
    >>> x = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])  # the second feature is constant
    >>> vicreg_loss(x, x, eps=0.0)  # twice 25 / 4
    tensor(12.5000)
    """
    _check_views(2, input1=input1, input2=input2)
    count, width = input1.shape
    x1, x2 = (x.to(at_least_float32(x)) for x in (input1, input2))
    total = invariance * (x1 - x2).square().mean()
    for x in (x1, x2):
        centred = x - x.mean(0)
        moments = product(centred.T, centred) / (count - 1)
        lacking = torch.relu(1 - (moments.diagonal() + eps).sqrt()).sum() / (2 * width)
        repeated = torch.where(_diagonal(moments), 0, moments).square().sum() / width
        total = total + variance * lacking + covariance * repeated
    return total.to(input1.dtype)


def _surprise(partner: Tensor, others: Tensor) -> Tensor:
    """Minus the log-probability that a softmax gives the partner: exact where it is nearly certain."""
    return softplus(others.logsumexp(-1) - partner)


def _direction(x: Tensor) -> Tensor:
    # Scaled by its largest entry first, no square overflows or vanishes. A zero vector stays one.
    x = x.to(at_least_float32(x))
    largest = x.detach().abs().amax(-1, keepdim=True)
    nothing = largest == 0
    x = x / torch.where(nothing, 1, largest)
    return torch.where(
        nothing, 0, x / torch.where(nothing, 1, torch.linalg.vector_norm(x, dim=-1, keepdim=True))
    )


def _standardised(x: Tensor, eps: float) -> Tensor:
    # Large features are scaled down first, so that no variance overflows.
    x = x.to(at_least_float32(x))
    centred = x - x.mean(0)
    size = centred.detach().abs().amax(0).clamp(min=1)
    scaled = centred / size
    return scaled / (scaled.square().mean(0) + eps / size / size).sqrt()


def _diagonal(matrix: Tensor) -> Tensor:
    return torch.eye(len(matrix), dtype=torch.bool, device=matrix.device)


def _without_diagonal(score: Tensor) -> Tensor:
    return torch.where(_diagonal(score), EXCLUDED, score)


def _one(name: str, value: float | Tensor, like: Tensor) -> Tensor:
    """A number, or a tensor of one element, as a tensor without dimensions."""
    value = torch.as_tensor(value, dtype=at_least_float32(like), device=like.device)
    if value.numel() != 1:
        raise ValueError(f"{name} must be a number or one element, found shape {tuple(value.shape)}")
    return value.reshape(())


def _positive(name: str, value: float | Tensor, like: Tensor) -> Tensor:
    value = _one(name, value, like)
    check_values(name, value.detach(), value > 0, "positive", ValueError)
    return value


def _check_views(least: int = 0, **views: Tensor) -> None:
    (first, a), (second, b) = views.items()
    if a.ndim != 2 or a.shape != b.shape or a.shape[1] == 0:
        raise ValueError(
            f"{first} and {second} must both be (N, D), found {tuple(a.shape)} and {tuple(b.shape)}"
        )
    check_floating(**views)
    if len(a) < least:
        raise ValueError(f"{first} must hold at least {least} rows, found {len(a)}")


def _check_negatives(negatives: Tensor, input: Tensor) -> None:
    count, width = input.shape
    leading = () if negatives.ndim == 2 else (count,)
    if negatives.ndim not in (2, 3) or negatives.shape != (*leading, negatives.shape[-2], width):
        raise ValueError(
            f"negatives must be (M, D) or (N, M, D) for input {tuple(input.shape)}, "
            f"found {tuple(negatives.shape)}"
        )
    check_floating(negatives=negatives)


def _check_classes(input: Tensor, target: Tensor) -> None:
    if input.ndim != 2 or input.shape[1] == 0 or target.shape != input.shape[:1]:
        raise ValueError(
            f"input must be (N, D) and target (N), found {tuple(input.shape)} and {tuple(target.shape)}"
        )
    check_floating(input=input)
    if target.is_floating_point() or target.is_complex():
        raise ValueError(f"target must hold integers, found dtype {target.dtype}")
