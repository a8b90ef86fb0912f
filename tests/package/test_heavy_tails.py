"""Heavy tails and learned scales beside torch's distributions, scipy and quadrature, and what they refuse."""

import itertools
import math

import pytest
import scipy.special
import scipy.stats
import torch
from scipy.integrate import quad
from torch.distributions import Laplace, StudentT
from torch.testing import assert_close

from lossbook import checks, likelihoods, losses, modules
from lossbook import losses as F

NAMES = (
    "log_cosh_loss",
    "pseudo_huber_loss",
    "laplace_nll_loss",
    "student_t_nll_loss",
    "general_robust_loss",
)
GENERATOR = torch.Generator().manual_seed(0)


def normal(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


MU, Y, SCALE, DF = normal(50), 3 * normal(50), normal(50).exp(), (2 * normal(50)).exp()
ZERO = torch.tensor(0.0, dtype=torch.float64)


@pytest.mark.parametrize("name", NAMES)
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


def test_log_cosh_is_scipys_hyperbolic_secant():
    expected = -scipy.stats.hypsecant(loc=MU.numpy()).logpdf(Y.numpy()) - math.log(math.pi)
    assert_close(losses.log_cosh_loss(MU, Y, "none"), torch.as_tensor(expected))


def test_log_cosh_keeps_small_residuals_and_their_curvature():
    r = torch.tensor([1e-4, 0.0, -1e-4], requires_grad=True)
    value = losses.log_cosh_loss(r, torch.zeros(3), "none")
    assert_close(value.detach(), torch.tensor([5e-9, 0.0, 5e-9]), rtol=1e-2, atol=0)
    (slope,) = torch.autograd.grad(value.sum(), r, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), r)
    assert_close(bend, torch.ones(3))


@pytest.mark.parametrize("delta", [0.1, 1.0, 7.0])
def test_pseudo_huber_is_scipys(delta):
    expected = torch.as_tensor(scipy.special.pseudo_huber(delta, (Y - MU).numpy()))
    assert_close(losses.pseudo_huber_loss(MU, Y, delta, "none"), expected)


def test_pseudo_huber_keeps_small_residuals_and_survives_large_ones():
    far = torch.tensor([1e-6, 1e30])
    assert_close(losses.pseudo_huber_loss(far, torch.zeros(2), 1.0, "none"), torch.tensor([5e-13, 1e30]))


@pytest.mark.parametrize("full", [False, True])
def test_likelihoods_are_torchs_distributions(full):
    constant = 0 if full else math.log(2)
    ours = losses.laplace_nll_loss(MU, Y, SCALE, full, "none")
    assert_close(ours, -Laplace(MU, SCALE).log_prob(Y) - constant)
    constant = 0 if full else 0.5 * math.log(math.pi)
    ours = losses.student_t_nll_loss(MU, Y, SCALE, DF, full, "none")
    assert_close(ours, -StudentT(DF, MU, SCALE).log_prob(Y) - constant)


def test_a_number_is_as_good_as_a_tensor():
    for options in ({"scale": 2.0}, {"scale": 2.0, "df": 3.0}):
        loss = losses.student_t_nll_loss if "df" in options else losses.laplace_nll_loss
        as_tensors = {name: torch.full_like(MU, value) for name, value in options.items()}
        assert_close(loss(MU, Y, **options), loss(MU, Y, **as_tensors))


def test_many_degrees_of_freedom_are_the_normal_distribution_in_float32_too():
    mu, y = torch.zeros(3), torch.tensor([0.0, 1.0, 5.0])
    expected = -torch.distributions.Normal(0.0, 2.0).log_prob(y)
    for df in (1e8, 1e30):
        assert_close(losses.student_t_nll_loss(mu, y, 2.0, df, True, "none"), expected)


def test_a_residual_whose_square_overflows_costs_its_logarithm():
    far = torch.tensor(1e30)
    expected = math.log(math.pi) + 2 * math.log(1e30)
    assert losses.student_t_nll_loss(ZERO.float(), far, 1.0, 1.0, True).item() == pytest.approx(expected)


def test_the_best_scale_of_a_laplace_distribution_is_the_mean_distance():
    scale = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    best = (Y - MU).abs().mean()
    (slope,) = torch.autograd.grad(losses.laplace_nll_loss(MU, Y, scale * best), scale)
    assert_close(slope, ZERO)


def test_one_step_of_weighted_least_squares_lowers_the_t_likelihood():
    mu = torch.tensor(20.0, dtype=torch.float64)
    seen = []
    for _ in range(200):
        seen.append(losses.student_t_nll_loss(mu.expand_as(Y), Y, 1.5, 2.0).item())
        weight = 3.0 / (2.0 + ((Y - mu) / 1.5) ** 2)
        mu = (weight * Y).sum() / weight.sum()
    assert all(later <= before + 1e-12 for before, later in itertools.pairwise(seen))
    leaf = mu.clone().requires_grad_()
    (slope,) = torch.autograd.grad(losses.student_t_nll_loss(leaf.expand_as(Y), Y, 1.5, 2.0), leaf)
    assert_close(slope, ZERO)


def test_members_of_the_general_family_have_names():
    def general(alpha, scale=1.0):
        return losses.general_robust_loss(MU, Y, alpha, scale, "none")

    assert_close(general(2.0, 3.0), (Y - MU) ** 2 / 18)
    assert_close(general(1.0, 3.0), losses.pseudo_huber_loss(MU, Y, 3.0, "none") / 9)
    t = losses.student_t_nll_loss(MU, Y, 1.0, 1.0, reduction="none")
    assert_close(general(0.0, math.sqrt(0.5)), t - t.new_tensor(math.log(math.pi) / 2))
    square = (Y - MU) ** 2
    assert_close(general(-2.0), 2 * square / (square + 4))


@pytest.mark.parametrize(("limit", "near"), [(2.0, 2 - 1e-7), (0.0, 1e-7), (0.0, -1e-7), (-math.inf, -1e8)])
def test_the_limits_of_the_general_family_are_limits(limit, near):
    exact, close = (losses.general_robust_loss(MU, Y, a, 2.0, "none") for a in (limit, near))
    assert_close(close, exact, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("alpha", [-math.inf, -2.0, 0.0, 0.5, 1.0])
def test_a_pull_is_bounded_up_to_alpha_1_and_falls_back_below_it(alpha):
    r = torch.tensor([1e2, 1e4, 1e8], dtype=torch.float64, requires_grad=True)
    (pull,) = torch.autograd.grad(losses.general_robust_loss(r, torch.zeros_like(r), alpha).sum(), r)
    assert (pull <= 1).all()
    if alpha < 1:
        assert pull[-1] < 1e-3


@pytest.mark.parametrize(
    "law",
    [likelihoods.HyperbolicSecant(ZERO), likelihoods.Hyperbolic(ZERO, 0.3), likelihoods.Hyperbolic(ZERO, 4)],
)
def test_densities_integrate_to_one(law):
    area, _ = quad(
        lambda y: law.log_prob(torch.tensor(y, dtype=torch.float64)).exp().item(), -200, 200, points=[0]
    )
    assert area == pytest.approx(1, abs=1e-6)


def test_the_hyperbolic_secant_draws_what_its_distribution_function_says():
    torch.manual_seed(0)
    law = likelihoods.HyperbolicSecant(torch.tensor(1.0, dtype=torch.float64))
    drawn = law.sample((20_000,))
    assert law.mean == 1
    for level in (0.05, 0.5, 0.9):
        at = law.icdf(torch.tensor(level, dtype=torch.float64))
        assert law.cdf(at).item() == pytest.approx(level)
        assert (drawn <= at).double().mean().item() == pytest.approx(level, abs=0.015)
    assert likelihoods.Hyperbolic(torch.tensor(1.0)).mean == 1


Z = torch.zeros
MISTAKES = [
    (lambda: F.laplace_nll_loss(Z(2), Z(2), 0.0), ValueError, "scale must be positive, found 0"),
    (lambda: F.laplace_nll_loss(Z(2), Z(2), Z(3) + 1), RuntimeError, r"scale must broadcast .* found \(3,\)"),
    (lambda: F.laplace_nll_loss(Z(2), Z(2), Z(2, 1) + 1), RuntimeError, r"scale .* found \(2, 1\)"),
    (lambda: F.laplace_nll_loss(Z(2).long(), Z(2), 1.0), NotImplementedError, "input must be a floating"),
    (lambda: F.student_t_nll_loss(Z(2), Z(2), -1.0, 3.0), ValueError, "scale must be positive, found -1"),
    (lambda: F.student_t_nll_loss(Z(2), Z(2), 1.0, 0.0), ValueError, "df must be positive, found 0"),
    (lambda: F.student_t_nll_loss(Z(2), Z(2), 1.0, math.inf), ValueError, "df must be finite, found inf"),
    (lambda: F.student_t_nll_loss(Z(2), Z(2), 1.0, Z(3) + 1), RuntimeError, r"df must broadcast"),
    (
        lambda: F.pseudo_huber_loss(Z(2), Z(2), 0.0),
        ValueError,
        "delta must be positive and finite, found 0.0",
    ),
    (lambda: F.pseudo_huber_loss(Z(2), Z(2), math.inf), ValueError, "delta must be .* found inf"),
    (lambda: F.general_robust_loss(Z(2), Z(2), scale=-1.0), ValueError, "scale must be .* found -1.0"),
    (lambda: F.general_robust_loss(Z(2), Z(2), math.nan), ValueError, "alpha must be a number, found nan"),
    (lambda: F.log_cosh_loss(Z(2), Z(3)), RuntimeError, r"input \(2,\), target \(3,\)"),
    (lambda: F.log_cosh_loss(Z(2), Z(2), "median"), ValueError, "reduction must be one of"),
    (lambda: F.log_cosh_loss(Z(2).long(), Z(2).long()), NotImplementedError, "input or target must be"),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("name", NAMES)
def test_a_column_against_a_row_warns_and_is_refused_in_strict_mode(name):
    loss = getattr(losses, name)
    options = {"laplace_nll_loss": (1.0,), "student_t_nll_loss": (1.0, 3.0)}.get(name, ())
    with pytest.warns(UserWarning, match="Using a target size"):
        assert loss(Z(3, 1), Z(3), *options, reduction="none").shape == (3, 3)
    with losses.strict(), pytest.raises(ValueError, match="strict mode"):
        loss(Z(3, 1), Z(3), *options)


def test_modules_take_options_in_the_constructor():
    assert_close(modules.PseudoHuberLoss(delta=2.0)(MU, Y), losses.pseudo_huber_loss(MU, Y, 2.0))
    assert_close(modules.GeneralRobustLoss(0.0)(MU, Y), losses.general_robust_loss(MU, Y, 0.0))
    assert_close(modules.LogCoshLoss(reduction="sum")(MU, Y), losses.log_cosh_loss(MU, Y, "sum"))
    assert_close(modules.LaplaceNLLLoss()(MU, Y, SCALE), losses.laplace_nll_loss(MU, Y, SCALE))
    given = modules.StudentTNLLLoss(full=True)(MU, Y, SCALE, DF)
    assert_close(given, losses.student_t_nll_loss(MU, Y, SCALE, DF, full=True))
