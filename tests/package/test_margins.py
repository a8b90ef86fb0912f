"""Hinge losses: with two classes all are one; cold logistic losses tend to them; no probabilities in them."""

import math

import pytest
import torch
from torch.testing import assert_close

from lossbook import checks, losses, modules
from tests.package.beside_torch import assert_compiles, assert_module, assert_transforms

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


SIGNED = ["perceptron_loss", "exponential_loss"]
SPARSE = ["sparsemax_loss", "entmax15_loss"]
TEN = 2 * torch.randn(7, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
LABEL = torch.tensor([0, 9, 3, 3, 5, 1, 7])


@pytest.mark.parametrize("name", SIGNED + SPARSE)
def test_every_proof_of_the_relatives_holds(name):
    checks.prove(getattr(losses, name))


def test_the_perceptron_is_a_hinge_of_margin_0_and_zero_is_a_place_to_be_stuck():
    z, y = TEN[:, 0], 2 * (LABEL % 2) - 1
    assert_close(losses.perceptron_loss(z, y), losses.hinge_loss(z, y, margin=0.0))
    zero = torch.zeros(7, requires_grad=True)
    (slope,) = torch.autograd.grad(losses.perceptron_loss(zero, y), zero)
    assert (slope == 0).all()


@pytest.mark.parametrize("eta", [0.1, 0.5, 0.9])
def test_the_exponential_loss_is_least_at_half_the_log_odds(eta):
    z = torch.linspace(-3, 3, 60_001, dtype=torch.float64)
    yes, no = (losses.exponential_loss(z, torch.tensor(y), "none") for y in (1, -1))
    best = z[(eta * yes + (1 - eta) * no).argmin()]
    assert best.item() == pytest.approx(0.5 * math.log(eta / (1 - eta)), abs=1e-4)


def test_two_classes_make_a_smooth_hinge_of_the_sparsemax_loss():
    gap = torch.linspace(-3, 3, 61, dtype=torch.float64)
    z = torch.stack([gap, torch.zeros_like(gap)], 1)
    ours = losses.sparsemax_loss(z, torch.zeros(61).long(), reduction="none")
    middle = (gap - 1) ** 2 / 4
    assert_close(ours, torch.where(gap >= 1, 0, torch.where(gap <= -1, -gap, middle)))


def probabilities(name, z):
    """The gradient of the loss, and the label added again."""
    leaf = z.clone().requires_grad_()
    label = torch.zeros(len(z)).long()
    (slope,) = torch.autograd.grad(getattr(losses, name)(leaf, label, reduction="sum"), leaf)
    return slope + torch.nn.functional.one_hot(label, z.shape[1])


@pytest.mark.parametrize("name", SPARSE)
def test_the_gradient_is_a_distribution_that_solves_the_maximum(name):
    q = probabilities(name, TEN)
    assert_close(q.sum(1), torch.ones(7, dtype=torch.float64))
    assert (q >= -1e-12).all()
    assert (q.abs() < 1e-12).any()
    # Of all distributions with the same support none other is stationary: z - Omega'(q) is constant on it.
    slope = TEN - q if name == "sparsemax_loss" else TEN - 2 * q.clamp(min=0).sqrt()
    for row, chosen in zip(slope, q > 1e-9, strict=True):
        assert_close(row[chosen], row[chosen][:1].expand(int(chosen.sum())))
        assert (row[~chosen] <= row[chosen][0] + 1e-9).all()


def test_the_projection_is_the_nearest_distribution():
    q, others = probabilities("sparsemax_loss", TEN), torch.rand(500, 1, 10, dtype=torch.float64)
    others = others / others.sum(-1, keepdim=True)
    mixed = torch.cat([others.expand(-1, 7, -1), 0.9 * q + 0.1 * others])
    assert ((TEN - q).norm(dim=1) <= (TEN - mixed).norm(dim=-1) + 1e-12).all()


@pytest.mark.parametrize(("name", "margin"), [("sparsemax_loss", 1.0), ("entmax15_loss", 2.0)])
def test_beyond_a_margin_it_costs_exactly_nothing(name, margin):
    z = torch.zeros(3, 4)
    z[:, 0] = torch.tensor([0.99, 1.0, 1.01]) * margin
    value = getattr(losses, name)(z, torch.zeros(3).long(), reduction="none")
    assert value[0] > 0
    assert value[2] == 0


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_losses_lie_below_no_regret_and_ignore_what_they_should(name):
    loss = getattr(losses, name)
    assert (loss(TEN, LABEL, reduction="none") >= 0).all()
    assert_close(loss(TEN + 100, LABEL), loss(TEN, LABEL))
    some = torch.where(LABEL == 3, -100, LABEL)
    assert_close(loss(TEN, some), loss(TEN[LABEL != 3], LABEL[LABEL != 3]))
    assert_close(loss(TEN[0], LABEL[0]), loss(TEN[:1], LABEL[:1]))
    masked = torch.cat([TEN, torch.full((7, 1), -math.inf)], 1)
    assert_close(loss(masked, LABEL), loss(TEN, LABEL))


@pytest.mark.parametrize("name", SPARSE)
def test_a_thousand_classes_in_half_precision(name):
    z = torch.randn(4, 1000, generator=torch.Generator().manual_seed(0)).half()
    label = torch.tensor([0, 1, 2, 3])
    low, exact = getattr(losses, name)(z, label), getattr(losses, name)(z.double(), label)
    assert_close(low.double(), exact, rtol=2e-3, atol=0)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda f: f(TEN[:, 0], LABEL % 2), ValueError, "target must be 1 or -1, found 0"),
        (lambda f: f(TEN[:, 0].long(), 2 * (LABEL % 2) - 1), NotImplementedError, "input must be a floating"),
        (lambda f: f(TEN[:3, 0], torch.ones(2)), RuntimeError, r"target \(2,\)"),
        (lambda f: f(TEN[:, 0], torch.ones(7), "avg"), ValueError, "'avg'"),
    ],
)
@pytest.mark.parametrize("name", SIGNED)
def test_signed_relatives_name_a_mistake(name, call, error, match):
    with pytest.raises(error, match=match):
        call(getattr(losses, name))


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda f: f(TEN, LABEL + 9), IndexError, "target must be a class index below 10, found 1"),
        (lambda f: f(TEN.long(), LABEL), NotImplementedError, "input must be a floating"),
        (lambda f: f(TEN, LABEL[:3]), ValueError, "same batch size"),
        (lambda f: f(TEN, LABEL.float()), RuntimeError, "class indices of dtype"),
        (lambda f: f(TEN, LABEL, reduction="avg"), ValueError, "'avg'"),
    ],
)
@pytest.mark.parametrize("name", SPARSE)
def test_sparse_relatives_name_a_mistake(name, call, error, match):
    with pytest.raises(error, match=match):
        call(getattr(losses, name))


def test_the_relatives_transform_compile_and_are_modules():
    for name in SPARSE:
        assert_transforms(name, TEN, LABEL)
        assert_compiles(name, TEN, LABEL, ignore_index=3)
    for name in SIGNED:
        assert_transforms(name, TEN[:, 0], 2 * (LABEL % 2) - 1)
        assert_compiles(name, TEN[:, 0], 2 * (LABEL % 2) - 1)
    for cls in ("SparsemaxLoss", "Entmax15Loss"):
        assert_module(cls, TEN, LABEL, ignore_index=3, shown="ignore_index=3")
    for cls in ("PerceptronLoss", "ExponentialLoss"):
        assert_module(cls, TEN[:, 0], 2 * (LABEL % 2) - 1, reduction="sum", shown="reduction='sum'")
