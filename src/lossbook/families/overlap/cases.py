"""Cases for overlap: two images of two masks. References count pixels, and sum over sets."""

from typing import Any

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

HUGE = 1e4


def masks(generator: Generator) -> tuple[Tensor, Tensor]:
    """Soft memberships that keep clear of 0 and 1."""
    predicted, true = torch.rand(2, 2, 2, 3, 2, generator=generator, dtype=torch.float64) * 0.8 + 0.1
    return predicted, true


def hard_masks(generator: Generator) -> tuple[Tensor, Tensor]:
    """True masks of 0 and 1, among them an empty one."""
    predicted, true = masks(generator)
    true = (true > 0.6).double()
    true[1, 1] = 0
    return predicted, true


def logits_of_masks(generator: Generator) -> tuple[Tensor, Tensor]:
    z = 2 * torch.randn(3, 4, 3, generator=generator, dtype=torch.float64)
    t = torch.randint(2, (3, 4, 3), generator=generator)
    t[2] = 0
    return z, t.double()


def logits_of_classes(generator: Generator) -> tuple[Tensor, Tensor]:
    z = torch.randn(3, 4, 2, 2, generator=generator, dtype=torch.float64)
    y = torch.randint(3, (3, 2, 2), generator=generator)  # the last class is absent
    y[2] = 1
    return z, y


def by_counting(
    input: Tensor,
    target: Tensor,
    alpha: float = 0.5,
    beta: float = 0.5,
    smooth: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Tversky's ratio from its complement: what is wrong over all, one mask at a time."""
    rows = []
    for p, t in zip(input.flatten(0, 1), target.flatten(0, 1), strict=True):
        wrong = alpha * (p - p * t).sum() + beta * (t - p * t).sum()
        whole = (p * t).sum() + wrong + smooth
        rows.append(wrong / whole if whole > 0 else 0 * whole)
    return reduce(torch.stack(rows).reshape(input.shape[:2]), reduction)


def dice_by_counting(input: Tensor, target: Tensor, smooth: float = 0.0, reduction: str = "mean") -> Tensor:
    return by_counting(input, target, 0.5, 0.5, smooth / 2, reduction)


def jaccard_by_counting(
    input: Tensor, target: Tensor, smooth: float = 0.0, reduction: str = "mean"
) -> Tensor:
    return by_counting(input, target, 1.0, 1.0, smooth, reduction)


def generalized_by_counting(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The definition with the weights as they stand, one image at a time."""
    rows = []
    for p, t in zip(input.flatten(2), target.flatten(2), strict=True):
        sizes = t.detach().sum(1).tolist()
        given = [1 / size**2 for size in sizes if size]
        weights = [1 / size**2 if size else max(given, default=1.0) for size in sizes]
        above = sum(w * (a * b).sum() for w, a, b in zip(weights, p, t, strict=True))
        below = sum(w * (a + b).sum() for w, a, b in zip(weights, p, t, strict=True))
        rows.append(1 - 2 * above / below)
    return reduce(torch.stack(rows), reduction)


def extended(errors: Tensor, truth: list[bool]) -> Tensor:
    """Lovász's extension as an integral over levels: the Jaccard loss of the pixels whose error is above.

    Between two levels that occur the set does not change, so the integral is a sum over them.
    """

    def jaccard(level: float) -> float:
        wrong = [error > level for error in errors.tolist()]
        union = sum(w or t for w, t in zip(wrong, truth, strict=True))
        kept = sum(t and not w for w, t in zip(wrong, truth, strict=True))
        return 1 - kept / union if union else 0.0

    order = errors.detach().argsort()
    levels = torch.cat([errors.new_zeros(1), errors[order]])
    middles = ((levels[:-1] + levels[1:]) / 2).tolist()
    heights = errors.new_tensor([jaccard(level) for level in middles])
    return (heights * (levels[1:] - levels[:-1])).sum()


def hinge_by_levels(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    signs = 2 * target.flatten(1) - 1
    errors = (1 - signs * input.flatten(1)).clamp(min=0)
    rows = [extended(e, t.bool().tolist()) for e, t in zip(errors, target.flatten(1), strict=True)]
    return reduce(torch.stack(rows), reduction)


def softmax_by_levels(
    input: Tensor, target: Tensor, classes: str = "present", ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    rows = []
    for z, y in zip(input.flatten(2), target.flatten(1), strict=True):
        p, y = z.softmax(0)[:, y != ignore_index], y[y != ignore_index]
        listed = range(len(z)) if classes == "all" else y.unique().tolist()
        each = [extended(((y == c).to(p) - p[c]).abs(), (y == c).tolist()) for c in listed]
        rows.append(torch.stack(each).mean() if len(y) else 0 * z.sum())
    return reduce(torch.stack(rows), reduction)


EMPTY = torch.zeros(1, 2, 3, dtype=torch.float64)
FULL = torch.ones(1, 2, 3, dtype=torch.float64)
TINY = torch.full((1, 2, 3), 1e-300, dtype=torch.float64)
CORNERS: list[tuple[Any, ...]] = [(EMPTY, EMPTY), (EMPTY, FULL), (FULL, EMPTY), (FULL, FULL), (TINY, TINY)]
FAR = torch.tensor([[HUGE, -HUGE, 0.0], [1e300, -1e300, 1.0]], dtype=torch.float64)
TRUE = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
SURE = torch.tensor([[[HUGE, -HUGE], [-HUGE, HUGE], [0.0, 0.0]]], dtype=torch.float64)

SPECS = {
    "dice_loss": Spec(
        masks,
        wrt=(0, 1),
        options=grid(smooth=(0.0, 1.0)),
        extremes=[(corner, {"smooth": s}) for corner in CORNERS for s in (0.0, 1.0)],
        reference=dice_by_counting,
    ),
    "jaccard_loss": Spec(
        masks,
        wrt=(0, 1),
        options=grid(smooth=(0.0, 1.0)),
        extremes=[(corner, {"smooth": s}) for corner in CORNERS for s in (0.0, 1.0)],
        reference=jaccard_by_counting,
    ),
    "tversky_loss": Spec(
        masks,
        wrt=(0, 1),
        options=[{}, {"alpha": 0.3, "beta": 2.0}, {"alpha": 0.3, "beta": 0.7, "smooth": 1.0}],
        extremes=[(corner, {"alpha": a, "beta": 0.0}) for corner in CORNERS for a in (0.0, 0.7)],
        reference=by_counting,
    ),
    "generalized_dice_loss": Spec(
        hard_masks,
        extremes=[(corner, {}) for corner in CORNERS],
        reference=generalized_by_counting,
    ),
    "lovasz_hinge_loss": Spec(
        logits_of_masks,
        extremes=[((FAR, TRUE), {}), ((FAR, 0 * TRUE), {}), ((FAR, 0 * TRUE + 1), {})],
        reference=hinge_by_levels,
    ),
    "lovasz_softmax_loss": Spec(
        logits_of_classes,
        options=[{}, {"classes": "all", "ignore_index": 1}],
        extremes=[
            ((SURE, torch.tensor(y)), {"classes": chosen})
            for y in ([[0, 1]], [[1, 0]], [[-100, -100]])
            for chosen in ("present", "all")
        ],
        reference=softmax_by_levels,
    ),
}


SIDE = 64


def _images(s: Sizes) -> int:
    return -(-s.elements // (10 * SIDE * SIDE))


def memberships(s: Sizes) -> Inputs:
    shape = (_images(s), 4, SIDE, SIDE)
    return leaf(torch.rand(shape)), (torch.rand(shape) < 0.1).float()


def logits_and_masks(s: Sizes) -> Inputs:
    shape = (_images(s), SIDE, SIDE)
    return leaf(torch.randn(shape)), (torch.rand(shape) < 0.1).float()


def logits_and_classes(s: Sizes) -> Inputs:
    n = _images(s)
    return leaf(torch.randn(n, 4, SIDE, SIDE)), torch.randint(4, (n, SIDE, SIDE))


WORKLOADS = (
    Workload("dice_loss", memberships),
    Workload("jaccard_loss", memberships),
    Workload("tversky_loss", memberships, {"alpha": 0.3, "beta": 0.7}),
    Workload("generalized_dice_loss", memberships),
    Workload("lovasz_hinge_loss", logits_and_masks),
    Workload("lovasz_softmax_loss", logits_and_classes),
)
