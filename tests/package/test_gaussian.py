"""Predicted variance: beside torch's loss."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from lossbook import checks, losses
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

GAUSS = "gaussian_nll_loss"
torch.manual_seed(0)
X, Y, V = rand(3, 4), rand(3, 4), torch.rand(3, 4, dtype=torch.float64) + 0.1


def test_every_proof_of_the_engine_holds():
    checks.prove(losses.gaussian_nll_loss)


@settings(max_examples=80, deadline=None)
@given(
    shape=st.lists(st.integers(0, 3), max_size=3),
    form=st.sampled_from(["same", "last left out", "one dimension of 1", "float"]),
    dtype=st.sampled_from(DTYPES),
    full=st.booleans(),
    eps=st.sampled_from([1e-6, 0.5]),
    reduction=st.sampled_from(REDUCTIONS),
    seed=st.integers(0, 99),
)
def test_equals_torch_for_every_shape_and_option(shape, form, dtype, full, eps, reduction, seed):
    torch.manual_seed(seed)
    input, target = rand(*shape, dtype=dtype), rand(*shape, dtype=dtype)
    if form == "last left out":
        var = torch.rand(shape[:-1]).to(dtype) + 0.1
    elif form == "one dimension of 1" and shape:
        var = torch.rand([1, *shape[1:]]).to(dtype) + 0.1
    else:
        var = 0.7 if form == "float" else torch.rand(shape).to(dtype) + 0.1
    options = {"full": full, "eps": eps, "reduction": reduction}
    if shape and form == "one dimension of 1" and shape[0] == 0:
        return  # torch has no rule for it
    if dtype.itemsize > 2:
        assert_equal(GAUSS, input, target, var, wrt=(0,) if form == "float" else (0, 2), **options)
    else:
        ours, theirs = (f(input, target, var, **options) for f in both(GAUSS))
        assert_close(ours, theirs, equal_nan=True, rtol=5e-2, atol=5e-2)


def test_non_contiguous_mixed_and_integer_inputs():
    assert_equal(GAUSS, X.T, Y.T, V.T, wrt=(0, 1, 2))
    assert_equal(GAUSS, X.float(), Y, V, wrt=(0, 2))
    ours, theirs = (f(X.long(), Y.long(), V) for f in both(GAUSS))
    assert_close(ours, theirs)


MISTAKES = {
    "negative variance": ("var must be non-negative, found -0", (X, Y, -V), {}),
    "negative float": ("var must be non-negative, found -2", (X, Y, -2.0), {}),
    "integer": ("var must be a tensor or a float, found int 2", (X, Y, 2), {}),
    "nothing": ("found NoneType", (X, Y, None), {}),
    "0-d": (r"var must have the shape .* found \(\)", (X, Y, V[0, 0]), {}),
    "another size": (r"found \(3, 2\)", (X, Y, V[:, :2]), {}),
    "first left out": (r"found \(4,\)", (X, Y, V[0]), {}),
    "two dimensions of 1": (r"found \(1, 1\)", (X, Y, V[:1, :1]), {}),
    "larger than input": (r"found \(3, 4\)", (X[:, :1], Y[:, :1], V), {}),
    "whole numbers": ("int64", (X, Y, (9 * V).long()), {}),
    "complex": ("complex", (X, Y, V + 0j), {}),
    "var and target": ("var must have the shape", (X, Y[:, :2], V[0]), {}),
    "target of another size": (r"target \(3, 2\)", (X, Y[:, :2], V), {}),
    "unknown reduction": ("'avg'", (X, Y, V), {"reduction": "avg"}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_torchs_exception_type(mistake):
    match, arguments, options = MISTAKES[mistake]
    assert_same_mistake(GAUSS, match, *arguments, **options)


def test_what_torch_accepts_silently_agrees_and_is_refused_in_strict_mode():
    assert_refused_if_strict(GAUSS, r"input \(3, 1\), target \(3,\)", X[:, :1], Y[:, 0], V[:, :1])


def test_below_the_floor_the_value_is_held_and_the_slope_is_not():
    var = torch.tensor([0.0, 1e-9, 1e-300], dtype=torch.float64)
    assert_equal(GAUSS, torch.zeros_like(var), torch.zeros_like(var), var, wrt=(0, 2), reduction="none")
    slope = with_gradients(losses.gaussian_nll_loss, (at(0), at(0), at(0)), {"reduction": "sum"}, (2,))[1]
    assert_close(slope, at(5e5))


def test_a_variance_that_is_not_a_number_is_not_hidden():
    assert losses.gaussian_nll_loss(at(0), at(1), at(NAN)).isnan()
    assert losses.gaussian_nll_loss(at(0), at(1), at(INF)) == INF


def test_fixed_variance_one_half_is_the_squared_error():
    fixed = losses.gaussian_nll_loss(X, Y, 0.5, reduction="none")
    assert_close(fixed - 0.5 * math.log(0.5), losses.mse_loss(X, Y, reduction="none"))


def test_transforms_and_compilation():
    assert_transforms(GAUSS, X, Y, V)
    assert_compiles(GAUSS, X, Y, V[:, 0], wrt=(0, 2), full=True)
    assert_compiles(GAUSS, X, Y, 0.5)


def test_module():
    assert_module("GaussianNLLLoss", X, Y, V, full=True, eps=0.1, shown="full=True, eps=0.1")
