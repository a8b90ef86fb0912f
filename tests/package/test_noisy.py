"""Labels that may be wrong: identities, minimisers, other libraries' values, and what is refused."""

import math
from functools import partial

import pytest
import torch
from torch.testing import assert_close

from lossbook import losses as F
from lossbook import modules, training

GENERATOR = torch.Generator().manual_seed(0)
Z = 3 * torch.randn(40, 5, generator=GENERATOR, dtype=torch.float64)
Y = torch.randint(5, (40,), generator=GENERATOR)
P = Z.softmax(1).gather(1, Y[:, None])[:, 0]
ETA = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)


def minimiser(loss, eta=ETA):
    """The probabilities with the least expected ``loss``, if those of the classes are ``eta``."""
    z = eta.log().clone().requires_grad_()
    classes = torch.arange(len(eta))
    training.minimise(lambda: eta @ loss(z.expand(len(eta), -1), classes, reduction="none"), z)
    return z.detach().softmax(0)


@pytest.mark.parametrize(
    "loss",
    [
        lambda z, y: F.forward_corrected_cross_entropy(z, y, torch.eye(5, dtype=torch.float64)),
        lambda z, y: F.generalized_cross_entropy(z, y, q=0.0),
        lambda z, y: F.symmetric_cross_entropy(z, y, alpha=1.0, beta=0.0),
        lambda z, y: F.poly1_cross_entropy(z, y, epsilon=0.0),
        lambda z, y: F.confidence_penalty(z, y, beta=0.0),
    ],
)
def test_each_holds_cross_entropy(loss):
    assert_close(loss(Z, Y), F.cross_entropy(Z, Y))


def test_with_q_1_it_is_half_the_absolute_error():
    one_hot = torch.nn.functional.one_hot(Y, 5)
    distance = (Z.softmax(1) - one_hot).abs().sum(1)
    assert_close(F.generalized_cross_entropy(Z, Y, q=1.0, reduction="none"), distance / 2)


def test_no_digit_is_lost_as_q_nears_0():
    near = F.generalized_cross_entropy(Z, Y, q=1e-13, reduction="none")
    assert_close(near, -P.log(), rtol=1e-11, atol=0)


def test_only_the_product_of_beta_and_log_zero_counts():
    once = F.symmetric_cross_entropy(Z, Y, beta=2.0, log_zero=-3.0)
    assert_close(once, F.symmetric_cross_entropy(Z, Y, beta=1.0, log_zero=-6.0))


def test_symmetric_with_alpha_1_is_poly1():
    assert_close(
        F.symmetric_cross_entropy(Z, Y, alpha=1.0, beta=0.5), F.poly1_cross_entropy(Z, Y, epsilon=2.0)
    )


def test_poly1_changes_the_first_coefficient_of_the_series():
    p = torch.tensor([0.6, 0.9], dtype=torch.float64)
    z = torch.stack([p, 1 - p], 1).log()
    series = sum(((1 - p) ** j / j for j in range(2, 200)), 3.0 * (1 - p))
    assert_close(F.poly1_cross_entropy(z, torch.tensor([0, 0]), 2.0, reduction="none"), series)


def test_the_penalty_is_smoothing_with_the_divergence_the_other_way_round():
    even = torch.full_like(Z, 0.2)
    reverse = (Z.softmax(1) * (Z.log_softmax(1) - even.log())).sum(1)
    expected = -P.log() + 0.3 * (reverse - math.log(5))
    assert_close(F.confidence_penalty(Z, Y, 0.3, reduction="none"), expected)
    smooth = F.cross_entropy(Z, Y, label_smoothing=0.3, reduction="none")
    forward = (even * (even.log() - Z.log_softmax(1))).sum(1)
    assert_close(smooth, 0.7 * -P.log() + 0.3 * (forward + math.log(5)))


def test_even_noise_is_a_mixture_with_the_uniform_distribution():
    noise = 0.7 * torch.eye(5) + 0.3 / 5
    corrected = F.forward_corrected_cross_entropy(Z, Y, noise.double(), reduction="none")
    assert_close(corrected, -(0.7 * P + 0.3 / 5).log(), rtol=1e-6, atol=0)


def test_the_corrected_likelihood_finds_the_classes_behind_the_labels():
    noise = torch.tensor([[0.8, 0.2, 0.0], [0.1, 0.6, 0.3], [0.0, 0.0, 1.0]], dtype=torch.float64)
    labels = ETA @ noise
    z = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    each = torch.arange(3)
    loss = partial(F.forward_corrected_cross_entropy, target=each, transition=noise, reduction="none")
    training.minimise(lambda: labels @ loss(z.expand(3, -1)), z)
    assert_close(z.detach().softmax(0), ETA, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("q", [0.3, 0.7])
def test_the_minimiser_of_generalised_cross_entropy_is_a_power(q):
    sharp = ETA ** (1 / (1 - q))
    found = minimiser(lambda z, y, reduction: F.generalized_cross_entropy(z, y, q, reduction=reduction))
    assert_close(found, sharp / sharp.sum(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("loss", "options", "sharper"),
    [
        (F.symmetric_cross_entropy, {}, True),
        (F.poly1_cross_entropy, {"epsilon": 2.0}, True),
        (F.poly1_cross_entropy, {"epsilon": -0.5}, False),
        (F.confidence_penalty, {"beta": 0.5}, False),
    ],
)
def test_none_of_the_others_has_the_truth_as_its_minimiser(loss, options, sharper):
    found = minimiser(lambda z, y, reduction: loss(z, y, reduction=reduction, **options))
    assert found.argmax() == 0
    assert (found[0] > ETA[0] + 0.01) if sharper else (found[0] < ETA[0] - 0.01)


def test_the_noise_matrix_is_learned_too():
    noise = torch.full((5, 5), 0.2, dtype=torch.float64, requires_grad=True)
    F.forward_corrected_cross_entropy(Z, Y, noise).backward()
    one_hot = torch.nn.functional.one_hot(Y, 5).double()
    assert_close(noise.grad, -(Z.softmax(1).t() @ one_hot) / 0.2 / 40)


def test_what_no_class_can_be_labelled_costs_infinitely_much_and_pulls_nowhere():
    z = torch.zeros(1, 2, requires_grad=True)
    loss = F.forward_corrected_cross_entropy(z, torch.tensor([1]), torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    loss.backward()
    assert loss == math.inf
    assert_close(z.grad, torch.zeros(1, 2))


def test_labels_that_do_not_count():
    ignored = torch.where(torch.arange(40) < 10, Y, -100)
    even = torch.full((5, 5), 0.1, dtype=torch.float64).fill_diagonal_(0.6)
    for loss, more in (
        (F.forward_corrected_cross_entropy, (even,)),
        (F.generalized_cross_entropy, ()),
        (F.symmetric_cross_entropy, ()),
        (F.poly1_cross_entropy, ()),
        (F.confidence_penalty, ()),
    ):
        assert_close(loss(Z, ignored, *more), loss(Z[:10], Y[:10], *more))
        assert not loss(Z, ignored, *more, reduction="none")[10:].any()


Z0, Y0 = torch.zeros(2, 3), torch.tensor([0, 2])
MISTAKES = [
    (
        lambda: F.forward_corrected_cross_entropy(Z0, Y0, torch.eye(2)),
        ValueError,
        r"transition must have shape \(3, 3\), .* found \(2, 2\)",
    ),
    (
        lambda: F.forward_corrected_cross_entropy(Z0, Y0, torch.eye(3) - 0.5),
        ValueError,
        "transition must be non-negative, found -0.5",
    ),
    (
        lambda: F.forward_corrected_cross_entropy(Z0, Y0, torch.eye(3).long()),
        NotImplementedError,
        "transition must be a floating",
    ),
    (
        lambda: F.generalized_cross_entropy(Z0, Y0, q=1.5),
        ValueError,
        r"q must be between 0 and 1, found 1\.5",
    ),
    (lambda: F.generalized_cross_entropy(Z0, Y0, q=-0.1), ValueError, r"found -0\.1"),
]
for each in (
    F.generalized_cross_entropy,
    F.symmetric_cross_entropy,
    F.poly1_cross_entropy,
    F.confidence_penalty,
):
    MISTAKES += [
        (lambda f=each: f(Z0, torch.tensor([0, 3])), IndexError, "a class index below 3, found 3"),
        (lambda f=each: f(Z0, Y0.float()), RuntimeError, "class indices of dtype int64"),
        (lambda f=each: f(Z0, Y0, reduction="median"), ValueError, "reduction must be one of"),
        (lambda f=each: f(Z0, Y0[:1]), ValueError, "the same batch size"),
        (lambda f=each: f(Z0.long(), Y0), NotImplementedError, "input must be a floating"),
    ]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_modules_take_options_in_the_constructor():
    assert_close(modules.GeneralizedCrossEntropyLoss(q=0.5)(Z, Y), F.generalized_cross_entropy(Z, Y, 0.5))
    even = torch.full((5, 5), 0.2, dtype=torch.float64)
    assert_close(modules.ForwardCorrectedCrossEntropyLoss()(Z, Y, even), torch.tensor(math.log(5)).double())
