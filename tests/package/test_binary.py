"""Yes or no: beside torch's losses, and where torch's are unstable."""

import math

import mpmath
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.genmod.families import links
from torch.testing import assert_close

from lossbook import checks, likelihoods, losses
from tests.package.beside_torch import (
    DTYPES,
    INF,
    NAN,
    REDUCTIONS,
    assert_compiles,
    assert_equal,
    assert_module,
    assert_refused_if_strict,
    assert_same_mistake,
    assert_transforms,
    at,
    rand,
    with_gradients,
)

BCE, LOGITS, SOFT = "binary_cross_entropy", "binary_cross_entropy_with_logits", "soft_margin_loss"
FOCAL = "sigmoid_focal_loss"
SHAPES = st.lists(st.integers(0, 3), max_size=3)
torch.manual_seed(0)
Z, Y, P = rand(3, 4), torch.rand(3, 4, dtype=torch.float64), torch.rand(3, 4, dtype=torch.float64)


def labels_for(name, target):
    return 2 * target - 1 if name == SOFT else target


def inputs_for(name):
    target = (Y > 0.5).double()
    return (P if name == BCE else Z), labels_for(name, target)


@pytest.mark.parametrize("name", [BCE, LOGITS, SOFT, FOCAL])
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@settings(max_examples=80, deadline=None)
@given(
    name=st.sampled_from([BCE, LOGITS, SOFT]),
    shape=SHAPES,
    dtype=st.sampled_from(DTYPES),
    reduction=st.sampled_from(REDUCTIONS),
    soft=st.booleans(),
    seed=st.integers(0, 99),
)
def test_equal_torch_for_every_shape_and_dtype(name, shape, dtype, reduction, soft, seed):
    torch.manual_seed(seed)
    input = torch.rand(shape, dtype=dtype) * 0.9 + 0.05 if name == BCE else rand(*shape, dtype=dtype)
    target = torch.rand(shape, dtype=dtype)
    target = labels_for(name, target if soft and name != SOFT else target.round())
    if dtype in (torch.float64, torch.float32):
        assert_equal(name, input, target, reduction=reduction)
    else:
        ours, theirs = (
            f(input, target, reduction=reduction) for f in (getattr(losses, name), getattr(F, name))
        )
        assert_close(ours, theirs, equal_nan=True, rtol=2e-2, atol=2e-2)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([BCE, LOGITS]),
    weight=st.sampled_from([(), (4,), (3, 1), (3, 4)]),
    pos_weight=st.sampled_from([None, (), (4,), (3, 1)]),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.int64]),
    reduction=st.sampled_from(REDUCTIONS),
)
def test_weights_of_every_shape_and_dtype_equal_torchs(name, weight, pos_weight, dtype, reduction):
    options = {"weight": (3 * torch.rand(weight)).to(dtype), "reduction": reduction}
    if pos_weight is not None and name == LOGITS:
        options["pos_weight"] = (3 * torch.rand(pos_weight)).to(dtype)
    assert_equal(name, P, Y, **options)


@pytest.mark.parametrize("name", [BCE, LOGITS, SOFT])
def test_non_contiguous_inputs(name):
    input, target = inputs_for(name)
    assert_equal(name, input.T, target.T)


@pytest.mark.parametrize("name", [BCE, LOGITS])
def test_the_gradient_flows_into_the_target(name):
    assert_equal(name, P, Y, wrt=(0, 1))


MISTAKES = {
    "shapes differ": ([BCE, LOGITS], r"found \(4,\)", (P, Y[0]), {}),
    "shapes do not broadcast": ([SOFT], r"target .* found \(3, 2\)", (Z, Y[:, :2]), {}),
    "target larger than input": ([SOFT], r"target .* found \(3, 4\)", (Z[:, :1], Y), {}),
    "integer target": ([BCE, LOGITS], "int64", (P, Y.long()), {}),
    "boolean target": ([BCE], "bool", (P, Y > 0.5), {}),
    "boolean target from logits": ([LOGITS], "bool", (P, Y > 0.5), {}),
    "integers from logits": ([LOGITS], "int64", (Z.long(), Y.long()), {}),
    "integer input": ([SOFT], "int64", (Z.long(), Y), {}),
    "integers": ([BCE], "int64", (P.long(), Y.long()), {}),
    "target of another precision": ([BCE], "float32", (P, Y.float()), {}),
    "not a probability": ([BCE], "input must be between 0 and 1, found 1.5", (at(0.5, 1.5), at(1, 1)), {}),
    "nan": ([BCE], "found nan", (at(0.5, NAN), at(1, 1)), {}),
    "target beyond 1": ([BCE], "target must be between 0 and 1, found 2", (at(0.5), at(2.0)), {}),
    "weight of another size": ([BCE, LOGITS], r"weight .* found \(3,\)", (P, Y), {"weight": torch.ones(3)}),
    "weight with more dimensions": (
        [BCE, LOGITS],
        r"weight .* found \(2, 3, 4\)",
        (P, Y),
        {"weight": torch.ones(2, 3, 4)},
    ),
    "pos_weight of another size": ([LOGITS], r"pos_weight .* \(3,\)", (Z, Y), {"pos_weight": torch.ones(3)}),
    "unknown reduction": ([BCE, LOGITS, SOFT], "'avg'", (P, Y), {"reduction": "avg"}),
    "complex from logits": ([LOGITS], "complex", (Z + 0j, Y + 0j), {}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_torchs_exception_type(mistake):
    names, match, arguments, options = MISTAKES[mistake]
    for name in names:
        if mistake == "complex from logits":
            with pytest.raises(RuntimeError):
                getattr(losses, name)(*arguments)
        else:
            assert_same_mistake(name, match, *arguments, **options)


def test_what_torch_accepts_silently_agrees_and_is_refused_in_strict_mode():
    assert_refused_if_strict(SOFT, "target must be 1 or -1 .* found 0", at(0.3, -2), at(0, 1))
    assert_refused_if_strict(SOFT, r"found input \(3, 3\), target \(3,\)", rand(3, 3), torch.ones(3))
    assert_refused_if_strict(LOGITS, "target must be between 0 and 1 .* found -1", at(0.3, -2), at(-1, 1))


def test_torch_overflows_for_a_soft_margin_of_minus_100_and_this_loss_does_not():
    z, y = torch.tensor([-100.0, 3.0]), torch.ones(2)
    theirs = with_gradients(F.soft_margin_loss, (z, y), {"reduction": "sum"}, (0,))
    assert theirs[0] == INF
    assert theirs[1][0].isnan()
    value, gradient = with_gradients(losses.soft_margin_loss, (z, y), {"reduction": "sum"}, (0,))
    assert_close(value, torch.tensor(100 + math.log1p(math.exp(-3))))
    assert_close(gradient, -torch.sigmoid(-z))


def test_an_infinite_logit_that_is_right_costs_nothing_where_torch_gives_nan():
    z, t = at(INF, -INF), at(1, 0)
    assert F.binary_cross_entropy_with_logits(z, t, reduction="none").isnan().all()
    value, gradient = with_gradients(
        losses.binary_cross_entropy_with_logits, (z, t), {"reduction": "none"}, (0,)
    )
    assert_close(value, at(0, 0))
    assert_close(gradient, at(0, 0))


def test_an_infinite_logit_that_is_wrong_costs_infinity_with_the_slope_of_certainty():
    options = {"reduction": "sum"}
    value, gradient = with_gradients(
        losses.binary_cross_entropy_with_logits, (at(INF, -INF), at(0, 1)), options, (0,)
    )
    assert value == INF
    assert_close(gradient, at(1, -1))


def test_the_slope_at_a_logit_of_0_is_exactly_half_minus_target():
    t = at(0, 0.3, 1)
    _, gradient = with_gradients(
        losses.binary_cross_entropy_with_logits, (at(0, 0, 0), t), {"reduction": "sum"}, (0,)
    )
    assert_close(gradient, 0.5 - t)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_probability_of_0_or_1_that_is_wrong_costs_100_with_torchs_slope(dtype):
    assert_equal(BCE, at(0, 1, dtype=dtype), at(1, 0, dtype=dtype), reduction="none")
    value, gradient = with_gradients(
        losses.binary_cross_entropy, (at(0, 1), at(1, 0)), {"reduction": "sum"}, (0,)
    )
    assert value == 200
    assert_close(gradient, at(-1e12, 1e12))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_logarithm_is_held_at_minus_100_in_every_dtype(dtype):
    value = losses.binary_cross_entropy(at(0, 1, dtype=dtype), at(1, 0, dtype=dtype), reduction="none")
    assert value.tolist() == [100, 100]


def test_at_a_probability_that_is_right_for_certain_the_slope_is_1_where_torch_gives_0():
    arguments = (at(0, 1), at(0, 1)), {"reduction": "sum"}, (0,)
    assert_close(with_gradients(F.binary_cross_entropy, *arguments)[1], at(0, 0))
    assert_close(with_gradients(losses.binary_cross_entropy, *arguments)[1], at(1, -1))


def test_pos_weight_shifts_the_minimiser_by_its_logarithm():
    z = torch.zeros((), dtype=torch.float64, requires_grad=True)
    eta, w = 0.3, 5.0
    minimiser = math.log(eta / (1 - eta)) + math.log(w)
    with torch.no_grad():
        z += minimiser
    loss = losses.binary_cross_entropy_with_logits(z, at(eta).squeeze(), pos_weight=at(w).squeeze())
    assert abs(torch.autograd.grad(loss, z)[0]) < 1e-12


def published_focal_loss(z, t, alpha, gamma):
    p, ce = torch.sigmoid(z), F.binary_cross_entropy_with_logits(z, t, reduction="none")
    loss = ce * (1 - (p * t + (1 - p) * (1 - t))) ** gamma
    return loss if alpha < 0 else (alpha * t + (1 - alpha) * (1 - t)) * loss


@pytest.mark.parametrize("alpha", [-1, 0.25, 0.9])
@pytest.mark.parametrize("gamma", [0, 0.5, 2, 5])
def test_focal_loss_is_the_published_formula(alpha, gamma):
    ours = losses.sigmoid_focal_loss(Z, Y, alpha, gamma)
    assert_close(ours, published_focal_loss(Z, Y, alpha, gamma))
    mean = losses.sigmoid_focal_loss(Z, Y, alpha, gamma, reduction="mean")
    assert_close(mean, ours.mean())


def test_focal_loss_is_no_proper_score():
    z = torch.linspace(-6, 6, 120001, dtype=torch.float64)
    eta = torch.full_like(z, 0.9)
    loss = eta * losses.sigmoid_focal_loss(z, torch.ones_like(z), alpha=-1)
    loss += (1 - eta) * losses.sigmoid_focal_loss(z, torch.zeros_like(z), alpha=-1)
    assert abs(torch.sigmoid(z[loss.argmin()]).item() - 0.694) < 1e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 1.5}, "alpha .* found 1.5"),
        ({"gamma": -1}, "gamma .* found -1"),
        ({"reduction": "x"}, "'x'"),
    ],
)
def test_focal_loss_refuses_what_it_cannot_use(options, message):
    with pytest.raises(ValueError, match=message):
        losses.sigmoid_focal_loss(Z, Y, **options)


def test_signs_are_a_distribution():
    sign = likelihoods.Sign(rand(5))
    values = sign.enumerate_support()
    assert_close(sign.log_prob(values).exp().sum(0), torch.ones(5, dtype=torch.float64))
    assert_close((values * sign.log_prob(values).exp()).sum(0), sign.mean)
    torch.manual_seed(0)
    assert_close(sign.sample((40000,)).mean(0), sign.mean, atol=0.02, rtol=0)
    # torch.compile switches the validation of all distributions off; here it is asked for.
    with pytest.raises(ValueError, match="support"):
        likelihoods.Sign(rand(5), validate_args=True).log_prob(torch.zeros(5))


@pytest.mark.parametrize("name", [BCE, LOGITS, SOFT, FOCAL])
def test_transforms_and_compilation(name):
    input, target = inputs_for(name)
    assert_transforms(name, input, target)
    assert_compiles(name, input, target)


def test_modules():
    input, target = inputs_for(BCE)
    weight = torch.rand(4, dtype=torch.float64)
    assert_module(
        "BCELoss", input, target, weight=weight, reduction="sum", shown="weight=Tensor(4,), reduction='sum'"
    )
    assert_module("BCEWithLogitsLoss", Z, target, pos_weight=weight, shown="pos_weight=Tensor(4,)")
    assert_module("SoftMarginLoss", Z, 2 * target - 1, reduction="none", shown="reduction='none'")
    assert_module("SigmoidFocalLoss", Z, target, gamma=1.0, shown="gamma=1.0")


LINKS = ["probit_loss", "cloglog_loss"]
TAILS = [-1e4, -300.0, -60.0, -20.5, -19.5, -5.0, -0.1, 0.0, 0.1, 2.0, 5.0, 6.6, 6.8, 20.0]


def exact(name, z):
    """Minus the log-probability of yes and of no, to fifty digits, and their slopes."""
    mpmath.mp.dps = 50
    if name == "probit_loss":

        def parts(x):
            return -mpmath.log(mpmath.ncdf(x)), -mpmath.log(mpmath.ncdf(-x))

        density = mpmath.npdf(z)
        slopes = -density / mpmath.ncdf(z), density / mpmath.ncdf(-z)
    else:

        def parts(x):
            return -mpmath.log(-mpmath.expm1(-mpmath.exp(x))), mpmath.exp(x)

        rate = mpmath.exp(z)
        slopes = -rate / mpmath.expm1(rate), rate
    return [float(value) for value in (*parts(mpmath.mpf(z)), *slopes)]


@pytest.mark.parametrize("name", LINKS)
def test_every_proof_of_the_links_holds(name):
    checks.prove(getattr(losses, name))


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("z", TAILS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tails_are_right_to_the_last_digits(name, z, dtype):
    tolerance = 40 * torch.finfo(dtype).eps
    tiny = torch.finfo(dtype).tiny
    z = torch.tensor(z, dtype=dtype).item()
    expected = exact(name, z)
    for k, label in enumerate((1.0, 0.0)):
        input = torch.tensor(z, dtype=dtype, requires_grad=True)
        value = getattr(losses, name)(input, torch.tensor(label, dtype=dtype))
        (slope,) = torch.autograd.grad(value, input)
        if expected[k] < torch.finfo(dtype).max:
            assert value.item() == pytest.approx(expected[k], rel=tolerance, abs=2 * tolerance * 1e-2 + tiny)
            assert slope.item() == pytest.approx(expected[2 + k], rel=10 * tolerance, abs=tolerance)


@pytest.mark.parametrize("name", LINKS)
def test_the_links_are_statsmodels(name):
    z = torch.linspace(-4, 3, 40, dtype=torch.float64)
    link = {"probit_loss": links.Probit(), "cloglog_loss": links.CLogLog()}[name]
    p = torch.as_tensor(link.inverse(z.numpy()))
    for t in (0.0, 1.0, 0.3):
        target = torch.full_like(z, t)
        expected = F.binary_cross_entropy(p, target, reduction="none")
        assert_close(getattr(losses, name)(z, target, "none"), expected)


@pytest.mark.parametrize("name", LINKS)
def test_a_share_is_the_expected_loss_of_a_label(name):
    loss = getattr(losses, name)
    yes, no = (loss(Z, torch.full_like(Z, t), "none") for t in (1.0, 0.0))
    assert_close(loss(Z, Y, "none"), Y * yes + (1 - Y) * no)
    target = Y.clone().requires_grad_()
    (slope,) = torch.autograd.grad(loss(Z, target, "sum"), target)
    assert_close(slope, yes - no)


@pytest.mark.parametrize("name", LINKS)
def test_what_is_certain_and_right_costs_nothing_and_pulls_at_nothing(name):
    z = at(1e4, -1e4).requires_grad_()
    value = getattr(losses, name)(z, at(1.0, 0.0), "none")
    (slope,) = torch.autograd.grad(value.sum(), z)
    assert (value == 0).all()
    assert (slope == 0).all()


def test_an_exposure_is_added_to_the_score_of_a_cloglog():
    z = torch.linspace(-3, 1, 9, dtype=torch.float64)
    never = losses.cloglog_loss(z, torch.zeros(9), "none")
    assert_close(losses.cloglog_loss(z + math.log(5), torch.zeros(9), "none"), 5 * never)


MISSTATED = [
    (lambda f: f(Z, 2 + Y), ValueError, "target must be between 0 and 1, found 2"),
    (lambda f: f(Z, -Y - 1), ValueError, "target must be between 0 and 1, found -1"),
    (lambda f: f(Z, Y[:, :2]), RuntimeError, r"target \(3, 2\)"),
    (lambda f: f(Z.long(), Y), NotImplementedError, "input must be a floating"),
    (lambda f: f(Z, Y, "avg"), ValueError, "'avg'"),
]


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize(("call", "error", "match"), MISSTATED)
def test_a_link_names_a_mistake(name, call, error, match):
    with pytest.raises(error, match=match):
        call(getattr(losses, name))


@pytest.mark.parametrize("name", LINKS)
def test_links_transform_compile_and_are_strict(name):
    assert_transforms(name, Z, Y)
    assert_compiles(name, Z, Y)
    with losses.strict(), pytest.raises(ValueError, match="shapes must be equal"):
        getattr(losses, name)(Z, Y[0])


@pytest.mark.parametrize("cls", ["ProbitLoss", "CloglogLoss"])
def test_links_are_modules(cls):
    assert_module(cls, Z, Y, reduction="sum", shown="reduction='sum'")
