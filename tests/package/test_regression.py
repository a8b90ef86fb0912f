"""Squared, absolute and Huber losses beside torch's, in every shape, dtype and option."""

import itertools
import warnings

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from lossbook import checks, losses, modules
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
    both,
    rand,
    with_gradients,
)

OPTIONS = {"mse_loss": {}, "l1_loss": {}, "huber_loss": {"delta": 0.7}, "smooth_l1_loss": {"beta": 0.7}}
WEIGHTED = ("mse_loss", "l1_loss", "huber_loss")
torch.manual_seed(0)
X, Y, W = rand(3, 4), rand(3, 4), torch.rand(3, 4, dtype=torch.float64)

every_loss = pytest.mark.parametrize("name", OPTIONS)
every_weighted_loss = pytest.mark.parametrize("name", WEIGHTED)


@every_loss
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from(sorted(OPTIONS)),
    shape=st.lists(st.integers(0, 3), max_size=3),
    dtype=st.sampled_from(DTYPES),
    threshold=st.sampled_from([1e-3, 0.5, 1.0, 30.0, INF]),
    weighted=st.booleans(),
    reduction=st.sampled_from(REDUCTIONS),
    seed=st.integers(0, 99),
)
def test_equals_torch_for_every_shape_and_option(name, shape, dtype, threshold, weighted, reduction, seed):
    torch.manual_seed(seed)
    input, target = torch.randn(shape).to(dtype), torch.randn(shape).to(dtype)
    options = dict.fromkeys(OPTIONS[name], threshold) | {"reduction": reduction}
    if weighted and name in WEIGHTED:
        options["weight"] = torch.rand(shape).to(dtype)
    if dtype.itemsize > 2:
        assert_equal(name, input, target, wrt=(0, 1), **options)
    else:
        ours, theirs = (f(input, target, **options) for f in both(name))
        assert_close(ours, theirs, equal_nan=True, rtol=5e-2, atol=5e-2)


@every_loss
def test_strides_and_scalars(name):
    assert_equal(name, X.T, Y.T, **OPTIONS[name])
    assert_equal(name, X[0, 0], Y[0, 0], **OPTIONS[name])


@every_loss
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_another_dtype_is_promoted_or_refused_as_torch_does(name, reduction):
    dtypes = (*DTYPES, torch.int64, torch.int32, torch.uint8, torch.bool, torch.complex64)
    for kinds in itertools.product(dtypes, dtypes):
        input, target = ((4 * values.abs()).to(kind) for values, kind in zip((X, Y), kinds, strict=True))
        ours, theirs = both(name)
        try:
            expected = theirs(input, target, reduction=reduction)
        except RuntimeError as error:
            with pytest.raises(type(error), match="|".join(map(str, kinds))):
                ours(input, target, reduction=reduction)
            continue
        rough = 5e-2 if expected.dtype in (torch.float16, torch.bfloat16) else 1e-5
        assert_close(ours(input, target, reduction=reduction), expected, rtol=rough, atol=rough)


def test_huber_of_two_precisions_has_a_gradient_where_torch_raises():
    with pytest.raises(RuntimeError, match="Found dtype Double"):
        with_gradients(F.huber_loss, (X.float(), Y), {}, (0,))
    value, gradient = with_gradients(losses.huber_loss, (X.float(), Y), {}, (0,))
    assert_close(value, F.huber_loss(X.float(), Y))
    assert_close(gradient, with_gradients(F.huber_loss, (X.float(), Y.float()), {}, (0,))[1])


MISTAKES = {
    "shapes do not broadcast": (OPTIONS, r"target \(3, 2\)", (X, Y[:, :2]), {}),
    "unknown reduction": (OPTIONS, "'avg'", (X, Y), {"reduction": "avg"}),
    "two integers": (OPTIONS, "input .*torch.int64", (X.long(), Y.int()), {}),
    "two booleans": (OPTIONS, "torch.bool", (X > 0, Y > 0), {}),
    "weight of another shape": (WEIGHTED, r"weight .*found \(4,\)", (X, Y), {"weight": W[0]}),
    "delta of 0": (["huber_loss"], "delta must be positive, found 0", (X, Y), {"delta": 0.0}),
    "delta of nan": (["huber_loss"], "delta .*nan", (X, Y), {"delta": NAN}),
    "integer input": (["huber_loss"], "input .*torch.int64", (X.long(), Y), {}),
    "negative beta": (["smooth_l1_loss"], "beta must not be negative, found -1", (X, Y), {"beta": -1.0}),
}


@pytest.mark.parametrize(
    ("mistake", "name"), [(mistake, name) for mistake, (names, *_) in MISTAKES.items() for name in names]
)
def test_a_mistake_raises_torchs_exception_type(mistake, name):
    _, match, arguments, options = MISTAKES[mistake]
    assert_same_mistake(name, match, *arguments, **options)


@every_loss
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_shapes_that_broadcast_agree_and_are_refused_in_strict_mode(name):
    assert_refused_if_strict(name, r"found input \(3, 1\), target \(3,\)", X[:, :1], Y[:, 0])


@every_loss
def test_shapes_that_broadcast_warn_the_caller(name):
    module = {"mse_loss": "MSELoss", "l1_loss": "L1Loss", "huber_loss": "HuberLoss"}.get(name, "SmoothL1Loss")
    for loss in (getattr(losses, name), getattr(modules, module)()):
        with pytest.warns(UserWarning, match=r"found input \(3, 1\), target \(3,\)") as found:
            loss(X[:, :1], Y[:, 0])
        assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(losses, name)(X, Y)


@every_loss
@pytest.mark.parametrize("dynamic", [False, True])
def test_a_compiled_loss_warns_too(name, dynamic):
    torch._dynamo.reset()
    loss = getattr(losses, name)
    compiled = torch.compile(loss, fullgraph=True, dynamic=dynamic, backend="aot_eager")
    with pytest.warns(UserWarning, match="Using a target size"):
        found = compiled(X[:, :1], Y[:, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_close(found, loss(X[:, :1], Y[:, 0]))


@every_weighted_loss
def test_torchs_weight_survives_in_a_subclass(name):
    loss, kept = getattr(losses, name), torch.nn.Parameter(W)
    assert_close(loss(torch.nn.Parameter(X), Y, weight=kept), loss(X, Y, weight=W))


@pytest.mark.parametrize("name", ["huber_loss", "smooth_l1_loss"])
def test_the_pieces_meet_with_one_slope_and_the_parabola_is_curved(name):
    """At 0 the second derivative is that of the parabola; at the threshold both pieces have one slope."""
    r = at(-2.0, -0.7, -0.1, 0.0, 0.1, 0.7, 2.0).requires_grad_()
    loss = getattr(losses, name)(r, torch.zeros_like(r), reduction="sum", **OPTIONS[name])
    (slope,) = torch.autograd.grad(loss, r, create_graph=True)
    (curve,) = torch.autograd.grad(slope.sum(), r)
    scale = 0.7 if name == "smooth_l1_loss" else 1.0
    assert_close(slope.detach() * scale, r.detach().clamp(-0.7, 0.7))
    assert_close(curve[[0, 2, 3, 4, 6]] * scale, at(0, 1, 1, 1, 0))


@every_loss
def test_compiles_and_transforms(name):
    assert_compiles(name, X, Y, wrt=(0, 1), **OPTIONS[name])
    assert_transforms(name, X, Y, **OPTIONS[name])


@every_weighted_loss
def test_compiles_with_weights(name):
    assert_compiles(name, X, Y, weight=W, **OPTIONS[name])


def test_modules():
    assert_module("MSELoss", X, Y, shown="reduction='sum'", reduction="sum")
    assert_module("L1Loss", X, Y, shown="")
    assert_module("HuberLoss", X, Y, shown="delta=0.7", delta=0.7)
    assert_module("SmoothL1Loss", X, Y, shown="beta=0.7", beta=0.7)
