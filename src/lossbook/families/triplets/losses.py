r"""Triplets: the anchor should be nearer to the positive than to the negative, by a margin.

None of these is a likelihood. Their smooth twin is: :math:`\log(1 + e^{d_p - d_n})` is Bradley and Terry's
model on the distances (:func:`lossbook.losses.pairwise_logistic_loss`), and the hinge is its limit.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import check_reduction, reduce


@full_precision
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-06,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Triplet loss: the negative should be farther than the positive by ``margin``.

    .. math:: \ell = \max(0,\; d(a, p) - d(a, n) + m), \qquad d(x, y) = \lVert x - y + \epsilon \rVert_p

    It is an upper bound of :math:`m` times the error :math:`[d(a, p) \ge d(a, n)]`. Collapsed embeddings
    (:math:`a = p = n`) cost exactly :math:`m`: a loss that stays there has collapsed.

    Status: F, margin surrogate.

    Args:
        anchor: embeddings :math:`a`, shape ``(*, D)``, most often ``(N, D)`` or ``(D)``.
        positive: embeddings of the anchor's kind, shape ``(*, D)``.
        negative: embeddings of another kind, shape ``(*, D)``.
        margin: :math:`m`, positive, in units of the distance.
        p: order of the norm.
        eps: added to every component of a difference. It keeps :math:`d(a, a)` off 0, where the norm has a
            corner; the distance of a vector from itself is therefore :math:`\epsilon D^{1/p}`.
        swap: replace :math:`d(a, n)` by the smaller of it and :math:`d(p, n)`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of triplets) or ``'sum'``.

    Returns:
        The loss in units of the distance: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        RuntimeError: the inputs have different numbers of dimensions, or shapes that do not broadcast.
        ValueError: ``margin`` is not positive, or unknown ``reduction``.

    Strict:
        Shapes that broadcast.

    Source:
        Weinberger, Saul, *Distance Metric Learning for Large Margin Nearest Neighbor Classification*, JMLR
        10, 2009; Balntas, Riba, Ponsa, Mikolajczyk, *Learning Local Feature Descriptors with Triplets and
        Shallow Convolutional Neural Networks*, BMVC 2016 (``swap``).

    >>> import torch
    >>> a, p, n = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 5.5]])
    >>> triplet_margin_loss(a, p, n)
    tensor(0.5000)
    """

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return torch.linalg.vector_norm(x - y + eps, ord=p, dim=-1)

    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=reduction
    )


@full_precision
def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Triplet loss with a distance of your own: cosine, squared, hyperbolic.

    .. math:: \ell = \max(0,\; d(a, p) - d(a, n) + m)

    Status: F, margin surrogate.

    Args:
        anchor: embeddings :math:`a`, shape ``(*, D)``, most often ``(N, D)`` or ``(D)``.
        positive: embeddings of the anchor's kind, shape ``(*, D)``.
        negative: embeddings of another kind, shape ``(*, D)``.
        distance_function: takes two tensors and returns how *far* each pair is; a similarity inverts the
            goal. By default :func:`torch.pairwise_distance`. Write a root so that it has a gradient at 0:
            ``((x - y) ** 2).sum(-1).sqrt()`` gives nan where two vectors are equal.
        margin: :math:`m`, positive, in units of the distance.
        swap: replace :math:`d(a, n)` by the smaller of it and :math:`d(p, n)`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of triplets) or ``'sum'``.

    Returns:
        The loss in units of the distance: a scalar, or what the distances broadcast to for ``'none'``.

    Raises:
        RuntimeError: the inputs have different numbers of dimensions, or shapes that do not broadcast.
        TypeError: ``distance_function`` cannot be called, or does not return a tensor.
        ValueError: ``margin`` is not positive, or unknown ``reduction``.

    Strict:
        Shapes that broadcast.

    Source:
        Schroff, Kalenichenko, Philbin, *FaceNet: A Unified Embedding for Face Recognition and Clustering*,
        CVPR 2015 (with the squared distance).

    >>> import torch
    >>> a, p, n = torch.tensor([[0.0]]), torch.tensor([[2.0]]), torch.tensor([[3.0]])
    >>> def squared(x, y):
    ...     return ((x - y) ** 2).sum(-1)
    >>> triplet_margin_with_distance_loss(a, p, n, distance_function=squared, margin=7)
    tensor(2.)
    """
    _validate(anchor, positive, negative, margin)
    check_reduction(reduction)
    distance = distance_function or torch.pairwise_distance
    to_positive, to_negative = distance(anchor, positive), distance(anchor, negative)
    if not (isinstance(to_positive, Tensor) and isinstance(to_negative, Tensor)):
        raise TypeError(f"distance_function must return a tensor, found {type(to_positive).__name__}")
    if swap:
        to_negative = torch.minimum(to_negative, distance(positive, negative))
    return reduce((margin + to_positive - to_negative).clamp(min=0), reduction)


def _check_margin(margin: float) -> None:
    """Raise ``ValueError`` unless ``margin`` is positive."""
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, found {margin!r}")


def _validate(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> None:
    _check_margin(margin)
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "anchor, positive and negative must have the same number of dimensions, found "
            f"{tuple(anchor.shape)}, {tuple(positive.shape)} and {tuple(negative.shape)}"
        )
    check_broadcast(anchor=anchor, positive=positive, negative=negative)
