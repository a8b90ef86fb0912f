r"""Pairs of embeddings: two inputs are alike (target 1) or not (target -1).

Alike pairs have a noise model, a density around the partner. For pairs that are not alike there is none: the
loss is a hinge that stops pushing once they are far enough apart.
"""

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating, check_real
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import reduce
from lossbook.ground.strictness import is_strict
from lossbook.ground.values import (
    CLAMP_SLOPE,
    check_signs,
    check_values,
    check_values_if_strict,
    positive_part,
    unless,
)

EPSILON = 1e-12  # torch's: keeps the cosine of a zero vector at 0


@full_precision
def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Tensor:
    r"""Cosine embedding loss: alike pairs should point the same way, others at least ``margin`` apart.

    .. math:: \ell = \begin{cases} 1 - \cos(a, b) & y = 1 \\ \max(0, \cos(a, b) - m) & y = -1 \end{cases}
       \qquad p(\hat a \mid \hat b) = C_D(1)\, e^{\cos(a, b)}
       \;\Longrightarrow\; 1 - \cos(a, b) = -\log p(\hat a \mid \hat b) + 1 + \log C_D(1)

    For :math:`y = 1` this is a density: von Mises and Fisher's on the unit sphere, of concentration 1, around
    the direction :math:`\hat b = b / \lVert b \rVert`. The loss is half the squared distance of directions.

    Status: A′ for alike pairs, likelihood of the direction alone; F for the others, margin surrogate.

    Args:
        input1: embeddings :math:`a`, shape ``(N, D)`` or ``(D)``.
        input2: embeddings :math:`b`, shape of ``input1``.
        target: 1 or -1, shape ``(N)``, or ``()`` for one pair. Any other value gives a loss of 0.
        margin: cosine :math:`m` that other pairs may keep, between -1 and 1.
        reduction: ``'none'``, ``'mean'`` (divides by the number of pairs) or ``'sum'``.

    Returns:
        The loss, without a unit: a scalar, or shape ``(N)`` or ``()`` for ``'none'``. A zero vector has
        cosine 0, as in torch. In float16, and for vectors longer than about :math:`10^9` in float32, torch's
        squared lengths overflow to a loss of 1 or nan; these do not.

    Raises:
        NotImplementedError: ``input1`` or ``input2`` is complex.
        RuntimeError: ``target`` has no or more than one dimension too many, or the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Targets other than 1 and -1, a margin outside of [-1, 1], shapes that broadcast.

    Source:
        Banerjee, Dhillon, Ghosh, Sra, *Clustering on the Unit Hypersphere using von Mises-Fisher
        Distributions*, JMLR 6, 2005 (the density).

    >>> import torch
    >>> a, b = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0, 2.0], [3.0, 4.0]])
    >>> cosine_embedding_loss(a, b, torch.tensor([1, -1]), reduction="none")
    tensor([1.0000, 0.6000])
    """
    _check_pairs(input1, input2, target, margin)
    cos = _cosine(input1, input2)
    check_broadcast(pairs=cos, target=target)
    alike = torch.where(target == 1, 1 - cos, 0.0)
    other = torch.where(target == -1, (cos - margin).clamp(min=0), 0.0)
    return reduce(alike + other, reduction)


@full_precision
def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    r"""Hinge embedding loss: the distance of alike pairs, and what others lack to ``margin``.

    .. math:: \ell = \begin{cases} d & y = 1 \\ \max(0, m - d) & y = -1 \end{cases}
       \qquad p(x \mid x') = \frac{e^{-\lVert x - x' \rVert}}{Z_D}
       \;\Longrightarrow\; d = \lVert x - x' \rVert = -\log p(x \mid x') - \log Z_D

    Only :math:`y = 1` has a density: the isotropic Laplace distribution around the partner :math:`x'`. This
    is not the hinge of a support vector machine, whose input is a score and not a distance.

    Status: A′ for alike pairs, likelihood of one point given the other; F for the others, margin surrogate.

    Args:
        input: distance :math:`d` of each pair, any shape ``(*)``. A negative one is accepted.
        target: 1 or -1, shape ``(*)``; another shape broadcasts. Any other value adds *both* branches.
        margin: distance :math:`m` at which other pairs cost nothing more, in units of the distance.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in units of the distance: a scalar, or the broadcast shape for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is complex.
        RuntimeError: the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Targets other than 1 and -1, shapes that differ, negative distances.

    Source:
        Chopra, Hadsell, LeCun, *Learning a Similarity Metric Discriminatively, with Application to Face
        Verification*, CVPR 2005 (attraction and repulsion; the branches there are squared and exponential).

    >>> import torch
    >>> hinge_embedding_loss(torch.tensor([0.3, 0.3, 2.0]), torch.tensor([1, -1, -1]), reduction="none")
    tensor([0.3000, 0.7000, 0.0000])
    """
    check_real(input=input)
    check_broadcast(input=input, target=target)
    check_signs(target)
    check_values_if_strict("input", input, ~(input < 0), "a distance, at least 0")
    alike = unless(-1, target, input)
    other = unless(1, target, positive_part(margin - input, CLAMP_SLOPE))
    return reduce(alike + other, reduction)


@full_precision
def contrastive_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    r"""Contrastive loss: half the squared distance of alike pairs, half the square of what others lack.

    .. math:: \ell = \begin{cases} \frac12 d^2 & y = 1 \\ \frac12 \max(0, m - d)^2 & y = -1 \end{cases}
       \qquad p(a \mid b) = \frac{e^{-\lVert a - b \rVert^2 / 2}}{(2\pi)^{D/2}}
       \;\Longrightarrow\; \tfrac12 d^2 = -\log p(a \mid b) - \tfrac D2 \log 2\pi

    with :math:`d = \lVert a - b \rVert`. Only :math:`y = 1` has a density: normal noise of variance 1 around
    the partner. A spring pulls alike pairs together; others are pushed apart by a spring that is slack from
    the margin on.

    Status: A′ for alike pairs, likelihood of one point given the other; F for the others, margin surrogate.

    Args:
        input1: embeddings :math:`a`, shape ``(N, D)`` or ``(D)``.
        input2: embeddings :math:`b`, shape of ``input1``.
        target: 1 or -1, shape ``(N)``, or ``()`` for one pair, as in :func:`cosine_embedding_loss`; the
            paper has 0 for alike pairs and 1 for others.
        margin: distance :math:`m > 0` at which other pairs cost nothing more.
        reduction: ``'none'``, ``'mean'`` (divides by the number of pairs) or ``'sum'``.

    Returns:
        The loss in squared units of the distance: a scalar, or the shape of ``target`` for ``'none'``. Two
        equal embeddings of different kinds get no gradient: there is no direction to part in.

    Raises:
        NotImplementedError: an embedding is not floating point.
        ValueError: a shape is another one, a target is neither 1 nor -1, ``margin`` is not positive, or
            unknown ``reduction``.

    Source:
        Hadsell, Chopra, LeCun, *Dimensionality Reduction by Learning an Invariant Mapping*, CVPR 2006.

    >>> import torch
    >>> a, b = torch.tensor([[0.0, 0.0], [0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    >>> contrastive_loss(a, b, torch.tensor([1, -1]), reduction="none")
    tensor([12.5000,  0.1250])
    """
    _check_contrast(input1, input2, target, margin)
    wide = torch.promote_types(input1.dtype, torch.float32)  # float16 has no room for squares
    apart = input1.to(wide) - input2.to(wide)
    alike = 0.5 * apart.square().sum(-1)
    lacking = positive_part(margin - torch.linalg.vector_norm(apart, dim=-1), CLAMP_SLOPE)
    return reduce(torch.where(target == 1, alike, 0.5 * lacking**2).to(input1.dtype), reduction)


def _check_contrast(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> None:
    if input1.ndim not in (1, 2) or input1.shape != input2.shape or target.shape != input1.shape[:-1]:
        raise ValueError(
            "input1 and input2 must be (N, D) with a target (N), or (D) with (), found "
            f"{tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)}"
        )
    check_floating(input1=input1, input2=input2)
    if not margin > 0:
        raise ValueError(f"margin must be positive, found {margin!r}")
    check_values("target", target.detach(), (target == 1) | (target == -1), "1 or -1", ValueError)


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    # float16 and bfloat16 have no room for the squares; a product of lengths overflows later than torch's
    # root of the product of squared lengths.
    dtype = torch.promote_types(a.dtype, b.dtype)
    a, b = (x.to(torch.promote_types(x.dtype, torch.float32)) for x in (a, b))
    length_a = ((a * a).sum(-1) + EPSILON).sqrt()
    length_b = ((b * b).sum(-1) + EPSILON).sqrt()
    cos = (a * b).sum(-1) / (length_a * length_b)
    return cos.to(dtype) if dtype.is_floating_point else cos


def _check_pairs(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> None:
    found = f"input1 {tuple(input1.shape)}, input2 {tuple(input2.shape)}, target {tuple(target.shape)}"
    if target.dim() > 1 or input1.dim() != target.dim() + 1 or input2.dim() != target.dim() + 1:
        raise RuntimeError(f"the inputs must be (N, D) with a target (N), or (D) with (), found {found}")
    check_real(input1=input1, input2=input2)
    check_broadcast(input1=input1, input2=input2)
    check_signs(target)
    if is_strict() and not -1 <= margin <= 1:
        raise ValueError(f"margin must be between -1 and 1 in strict mode, found {margin!r}")
