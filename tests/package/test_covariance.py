"""Beta-NLL, a predicted covariance and the log-normal: beside torch's distributions, and what they refuse."""

import math

import pytest
import torch
from torch.distributions import LogNormal, MultivariateNormal
from torch.testing import assert_close

from lossbook import checks, losses, modules
from lossbook import losses as F

NAMES = ("beta_nll_loss", "multivariate_gaussian_nll_loss", "log_normal_nll_loss")
GENERATOR = torch.Generator().manual_seed(0)


def normal(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


MU, Y, V = normal(6, 3), normal(6, 3), normal(6, 3).exp()
L = normal(6, 3, 3).tril(-1) + torch.diag_embed(normal(6, 3).exp())


@pytest.mark.parametrize("name", NAMES)
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


def slopes(loss, *inputs):
    leaves = [each.clone().requires_grad_() for each in inputs]
    return torch.autograd.grad(loss(*leaves), leaves)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 2.0])
def test_the_weight_of_beta_nll_scales_both_gradients_and_has_none_itself(beta):
    by_mean, by_var = slopes(lambda mu, v: losses.beta_nll_loss(mu, Y, v, beta, "sum"), MU, V)
    assert_close(by_mean, V**beta * (MU - Y) / V)
    assert_close(by_var, V**beta * 0.5 * (1 / V - (Y - MU) ** 2 / V**2))


def test_beta_0_is_the_likelihood_and_beta_1_pulls_the_mean_as_squared_error():
    expected = losses.gaussian_nll_loss(MU, Y, V, reduction="none")
    assert_close(losses.beta_nll_loss(MU, Y, V, 0.0, "none"), expected)
    by_mean, _ = slopes(lambda mu, v: losses.beta_nll_loss(mu, Y, v, 1.0), MU, V)
    (by_squares,) = slopes(lambda mu: losses.mse_loss(mu, Y) / 2, MU)
    assert_close(by_mean, by_squares)


@pytest.mark.parametrize("full", [False, True])
def test_likelihoods_are_torchs_distributions(full):
    constant = 0 if full else 1.5 * math.log(2 * math.pi)
    expected = -MultivariateNormal(MU, scale_tril=L).log_prob(Y) - constant
    assert_close(losses.multivariate_gaussian_nll_loss(MU, Y, L, full, "none"), expected)
    expected = -MultivariateNormal(MU, scale_tril=L[0]).log_prob(Y) - constant
    assert_close(losses.multivariate_gaussian_nll_loss(MU, Y, L[0], full, "none"), expected)
    y = Y.exp()
    constant = 0 if full else y.log() + 0.5 * math.log(2 * math.pi)
    expected = -LogNormal(MU, V).log_prob(y) - constant
    assert_close(losses.log_normal_nll_loss(MU, y, V, full, "none"), expected)


def test_a_diagonal_factor_is_a_sum_of_single_losses():
    each = losses.gaussian_nll_loss(MU, Y, V, reduction="none", eps=0).sum(-1)
    diagonal = torch.diag_embed(V.sqrt())
    assert_close(losses.multivariate_gaussian_nll_loss(MU, Y, diagonal, reduction="none"), each)


def test_what_is_above_the_diagonal_is_not_read():
    spoiled = torch.where(torch.ones(3, 3).triu(1).bool(), math.inf, L)
    expected = losses.multivariate_gaussian_nll_loss(MU, Y, L)
    assert_close(losses.multivariate_gaussian_nll_loss(MU, Y, spoiled), expected)
    by_factor = slopes(lambda f: losses.multivariate_gaussian_nll_loss(MU, Y, f), spoiled)[0]
    assert by_factor.isfinite().all()
    assert (by_factor.triu(1) == 0).all()


def test_the_best_factor_is_that_of_the_covariance_of_the_residuals():
    r = Y - MU
    best = torch.linalg.cholesky(r.mT @ r / len(r))
    (slope,) = slopes(lambda f: losses.multivariate_gaussian_nll_loss(MU, Y, f), best)
    assert_close(slope, torch.zeros_like(slope))


def test_vectors_may_lie_in_any_dimensions():
    mu, y, factor = MU.reshape(2, 3, 3), Y.reshape(2, 3, 3), L.reshape(2, 3, 3, 3)
    flat = losses.multivariate_gaussian_nll_loss(MU, Y, L, reduction="none")
    assert_close(losses.multivariate_gaussian_nll_loss(mu, y, factor, reduction="none"), flat.reshape(2, 3))
    assert_close(losses.multivariate_gaussian_nll_loss(MU[0], Y[0], L[0]), flat[0])


Z, ONE = torch.zeros, torch.eye(3)
MISTAKES = [
    (lambda: F.beta_nll_loss(Z(2), Z(2), 0.0), ValueError, "var must be positive, found 0"),
    (
        lambda: F.beta_nll_loss(Z(2), Z(2), 1.0, beta=-0.5),
        ValueError,
        "beta must not be negative, found -0.5",
    ),
    (lambda: F.beta_nll_loss(Z(2), Z(2), Z(3) + 1), RuntimeError, r"var must broadcast .* found \(3,\)"),
    (
        lambda: F.multivariate_gaussian_nll_loss(Z(2, 3), Z(3), ONE),
        ValueError,
        r"input and target must have one shape \(\*, D\), found \(2, 3\), \(3,\)",
    ),
    (
        lambda: F.multivariate_gaussian_nll_loss(Z(2, 3), Z(2, 3), torch.eye(2)),
        ValueError,
        r"scale_tril must have shape .* found \(2, 2\)",
    ),
    (
        lambda: F.multivariate_gaussian_nll_loss(Z(2, 3), Z(2, 3), -ONE),
        ValueError,
        "the diagonal of scale_tril must be positive, found -1",
    ),
    (lambda: F.multivariate_gaussian_nll_loss(Z(()), Z(()), ONE), ValueError, "must have one shape"),
    (lambda: F.log_normal_nll_loss(Z(2), Z(2), 1.0), ValueError, "target must be positive, found 0"),
    (lambda: F.log_normal_nll_loss(Z(2), Z(2) + 1, -1.0), ValueError, "scale must be positive, found -1"),
    (
        lambda: F.log_normal_nll_loss(Z(2).long(), Z(2) + 1, 1.0),
        NotImplementedError,
        "input must be a floating",
    ),
    (lambda: F.log_normal_nll_loss(Z(2), Z(2) + 1, 1.0, reduction="median"), ValueError, "reduction must be"),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("name", ["beta_nll_loss", "log_normal_nll_loss"])
def test_a_column_against_a_row_warns_and_is_refused_in_strict_mode(name):
    loss = getattr(losses, name)
    with pytest.warns(UserWarning, match="Using a target size"):
        assert loss(Z(3, 1), Z(3) + 1, 1.0, reduction="none").shape == (3, 3)
    with losses.strict(), pytest.raises(ValueError, match="strict mode"):
        loss(Z(3, 1), Z(3) + 1, 1.0)


def test_modules_take_options_in_the_constructor():
    assert_close(modules.BetaNLLLoss(beta=1.0)(MU, Y, V), losses.beta_nll_loss(MU, Y, V, 1.0))
    given = modules.MultivariateGaussianNLLLoss(full=True)(MU, Y, L)
    assert_close(given, losses.multivariate_gaussian_nll_loss(MU, Y, L, full=True))
    y = Y.exp()
    assert_close(modules.LogNormalNLLLoss()(MU, y, V), losses.log_normal_nll_loss(MU, y, V))
