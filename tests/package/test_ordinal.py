"""Losses of ordered categories beside statsmodels, scipy and high precision, and what they refuse."""

import math
import warnings

import mpmath
import numpy as np
import pytest
import scipy.stats
import torch
from statsmodels.miscmodels.ordinal_model import OrderedModel
from torch.testing import assert_close

from lossbook import data, likelihoods, losses, modules, training
from lossbook import losses as F
from lossbook.checks import SPECS

GENERATOR = torch.Generator().manual_seed(0)
LATENT = {"logit": losses.ordered_logistic_nll_loss, "probit": losses.ordered_probit_nll_loss}
SCIPY = {"logit": scipy.stats.logistic, "probit": scipy.stats.norm}


def normal(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


CUTS = torch.tensor([-1.0, 0.2, 0.7, 2.0], dtype=torch.float64)
LOCATION, GRADE = normal(40), torch.arange(40) % 5


@pytest.mark.parametrize("link", LATENT)
def test_it_is_scipys_probability_between_two_thresholds(link):
    ends = np.concatenate([[-np.inf], CUTS.numpy(), [np.inf]])
    f, y = LOCATION.numpy(), GRADE.numpy()
    p = SCIPY[link].cdf(ends[y + 1] - f) - SCIPY[link].cdf(ends[y] - f)
    assert_close(LATENT[link](LOCATION, GRADE, CUTS, reduction="none"), torch.tensor(-np.log(p)))


@pytest.mark.parametrize("link", LATENT)
def test_coefficients_and_likelihood_are_those_of_statsmodels(link):
    everyone = data.marriages()[:800]
    x = data.Standardizer.fit(everyone.x[:, :4])(everyone.x[:, :4]).double()
    theirs = OrderedModel(everyone.y.numpy(), x.numpy(), distr=link)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = theirs.fit(method="bfgs", gtol=1e-8, disp=False)
    slopes = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    cuts = torch.arange(4).double().requires_grad_()
    cutpoints = lambda: torch.cat([cuts[:1], cuts[:1] + cuts[1:].exp().cumsum(0)])  # noqa: E731
    loss = lambda: LATENT[link](x @ slopes, everyone.y, cutpoints(), reduction="sum")  # noqa: E731
    assert training.minimise(loss, slopes, cuts) == pytest.approx(-fitted.llf)
    assert_close(slopes.detach(), torch.tensor(fitted.params[:4]), atol=1e-4, rtol=0)
    found = torch.tensor(theirs.transform_threshold_params(fitted.params)[1:-1])
    assert_close(cutpoints().detach(), found, atol=1e-3, rtol=0)


@pytest.mark.parametrize("link", LATENT)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_far_away_and_between_close_thresholds_no_digit_is_lost(link, dtype):
    mpmath.mp.dps = 60
    cdf = {
        "logit": lambda x: 1 / (1 + mpmath.exp(-x)),
        "probit": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    }
    slack = 1e-13 if dtype == torch.float64 else 2e-5
    for width in (1e-30, 1e-6, 0.004, 0.014, 0.029, 0.031, 0.3, 3.0, 40.0):
        for start in (0.0, -width / 2):
            cuts = torch.tensor([start, start + width], dtype=dtype)
            for at in (0.0, 1.0, -1.0, 5.0, -8.0, 20.0, -100.0, 3000.0):
                f = torch.tensor(at, dtype=dtype, requires_grad=True)
                loss = LATENT[link](f, torch.tensor(1), cuts)
                (slope,) = torch.autograd.grad(loss, f)
                a, b = (mpmath.mpf(c) - at for c in cuts.tolist())
                sign, (a, b) = (-1, (-b, -a)) if a + b > 0 else (1, (a, b))
                p = cdf[link](b) - cdf[link](a)
                expected = 1 - cdf[link](a) - cdf[link](b)
                if link == "probit":
                    expected = (mpmath.npdf(b) - mpmath.npdf(a)) / p
                assert loss.item() == pytest.approx(float(-mpmath.log(p)), rel=slack, abs=slack)
                assert slope.item() == pytest.approx(float(sign * expected), rel=slack, abs=slack)


@pytest.mark.parametrize("link", LATENT)
def test_two_categories_are_the_binary_loss(link):
    binary = {"logit": losses.binary_cross_entropy_with_logits, "probit": losses.probit_loss}[link]
    y = GRADE % 2
    ours = LATENT[link](LOCATION, y, torch.tensor([0.3]).double())
    assert_close(ours, binary(LOCATION - 0.3, y.double()))


@pytest.mark.parametrize("link", LATENT)
def test_each_element_may_have_its_own_thresholds(link):
    shift = normal(40)
    ours = LATENT[link](LOCATION + shift, GRADE, CUTS + shift[:, None], reduction="none")
    assert_close(ours, LATENT[link](LOCATION, GRADE, CUTS, reduction="none"))


@pytest.mark.parametrize("link", LATENT)
def test_turned_upside_down_it_is_the_same(link):
    ours = LATENT[link](-LOCATION, 4 - GRADE, -CUTS.flip(0), reduction="none")
    assert_close(ours, LATENT[link](LOCATION, GRADE, CUTS, reduction="none"))


@pytest.mark.parametrize("link", LATENT)
def test_the_last_two_categories_may_be_merged(link):
    loss = lambda y, cuts: LATENT[link](LOCATION, y, cuts, reduction="none")  # noqa: E731
    apart = [torch.full((40,), k) for k in (3, 4)]
    together = loss(apart[0], CUTS[:3]).neg().exp()
    assert_close(sum(loss(y, CUTS).neg().exp() for y in apart), together)


def test_the_pull_of_a_logistic_grade_is_bounded_and_of_a_normal_one_is_not():
    far = torch.tensor([-50.0, 50.0], requires_grad=True)
    y = torch.tensor([2, 2])
    pulls = [torch.autograd.grad(loss(far, y, CUTS, reduction="sum"), far)[0] for loss in LATENT.values()]
    assert_close(pulls[0], torch.tensor([-1.0, 1.0]))
    assert pulls[1][0] < -49
    assert pulls[1][1] > 49


def test_without_features_thresholds_are_the_logits_of_the_shares():
    y = torch.tensor([0] * 2 + [1] * 3 + [2] * 5)
    cuts = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    loss = lambda: losses.ordered_logistic_nll_loss(torch.zeros(10).double(), y, cuts)  # noqa: E731
    training.minimise(loss, cuts)
    assert_close(cuts.detach().sigmoid(), torch.tensor([0.2, 0.5]).double(), atol=1e-5, rtol=0)


def test_a_column_and_a_row_broadcast_unless_strict():
    loss = losses.ordered_logistic_nll_loss(LOCATION[:2, None], GRADE[:3], CUTS, reduction="none")
    assert loss.shape == (2, 3)
    with losses.strict(), pytest.raises(ValueError, match="all shapes must be equal"):
        losses.ordered_logistic_nll_loss(LOCATION[:2, None], GRADE[:3], CUTS)


def test_the_three_likelihoods_add_up_to_1():
    every, f, z = torch.arange(5), torch.full((5,), 0.4).double(), normal(1, 4).expand(5, 4)
    for loss in LATENT.values():
        assert loss(f, every, CUTS, reduction="none").neg().exp().sum().item() == pytest.approx(1)
    assert losses.corn_loss(z, every, reduction="none").neg().exp().sum().item() == pytest.approx(1)
    assert losses.coral_loss(z, every, reduction="none").neg().exp().sum().item() < 0.99


def test_corn_is_the_discrete_hazard_of_stopping():
    z = normal(40, 4)
    stopped = losses.discrete_hazard_loss(-z, GRADE.clamp(max=3), GRADE < 4, reduction="none")
    assert_close(losses.corn_loss(z, GRADE, reduction="none"), stopped)


def test_corn_without_features_is_the_share_of_each_category():
    z = torch.zeros(1, 2, dtype=torch.float64, requires_grad=True)
    y = torch.tensor([0] * 2 + [1] * 3 + [2] * 5)
    training.minimise(lambda: losses.corn_loss(z.expand(10, 2), y), z)
    p = likelihoods.corn_loss(z.detach()).distribution.probs
    assert_close(p, torch.tensor([[0.2, 0.3, 0.5]]).double(), atol=1e-5, rtol=0)


def test_coral_is_the_binary_cross_entropy_of_the_levels():
    z, weight = normal(40, 4), torch.tensor([1.0, 2.0, 0.0, 0.5]).double()
    levels = (GRADE[:, None] > torch.arange(4)).double()
    each = losses.binary_cross_entropy_with_logits(z, levels, reduction="none")
    assert_close(losses.coral_loss(z, GRADE), each.sum(1).mean())
    assert_close(losses.coral_loss(z, GRADE, weight), (weight * each).sum(1).mean())


def test_an_infinite_logit_of_a_question_that_is_not_asked_or_right_costs_nothing():
    z = torch.tensor([[math.inf, -math.inf, math.inf]], requires_grad=True)
    loss = losses.corn_loss(z, torch.tensor([1]))
    assert loss.item() == 0
    assert torch.autograd.grad(loss, z)[0].abs().sum() == 0
    weight = torch.tensor([1.0, 0.0, 0.0])
    assert losses.coral_loss(torch.tensor([[math.inf, math.inf, math.inf]]), torch.tensor([1]), weight) == 0


def test_more_dimensions_come_before_the_questions():
    z, y = normal(2, 3, 4), GRADE[:6].reshape(2, 3)
    for loss in (losses.corn_loss, losses.coral_loss):
        ours = loss(z, y, reduction="none")
        assert ours.shape == (2, 3)
        assert_close(ours.flatten(), loss(z.flatten(0, 1), y.flatten(), reduction="none"))


@pytest.mark.parametrize("name", ["ordered_logistic_nll_loss", "ordered_probit_nll_loss", "corn_loss"])
def test_compiled_it_is_the_same(name):
    arguments, loss = SPECS[name].arguments(), getattr(losses, name)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    assert_close(compiled(*arguments), loss(*arguments))


def test_modules_take_options_in_the_constructor():
    z = normal(40, 4)
    weight = torch.tensor([1.0, 2.0, 0.0, 0.5]).double()
    assert_close(modules.CORALLoss(weight)(z, GRADE), losses.coral_loss(z, GRADE, weight))
    assert_close(modules.CORNLoss(reduction="sum")(z, GRADE), losses.corn_loss(z, GRADE, reduction="sum"))
    for name, loss in zip(("OrderedLogistic", "OrderedProbit"), LATENT.values(), strict=True):
        made = getattr(modules, f"{name}NLLLoss")(reduction="none")
        assert_close(made(LOCATION, GRADE, CUTS), loss(LOCATION, GRADE, CUTS, reduction="none"))


Z, K = torch.zeros, torch.zeros(2).long()
UP = torch.tensor([0.0, 1.0])
LATENT_MISTAKES = [
    ((Z(2), K, torch.tensor([1.0, 1.0])), ValueError, "each step of cutpoints must be positive, found 0"),
    ((Z(2), K, torch.tensor([1.0, 0.5])), ValueError, "each step of cutpoints must be positive, found -0.5"),
    ((Z(2), K, Z(2) / 0), ValueError, "each step of cutpoints must be positive, found nan"),
    ((Z(2), K, torch.tensor(1.0)), ValueError, r"cutpoints must have shape \(K - 1\) .* found \(\)"),
    ((Z(2), K, Z(3, 1)), ValueError, r"cutpoints must have shape .* input \(2,\) .* found \(3, 1\)"),
    ((Z(2), K, Z(0)), ValueError, r"cutpoints must have shape .* found \(0,\)"),
    ((Z(2), K + 3, UP), IndexError, "target must be a category below 3, found 3"),
    ((Z(2), K - 1, UP), IndexError, "target must be a category below 3, found -1"),
    ((Z(2), Z(2), UP), ValueError, "target must hold integers, found dtype torch.float32"),
    ((Z(2), K == 0, UP), ValueError, "target must hold integers, found dtype torch.bool"),
    ((Z(3), K, UP), RuntimeError, r"input \(3,\), target \(2,\)"),
    ((K, K, UP), NotImplementedError, "input must be a floating-point tensor"),
    ((Z(2), K, torch.arange(2)), NotImplementedError, "cutpoints must be a floating-point tensor"),
    ((Z(2), K, UP, "median"), ValueError, "reduction must be one of"),
]
QUESTION_MISTAKES = [
    ((Z(2, 3), K + 4), IndexError, "target must be a category below 4, found 4"),
    ((Z(2, 3), K - 1), IndexError, "target must be a category below 4, found -1"),
    ((Z(2, 3), Z(2)), ValueError, "target must hold integers, found dtype torch.float32"),
    ((Z(2, 3), Z(2, 3).long()), ValueError, r"target must have shape \(\*\) .* found \(2, 3\) for \(2, 3\)"),
    ((Z(2, 0), K), ValueError, r"input must have shape \(\*, K - 1\), found \(2, 0\)"),
    ((torch.tensor(0.0), K), ValueError, r"input must have shape \(\*, K - 1\), found \(\)"),
    ((Z(2, 3).long(), K), NotImplementedError, "input must be a floating-point tensor"),
]


@pytest.mark.parametrize("link", LATENT)
@pytest.mark.parametrize(("arguments", "error", "message"), LATENT_MISTAKES)
def test_a_mistake_is_named(link, arguments, error, message):
    with pytest.raises(error, match=message):
        LATENT[link](*arguments)


@pytest.mark.parametrize("loss", [F.corn_loss, F.coral_loss])
@pytest.mark.parametrize(("arguments", "error", "message"), QUESTION_MISTAKES)
def test_a_mistake_of_the_questions_is_named(loss, arguments, error, message):
    with pytest.raises(error, match=message):
        loss(*arguments)
    with pytest.raises(ValueError, match="reduction must be one of"):
        loss(Z(2, 3), K, reduction="median")


def test_a_weight_for_each_question_is_wanted():
    with pytest.raises(ValueError, match=r"weight must have shape \(K - 1\) .* found \(4,\)"):
        F.coral_loss(Z(2, 3), K, Z(4))


def test_marriages_is_the_table_of_the_survey():
    everyone = data.marriages()
    assert everyone.x.shape == (6366, 8)
    assert everyone.y.bincount().tolist() == [99, 348, 993, 2242, 2684]
    assert everyone.x[0].tolist() == pytest.approx([32, 9, 3, 3, 17, 2, 5, 1 / 9])
    assert everyone.features[1] == "years married"
    assert "BSD" in everyone.licence
