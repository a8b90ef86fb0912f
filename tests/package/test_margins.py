"""Hinge losses: with two classes all are one; cold logistic losses tend to them; no probabilities in them."""

import pytest
import torch
from torch.testing import assert_close

from lossbook import checks, losses, modules

DOUBLE = torch.float64


@pytest.fixture
def scores():
    generator = torch.Generator().manual_seed(0)
    z = 2 * torch.randn(50, 4, dtype=DOUBLE, generator=generator)
    return z, torch.randint(4, (50,), generator=generator)


@pytest.mark.parametrize("name", ["hinge_loss", "crammer_singer_loss", "multi_margin_loss"])
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_with_two_classes_all_hinges_are_one(scores, reduction):
    z, y = scores[0][:, 0], scores[1] % 2
    two = torch.stack([torch.zeros_like(z), z], 1)
    binary = losses.hinge_loss(z, 2 * y - 1, reduction=reduction)
    assert_close(losses.crammer_singer_loss(two, y, reduction=reduction), binary)
    assert_close(2 * losses.multi_margin_loss(two, y, reduction=reduction), binary)


def test_crammer_singer_counts_the_strongest_rival_only(scores):
    z, y = scores
    every = [
        [max(0.0, 0.5 - row[k] + v) for i, v in enumerate(row) if i != k] for row, k in zip(z, y, strict=True)
    ]
    expected = torch.tensor([max(rivals) for rivals in every], dtype=DOUBLE)
    assert_close(losses.crammer_singer_loss(z, y, margin=0.5, reduction="none"), expected)


def test_crammer_singer_is_the_limit_of_a_cold_cross_entropy_with_an_advantage(scores):
    z, y = scores
    advantage = 1 - torch.nn.functional.one_hot(y, 4).to(DOUBLE)
    cold = 1e-4 * losses.cross_entropy((z + advantage) / 1e-4, y, reduction="none")
    assert_close(cold, losses.crammer_singer_loss(z, y, reduction="none"), atol=2e-4, rtol=0)


def test_the_minimiser_of_the_hinge_is_a_sign_and_of_its_square_a_difference_of_probabilities():
    z = torch.linspace(-2, 2, 4001, dtype=DOUBLE)
    for p, best in ((1, 1.0), (2, 0.4)):
        yes, no = (losses.hinge_loss(z, torch.tensor(y), p=p, reduction="none") for y in (1, -1))
        assert z[(0.7 * yes + 0.3 * no).argmin()].item() == pytest.approx(best, abs=1e-3)


def test_a_single_class_and_a_single_row_cost_what_they_should():
    assert losses.crammer_singer_loss(torch.tensor([[3.0]]), torch.tensor([0])) == 0
    assert losses.crammer_singer_loss(torch.tensor([2.0, 1.5]), torch.tensor(0)) == 0.5


def test_the_modules_carry_the_options():
    z, y = torch.tensor([0.5, -2.0]), torch.tensor([1, 1])
    assert_close(modules.HingeLoss(p=2, margin=2.0)(z, y), losses.hinge_loss(z, y, p=2, margin=2.0))
    two = torch.stack([z, -z], 1)
    assert_close(
        modules.CrammerSingerLoss(margin=2.0)(two, y), losses.crammer_singer_loss(two, y, margin=2.0)
    )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda z, y: losses.hinge_loss(z, y, p=3), ValueError, "p must be 1 or 2, found 3"),
        (lambda z, y: losses.hinge_loss(z.long(), y), NotImplementedError, "input must be a floating-point"),
        (lambda z, y: losses.hinge_loss(z, y[:2]), RuntimeError, "shapes must broadcast"),
        (lambda z, y: losses.hinge_loss(z, y, reduction="avg"), ValueError, "found 'avg'"),
        (lambda z, y: losses.crammer_singer_loss(z, y), RuntimeError, "one class index for each row"),
        (lambda z, y: losses.crammer_singer_loss(z[None], y[:1] + 9), RuntimeError, "class index below 3"),
    ],
)
def test_bad_input_is_refused_in_words(call, error, words):
    with pytest.raises(error, match=words):
        call(torch.randn(3), torch.tensor([1, -1, 1]))


def test_strict_mode_refuses_labels_0_and_1_and_a_negative_margin():
    z, y = torch.zeros(2), torch.tensor([0, 1])
    assert losses.hinge_loss(z, y) == 1
    with losses.strict():
        with pytest.raises(ValueError, match="target must be 1 or -1 in strict mode, found 0"):
            losses.hinge_loss(z, y)
        with pytest.raises(ValueError, match="margin must not be negative"):
            losses.crammer_singer_loss(z, torch.tensor(0), margin=-1.0)
