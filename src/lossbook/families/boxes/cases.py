"""Cases for boxes: overlapping, inside each other and apart. References sort the ends of intervals."""

import math

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Loss, Sizes, Workload, leaf

HUGE = 1e4


def boxes(generator: Generator) -> tuple[Tensor, Tensor]:
    """Pairs of boxes, among them one inside the other, and two that are apart."""
    start, side = torch.rand(2, 2, 6, 2, generator=generator, dtype=torch.float64)
    side = 1 + side
    start[0, 0], side[0, 0] = start[1, 0] + 0.25 * side[1, 0], 0.5 * side[1, 0]
    start[0, 1] = start[1, 1] + 1.25 * side[1, 1]
    start[0, 2, 0] = start[1, 2, 0] + 1.5 * side[1, 2, 0]
    predicted, true = torch.cat([start, start + side], -1)
    return predicted.reshape(3, 2, 4), true.reshape(3, 2, 4)


def by_sorting(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Shared and covered area, and width and height of the hull, from the four ends on each axis in order.

    Two intervals meet between the second and the third end, unless these two are all of one interval.
    """
    shared, hull = [], []
    for axis in (0, 1):
        (a, b), (c, d) = ((box[..., axis], box[..., axis + 2]) for box in (input, target))
        ends = torch.stack([a, b, c, d], -1).sort(-1).values
        apart = (b < c) | (d < a)
        shared.append(torch.where(apart, 0, ends[..., 2] - ends[..., 1]))
        hull.append(ends[..., 3] - ends[..., 0])
    both = shared[0] * shared[1]
    areas = [(box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1]) for box in (input, target)]
    return both, areas[0] + areas[1] - both, hull[0], hull[1]


def giou_by_sorting(input: Tensor, target: Tensor, eps: float = 1e-7, reduction: str = "mean") -> Tensor:
    both, union, wide, high = by_sorting(input, target)
    hull = wide * high
    return reduce(1 - both / (union + eps) + (hull - union) / (hull + eps), reduction)


def diou_by_sorting(input: Tensor, target: Tensor, eps: float = 1e-7, reduction: str = "mean") -> Tensor:
    both, union, wide, high = by_sorting(input, target)
    centres = [(box[..., :2] + box[..., 2:]) / 2 for box in (input, target)]
    apart = (centres[0] - centres[1]).pow(2).sum(-1)
    return reduce(1 - both / (union + eps) + apart / (wide**2 + high**2 + eps), reduction)


def ciou_by_sorting(input: Tensor, target: Tensor, eps: float = 1e-7, reduction: str = "mean") -> Tensor:
    return ciou_with_weight_held(input, target, eps)(input, target, eps, reduction)


def ciou_with_weight_held(found: Tensor, true: Tensor, eps: float = 1e-7) -> Loss:
    """CIoU as a function of the boxes, but with the weight of the shape that ``found`` has."""
    both, union, _, _ = by_sorting(found, true)
    weight = (by_angle(found, true) / (1 - both / (union + eps) + by_angle(found, true) + eps)).detach()

    def loss(input: Tensor, target: Tensor, eps: float = 1e-7, reduction: str = "mean") -> Tensor:
        return reduce(
            diou_by_sorting(input, target, eps, "none") + weight * by_angle(input, target), reduction
        )

    return loss


def by_angle(input: Tensor, target: Tensor) -> Tensor:
    """The angle of a box as that of a complex number: its height, and i times its width."""
    angles = [
        torch.complex(box[..., 3] - box[..., 1], box[..., 2] - box[..., 0]).angle() for box in (input, target)
    ]
    return ((angles[1] - angles[0]) / (math.pi / 2)) ** 2


def at(*rows: tuple[float, ...]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


POINT, LINE = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 2.0, 0.0)
UNIT, FAR = (0.0, 0.0, 1.0, 1.0), (HUGE, HUGE, HUGE + 1, HUGE + 1)
VAST, THIN = (-1e300, -1e300, 1e300, 1e300), (0.0, 0.0, 1e-300, 1.0)
TURNED = (2.0, 1.0, 0.0, 0.0)
FOUND = at(POINT, POINT, LINE, LINE, UNIT, UNIT, FAR, VAST, VAST, THIN, THIN, TURNED, TURNED, UNIT)
WANTED = at(POINT, UNIT, LINE, THIN, UNIT, POINT, UNIT, VAST, POINT, THIN, VAST, UNIT, LINE, VAST)
EXTREMES = [((FOUND, WANTED), {"eps": eps}) for eps in (0.0, 1e-7)]

SPECS = {
    "giou_loss": Spec(
        boxes, wrt=(0, 1), options=grid(eps=(1e-7, 0.1)), extremes=EXTREMES, reference=giou_by_sorting
    ),
    "diou_loss": Spec(
        boxes, wrt=(0, 1), options=grid(eps=(1e-7, 0.1)), extremes=EXTREMES, reference=diou_by_sorting
    ),
    "ciou_loss": Spec(
        boxes,
        held=ciou_with_weight_held,
        options=grid(eps=(1e-7, 0.1)),
        extremes=EXTREMES,
        reference=ciou_by_sorting,
    ),
}


def many_boxes(s: Sizes) -> Inputs:
    start, side = torch.rand(2, 2, s.elements // 4, 2)
    predicted, true = torch.cat([start, start + side], -1)
    return leaf(predicted), true


WORKLOADS = (
    Workload("giou_loss", many_boxes),
    Workload("diou_loss", many_boxes),
    Workload("ciou_loss", many_boxes),
)
