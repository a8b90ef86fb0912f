r"""Overlap of a predicted mask with the true one: Dice, Jaccard, Tversky, and Lovász's extension.

A mask says of each pixel how much of it belongs to a class: :math:`t` in truth, :math:`p` as predicted. All
losses here are made from three sums over the pixels of an image, :math:`\mathrm{TP} = \sum p t`, :math:`P =
\sum p` and :math:`T = \sum t`. They do not decompose over pixels, and so none is a likelihood.
"""

import torch
from torch import Tensor

from lossbook.ground.arguments import check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.labels import read_labels
from lossbook.ground.reduction import at_least_float32, reduce
from lossbook.ground.values import check_values, positive_part


@full_precision
def dice_loss(input: Tensor, target: Tensor, smooth: float = 0.0, reduction: str = "mean") -> Tensor:
    r"""Soft Dice loss: one minus the share of the predicted and the true pixels that overlap.

    .. math:: 1 - \frac{2\,\mathrm{TP} + s}{P + T + s}

    For masks of 0 and 1 the quotient is the Dice score, which is the F1 score of the pixels; with the Jaccard
    index :math:`J` of the same masks it is :math:`\tfrac{2J}{1 + J}`. The loss is no likelihood and no
    proper score: where pixels are uncertain together, its minimiser is 0 or 1 and never in between.

    Status: H, set function.

    Args:
        input: predicted memberships :math:`p` from 0 to 1, shape ``(N, C, ...)``: apply a sigmoid or a
            softmax first.
        target: true memberships :math:`t` from 0 to 1, the same shape; boolean and integer masks will do.
        smooth: :math:`s`, not negative, in pixels: added to both parts of the quotient.
        reduction: ``'none'``, ``'mean'`` (divides by the number of masks, ``N`` times ``C``) or ``'sum'``.

    Returns:
        The loss, from 0 to 1: a scalar, or shape ``(N, C)`` for ``'none'``. Where both masks are empty and
        ``smooth`` is 0, it is 0.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: the shapes differ or lack a dimension, a membership is outside of 0 to 1, ``smooth`` is
            negative; unknown ``reduction``.

    Source:
        Milletari, Navab, Ahmadi, *V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image
        Segmentation*, 3DV 2016. Both smoothings are ``smooth``, as MONAI allows; the squares that the paper
        has in its denominator are not taken.

    >>> import torch
    >>> dice_loss(torch.tensor([[[1.0, 1.0, 0.0]]]), torch.tensor([[[1.0, 0.0, 0.0]]]))  # 1 - 2 / (2 + 1)
    tensor(0.3333)
    """
    _check_smooth(smooth)
    p, t = _memberships(input, target)
    tp = (p * t).sum(-1)
    overlap = _quotient(2 * tp + smooth, p.sum(-1) + t.sum(-1) + smooth)
    return reduce(1 - overlap, reduction).to(input.dtype)


@full_precision
def jaccard_loss(input: Tensor, target: Tensor, smooth: float = 0.0, reduction: str = "mean") -> Tensor:
    r"""Soft Jaccard loss: one minus intersection over union (IoU).

    .. math:: 1 - \frac{\mathrm{TP} + s}{P + T - \mathrm{TP} + s}

    Without smoothing it is a rising function of the soft Dice loss :math:`\ell` of the same mask,
    :math:`\tfrac{2\ell}{1 + \ell}`, and has the same minimiser on one image; not on the mean of several.

    Status: H, set function.

    Args:
        input: predicted memberships :math:`p` from 0 to 1, shape ``(N, C, ...)``.
        target: true memberships :math:`t` from 0 to 1, the same shape; boolean and integer masks will do.
        smooth: :math:`s`, not negative, in pixels.
        reduction: ``'none'``, ``'mean'`` (divides by the number of masks, ``N`` times ``C``) or ``'sum'``.

    Returns:
        The loss, from 0 to 1: a scalar, or shape ``(N, C)`` for ``'none'``. Where both masks are empty and
        ``smooth`` is 0, it is 0.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: as :func:`dice_loss`.

    Source:
        Rahman and Wang, *Optimizing Intersection-over-Union in Deep Neural Networks for Image Segmentation*,
        ISVC 2016.

    >>> import torch
    >>> jaccard_loss(torch.tensor([[[1.0, 1.0, 0.0]]]), torch.tensor([[[1.0, 0.0, 0.0]]]))
    tensor(0.5000)
    """
    _check_smooth(smooth)
    p, t = _memberships(input, target)
    tp = (p * t).sum(-1)
    union = (p + t - p * t).sum(-1)
    return reduce(1 - _quotient(tp + smooth, union + smooth), reduction).to(input.dtype)


@full_precision
def tversky_loss(
    input: Tensor,
    target: Tensor,
    alpha: float = 0.5,
    beta: float = 0.5,
    smooth: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Tversky loss: overlap in which false positives and false negatives weigh differently.

    .. math:: 1 - \frac{\mathrm{TP} + s}{\mathrm{TP} + \alpha\,\mathrm{FP} + \beta\,\mathrm{FN} + s}
       \qquad \mathrm{FP} = \sum p (1 - t), \quad \mathrm{FN} = \sum (1 - p) t

    With :math:`\alpha = \beta = \tfrac12` it is :func:`dice_loss`, with both 1 :func:`jaccard_loss`; with
    :math:`\alpha + \beta = 1` the quotient is the :math:`F_b` score for :math:`b^2 = \beta / \alpha`.

    Status: H, set function.

    Args:
        input: predicted memberships :math:`p` from 0 to 1, shape ``(N, C, ...)``.
        target: true memberships :math:`t` from 0 to 1, the same shape; boolean and integer masks will do.
        alpha: weight :math:`\alpha` of false positives, not negative.
        beta: weight :math:`\beta` of false negatives, not negative.
        smooth: :math:`s`, not negative, in pixels. That of :func:`dice_loss` counts twice here.
        reduction: ``'none'``, ``'mean'`` (divides by the number of masks, ``N`` times ``C``) or ``'sum'``.

    Returns:
        The loss, from 0 to 1: a scalar, or shape ``(N, C)`` for ``'none'``. Where the quotient is 0 / 0, the
        loss is 0.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: as :func:`dice_loss`, or a negative ``alpha`` or ``beta``.

    Source:
        Salehi, Erdogmus, Gholipour, *Tversky Loss Function for Image Segmentation Using 3D Fully
        Convolutional Deep Networks*, MLMI 2017.

    >>> import torch
    >>> p, t = torch.tensor([[[1.0, 1.0, 0.0]]]), torch.tensor([[[1.0, 0.0, 0.0]]])
    >>> tversky_loss(p, t, alpha=3.0, beta=1.0)  # one hit, one false positive
    tensor(0.7500)
    """
    _check_smooth(smooth)
    _check_not_negative("alpha", alpha)
    _check_not_negative("beta", beta)
    p, t = _memberships(input, target)
    tp, fp, fn = (p * t).sum(-1), (p * (1 - t)).sum(-1), ((1 - p) * t).sum(-1)
    overlap = _quotient(tp + smooth, tp + alpha * fp + beta * fn + smooth)
    return reduce(1 - overlap, reduction).to(input.dtype)


@full_precision
def generalized_dice_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Generalised Dice loss: one score for all classes of an image, small ones as heavy as large.

    .. math:: 1 - \frac{2 \sum_c w_c\, \mathrm{TP}_c}{\sum_c w_c\, (P_c + T_c)} \qquad w_c = T_c^{-2}

    No gradient flows through the weights. A class that is absent from the image takes the largest weight of
    the others.

    Status: H, set function.

    Args:
        input: predicted memberships :math:`p` from 0 to 1, shape ``(N, C, ...)``.
        target: true memberships :math:`t` from 0 to 1, the same shape; boolean and integer masks will do.
        reduction: ``'none'``, ``'mean'`` (divides by the number of images) or ``'sum'``.

    Returns:
        The loss, from 0 to 1: a scalar, or shape ``(N)`` for ``'none'``. Where all masks are empty, it is 0.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: the shapes differ or lack a dimension, or a membership is outside of 0 to 1; unknown
            ``reduction``.

    Source:
        Sudre, Li, Vercauteren, Ourselin, Cardoso, *Generalised Dice Overlap as a Deep Learning Loss Function
        for Highly Unbalanced Segmentations*, DLMIA 2017; absent classes as MONAI.

    >>> import torch
    >>> t = torch.tensor([[[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0]]])  # sizes 1 and 3, weights 9 and 1
    >>> p = torch.tensor([[[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]])
    >>> generalized_dice_loss(p, t)  # 1 - 2 * 9 / (9 * 2 + 3)
    tensor(0.1429)
    """
    p, t = _memberships(input, target)
    tp, both, size = (p * t).sum(-1), p.sum(-1) + t.sum(-1), t.sum(-1).detach()
    present = size > 0
    # The weights up to a factor, which cancels: 1 for the smallest class, so that no power overflows.
    least = torch.where(present, size, torch.inf).amin(-1, keepdim=True)
    weight = torch.where(present, least / torch.where(present, size, 1), 1).square()
    loss = 1 - _quotient(2 * (weight * tp).sum(-1), (weight * both).sum(-1))
    return reduce(loss, reduction).to(input.dtype)


@full_precision
def lovasz_hinge_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Lovász hinge: the convex extension of the Jaccard loss to the hinge errors of the pixels.

    .. math:: \sum_k m_{(k)} \bigl[\Delta(\{(1), \dots, (k)\}) - \Delta(\{(1), \dots, (k-1)\})\bigr]
       \qquad m = \bigl(1 - (2t - 1)\, z\bigr)_+

    The errors :math:`m_{(1)} \ge m_{(2)} \ge \dots` of an image are in falling order. :math:`\Delta(M)` is 1
    minus the intersection over union of a prediction that is wrong on the pixels :math:`M`. Where every
    error is 0 or 1 the loss is :math:`\Delta` itself. It is convex in the logits.

    Status: H, the convex extension of a set function.

    Args:
        input: logits :math:`z`, shape ``(N, ...)``.
        target: true mask of 0 and 1, the same shape; boolean and integer masks will do.
        reduction: ``'none'``, ``'mean'`` (divides by the number of images) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(N)`` for ``'none'``. An image without a true pixel costs its largest
        error.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: the shapes differ or lack a dimension, or ``target`` is not 0 or 1; unknown ``reduction``.

    Source:
        Yu and Blaschko, *Learning Submodular Losses with the Lovász Hinge*, ICML 2015; Berman, Triki,
        Blaschko, *The Lovász-Softmax Loss*, CVPR 2018. Each image by itself.

    >>> import torch
    >>> z, t = torch.tensor([[2.0, 0.0, -2.0]]), torch.tensor([[1, 0, 0]])
    >>> lovasz_hinge_loss(z, t)  # one error, of 1: IoU 1 / 2
    tensor(0.5000)
    """
    check_floating(input=input)
    _check_shapes(input, target, "(N, ...)", 1)
    check_values("target", target, (target == 0) | (target == 1), "0 or 1", ValueError)
    z, t = _per_image(input), _pixels(target, 1).bool()
    errors = positive_part(1 - torch.where(t, z, -z), 0)
    return reduce(_lovasz(errors, t, torch.ones_like(t)), reduction).to(input.dtype)


@full_precision
def lovasz_softmax_loss(
    input: Tensor,
    target: Tensor,
    classes: str = "present",
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    r"""Lovász softmax: the extension of the Jaccard loss to errors of probabilities, averaged over classes.

    .. math:: \frac{1}{|\mathcal C|} \sum_{c \in \mathcal C} \overline{\Delta}_c(m_c) \qquad
       m_c = \bigl|[y = c] - p_c\bigr|, \quad p = \operatorname{softmax}(z)

    with :math:`\overline{\Delta}` as in :func:`lovasz_hinge_loss`, for each image. It is convex in the
    probabilities, not in the logits.

    Status: H, the convex extension of a set function.

    Args:
        input: logits :math:`z`, shape ``(N, C, ...)``.
        target: class indices, shape ``(N, ...)``.
        classes: ``'present'`` averages over the classes that the image shows, ``'all'`` over all.
        ignore_index: class index of pixels that are left out.
        reduction: ``'none'``, ``'mean'`` (divides by the number of images) or ``'sum'``.

    Returns:
        The loss, from 0 to 1: a scalar, or shape ``(N)`` for ``'none'``. An image without a pixel that counts
        costs 0 and is counted.

    Raises:
        IndexError: a class index is out of range.
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: ``target`` has another shape, or integers of another dtype than int64 and uint8.
        ValueError: ``input`` lacks a dimension, or another batch size; unknown ``classes`` or ``reduction``.

    Source:
        Berman, Triki, Blaschko, *The Lovász-Softmax Loss: A Tractable Surrogate for the Optimization of the
        Intersection-over-Union Measure in Neural Networks*, CVPR 2018; each image by itself, from logits.

    >>> import torch
    >>> z = torch.tensor([[[9.0, 9.0, 0.0], [0.0, 0.0, 9.0]]])
    >>> lovasz_softmax_loss(z, torch.tensor([[0, 1, 1]]))  # one of three is wrong: IoU 1 / 2 for both
    tensor(0.5000)
    """
    if classes not in ("present", "all"):
        raise ValueError(f"classes must be 'present' or 'all', found {classes!r}")
    if input.ndim < 2:
        raise ValueError(f"input must have shape (N, C, ...), found {tuple(input.shape)}")
    labels = read_labels(input, target, None, ignore_index)
    y, counts = _pixels(labels.label, 1).unsqueeze(1), _pixels(labels.counts, 1).unsqueeze(1)
    p = _pixels(input, 2).to(at_least_float32(input)).softmax(1)
    shown = (y == torch.arange(input.shape[1], device=input.device)[:, None]) & counts  # (N, C, pixels)
    errors = torch.where(counts, (shown.to(p) - p).abs(), 0)
    of_class = _lovasz(errors, shown, counts.expand_as(shown))
    averaged = shown.any(-1) if classes == "present" else torch.ones_like(shown[..., 0])
    total = torch.where(averaged, of_class, 0).sum(-1)
    return reduce(total / averaged.sum(-1).clamp(min=1), reduction).to(input.dtype)


def _lovasz(errors: Tensor, truth: Tensor, counts: Tensor) -> Tensor:
    r"""Lovász's extension of the Jaccard loss over the last dimension.

    One more wrong pixel of the truth takes 1 off the intersection :math:`I`; one more of the rest adds 1 to
    the union :math:`U`. So :math:`\Delta = 1 - I / U` rises by :math:`1 / U`, or by :math:`I / (U (U - 1))`,
    exactly, where a difference of two values of :math:`\Delta` loses digits.
    """
    ordered, order = errors.sort(dim=-1, descending=True, stable=True)
    hit, other = truth.gather(-1, order), (counts & ~truth).gather(-1, order)
    size = truth.sum(-1, keepdim=True)
    intersection, union = size - hit.cumsum(-1), size + other.cumsum(-1)
    of_other = intersection / (union * (union - 1).to(errors)).clamp(min=1)
    of_other = torch.where(size == 0, (union == 1).to(errors), of_other)  # nothing to hit: the first is all
    rise = torch.where(hit, 1 / union.clamp(min=1).to(errors), torch.where(other, of_other, 0))
    return (ordered * rise).sum(-1)


def _memberships(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both masks as ``(N, C, pixels)``, checked, in float32 at least: sums of pixels are large numbers."""
    check_floating(input=input)
    _check_shapes(input, target, "(N, C, ...)", 2)
    for name, mask in (("input", input.detach()), ("target", target.detach())):
        check_values(name, mask, (mask >= 0) & (mask <= 1), "a membership from 0 to 1", ValueError)
    dtype = at_least_float32(input)
    return _pixels(input, 2).to(dtype), _pixels(target, 2).to(dtype)


def _pixels(x: Tensor, dim: int) -> Tensor:
    """``x`` with all dimensions from ``dim`` on as one."""
    return x.unsqueeze(-1).flatten(dim)


def _per_image(input: Tensor) -> Tensor:
    return _pixels(input, 1).to(at_least_float32(input))


def _quotient(above: Tensor, below: Tensor) -> Tensor:
    """``above / below``, and 1 for 0 / 0: nothing was to be found, and nothing was."""
    empty = below == 0
    return torch.where(empty, 1, above / torch.where(empty, 1, below))


def _check_shapes(input: Tensor, target: Tensor, shape: str, least: int) -> None:
    if input.ndim < least:
        raise ValueError(f"input must have shape {shape}, found {tuple(input.shape)}")
    if target.shape != input.shape:
        raise ValueError(
            f"target must have the shape of input, {tuple(input.shape)}, found {tuple(target.shape)}"
        )


def _check_smooth(smooth: float) -> None:
    _check_not_negative("smooth", smooth)


def _check_not_negative(name: str, value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{name} must be 0 or more, found {value!r}")
