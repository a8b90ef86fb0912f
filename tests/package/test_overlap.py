"""Overlap beside sets of pixels, beside each other, and beside what is known of its optima."""

import itertools

import pytest
import torch
from torch.testing import assert_close

from lossbook import losses, modules
from lossbook import losses as F

GENERATOR = torch.Generator().manual_seed(0)


def rand(*shape):
    return torch.rand(*shape, generator=GENERATOR, dtype=torch.float64)


def every_mask(pixels):
    """Every pair of masks of so many pixels, ``(4 ** pixels, 1, pixels)``, and the same as Python sets."""
    masks = list(itertools.product((0.0, 1.0), repeat=pixels))
    pairs = list(itertools.product(masks, masks))
    as_sets = [tuple({i for i, on in enumerate(mask) if on} for mask in pair) for pair in pairs]
    p, t = (torch.tensor([pair[k] for pair in pairs], dtype=torch.float64)[:, None] for k in (0, 1))
    return p, t, as_sets


P, T, SETS = every_mask(4)


def test_on_masks_of_0_and_1_the_losses_are_scores_of_sets():
    def dice(a, b):
        return 1 - 2 * len(a & b) / (len(a) + len(b)) if a | b else 0.0

    def jaccard(a, b):
        return 1 - len(a & b) / len(a | b) if a | b else 0.0

    def tversky(a, b):
        whole = len(a & b) + 0.3 * len(a - b) + 0.7 * len(b - a)
        return 1 - len(a & b) / whole if whole else 0.0

    for loss, score in [
        (losses.dice_loss(P, T, reduction="none"), dice),
        (losses.jaccard_loss(P, T, reduction="none"), jaccard),
        (losses.tversky_loss(P, T, 0.3, 0.7, reduction="none"), tversky),
        (losses.generalized_dice_loss(P, T, "none")[:, None], dice),
    ]:
        assert_close(loss[:, 0], torch.tensor([score(a, b) for a, b in SETS], dtype=torch.float64))


def test_lovasz_is_the_jaccard_loss_where_every_error_is_0_or_1():
    z = torch.where(P == 1, 1.0, -1.0).double()  # hinge errors of 0 and 2
    assert_close(
        losses.lovasz_hinge_loss(z, T, "none"), 2 * losses.jaccard_loss(P, T, reduction="none")[:, 0]
    )
    sure = torch.stack([1 - P[:, 0], P[:, 0]], 1) * 1e4
    of_classes = losses.jaccard_loss(torch.stack([1 - P[:, 0], P[:, 0]], 1), two(T), reduction="none")
    assert_close(
        losses.lovasz_softmax_loss(sure, T[:, 0].long(), "all", reduction="none"), of_classes.mean(1)
    )


def two(masks):
    return torch.stack([1 - masks[:, 0], masks[:, 0]], 1)


def test_lovasz_is_the_tight_convex_extension():
    """The largest weighted sum of a vector whose sum over no set exceeds its loss: a linear program."""
    from scipy.optimize import linprog

    truth = torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0], dtype=torch.float64)
    sets = list(itertools.product((0.0, 1.0), repeat=5))
    wrong = torch.tensor(sets, dtype=torch.float64)
    predicted = (truth - wrong).abs()
    jaccard = losses.jaccard_loss(predicted[:, None], truth.expand(32, 1, 5), reduction="none")[:, 0]
    for _ in range(5):
        z = 2 * rand(5) - 1
        errors = (1 - (2 * truth - 1) * z).clamp(min=0)
        best = linprog(-errors.numpy(), A_ub=sets, b_ub=jaccard.numpy(), bounds=(None, None))
        assert losses.lovasz_hinge_loss(z[None], truth[None]).item() == pytest.approx(-best.fun)


def test_the_lovasz_hinge_is_convex_in_the_logits():
    t = (rand(200, 9) > 0.6).double()
    a, b = 4 * rand(2, 200, 9) - 2
    ends = losses.lovasz_hinge_loss(a, t, "none") + losses.lovasz_hinge_loss(b, t, "none")
    assert (losses.lovasz_hinge_loss((a + b) / 2, t, "none") <= ends / 2 + 1e-12).all()


def test_names_for_one_thing_agree():
    p, t = rand(2, 3, 4, 5), rand(2, 3, 4, 5)
    dice, jaccard = losses.dice_loss(p, t, reduction="none"), losses.jaccard_loss(p, t, reduction="none")
    assert_close(jaccard, 2 * dice / (1 + dice))
    assert_close(losses.tversky_loss(p, t, reduction="none"), dice)
    assert_close(losses.tversky_loss(p, t, 1.0, 1.0, reduction="none"), jaccard)
    assert_close(losses.tversky_loss(p, t, smooth=0.5), losses.dice_loss(p, t, smooth=1.0))
    assert_close(losses.generalized_dice_loss(p[:, :1], t[:, :1], "none"), dice[:, 0])


def test_a_class_weighs_by_one_over_its_area_squared():
    t = torch.zeros(1, 3, 6)
    t[0, 0, :1], t[0, 1, 1:3] = 1, 1  # areas 1, 2, 0: weights 1, 1/4, and the largest for the absent one
    p = torch.zeros(1, 3, 6)
    p[0, 1, 1:3], p[0, 2, 5] = 1, 1
    assert losses.generalized_dice_loss(p, t).item() == pytest.approx(1 - 2 * (2 / 4) / (1 + 4 / 4 + 1))


def test_the_soft_dice_of_shared_doubt_is_least_at_1():
    """All pixels of a region belong to the object, or none does, with a chance of 5 %; one pixel is sure."""
    p = torch.linspace(0, 1, 101, dtype=torch.float64)
    region = torch.cat([torch.ones(101, 1), p[:, None].expand(101, 8)], 1).double()[:, None]
    sure, unsure = (torch.tensor([1.0] + [on] * 8).double().expand(101, 1, 9) for on in (0.0, 1.0))

    def expected(chance):
        each = [losses.dice_loss(region, mask, reduction="none")[:, 0] for mask in (unsure, sure)]
        return p[(chance * each[0] + (1 - chance) * each[1]).argmin()].item()

    assert expected(0.2) == 0
    assert expected(0.9) == 1
    assert {expected(c / 50) for c in range(51)} == {0.0, 1.0}  # never in between
    alone = torch.stack([p] * 8, 1)[:, None]
    there, empty = (losses.dice_loss(alone, on + 0 * alone, reduction="none")[:, 0] for on in (1.0, 0.0))
    either = 0.05 * there + 0.95 * empty
    assert either[1:].argmin() == 99  # nothing else in the image: every p above 0 is driven up
    assert either.argmin() == 0  # though 0 itself, which no sigmoid gives, is best


def test_the_least_expected_dice_loss_is_a_threshold_at_half_the_best_score():
    eta = rand(400)  # a chance for each of many pixels, each drawn by itself
    order = eta.sort(descending=True).values
    counts = torch.arange(1, 401)
    score = 2 * order.cumsum(0) / (counts + eta.sum())  # of the expected numbers
    best = score.argmax()
    assert order[best] > score[best] / 2 > order[best + 1]
    masks = (torch.rand(4000, 1, 400, generator=GENERATOR) < eta.float()).double()

    def at(threshold):
        mask = (eta > threshold).double().expand_as(masks)
        return losses.dice_loss(mask, masks).item()

    assert at(score[best].item() / 2) < min(at(0.5), at(0.2))


def test_pixels_that_are_ignored_cost_nothing():
    z, y = torch.randn(2, 3, 6, generator=GENERATOR), torch.arange(12).reshape(2, 6) % 3
    y[:, 4:] = 255
    z.requires_grad_()
    loss = losses.lovasz_softmax_loss(z, y, ignore_index=255)
    assert_close(loss, losses.lovasz_softmax_loss(z[..., :4], y[..., :4]))
    assert torch.autograd.grad(loss, z)[0][..., 4:].eq(0).all()


def test_absent_classes_count_only_if_asked_for():
    z = torch.zeros(1, 3, 4)
    y = torch.tensor([[0, 0, 1, 1]])
    present, every = (losses.lovasz_softmax_loss(z, y, classes) for classes in ("present", "all"))
    assert every.item() == pytest.approx((2 * present.item() + 1 / 3) / 3)


def test_an_empty_image_costs_as_the_docstrings_say():
    empty, one = torch.zeros(1, 1, 4), torch.tensor([[[0.0, 0.0, 0.0, 1.0]]])
    for loss in (losses.dice_loss, losses.jaccard_loss, losses.tversky_loss):
        assert loss(empty, empty).item() == 0
        assert loss(one, empty).item() == 1
        assert loss(one, empty, smooth=1.0).item() == pytest.approx(
            1 - 1 / 2 if loss != F.tversky_loss else 1 / 3
        )
    z = torch.tensor([[-0.5, 0.25, -3.0]])
    assert losses.lovasz_hinge_loss(z, torch.zeros(1, 3)).item() == 1.25


def test_boolean_and_integer_masks_will_do():
    p, t = rand(2, 1, 8).float(), rand(2, 1, 8) > 0.5
    for loss in (losses.dice_loss, losses.generalized_dice_loss, losses.lovasz_hinge_loss):
        assert_close(loss(p, t), loss(p, t.float()))
        assert_close(loss(p, t.long()), loss(p, t.float()))


Z = torch.zeros
MISTAKES = [
    (lambda: F.dice_loss(Z(2, 3), Z(2, 4)), ValueError, r"shape of input, \(2, 3\), found \(2, 4\)"),
    (lambda: F.dice_loss(Z(2), Z(2)), ValueError, r"input must have shape \(N, C, \.\.\.\), found \(2,\)"),
    (
        lambda: F.dice_loss(Z(2, 3) + 2, Z(2, 3)),
        ValueError,
        "input must be a membership from 0 to 1, found 2",
    ),
    (lambda: F.jaccard_loss(Z(2, 3), Z(2, 3) - 1), ValueError, "target must be a membership .* found -1"),
    (
        lambda: F.dice_loss(Z(2, 3), Z(2, 3), smooth=-1.0),
        ValueError,
        r"smooth must be 0 or more, found -1\.0",
    ),
    (
        lambda: F.jaccard_loss(Z(2, 3), Z(2, 3), smooth=float("nan")),
        ValueError,
        "smooth must be .* found nan",
    ),
    (
        lambda: F.tversky_loss(Z(2, 3), Z(2, 3), alpha=-0.1),
        ValueError,
        r"alpha must be 0 or more, found -0\.1",
    ),
    (lambda: F.tversky_loss(Z(2, 3), Z(2, 3), beta=-0.1), ValueError, r"beta must be 0 or more, found -0\.1"),
    (lambda: F.generalized_dice_loss(Z(2, 3), Z(3, 3)), ValueError, "target must have the shape of input"),
    (lambda: F.lovasz_hinge_loss(Z(2, 3), Z(2, 3) + 0.5), ValueError, r"target must be 0 or 1, found 0\.5"),
    (lambda: F.lovasz_hinge_loss(Z(()), Z(())), ValueError, r"\(N, \.\.\.\), found \(\)"),
    (
        lambda: F.lovasz_softmax_loss(Z(2, 3, 4), Z(2, 4).long(), classes="some"),
        ValueError,
        "classes must be 'present' or 'all', found 'some'",
    ),
    (lambda: F.lovasz_softmax_loss(Z(3), Z(()).long()), ValueError, r"\(N, C, \.\.\.\), found \(3,\)"),
    (
        lambda: F.lovasz_softmax_loss(Z(2, 3), torch.tensor([0, 3])),
        IndexError,
        "target must be a class index below 3",
    ),
    (lambda: F.lovasz_softmax_loss(Z(2, 3, 4), Z(2, 5).long()), RuntimeError, "without the class dimension"),
    (lambda: F.dice_loss(Z(2, 3).long(), Z(2, 3)), NotImplementedError, "input must be a floating"),
    (lambda: F.dice_loss(Z(2, 3), Z(2, 3), reduction="median"), ValueError, "reduction must be one of"),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_modules_take_options_in_the_constructor():
    p, t = rand(2, 3, 4), rand(2, 3, 4)
    assert_close(modules.DiceLoss(smooth=1.0)(p, t), losses.dice_loss(p, t, 1.0))
    assert_close(modules.TverskyLoss(alpha=0.3, beta=0.7)(p, t), losses.tversky_loss(p, t, 0.3, 0.7))
    y = torch.zeros(2, 4).long()
    assert_close(modules.LovaszSoftmaxLoss(classes="all")(p, y), losses.lovasz_softmax_loss(p, y, "all"))
