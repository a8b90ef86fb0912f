"""Boxes beside counted cells, beside what moves and scales with them; what is held; and what is refused."""

import pytest
import torch
from torch.testing import assert_close

from lossbook import gradients, losses, modules
from lossbook import losses as F
from lossbook.families.boxes import cases
from lossbook.ground.strictness import strict

LOSSES = (losses.giou_loss, losses.diou_loss, losses.ciou_loss)


def random_boxes(count, seed=0):
    start, side = torch.rand(
        2, 2, count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    return torch.cat([start, start + side + 0.1], -1)


FOUND, TRUE = random_boxes(200)


def counted(found, true, cells=12):
    """Intersection, union and hull of boxes with whole corners, in cells of a grid."""
    row, column = torch.arange(cells)[:, None], torch.arange(cells)
    inside = [(column >= b[0]) & (column < b[2]) & (row >= b[1]) & (row < b[3]) for b in (found, true)]
    either = inside[0] | inside[1]
    height, width = either.any(1).nonzero().flatten(), either.any(0).nonzero().flatten()
    hull = (height.max() - height.min() + 1) * (width.max() - width.min() + 1)
    return (inside[0] & inside[1]).sum().item(), either.sum().item(), hull.item()


def test_on_a_grid_the_areas_are_counts_of_cells():
    generator = torch.Generator().manual_seed(0)
    start = torch.randint(8, (2, 100, 2), generator=generator)
    boxes = torch.cat([start, start + torch.randint(1, 5, (2, 100, 2), generator=generator)], -1)
    expected = []
    for found, true in zip(*boxes.tolist(), strict=True):
        inner, union, hull = counted(found, true)
        expected.append(1 - inner / union + (hull - union) / hull)
    loss = losses.giou_loss(*boxes.double(), eps=0.0, reduction="none")
    assert_close(loss, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("loss", LOSSES)
def test_equal_boxes_cost_nothing_and_no_boxes_cost_more_than_the_bound(loss):
    most = 2.5 if loss is losses.ciou_loss else 2.0
    assert_close(loss(TRUE, TRUE, eps=0.0, reduction="none"), torch.zeros(200, dtype=torch.float64))
    each = loss(FOUND, TRUE, reduction="none")
    assert ((each > 0) & (each < most)).all()
    far = torch.tensor([[0.0, 0.0, 1e-3, 1e3], [1e8, 1e8, 1e8 + 1e3, 1e8 + 1e-3]], dtype=torch.float64)
    assert loss(far[0], far[1]).item() == pytest.approx(most, abs=2e-2)


def axes(x, y):
    return torch.tensor([x, y, x, y], dtype=torch.float64)


@pytest.mark.parametrize("loss", LOSSES)
def test_what_a_loss_does_not_depend_on(loss):
    def cost(found, true):
        return loss(found, true, eps=0.0, reduction="none")

    each = cost(FOUND, TRUE)
    assert_close(cost(FOUND + axes(3.0, -7.0), TRUE + axes(3.0, -7.0)), each)  # where the origin is
    assert_close(cost(FOUND * 640, TRUE * 640), each)  # the unit of length
    assert_close(cost(FOUND[:, [1, 0, 3, 2]], TRUE[:, [1, 0, 3, 2]]), each)  # which axis is called x
    assert_close(cost(TRUE, FOUND), each)  # which of the two is true
    stretched = cost(FOUND * axes(4.0, 1.0), TRUE * axes(4.0, 1.0))
    if loss is losses.giou_loss:  # units of the two axes by themselves: areas alone
        assert_close(stretched, each)
    else:
        assert (stretched - each).abs().max() > 0.05


def test_with_eps_small_boxes_depend_on_the_unit():
    pixel = torch.tensor([0.0, 0.0, 3.0, 3.0])
    assert losses.giou_loss(pixel, pixel).item() == pytest.approx(0, abs=1e-6)
    assert losses.giou_loss(pixel / 1000, pixel / 1000).item() == pytest.approx(1e-7 / 9.1e-6, rel=1e-3)


def slope(loss, found, true):
    found = torch.tensor(found, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(found, torch.tensor(true), eps=0.0), found)
    return gradient


def iou_loss(found, true, eps):
    """What is left of GIoU without its hull."""
    return losses.giou_loss(found, true, eps) - hull_term(found, true)


def hull_term(found, true):
    _, union, wide, high = cases.by_sorting(found, true)
    return (wide * high - union) / (wide * high)


def test_apart_iou_does_not_pull_and_the_others_do():
    apart = [0.0, 0.1, 1.0, 1.2], [3.0, 0.0, 4.0, 1.0]
    assert slope(iou_loss, *apart).abs().max() < 1e-6
    for loss in LOSSES:
        assert slope(loss, *apart)[[0, 2]].sum() < -0.01  # to the right


def test_inside_giou_does_not_say_where_and_the_others_do():
    inside = [1.0, 1.0, 2.0, 2.0], [0.0, 0.0, 9.0, 9.0]
    shift = slope(losses.giou_loss, *inside)
    assert abs(shift[0] + shift[2]) < 1e-6
    for loss in (losses.diou_loss, losses.ciou_loss):
        shift = slope(loss, *inside)
        assert shift[0] + shift[2] < -0.01
    nested = torch.tensor(inside[0]), torch.tensor(inside[1])
    assert losses.giou_loss(*nested).item() == pytest.approx(1 - 1 / 81)


def test_concentric_diou_is_iou_and_ciou_adds_the_shape():
    found, true = torch.tensor([0.0, -2.0, 2.0, 4.0]), torch.tensor([-2.0, 0.0, 4.0, 2.0])
    assert losses.diou_loss(found, true).item() == pytest.approx(1 - 4 / 20)
    v = 4 / torch.pi**2 * (torch.tensor(3.0).atan() - torch.tensor(1 / 3).atan()).item() ** 2
    assert losses.ciou_loss(found, true).item() == pytest.approx(0.8 + v * v / (0.8 + v))


def test_the_gradient_of_ciou_is_that_of_its_value_with_the_weight_held():
    found, true = cases.boxes(torch.Generator().manual_seed(1))
    both, union, _, _ = cases.by_sorting(found, true)

    def shape(box):
        return torch.atan((box[..., 2] - box[..., 0]) / (box[..., 3] - box[..., 1]))

    def v(box):
        return 4 / torch.pi**2 * (shape(true) - shape(box)) ** 2

    weight = v(found) / (1 - both / union + v(found))

    def held(box):
        return losses.diou_loss(box, true, reduction="sum") + (weight * v(box)).sum()

    step = 1e-6 * torch.eye(4, dtype=torch.float64)
    central = [(held(found + row) - held(found - row)) / 2e-6 for row in step]
    by_hand = gradients.ciou_loss(found, true, eps=0.0).sum((0, 1))
    assert_close(torch.stack(central), by_hand, rtol=1e-4, atol=1e-5)
    free = [
        (F.ciou_loss(found + row, true, reduction="sum") - F.ciou_loss(found - row, true, reduction="sum"))
        / 2e-6
        for row in step
    ]
    assert (torch.stack(free) - by_hand).abs().max() > 1e-3


@pytest.mark.parametrize("loss", LOSSES)
def test_large_boxes_do_not_overflow(loss):
    found, true = torch.tensor([0.0, 0.0, 1e30, 2e30]), torch.tensor([0.0, 0.0, 2e30, 2e30])
    assert loss(found, true).item() == pytest.approx(loss(found / 1e30, true / 1e30).item(), rel=1e-5)
    half = (torch.tensor([[0.0, 0.0, 600.0, 600.0]]), torch.tensor([[100.0, 0.0, 700.0, 600.0]]))
    low = loss(half[0].half(), half[1].half())
    assert low.item() == pytest.approx(loss(*half).item(), rel=1e-3)


@pytest.mark.parametrize("loss", LOSSES)
def test_strict_refuses_a_predicted_box_that_is_inside_out(loss):
    found, true = torch.tensor([[2.0, 0.0, 1.0, 1.0]]), torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    assert torch.isfinite(loss(found, true))
    with strict(), pytest.raises(ValueError, match=r"input must be ordered, .* found -1"):
        loss(found, true)


Z = torch.zeros
MISTAKES = [
    (lambda: F.giou_loss(Z(2, 3), Z(2, 3)), ValueError, r"input must have shape \(\*, 4\), found \(2, 3\)"),
    (lambda: F.giou_loss(Z(()), Z(())), ValueError, r"\(\*, 4\), found \(\)"),
    (lambda: F.diou_loss(Z(2, 4), Z(3, 4)), ValueError, r"shape of input, \(2, 4\), found \(3, 4\)"),
    (lambda: F.ciou_loss(Z(2, 4), Z(2, 4), eps=-1.0), ValueError, r"eps must be 0 or more, found -1\.0"),
    (
        lambda: F.giou_loss(Z(1, 4), torch.tensor([[0.0, 5, 1, 3]])),
        ValueError,
        "target must be ordered, .* found -2",
    ),
    (lambda: F.giou_loss(Z(2, 4).long(), Z(2, 4)), NotImplementedError, "input must be a floating"),
    (lambda: F.ciou_loss(Z(2, 4), Z(2, 4), reduction="median"), ValueError, "reduction must be one of"),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_modules_take_options_in_the_constructor():
    for module, loss in zip((modules.GIoULoss, modules.DIoULoss, modules.CIoULoss), LOSSES, strict=True):
        assert_close(module(eps=0.1)(FOUND, TRUE), loss(FOUND, TRUE, eps=0.1))
        assert module(reduction="none")(FOUND, TRUE).shape == (200,)
