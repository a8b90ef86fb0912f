"""Divergences: beside torch's, and where torch's is not a number."""

import math
import warnings

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from scipy.spatial.distance import jensenshannon
from torch.testing import assert_close

from lossbook import checks, losses
from tests.package.beside_torch import (
    DTYPES,
    INF,
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

KL = "kl_div"
torch.manual_seed(0)
X, T = rand(3, 4).log_softmax(1), rand(3, 4).softmax(1)
pytestmark = pytest.mark.filterwarnings("ignore:reduction")


def test_every_proof_of_the_engine_holds():
    checks.prove(losses.kl_div)


@settings(max_examples=80, deadline=None)
@given(
    shape=st.lists(st.integers(0, 3), max_size=3),
    dtype=st.sampled_from(DTYPES),
    log_target=st.booleans(),
    reduction=st.sampled_from(["none", "mean", "sum", "batchmean"]),
    seed=st.integers(0, 99),
)
def test_equals_torch_for_every_shape_and_option(shape, dtype, log_target, reduction, seed):
    torch.manual_seed(seed)
    input = -3 * torch.rand(shape).to(dtype)
    target = 0.1 + torch.rand(shape).to(dtype)
    options = {"log_target": log_target, "reduction": reduction}
    if dtype.itemsize > 2:
        assert_equal(KL, input, target.log() if log_target else target, wrt=(0, 1), **options)
    else:
        ours, theirs = (f(input, target, **options) for f in (losses.kl_div, F.kl_div))
        assert_close(ours, theirs, equal_nan=True, rtol=5e-2, atol=5e-2)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "batchmean"])
def test_shapes_that_broadcast_and_precisions_that_differ(reduction):
    assert_equal(KL, X, T[0], reduction=reduction)
    assert_equal(KL, X[0], T, reduction=reduction)
    assert_equal(KL, X.float(), T, reduction=reduction)


def test_non_contiguous_inputs():
    assert_equal(KL, X.T, T.T, reduction="batchmean")


MISTAKES = {
    "integer target": ("target .*torch.int64", (X, T.long()), {}),
    "integer input": ("input .*torch.int64", (X.long(), T), {}),
    "boolean target": ("bool", (X, T > 0), {}),
    "complex input": ("input .*complex", (X + 0j, T), {}),
    "complex target": ("target .*complex", (X, T + 0j), {"log_target": True}),
    "shapes do not broadcast": (r"target \(3, 2\)", (X, T[:, :2]), {}),
    "unknown reduction": ("'avg'", (X, T), {"reduction": "avg"}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_torchs_exception_type(mistake):
    match, arguments, options = MISTAKES[mistake]
    assert_same_mistake(KL, match, *arguments, **options)


def test_the_mean_warns_as_torchs_does_and_the_others_do_not():
    with pytest.warns(UserWarning, match="batchmean") as found:
        losses.kl_div(X, T)
    assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses.kl_div(X, T, reduction="batchmean")


@pytest.mark.parametrize("dynamic", [False, True])
def test_a_compiled_mean_warns_too(dynamic):
    torch._dynamo.reset()
    compiled = torch.compile(losses.kl_div, fullgraph=True, dynamic=dynamic, backend="aot_eager")
    with pytest.warns(UserWarning, match="batchmean"):
        assert_close(compiled(X, T), losses.kl_div(X, T))


def test_what_torch_accepts_silently_agrees_and_is_refused_in_strict_mode():
    assert_refused_if_strict(KL, r"input \(3, 1\), target \(3,\)", X[:, :1], T[:, 0])
    assert_refused_if_strict(KL, "target must be non-negative .* found -0.5", at(-1.0), at(-0.5))


@pytest.mark.parametrize("log_target", [False, True])
def test_what_cannot_happen_costs_nothing_where_torch_gives_nan(log_target):
    input, t = at(-1.0, -INF, -INF), at(0.0, 0.0, 0.3)
    target = t.log() if log_target else t
    options = {"log_target": log_target, "reduction": "none"}
    assert F.kl_div(input, target, **options)[1].isnan()
    value, *slopes = with_gradients(losses.kl_div, (input, target), options, (0, 1))
    assert_close(value, at(0, 0, INF))
    assert_close(slopes[0], -torch.linspace(1, 2, 3, dtype=torch.float64) * t)
    assert not slopes[1].isnan().any()


def test_it_is_cross_entropy_less_the_entropy_of_the_target():
    z = rand(3, 4)
    entropy = -(T * T.log()).sum(1).mean()
    divergence = losses.kl_div(z.log_softmax(1), T, reduction="batchmean")
    assert_close(divergence, losses.cross_entropy(z, T) - entropy)


def test_it_is_torchs_distributions_kl_divergence():
    p, t = (torch.distributions.Categorical(probs=q) for q in (X.exp(), T))
    assert_close(losses.kl_div(X, T, reduction="none").sum(1), torch.distributions.kl_divergence(t, p))


def test_transforms_and_compilation():
    assert_transforms(KL, X, T)
    for log_target in (False, True):
        assert_compiles(KL, X, T, log_target=log_target, reduction="batchmean")


def test_module():
    options = {"reduction": "batchmean", "log_target": True}
    assert_module("KLDivLoss", X, T.log(), **options, shown="reduction='batchmean', log_target=True")


RELATIVES = ["reverse_kl_div", "js_div", "generalized_kl_div", "total_variation"]
P = X.exp()


@pytest.mark.parametrize("name", [*RELATIVES, "distillation_loss"])
def test_every_proof_of_a_relative_holds(name):
    checks.prove(getattr(losses, name))


def test_relatives_are_scipys():
    p, t = P.numpy(), T.numpy()
    value = {name: getattr(losses, name)(X, T, reduction="none") for name in RELATIVES}
    assert_close(value["reverse_kl_div"], torch.as_tensor(special.rel_entr(p, t)))
    assert_close(value["generalized_kl_div"], torch.as_tensor(special.kl_div(t, p)))
    root = torch.as_tensor(jensenshannon(p, t, axis=1))
    assert_close(value["js_div"].sum(1), root**2)
    assert_close(value["total_variation"].sum(1), torch.cdist(P[:, None], T[:, None], p=1).flatten() / 2)


@pytest.mark.parametrize("name", RELATIVES)
@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "batchmean"])
def test_a_relative_takes_probabilities_or_logarithms_and_broadcasts(name, reduction):
    loss = getattr(losses, name)
    assert_close(loss(X, T, reduction), loss(X, T.log(), reduction, log_target=True))
    assert_close(loss(X, T[0], reduction), loss(X, T[0].expand_as(X), reduction))
    each = loss(X, T, "none")
    whole = {"none": each, "mean": each.mean(), "sum": each.sum(), "batchmean": each.sum() / len(X)}
    assert_close(loss(X, T, reduction), whole[reduction])


@pytest.mark.parametrize("name", RELATIVES)
def test_a_relative_is_zero_at_the_target_and_positive_elsewhere(name):
    loss = getattr(losses, name)
    value, *slopes = with_gradients(loss, (T.log(), T), {"reduction": "sum"}, (0,))
    assert_close(value, torch.zeros_like(value))
    if name != "total_variation":  # which has a kink there
        through = slopes[0] - T * slopes[0].sum(1, keepdim=True)  # by logits, behind log_softmax
        assert_close(through, torch.zeros_like(T))
    assert loss(X, T, "sum") > 0.01


@pytest.mark.parametrize("name", ["js_div", "total_variation"])
def test_the_symmetric_ones_are_symmetric_and_bounded(name):
    loss = getattr(losses, name)
    assert_close(loss(X, T, "batchmean"), loss(T.log(), P, "batchmean"))
    apart = loss(at(0.0, -INF), at(0.0, 1.0), "sum")
    assert_close(apart, at(math.log(2) if name == "js_div" else 1.0)[0])


def test_pinskers_inequality_and_the_order_of_the_divergences():
    tv = losses.total_variation(X, T, "none").sum(1)
    assert (tv <= (losses.kl_div(X, T, "none").sum(1) / 2).sqrt()).all()
    assert (tv**2 / 2 <= losses.js_div(X, T, "none").sum(1)).all()
    assert (losses.js_div(X, T, "none").sum(1) <= tv * math.log(2)).all()


def test_what_cannot_happen_costs_nothing_in_the_relatives():
    log_p, t = at(-INF, -INF, 0.0), at(0.0, 0.3, 0.0)
    for log_target, target in ((False, t), (True, t.log())):
        options = {"reduction": "none", "log_target": log_target}
        assert_close(losses.reverse_kl_div(log_p, target, **options), at(0.0, 0.0, INF))
        half = math.log(2) / 2
        assert_close(losses.js_div(log_p, target, **options), at(0.0, 0.3 * half, half))
        assert_close(losses.generalized_kl_div(log_p, target, **options), at(0.0, INF, 1.0))
        assert_close(losses.total_variation(log_p, target, **options), at(0.0, 0.15, 0.5))


def test_the_generalized_divergence_is_poissons_likelihood_less_its_best():
    rate, count = 3 * P, torch.poisson(5 * T)
    ours = losses.generalized_kl_div(rate.log(), count, "none")
    best, poisson = (-torch.distributions.Poisson(r).log_prob(count) for r in (count.clamp(min=1e-300), rate))
    assert_close(ours, poisson - best)


def test_in_float32_a_tiny_divergence_is_no_larger_than_rounding():
    p = torch.full((1000,), 1e-3)
    near = p.log() + 1e-5 * torch.linspace(-1, 1, 1000)
    for name in ("js_div", "generalized_kl_div"):
        assert getattr(losses, name)(near, p, "sum").abs() < 1e-6


@pytest.mark.parametrize("temperature", [0.5, 2.0, 8.0])
def test_distillation_is_a_divergence_at_a_temperature(temperature):
    z, v = rand(3, 4), rand(3, 4)
    log_p, q = (z / temperature).log_softmax(1), (v / temperature).softmax(1)
    expected = temperature**2 * F.kl_div(log_p, q, reduction="batchmean")
    assert_close(losses.distillation_loss(z, v, temperature), expected)


def test_a_hot_distillation_is_half_the_squared_error_of_centred_logits():
    z, v = rand(3, 4), rand(3, 4)
    gap = (z - z.mean(1, keepdim=True)) - (v - v.mean(1, keepdim=True))
    hot = losses.distillation_loss(z, v, 1e5, "none")
    assert_close(hot, gap.square().mean(1) / 2, rtol=1e-4, atol=1e-6)


def test_distillation_takes_classes_where_cross_entropy_does():
    z, v = rand(2, 4, 3), rand(2, 4, 3)
    value = losses.distillation_loss(z, v, reduction="none")
    assert value.shape == (2, 3)
    flat = losses.distillation_loss(z.movedim(1, 2).reshape(6, 4), v.movedim(1, 2).reshape(6, 4))
    assert_close(value.mean(), flat)
    assert_close(losses.distillation_loss(z[0, :, 0], v[0, :, 0]), value[0, 0])


def test_a_class_the_teacher_rules_out_costs_nothing():
    z, v = rand(2, 3), torch.tensor([[0.0, 1.0, -INF]] * 2, dtype=torch.float64)
    value, slope, into = with_gradients(losses.distillation_loss, (z, v), {"temperature": 1.0}, (0, 1))
    q = v.softmax(1)
    assert_close(value, (q * (q.clamp(min=1e-300).log() - z.log_softmax(1))).sum(1).mean())
    assert_close(slope, (z.softmax(1) - q) / 2)
    assert not into.isnan().any()


WRONG = [
    (lambda f: f(X.long(), T), RuntimeError, "input .*torch.int64"),
    (lambda f: f(X, T.long()), RuntimeError, "target .*torch.int64"),
    (lambda f: f(X, T[:, :2]), RuntimeError, r"target \(3, 2\)"),
    (lambda f: f(X, T, "avg"), ValueError, "'avg'"),
]


@pytest.mark.parametrize("name", RELATIVES)
@pytest.mark.parametrize(("call", "error", "match"), WRONG)
def test_a_relative_names_a_mistake(name, call, error, match):
    with pytest.raises(error, match=match):
        call(getattr(losses, name))


def test_a_relative_warns_and_is_strict():
    for name in RELATIVES:
        with pytest.warns(UserWarning, match="batchmean"):
            getattr(losses, name)(X, T)
        with losses.strict(), pytest.raises(ValueError, match="non-negative"):
            getattr(losses, name)(X, -T, "sum")


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ((X, T, 0.0), ValueError, r"temperature must be positive, found 0\.0"),
        ((X, T[:2]), ValueError, r"input \(3, 4\) and target \(2, 4\)"),
        ((X[0, 0], T[0, 0]), ValueError, r"with a class dimension, found input \(\)"),
        ((X, T.long()), NotImplementedError, "target must be a floating"),
        ((X, T, 1.0, "batchmean"), ValueError, "'batchmean'"),
    ],
)
def test_distillation_names_a_mistake(arguments, error, match):
    with pytest.raises(error, match=match):
        losses.distillation_loss(*arguments)


@pytest.mark.parametrize("name", RELATIVES)
def test_a_relative_transforms_and_compiles(name):
    assert_transforms(name, X, T)
    for log_target in (False, True):
        assert_compiles(name, X, T, log_target=log_target, reduction="batchmean")


def test_distillation_compiles_and_its_modules_are_modules():
    assert_compiles("distillation_loss", X, T, wrt=(0, 1), temperature=4.0)
    assert_module("DistillationLoss", X, T, temperature=4.0, shown="temperature=4.0")
    for name in ("ReverseKLDivLoss", "JSDivLoss", "GeneralizedKLDivLoss", "TotalVariationLoss"):
        assert_module(name, X, T, reduction="batchmean", shown="reduction='batchmean'")
