"""Quantiles and scores beside other libraries, beside what they must elicit, and what they refuse."""

import math

import pytest
import scoringrules
import torch
from torch.testing import assert_close

from lossbook import likelihoods, losses, modules
from lossbook import losses as F

GENERATOR = torch.Generator().manual_seed(0)


def normal(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


MU, Y, SCALE = normal(50), normal(50), normal(50).exp()


def theirs(values):
    return torch.as_tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9])
def test_the_quantile_loss_is_scoringrules(level):
    expected = theirs(scoringrules.quantile_score(Y.numpy(), MU.numpy(), level))
    assert_close(losses.quantile_loss(MU, Y, level, "none"), expected)


def test_the_normal_crps_is_scoringrules():
    expected = theirs(scoringrules.crps_normal(Y.numpy(), MU.numpy(), SCALE.numpy()))
    assert_close(losses.gaussian_crps_loss(MU, Y, SCALE, "none"), expected)


@pytest.mark.parametrize(("fair", "estimator"), [(True, "fair"), (False, "nrg")])
def test_ensembles_are_scoringrules(fair, estimator):
    draws, vectors, at = normal(50, 7), normal(20, 6, 3), normal(20, 3)
    expected = theirs(scoringrules.crps_ensemble(Y.numpy(), draws.numpy(), estimator=estimator))
    assert_close(losses.ensemble_crps_loss(draws, Y, fair, "none"), expected)
    expected = theirs(scoringrules.es_ensemble(at.numpy(), vectors.numpy(), estimator=estimator))
    assert_close(losses.energy_score_loss(vectors, at, fair, "none"), expected)


@pytest.mark.parametrize("alpha", [0.1, 0.5])
def test_the_interval_score_is_scoringrules(alpha):
    lower, upper = MU - SCALE, MU + SCALE
    expected = theirs(scoringrules.interval_score(Y.numpy(), lower.numpy(), upper.numpy(), alpha))
    assert_close(losses.interval_score_loss(lower, upper, Y, alpha, "none"), expected)


def test_several_quantiles_are_the_quantiles_one_by_one():
    levels, predicted = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64), normal(50, 3)
    for loss in (losses.quantile_loss, losses.expectile_loss):
        together = loss(predicted, Y, levels, reduction="none")
        each = [loss(predicted[:, k], Y, float(levels[k]), reduction="none") for k in range(3)]
        assert_close(together, torch.stack(each, 1))


@pytest.mark.parametrize("level", [0.1, 0.5, 0.8])
def test_what_is_elicited(level):
    sample = torch.linspace(-6, 6, 4001, dtype=torch.float64).exp()  # skewed: nothing coincides
    weight = torch.distributions.LogNormal(0.0, 1.0).log_prob(sample).exp() * sample
    weight = weight / weight.sum()
    q = torch.linspace(0.05, 8, 1591, dtype=torch.float64)

    def best(loss):
        each = loss(q[:, None].expand(-1, len(sample)), sample.expand(len(q), -1), level, "none")
        return q[(each * weight).sum(1).argmin()]

    exact = torch.distributions.LogNormal(0.0, 1.0).icdf(torch.tensor(level))
    assert best(losses.quantile_loss).item() == pytest.approx(exact.item(), abs=0.01)
    m = best(losses.expectile_loss)
    up = level * (weight * (sample - m).clamp(min=0)).sum()
    down = (1 - level) * (weight * (m - sample).clamp(min=0)).sum()
    assert up.item() == pytest.approx(down.item(), rel=0.02)


def test_half_an_expectile_is_half_the_squared_error():
    assert_close(losses.expectile_loss(MU, Y), losses.mse_loss(MU, Y) / 2)


def test_the_crps_of_a_point_forecast_is_the_absolute_error():
    mu = torch.tensor(0.0, requires_grad=True)
    scale = torch.tensor(1e-30, requires_grad=True)
    value = losses.gaussian_crps_loss(mu, torch.tensor(3.0), scale)
    slopes = torch.autograd.grad(value, (mu, scale))
    assert_close(torch.stack([value, *slopes]).detach(), torch.tensor([3.0, -1.0, -1 / math.sqrt(math.pi)]))


def test_a_score_of_probabilities_is_the_score_of_their_one_hot():
    z, y = normal(6, 4), torch.arange(6) % 4
    one_hot = torch.nn.functional.one_hot(y, 4).double()
    assert_close(losses.brier_loss(z, one_hot), losses.brier_loss(z, y))
    ignored = torch.where(torch.arange(6) < 3, y, -100)
    assert_close(losses.brier_loss(z, ignored), losses.brier_loss(z[:3], y[:3]))


def test_the_working_likelihood_has_its_quantile_where_it_should():
    law = likelihoods.quantile_loss(torch.tensor(2.0, dtype=torch.float64), 0.3).distribution
    at = torch.linspace(-80, 80, 400_001, dtype=torch.float64)
    density = law.log_prob(at).exp()
    assert torch.trapezoid(density, at).item() == pytest.approx(1, abs=1e-6)
    assert law.cdf(torch.tensor(2.0)).item() == pytest.approx(0.3)
    assert torch.trapezoid(density[at <= 3], at[at <= 3]).item() == pytest.approx(
        law.cdf(torch.tensor(3.0, dtype=torch.float64)).item(), abs=1e-4
    )


Z = torch.zeros
MISTAKES = [
    (
        lambda: F.quantile_loss(Z(2), Z(2), 1.0),
        ValueError,
        r"quantile must be between 0 and 1, found 1\.0",
    ),
    (
        lambda: F.quantile_loss(Z(2, 3), Z(2), torch.tensor([0.1, 0.9])),
        ValueError,
        r"for input \(2, 3\)",
    ),
    (
        lambda: F.quantile_loss(Z(2, 1), Z(2), torch.tensor([1.5])),
        ValueError,
        "quantile must be between 0 and 1",
    ),
    (lambda: F.expectile_loss(Z(2), Z(2), 0.0), ValueError, r"expectile must be .* found 0\.0"),
    (
        lambda: F.interval_score_loss(Z(2), Z(2), Z(2), alpha=1.5),
        ValueError,
        r"alpha must be .* found 1\.5",
    ),
    (lambda: F.interval_score_loss(Z(2), Z(3), Z(2)), RuntimeError, r"lower \(2,\), upper \(3,\)"),
    (lambda: F.gaussian_crps_loss(Z(2), Z(2), 0.0), ValueError, "scale must be positive, found 0"),
    (lambda: F.gaussian_crps_loss(Z(2), Z(2), Z(3) + 1), RuntimeError, r"scale \(3,\)"),
    (lambda: F.ensemble_crps_loss(Z(2, 1), Z(2)), ValueError, "at least 2 draws, found 1"),
    (
        lambda: F.ensemble_crps_loss(Z(2, 5), Z(3)),
        ValueError,
        r"target \(3,\), found \(2, 5\)",
    ),
    (lambda: F.energy_score_loss(Z(2, 5, 3), Z(2, 4)), ValueError, r"for target \(2, 4\)"),
    (
        lambda: F.brier_loss(Z(2, 3), torch.tensor([0, 3])),
        IndexError,
        "target must be a class index below 3",
    ),
    (lambda: F.brier_loss(Z(2, 3), Z(2, 3) - 1), ValueError, "target must be a probability, found -1"),
    (lambda: F.quantile_loss(Z(2), Z(2), reduction="median"), ValueError, "reduction must be one of"),
    (
        lambda: F.quantile_loss(torch.ones(2).long(), Z(2)),
        NotImplementedError,
        "input must be a floating",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_one_draw_will_do_for_an_estimate_that_is_not_fair():
    assert_close(losses.ensemble_crps_loss(MU[:, None], Y, fair=False), losses.l1_loss(MU, Y))


def test_modules_take_options_in_the_constructor():
    assert_close(modules.QuantileLoss(quantile=0.9)(MU, Y), losses.quantile_loss(MU, Y, 0.9))
    assert_close(modules.EnergyScoreLoss(fair=False)(normal(2, 3, 4), normal(2, 4)).shape, torch.Size([]))
