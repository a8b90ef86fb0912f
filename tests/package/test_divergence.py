"""Divergences: beside torch's, and where torch's is not a number."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
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
