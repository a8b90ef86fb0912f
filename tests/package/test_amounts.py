"""Losses of amounts, shares and inflated counts beside other libraries, beside what they must estimate."""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import statsmodels.api as sm
import torch
from sklearn.metrics import mean_tweedie_deviance
from statsmodels.discrete.count_model import ZeroInflatedNegativeBinomialP, ZeroInflatedPoisson
from statsmodels.othermod.betareg import BetaModel
from torch.testing import assert_close

from lossbook import data, likelihoods, losses, modules, training
from lossbook import losses as F
from lossbook.families.amounts.likelihoods import Tweedie

GENERATOR = torch.Generator().manual_seed(0)


def normal(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


ETA, AMOUNT, A, SHARE = normal(40), normal(40).exp(), normal(40).exp(), normal(40).sigmoid()
COUNT = torch.arange(40, dtype=torch.float64) % 8
X = torch.stack([torch.ones(200).double(), normal(200)], 1)
MEAN = torch.exp(0.5 + 0.7 * X[:, 1])


def leaf(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def each(tensor):
    return tensor.numpy()


def test_in_full_they_are_scipys_densities():
    mu = ETA.exp()
    gamma = scipy.stats.gamma(each(A), scale=each(mu / A)).logpdf(each(AMOUNT))
    assert_close(F.gamma_nll_loss(ETA, AMOUNT, A, full=True, reduction="none"), -torch.tensor(gamma))
    m = ETA.sigmoid()
    beta = scipy.stats.beta(each(m * A), each((1 - m) * A)).logpdf(each(SHARE))
    assert_close(
        F.beta_distribution_nll_loss(ETA, SHARE, A, full=True, reduction="none"), -torch.tensor(beta)
    )
    cut = scipy.stats.truncexpon(each(ETA.abs()), scale=each(1 / ETA.abs())).logpdf(each(SHARE))
    mirrored = torch.where(ETA > 0, 1 - SHARE, SHARE)
    ours = F.continuous_bernoulli_nll_loss(ETA.abs().neg(), SHARE, reduction="none")
    assert_close(ours, -torch.tensor(cut))
    assert_close(F.continuous_bernoulli_nll_loss(ETA, mirrored, reduction="none"), ours)


def test_counts_have_statsmodels_probabilities():
    constant = np.ones((40, 1))
    for gate in (-1.0, 2.0):
        ours = F.zero_inflated_poisson_nll_loss(
            torch.full((40,), 0.4).double(), COUNT, torch.full((40,), gate).double(), True, "none"
        )
        theirs = ZeroInflatedPoisson(each(COUNT), constant).loglikeobs(np.array([gate, 0.4]))
        assert_close(ours, -torch.tensor(theirs))
        ours = F.zero_inflated_negative_binomial_nll_loss(
            torch.full((40,), 0.4).double(), COUNT, 0.8, torch.full((40,), gate).double(), True, "none"
        )
        model = ZeroInflatedNegativeBinomialP(each(COUNT), constant, p=2)
        assert_close(ours, -torch.tensor(model.loglikeobs(np.array([gate, 0.4, 0.8]))))


@pytest.mark.parametrize("power", [1.0, 1.2, 1.5, 1.8, 2.0])
def test_twice_the_tweedie_loss_above_its_least_is_sklearns_deviance(power):
    loss = lambda mu: F.tweedie_nll_loss(mu, AMOUNT, power, log_input=False)  # noqa: E731
    deviance = 2 * (loss(ETA.exp()) - loss(AMOUNT))
    assert deviance.item() == pytest.approx(
        mean_tweedie_deviance(each(AMOUNT), each(ETA.exp()), power=power), rel=1e-9
    )


def test_tweedies_ends_are_poisson_and_exponential():
    y = torch.cat([torch.zeros(10).double(), AMOUNT[10:]])
    assert_close(F.tweedie_nll_loss(ETA, y, 1), F.poisson_nll_loss(ETA, y))
    assert_close(F.tweedie_nll_loss(ETA, AMOUNT, 2), F.gamma_nll_loss(ETA, AMOUNT, 1.0) + AMOUNT.log().mean())


@pytest.mark.parametrize("power", [1.2, 1.5, 1.8])
def test_tweedies_density_and_its_zeros_make_1_with_the_right_moments(power):
    mean, phi = 1.7, 0.6
    law = Tweedie(torch.tensor(mean).double(), power, phi)
    density = lambda y: law.log_prob(torch.tensor(y).double()).exp().item()  # noqa: E731
    zero = density(0.0)
    moments = [
        scipy.integrate.quad(lambda y, k=k: y**k * density(y), 0, 60, limit=500, points=[1e-3, 1])[0]
        for k in range(3)
    ]
    assert zero == pytest.approx(math.exp(-(mean ** (2 - power)) / (phi * (2 - power))))
    assert zero + moments[0] == pytest.approx(1, abs=1e-5)
    assert moments[1] == pytest.approx(mean, rel=1e-5)
    assert moments[2] - mean**2 == pytest.approx(phi * mean**power, rel=1e-5)
    assert law.mean.item() == pytest.approx(mean)
    assert law.variance.item() == pytest.approx(phi * mean**power)


def test_tweedies_density_is_statsmodels():
    y = torch.cat([torch.zeros(10).double(), AMOUNT[10:]])
    family = sm.families.Tweedie(sm.families.links.Log(), var_power=1.4)
    theirs = family.loglike_obs(each(y), each(ETA.exp()), scale=0.7)
    assert_close(Tweedie(ETA.exp(), 1.4, 0.7).log_prob(y), torch.tensor(theirs))


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
def test_tweedies_samples_have_its_zeros_mean_and_variance(power):
    torch.manual_seed(0)
    phi = 1.0 if power == 1 else 0.8
    law = Tweedie(torch.tensor([0.5, 2.0]).double(), power, phi)
    y = law.sample((200_000,))
    assert_close(y.mean(0), law.mean, rtol=0.02, atol=0)
    assert_close(y.var(0), law.variance, rtol=0.05, atol=0)
    if power < 2:
        zero = law.log_prob(torch.zeros(2).double()).exp()
        assert_close((y == 0).double().mean(0), zero, rtol=0.03, atol=0)


def test_tweedies_samples_are_distributed_as_its_density_says():
    torch.manual_seed(0)
    law = Tweedie(torch.tensor(2.0).double(), 1.5, 0.8)
    y = law.sample((100_000,))
    at = torch.linspace(1e-6, 30, 300_001, dtype=torch.float64)
    cumulative = law.log_prob(torch.tensor(0.0)).exp() + torch.cumulative_trapezoid(
        law.log_prob(at).exp(), at
    )
    for quantile in (1.0, 2.0, 5.0):
        expected = cumulative[torch.searchsorted(at, torch.tensor(quantile).double()) - 1]
        assert (y <= quantile).double().mean().item() == pytest.approx(expected.item(), abs=0.006)


def test_a_tweedie_has_a_dispersion_of_1_or_a_power_above_1():
    with pytest.raises(ValueError, match=r"power must be from 1 to 2, .* found power 1 and dispersion 2.0"):
        Tweedie(ETA.exp(), 1, 2.0)
    with pytest.raises(ValueError, match=r"found power 2\.5"):
        Tweedie(ETA.exp(), 2.5)


GLMS = {
    "gamma": (sm.families.Gamma, {}, lambda eta, y: F.gamma_nll_loss(eta, y, 3.0)),
    "tweedie": (sm.families.Tweedie, {"var_power": 1.3}, lambda eta, y: F.tweedie_nll_loss(eta, y, 1.3)),
}


@pytest.mark.parametrize("name", GLMS)
def test_coefficients_are_those_of_statsmodels_glm(name):
    torch.manual_seed(0)
    family, options, loss = GLMS[name]
    y = Tweedie(MEAN, 2.0 if name == "gamma" else 1.3, 0.5).sample()
    theirs = sm.GLM(each(y), each(X), family=family(sm.families.links.Log(), **options)).fit(tol=1e-12)
    w = leaf(0.0, 0.0)
    training.minimise(lambda: loss(X @ w, y), w)
    assert_close(w.detach(), torch.tensor(theirs.params), atol=1e-5, rtol=0)


def test_beta_has_statsmodels_likelihood_and_coefficients():
    torch.manual_seed(0)
    y = torch.distributions.Beta(3 * MEAN.clamp(max=5), torch.tensor(4.0)).sample()
    theirs = BetaModel(each(y), each(X)).fit(disp=0)
    w, log_phi = leaf(0.0, 0.0), leaf(0.0)
    loss = lambda: F.beta_distribution_nll_loss(X @ w, y, log_phi.exp(), True, "sum")  # noqa: E731
    training.minimise(loss, w, log_phi)
    assert_close(torch.cat([w, log_phi]).detach(), torch.tensor(theirs.params), atol=2e-3, rtol=0)
    assert loss().item() == pytest.approx(-theirs.llf, abs=1e-4)


@pytest.mark.parametrize("name", ["gamma", "tweedie", "gamma of the mean", "tweedie of the mean"])
def test_the_minimiser_is_the_mean_whatever_the_distribution(name):
    y = torch.tensor([0.1, 0.2, 3.0, 11.0], dtype=torch.float64)
    loss = {
        "gamma": lambda m: F.gamma_nll_loss(m.log(), y, 7.0),
        "tweedie": lambda m: F.tweedie_nll_loss(m.log(), y, 1.7),
        "gamma of the mean": lambda m: F.gamma_nll_loss(m, y, 7.0, log_input=False),
        "tweedie of the mean": lambda m: F.tweedie_nll_loss(m, y, 1.7, log_input=False),
    }[name]
    m = y.mean().clone().requires_grad_()
    assert torch.autograd.grad(loss(m.expand(4)), m)[0].item() == pytest.approx(0, abs=1e-12)


def test_the_mean_of_a_continuous_bernoulli_is_not_the_sigmoid():
    z, y = leaf(0.5), torch.tensor([0.2, 0.1, 0.3]).double()
    training.minimise(lambda: F.continuous_bernoulli_nll_loss(z.expand(3), y), z)
    mean = likelihoods.continuous_bernoulli_nll_loss(z.detach()).distribution.mean
    assert mean.item() == pytest.approx(0.2, abs=1e-6)
    assert z.sigmoid().item() < 0.02


def test_a_continuous_bernoulli_near_0_is_smooth():
    z = torch.tensor([0.0, 1e-8, -1e-8, 0.4999999, 0.5, -0.4999999, -0.5], requires_grad=True)
    y = torch.full((7,), 0.3)
    value = F.continuous_bernoulli_nll_loss(z, y, reduction="none")
    (slope,) = torch.autograd.grad(value.sum(), z)
    exact = z.detach().double()
    expected = torch.where(exact.abs() < 1e-3, 0.5 + exact / 12, 1 / -torch.expm1(-exact) - 1 / exact) - 0.3
    assert_close(slope.double(), expected, atol=3e-7, rtol=0)
    assert value[0].item() == 0


@pytest.mark.parametrize("gate", [-40.0, 0.0, 40.0])
def test_the_gate_splits_the_zeros(gate):
    g = torch.full((40,), gate, dtype=torch.float64)
    pi = g.sigmoid()
    plain = {
        "poisson": (
            F.poisson_nll_loss(ETA, COUNT, reduction="none"),
            F.zero_inflated_poisson_nll_loss(ETA, COUNT, g, reduction="none"),
        ),
        "negative binomial": (
            F.negative_binomial_nll_loss(ETA, COUNT, A, reduction="none"),
            F.zero_inflated_negative_binomial_nll_loss(ETA, COUNT, A, g, reduction="none"),
        ),
    }
    for alone, inflated in plain.values():
        expected = torch.where(COUNT == 0, pi + (1 - pi) * alone.neg().exp(), 0)
        assert_close(inflated[COUNT == 0], -expected.log()[COUNT == 0])
        assert_close(inflated[COUNT > 0], (alone + torch.nn.functional.softplus(g))[COUNT > 0])


def test_a_small_dispersion_is_the_poisson():
    g = normal(40)
    both = [
        F.zero_inflated_negative_binomial_nll_loss(ETA, COUNT, 1e-9, g, full=True, reduction="none"),
        F.zero_inflated_poisson_nll_loss(ETA, COUNT, g, full=True, reduction="none"),
    ]
    assert_close(*both, atol=1e-6, rtol=0)


FAR = torch.tensor([1e4, -1e4])
HALF, THREE = torch.full((2,), 0.5), torch.full((2,), 3.0)
FINITE = {
    "gamma": (lambda e: F.gamma_nll_loss(e.abs(), THREE, 2.0, reduction="none"), None),
    "beta, sure": (lambda e: F.beta_distribution_nll_loss(e, HALF, 5.0, reduction="none"), None),
    "beta, precise": (lambda e: F.beta_distribution_nll_loss(0 * e, HALF, 1e6, reduction="none"), -5.2957),
    "gamma, precise": (lambda e: F.gamma_nll_loss(0 * e, HALF / HALF, 1e8, reduction="none"), -8.2914),
    "continuous Bernoulli": (lambda e: F.continuous_bernoulli_nll_loss(e, HALF, reduction="none"), 4990.79),
    "at its end": (
        lambda e: F.continuous_bernoulli_nll_loss(e, torch.tensor([1.0, 0.0]), reduction="none"),
        -9.2103,
    ),
    "zero, gate": (lambda e: F.zero_inflated_poisson_nll_loss(e, 0 * e, 0 * e, reduction="none"), None),
    "zero, shut": (
        lambda e: F.zero_inflated_poisson_nll_loss(0 * e, 0 * e, -e.abs(), reduction="none"),
        1.0,
    ),
    "zero, open": (
        lambda e: F.zero_inflated_negative_binomial_nll_loss(0 * e, 0 * e, 1.0, e.abs(), reduction="none"),
        0.0,
    ),
}


@pytest.mark.parametrize("name", FINITE)
def test_far_away_and_in_float32_it_is_what_it_is_in_float64(name):
    loss, expected = FINITE[name]
    found = {}
    for dtype in (torch.float32, torch.float64):
        e = FAR.to(dtype).requires_grad_()
        value = loss(e)
        (slope,) = torch.autograd.grad(value.sum(), e)
        assert torch.isfinite(value).all()
        assert torch.isfinite(slope).all()
        found[dtype] = value.detach().double()
    assert_close(*found.values(), rtol=1e-5, atol=2e-5)
    if expected is not None:
        assert_close(found[torch.float64], torch.full((2,), expected).double(), rtol=1e-4, atol=1e-6)


def test_where_the_target_is_0_a_mean_of_almost_0_costs_nothing():
    eta = torch.full((1,), -1e4, requires_grad=True)
    for power in (1, 1.5):
        loss = F.tweedie_nll_loss(eta, torch.zeros(1), power)
        assert loss.item() == 0
        assert torch.autograd.grad(loss, eta)[0].item() == 0


def test_whole_numbers_may_be_amounts_and_parameters_numbers_or_tensors():
    whole = torch.arange(1, 41)
    assert_close(F.gamma_nll_loss(ETA, whole, 2), F.gamma_nll_loss(ETA, whole.double(), torch.tensor(2.0)))
    assert_close(
        F.zero_inflated_poisson_nll_loss(ETA, whole.to(torch.uint8), ETA, full=True),
        F.zero_inflated_poisson_nll_loss(ETA, whole.double(), ETA, full=True),
    )


Z, ONE = torch.zeros(2), torch.ones(2)
WHOLE = torch.ones(2).long()
ZIP, ZINB = F.zero_inflated_poisson_nll_loss, F.zero_inflated_negative_binomial_nll_loss
MISTAKES = [
    (lambda: F.gamma_nll_loss(Z, Z, 1.0), ValueError, "target must be positive, found 0"),
    (lambda: F.gamma_nll_loss(Z, ONE, -ONE), ValueError, "concentration must be positive, found -1"),
    (
        lambda: F.gamma_nll_loss(Z, ONE, 1.0, log_input=False),
        ValueError,
        "input must be positive without log_input, found 0",
    ),
    (lambda: F.gamma_nll_loss(WHOLE, ONE, 1.0), NotImplementedError, "input must be a floating"),
    (lambda: F.gamma_nll_loss(Z, torch.ones(3), 1.0), RuntimeError, r"input \(2,\), target \(3,\)"),
    (lambda: F.gamma_nll_loss(Z, ONE, torch.ones(3)), RuntimeError, r"concentration \(3,\)"),
    (lambda: F.gamma_nll_loss(Z, ONE, 1.0, reduction="median"), ValueError, "reduction must be one of"),
    (lambda: F.tweedie_nll_loss(Z, -ONE), ValueError, "target must be non-negative, found -1"),
    (lambda: F.tweedie_nll_loss(Z, ONE, 3), ValueError, "power must be from 1 to 2, found 3"),
    (lambda: F.tweedie_nll_loss(Z, ONE, 0.5), ValueError, "power must be from 1 to 2, found 0.5"),
    (lambda: F.tweedie_nll_loss(-ONE, ONE, log_input=False), ValueError, "input must be positive"),
    (
        lambda: F.beta_distribution_nll_loss(Z, ONE, 1.0),
        ValueError,
        "target must be between 0 and 1, both excluded, found 1",
    ),
    (lambda: F.beta_distribution_nll_loss(Z, Z, 1.0), ValueError, "both excluded, found 0"),
    (
        lambda: F.beta_distribution_nll_loss(Z, ONE / 2, 0.0),
        ValueError,
        "precision must be positive, found 0",
    ),
    (lambda: F.continuous_bernoulli_nll_loss(Z, 2 * ONE), ValueError, "target must be from 0 to 1, found 2"),
    (lambda: F.continuous_bernoulli_nll_loss(Z, -ONE), ValueError, "target must be from 0 to 1, found -1"),
    (lambda: ZIP(Z, -ONE, Z), ValueError, "target must be non-negative, found -1"),
    (lambda: ZIP(Z, ONE, WHOLE), NotImplementedError, "gate_logits must be a floating"),
    (lambda: ZIP(Z, ONE, torch.zeros(3)), RuntimeError, r"gate_logits \(3,\)"),
    (lambda: ZINB(Z, -ONE, 1.0, Z), ValueError, "target must be non-negative, found -1"),
    (lambda: ZINB(Z, ONE, 0.0, Z), ValueError, "dispersion must be positive, found 0"),
    (lambda: ZINB(Z, ONE, 1.0, WHOLE), NotImplementedError, "gate_logits must be a floating"),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_strict_mode_refuses_a_column_beside_a_row():
    with losses.strict(), pytest.raises(ValueError, match="all shapes must be equal"):
        losses.gamma_nll_loss(ETA[:, None], AMOUNT, 1.0)
    with losses.strict():
        losses.zero_inflated_negative_binomial_nll_loss(ETA, COUNT, A, ETA)


@pytest.mark.parametrize(
    "name",
    [
        "gamma_nll_loss",
        "tweedie_nll_loss",
        "beta_distribution_nll_loss",
        "continuous_bernoulli_nll_loss",
        "zero_inflated_poisson_nll_loss",
        "zero_inflated_negative_binomial_nll_loss",
    ],
)
def test_compiled_it_is_the_same(name):
    from lossbook.checks import SPECS

    arguments, loss = SPECS[name].arguments(), getattr(losses, name)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    assert_close(compiled(*arguments), loss(*arguments))


def test_modules_take_options_in_the_constructor():
    ours = modules.GammaNLLLoss(full=True)(ETA, AMOUNT, A)
    assert_close(ours, losses.gamma_nll_loss(ETA, AMOUNT, A, full=True))
    assert_close(modules.TweedieNLLLoss(power=1.2)(ETA, AMOUNT), losses.tweedie_nll_loss(ETA, AMOUNT, 1.2))
    given = ETA, COUNT, 0.7, ETA
    ours = modules.ZeroInflatedNegativeBinomialNLLLoss(reduction="sum")(*given)
    assert_close(ours, losses.zero_inflated_negative_binomial_nll_loss(*given, reduction="sum"))


def test_rain_is_four_years_of_days():
    rain = data.seattle_rain()
    assert rain.x.shape == (1461, 1)
    assert rain.x[:, 0].min() == 1
    assert rain.x[:, 0].max() == 366
    assert (rain.y == 0).sum() == 838
    assert rain.y.max().item() == pytest.approx(55.9)
    assert rain.features == ("day of the year",)
    assert "public domain" in rain.licence


def test_medical_spending_is_that_of_persons_in_several_years():
    spending = data.medical_spending()
    assert spending.x.shape == (20190, 15)
    assert spending.features[0] == "person"
    assert spending.x[:, 0].unique().numel() == 5912
    assert spending.y.double().mean().item() == pytest.approx(171.568, abs=1e-3)
    assert (spending.y == 0).sum() == 4453
    assert "statsmodels" in spending.licence
