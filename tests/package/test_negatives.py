"""Sampled negatives: the games enumerated, their distributions and limits, and what the losses refuse."""

import itertools
import math
import pickle

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from lossbook import checks, likelihoods, losses, modules

NAMES = ("nce_loss", "sampled_softmax_loss")
P = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64)  # of the data
Q = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)  # of the draws
Z = torch.zeros


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def rand(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def arguments(n=4, k=3):
    return rand(n), rand(n, k), -rand(n).abs(), -rand(n, k).abs()


def every_game(count):
    """Each datum with each row of draws, and the probability of both."""
    rows = list(itertools.product(range(len(P)), repeat=1 + count))
    values = torch.tensor(rows)
    return values, P[values[:, 0]] * Q[values[:, 1:]].prod(1)


def expected(loss, scores, count, corrected=True):
    values, weight = every_game(count)
    of_each, log_q = scores[values], Q.log()[values]
    log_q = log_q if corrected else 0 * log_q
    each = loss(of_each[:, 0], of_each[:, 1:], log_q[:, 0], log_q[:, 1:], reduction="none")
    return (weight * each).sum()


def slope(loss, scores, count, **options):
    scores = scores.clone().requires_grad_()
    return torch.autograd.grad(expected(loss, scores, count, **options), scores)[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


def test_values_worked_out_in_numpy():
    s, n = np.array([1.0, -0.5]), np.array([[0.2, 2.0, -1.0], [0.0, 0.3, 0.7]])
    q, qn = np.array([0.1, 0.4]), np.array([[0.3, 0.2, 0.1], [0.1, 0.1, 0.6]])
    given = [torch.from_numpy(x) for x in (s, n, np.log(q), np.log(qn))]
    datum = np.exp(s) / (np.exp(s) + 3 * q)
    draws = 3 * qn / (np.exp(n) + 3 * qn)
    wanted = -np.log(datum) - np.log(draws).sum(1)
    assert_close(losses.nce_loss(*given, reduction="none"), torch.from_numpy(wanted))
    ratio, others = np.exp(s) / q, np.exp(n) / qn
    wanted = -np.log(ratio / (ratio + others.sum(1)))
    assert_close(losses.sampled_softmax_loss(*given, reduction="none"), torch.from_numpy(wanted))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_over_all_games_the_best_scores_are_log_p(count):
    assert_close(slope(losses.nce_loss, P.log(), count), Z(3).double())
    for height in (0.0, 5.0):
        assert_close(slope(losses.sampled_softmax_loss, P.log() + height, count), Z(3).double())
    assert slope(losses.nce_loss, P.log() + 0.1, count).abs().max() > 1e-3  # noise fixes the height


@pytest.mark.parametrize("count", [1, 3])
def test_without_the_correction_the_best_scores_are_log_p_over_q(count):
    loss = losses.sampled_softmax_loss
    assert slope(loss, P.log(), count, corrected=False).abs().max() > 1e-2
    assert_close(slope(loss, (P / Q).log(), count, corrected=False), Z(3).double())
    negative_sampling = (P / Q).log() - math.log(count)  # shifted by the number of draws
    dropped = slope(losses.nce_loss, negative_sampling + math.log(count), count, corrected=False)
    assert_close(dropped, Z(3).double())


def test_the_expected_gradient_of_nce_is_the_formula_and_tends_to_that_of_cross_entropy():
    scores = rand(3).log_softmax(0)
    model = scores.exp()
    for count in (1, 2, 3):
        wanted = count * Q * (model - P) / (model + count * Q)
        assert_close(slope(losses.nce_loss, scores, count), wanted)
    large = 1e9 * Q * (model - P) / (model + 1e9 * Q)
    assert_close(large, scores.softmax(0) - P)


@pytest.mark.parametrize("name", NAMES)
def test_with_many_draws_the_gradient_is_that_of_the_whole_softmax(name):
    scores = rand(5).log_softmax(0).requires_grad_()
    target, draws = torch.tensor([1]), torch.randint(5, (1, 200_000))
    log_q = torch.full((5,), -math.log(5.0)).double()
    loss = getattr(losses, name)(scores[target], scores[draws], log_q[target], log_q[draws])
    (found,) = torch.autograd.grad(loss, scores)
    (wanted,) = torch.autograd.grad(torch.nn.functional.cross_entropy(scores[None], target), scores)
    assert_close(found, wanted, atol=5e-3, rtol=0)


def test_the_losses_are_the_surprises_of_their_games():
    s, n, q, qn = arguments()
    model = likelihoods.datum_or_noise(s, q, draws=3).distribution
    of_draws = likelihoods.datum_or_noise(n, qn, draws=3).distribution
    wanted = -model.log_prob(torch.ones(4).double()) - of_draws.log_prob(torch.zeros_like(n)).sum(1)
    assert_close(losses.nce_loss(s, n, q, qn, reduction="none"), wanted)
    model = likelihoods.which_is_the_datum(torch.cat([s[:, None], n], 1), torch.cat([q[:, None], qn], 1))
    found = losses.sampled_softmax_loss(s, n, q, qn, reduction="none")
    assert_close(found, -model.distribution.log_prob(Z(4)) - model.constant)


def test_one_draw_of_a_symmetric_game_is_the_same_binary_loss():
    # With one draw, the softmax of two is the sigmoid of the difference.
    s, n, q, qn = arguments(k=1)
    wanted = torch.nn.functional.softplus(-(s - q) + (n - qn)[:, 0])
    assert_close(losses.sampled_softmax_loss(s, n, q, qn, reduction="none"), wanted)


@pytest.mark.parametrize("name", NAMES)
def test_a_draw_at_minus_infinity_is_as_if_not_drawn(name):
    s, n, q, qn = arguments()
    masked = n.index_fill(1, torch.tensor([1]), -math.inf).requires_grad_()
    loss = getattr(losses, name)
    found = loss(s, masked, q, qn, reduction="none")
    (gradient,) = torch.autograd.grad(found.sum(), masked)
    assert (gradient[:, 1] == 0).all()
    if name == "sampled_softmax_loss":
        kept = [0, 2]
        assert_close(found, loss(s, n[:, kept], q, qn[:, kept], reduction="none"))
    impossible = qn.index_fill(1, torch.tensor([1]), -math.inf)  # even where q calls it impossible
    assert_close(loss(s, masked, q, impossible, reduction="none"), found)


def test_when_no_draw_counts_the_datum_is_certain():
    s, n = rand(2).requires_grad_(), torch.full((2, 3), -math.inf).double().requires_grad_()
    loss = losses.sampled_softmax_loss(s, n, Z(2), Z(2, 3))
    assert loss == 0
    assert all((g == 0).all() for g in torch.autograd.grad(loss, (s, n)))


def test_a_sure_answer_keeps_its_digits():
    found = losses.sampled_softmax_loss(torch.tensor([40.0]), Z(1, 1), Z(1), Z(1, 1))
    assert found.item() == pytest.approx(math.exp(-40), rel=1e-4)


def test_a_constant_in_log_q_changes_nce_only():
    s, n, q, qn = arguments()
    shifted = s, n, q + 2, qn + 2
    assert_close(losses.sampled_softmax_loss(*shifted), losses.sampled_softmax_loss(s, n, q, qn))
    assert_close(losses.nce_loss(*shifted), losses.nce_loss(s - 2, n - 2, q, qn))
    assert not torch.isclose(losses.nce_loss(*shifted), losses.nce_loss(s, n, q, qn))


MISTAKES = [
    ((Z(2, 1), Z(2, 3), Z(2), Z(2, 3)), ValueError, r"input must have shape \(N\), found \(2, 1\)"),
    ((Z(()), Z(3), Z(()), Z(3)), ValueError, r"input must have shape \(N\), found \(\)"),
    ((Z(2), Z(3, 3), Z(2), Z(3, 3)), ValueError, r"noise must have shape \(2, K\), found \(3, 3\)"),
    ((Z(2), Z(2), Z(2), Z(2)), ValueError, r"noise must have shape \(2, K\), found \(2,\)"),
    ((Z(2), Z(2, 0), Z(2), Z(2, 0)), ValueError, r"at least one draw for each datum, found \(2, 0\)"),
    ((Z(2), Z(2, 3), Z(3), Z(2, 3)), ValueError, r"log_prob must have shape \(2,\), found \(3,\)"),
    ((Z(2), Z(2, 3), Z(2), Z(3)), ValueError, r"noise_log_prob must have shape \(2, 3\), found \(3,\)"),
    ((Z(2).long(), Z(2, 3), Z(2), Z(2, 3)), NotImplementedError, "input must be a floating"),
    ((Z(2), Z(2, 3).long(), Z(2), Z(2, 3)), NotImplementedError, "noise must be a floating"),
    ((Z(2), Z(2, 3), Z(2).long(), Z(2, 3)), NotImplementedError, "log_prob must be a floating"),
    ((Z(2), Z(2, 3), Z(2), Z(2, 3).long()), NotImplementedError, "noise_log_prob must be a floating"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("given", "error", "message"), MISTAKES)
def test_bad_input_is_named(name, given, error, message):
    with pytest.raises(error, match=message):
        getattr(losses, name)(*given)


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_reduction_is_named(name):
    with pytest.raises(ValueError, match="found 'avg'"):
        getattr(losses, name)(*arguments(), reduction="avg")


@pytest.mark.parametrize(("module", "name"), [("NCELoss", NAMES[0]), ("SampledSoftmaxLoss", NAMES[1])])
def test_the_modules_are_the_functions(module, name):
    made = pickle.loads(pickle.dumps(getattr(modules, module)(reduction="sum")))
    given = arguments()
    assert_close(made(*given), getattr(losses, name)(*given, reduction="sum"))
