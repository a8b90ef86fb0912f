"""Survival losses beside other libraries, beside what they must estimate, and what they refuse."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
import statsmodels.duration.hazard_regression as hazard_regression
import torch
from torch.testing import assert_close

from lossbook import data, likelihoods, losses, modules, training
from lossbook import losses as F

GENERATOR = torch.Generator().manual_seed(0)


def normal(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


MU, TIME, SCALE, EVENT = normal(40), normal(40).exp(), normal(40).exp(), normal(40) > 0
SCIPY = {
    "weibull": lambda mu, s: scipy.stats.weibull_min(1 / s, scale=np.exp(mu)),
    "log_logistic": lambda mu, s: scipy.stats.fisk(1 / s, scale=np.exp(mu)),
    "log_normal": lambda mu, s: scipy.stats.lognorm(s, scale=np.exp(mu)),
}


def aft(name):
    return getattr(losses, f"{name}_aft_nll_loss")


@pytest.mark.parametrize("name", SCIPY)
def test_in_full_it_is_scipys_density_and_survival(name):
    law = SCIPY[name](MU.numpy(), SCALE.numpy())
    expected = -torch.where(EVENT, *(torch.tensor(f(TIME.numpy())) for f in (law.logpdf, law.logsf)))
    assert_close(aft(name)(MU, TIME, EVENT, SCALE, full=True, reduction="none"), expected)


@pytest.mark.parametrize("name", SCIPY)
def test_an_event_is_a_dense_bundle_of_lost_survival(name):
    # The density is minus the slope of the survival function, by finite differences.
    step = 1e-5

    def survival(t):
        lasting = torch.zeros_like(EVENT)
        return torch.exp(-aft(name)(MU, t, lasting, SCALE, full=True, reduction="none"))

    density = (survival(TIME - step) - survival(TIME + step)) / (2 * step)
    happened = aft(name)(MU, TIME, torch.ones_like(EVENT), SCALE, full=True, reduction="none")
    assert_close(happened.neg().exp(), density, rtol=1e-4, atol=1e-8)


def test_without_censoring_the_log_normal_is_its_namesake():
    ours = losses.log_normal_aft_nll_loss(MU, TIME, torch.ones(40), SCALE, full=True)
    assert_close(ours, losses.log_normal_nll_loss(MU, TIME, SCALE, full=True))


def test_the_exponential_case_is_poissons_of_the_events_with_the_time_as_exposure():
    ours = losses.weibull_aft_nll_loss(MU, TIME, EVENT, scale=1.0, reduction="none")
    theirs = losses.poisson_nll_loss(TIME.log() - MU, EVENT.double(), reduction="none")
    assert_close(ours, theirs)


def test_the_exponential_estimate_is_time_under_observation_per_event():
    mu = torch.zeros((), dtype=torch.float64, requires_grad=True)
    training.minimise(lambda: losses.weibull_aft_nll_loss(mu.expand(40), TIME, EVENT, scale=1.0), mu)
    assert mu.item() == pytest.approx(math.log(TIME.sum() / EVENT.sum()), abs=1e-6)


def test_a_number_for_the_scale_and_0_and_1_for_the_event_are_the_same():
    for name in SCIPY:
        given = aft(name)(MU, TIME, EVENT, torch.full((40,), 0.7, dtype=torch.float64))
        assert_close(aft(name)(MU, TIME, EVENT.long(), 0.7), given)


@pytest.mark.parametrize("name", SCIPY)
def test_far_from_the_time_nothing_is_nan(name):
    mu = torch.tensor([0.0, 0.0, 0.0, 0.0], requires_grad=True)
    scale = torch.tensor([1e-30, 1e-30, 1.0, 1.0], requires_grad=True)
    time, event = torch.tensor([1e-30, 0.9, 1e-38, 1.0]), torch.tensor([0, 0, 0, 1])
    value = aft(name)(mu, time, event, scale, reduction="none")
    slopes = torch.autograd.grad(value.sum(), (mu, scale))
    assert all(torch.isfinite(x).all() for x in (value, *slopes))
    assert value[:2].tolist() == [0.0, 0.0]


def test_the_hazard_loss_is_the_binary_cross_entropy_of_the_cells_at_risk():
    z, k, event = normal(30, 6), torch.arange(30) % 6, normal(30) > 0
    at_risk = torch.arange(6) <= k[:, None]
    label = ((torch.arange(6) == k[:, None]) & event[:, None]).double()
    cells = losses.binary_cross_entropy_with_logits(z[at_risk], label[at_risk], reduction="sum")
    assert_close(losses.discrete_hazard_loss(z, k, event, reduction="sum"), cells)


def test_intervals_and_what_lies_beyond_have_probability_1():
    z = normal(1, 5)
    everything = [(k, 1) for k in range(5)] + [(4, 0)]
    for loss in (losses.discrete_hazard_loss, lambda *a: losses.deephit_loss(*a, alpha=1.0)):
        p = [loss(z, torch.tensor([k]), torch.tensor([e])).neg().exp() for k, e in everything]
        assert sum(p).item() == pytest.approx(1)


def test_the_hazards_of_one_group_are_the_kaplan_meier_estimate():
    k, event = torch.tensor([0, 0, 1, 2, 2, 2, 3, 3]), torch.tensor([1, 0, 1, 1, 1, 0, 1, 0])
    z = torch.zeros(1, 4, dtype=torch.float64, requires_grad=True)
    training.minimise(lambda: losses.discrete_hazard_loss(z.expand(8, -1), k, event), z)
    assert_close(
        z.sigmoid().detach()[0], torch.tensor([1 / 8, 1 / 6, 2 / 5, 1 / 2]).double(), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_cox_has_statsmodels_likelihood_and_coefficients(ties):
    everyone = data.gbsg2()
    x = (everyone.x[:, :5] / everyone.x[:, :5].std(0)).double()
    time, event = (everyone.y[:, 0] / 100).ceil().double(), everyone.y[:, 1]  # many ties
    theirs = hazard_regression.PHReg(time.numpy(), x.numpy(), status=event.numpy(), ties=ties)
    beta = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    loss = lambda: losses.cox_ph_loss(x @ beta, time, event, ties, reduction="sum")  # noqa: E731
    assert loss().item() == pytest.approx(-theirs.loglike(np.zeros(5)))
    training.minimise(loss, beta)
    fitted = theirs.fit()
    assert_close(beta.detach(), torch.tensor(fitted.params), atol=2e-5, rtol=0)
    assert loss().item() == pytest.approx(-fitted.llf)


def test_without_censoring_cox_is_plackett_and_luces_probability_of_the_order():
    g = normal(4)
    each = []
    for order in itertools.permutations(range(4)):
        time = torch.empty(4)
        time[list(order)] = torch.arange(4.0)
        each.append(losses.cox_ph_loss(g, time, torch.ones(4), reduction="sum").neg().exp())
    assert sum(each).item() == pytest.approx(1)


def test_cox_looks_at_the_order_of_times_and_differences_of_risks_only():
    g = normal(40)
    ours = losses.cox_ph_loss(g, TIME, EVENT)
    assert_close(losses.cox_ph_loss(g + 3, TIME.log(), EVENT), ours)
    assert_close(losses.cox_ph_loss(g, (10_000 * TIME).long(), EVENT), ours)


def test_cox_does_not_lose_those_whose_risk_is_far_below_the_highest():
    g = torch.tensor([800.0, 0.0, 1.0], requires_grad=True)
    time, event = torch.tensor([1.0, 2.0, 3.0]), torch.ones(3)
    each = losses.cox_ph_loss(g, time, event, reduction="none")
    assert_close(each.detach(), torch.tensor([0.0, math.log1p(math.e), 0.0]))
    (slope,) = torch.autograd.grad(each.sum(), g)
    assert_close(slope, torch.tensor([0.0, 1 / (1 + math.e) - 1, math.e / (1 + math.e)]))


def test_cox_without_events_or_without_subjects_costs_nothing():
    g = torch.randn(3, requires_grad=True)
    loss = losses.cox_ph_loss(g, torch.ones(3), torch.zeros(3))
    assert loss.item() == 0
    assert torch.autograd.grad(loss, g)[0].tolist() == [0, 0, 0]
    nobody = torch.zeros(0)
    assert losses.cox_ph_loss(nobody, nobody, nobody).item() == 0
    assert losses.cox_ph_loss(nobody, nobody, nobody, reduction="none").shape == (0,)


def test_a_few_ties_bring_the_two_treatments_together():
    g, time = normal(6), torch.tensor([1.0, 2, 3, 4, 5, 5])
    apart, tied = torch.tensor([1, 1, 1, 1, 1, 0]), torch.ones(6)
    both = [losses.cox_ph_loss(g, time, apart, ties) for ties in ("efron", "breslow")]
    assert_close(*both)
    efron, breslow = (losses.cox_ph_loss(g, time, tied, ties) for ties in ("efron", "breslow"))
    assert efron < breslow


def test_deephits_penalty_is_counted_by_hand():
    # F at 0: 1/2 for the first, 1/3 for the second, who is still without an event there.
    z = torch.tensor([[0.0, -math.inf], [0.0, 0.0]]).clamp(min=-1e4)
    k, event = torch.tensor([0, 0]), torch.tensor([1, 0])
    each = losses.deephit_loss(z, k, event, alpha=0.0, sigma=1.0, reduction="none")
    assert_close(each, torch.tensor([math.exp(-(1 / 2 - 1 / 3)) / 2, 0.0]))


def test_what_can_be_computed_twice_agrees_with_the_likelihood():
    model = likelihoods.weibull_aft_nll_loss(MU, EVENT, SCALE, full=True)
    assert_close(
        -model.distribution.log_prob(TIME).mean(), losses.weibull_aft_nll_loss(MU, TIME, EVENT, SCALE, True)
    )
    with pytest.raises(ValueError, match="target, the time, is needed"):
        likelihoods.weibull_aft_nll_loss(MU, EVENT, SCALE)


Z, ONE = torch.zeros, torch.ones
K = torch.zeros(2).long()
MISTAKES = [
    (lambda: F.weibull_aft_nll_loss(Z(2), Z(2), ONE(2), 1.0), ValueError, "time must be positive, found 0"),
    (
        lambda: F.weibull_aft_nll_loss(Z(2), ONE(2), ONE(2), 0.0),
        ValueError,
        "scale must be positive, found 0",
    ),
    (
        lambda: F.weibull_aft_nll_loss(Z(2), ONE(2), 2 * ONE(2), 1.0),
        ValueError,
        "event must be 0 or 1, found 2",
    ),
    (
        lambda: F.log_logistic_aft_nll_loss(Z(2), ONE(3), ONE(2), 1.0),
        RuntimeError,
        r"input \(2,\), time \(3,\)",
    ),
    (lambda: F.log_normal_aft_nll_loss(Z(2), ONE(2), ONE(2), ONE(3)), RuntimeError, r"scale \(3,\)"),
    (
        lambda: F.log_normal_aft_nll_loss(K, ONE(2), ONE(2), 1.0),
        NotImplementedError,
        "input must be a floating",
    ),
    (
        lambda: F.discrete_hazard_loss(Z(2), K, ONE(2)),
        ValueError,
        r"input must have shape \(N, T\), found \(2,\)",
    ),
    (
        lambda: F.discrete_hazard_loss(Z(2, 3), K + 3, ONE(2)),
        IndexError,
        "target must be an interval below 3, found 3",
    ),
    (lambda: F.discrete_hazard_loss(Z(2, 3), K - 1, ONE(2)), IndexError, "an interval below 3, found -1"),
    (
        lambda: F.discrete_hazard_loss(Z(2, 3), Z(2), ONE(2)),
        ValueError,
        "target must hold integers, found dtype torch.float32",
    ),
    (
        lambda: F.discrete_hazard_loss(Z(2, 3), K, ONE(3)),
        ValueError,
        r"event must have shape \(N\) .* found \(3,\)",
    ),
    (
        lambda: F.cox_ph_loss(Z(2, 1), Z(2), ONE(2)),
        ValueError,
        r"input must have shape \(N\), found \(2, 1\)",
    ),
    (lambda: F.cox_ph_loss(Z(2), Z(3), ONE(2)), ValueError, r"time must have shape \(N\) .* found \(3,\)"),
    (lambda: F.cox_ph_loss(Z(2), Z(2) / 0, ONE(2)), ValueError, "time must be a number, found nan"),
    (lambda: F.cox_ph_loss(Z(2), Z(2), ONE(2) / 2), ValueError, "event must be 0 or 1, found 0.5"),
    (
        lambda: F.cox_ph_loss(Z(2), Z(2), ONE(2), "exact"),
        ValueError,
        "ties must be one of 'efron', 'breslow', found 'exact'",
    ),
    (lambda: F.cox_ph_loss(Z(2), Z(2), ONE(2), reduction="median"), ValueError, "reduction must be one of"),
    (lambda: F.cox_ph_loss(K, Z(2), ONE(2)), NotImplementedError, "input must be a floating"),
    (
        lambda: F.deephit_loss(Z(2, 3), K, ONE(2), alpha=1.5),
        ValueError,
        "alpha must be from 0 to 1, found 1.5",
    ),
    (lambda: F.deephit_loss(Z(2, 3), K, ONE(2), sigma=0.0), ValueError, "sigma must be positive, found 0.0"),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_strict_mode_refuses_a_column_beside_a_row():
    with losses.strict(), pytest.raises(ValueError, match="all shapes must be equal"):
        losses.weibull_aft_nll_loss(MU[:, None], TIME, EVENT, 1.0)


@pytest.mark.parametrize(
    "name", ["cox_ph_loss", "discrete_hazard_loss", "deephit_loss", "weibull_aft_nll_loss"]
)
def test_compiled_it_is_the_same(name):
    from lossbook.checks import SPECS

    arguments, loss = SPECS[name].arguments(), getattr(losses, name)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    assert_close(compiled(*arguments), loss(*arguments))


def test_modules_take_options_in_the_constructor():
    g, z, k = normal(40), normal(40, 3), torch.arange(40) % 3
    ours = modules.CoxPHLoss(ties="breslow")(g, TIME, EVENT)
    assert_close(ours, losses.cox_ph_loss(g, TIME, EVENT, ties="breslow"))
    assert_close(modules.DeepHitLoss(alpha=1.0)(z, k, EVENT), losses.deephit_loss(z, k, EVENT, 1.0))
    assert_close(
        modules.WeibullAFTNLLLoss(full=True)(MU, TIME, EVENT, SCALE),
        aft("weibull")(MU, TIME, EVENT, SCALE, True),
    )


def test_gbsg2_is_the_table_of_the_study():
    everyone = data.gbsg2()
    assert everyone.x.shape == (686, 8)
    assert everyone.y.shape == (686, 2)
    assert everyone.y[:, 1].sum() == 299
    assert everyone.x[0].tolist() == [0, 70, 1, 21, 2, 3, 48, 66]
    assert everyone.y[0].tolist() == [1814, 1]
    assert everyone.features[5] == "positive lymph nodes"
    assert "MIT" in everyone.licence
    assert everyone.x[:, 4].unique().tolist() == [1, 2, 3]
