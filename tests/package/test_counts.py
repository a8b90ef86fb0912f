"""Counts: Poisson beside torch's loss, negative binomial beside torch's distribution."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from lossbook import checks, likelihoods, losses
from tests.package.beside_torch import (
    DTYPES,
    INF,
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

POISSON, NB = "poisson_nll_loss", "negative_binomial_nll_loss"
torch.manual_seed(0)
X, Y = rand(3, 4), torch.randint(6, (3, 4)).double()


@pytest.mark.parametrize("name", [POISSON, NB])
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@settings(max_examples=80, deadline=None)
@given(
    shape=st.lists(st.integers(0, 3), max_size=3),
    dtype=st.sampled_from(DTYPES),
    counts=st.sampled_from([torch.float32, torch.int64, None]),
    log_input=st.booleans(),
    full=st.booleans(),
    eps=st.sampled_from([1e-8, 0.1]),
    reduction=st.sampled_from(REDUCTIONS),
    seed=st.integers(0, 99),
)
def test_poisson_equals_torch_for_every_shape_and_option(
    shape, dtype, counts, log_input, full, eps, reduction, seed
):
    torch.manual_seed(seed)
    input = torch.rand(shape).to(dtype) + 0.1
    target = torch.randint(6, shape).to(counts or dtype)
    options = {"log_input": log_input, "full": full, "eps": eps, "reduction": reduction}
    if dtype.itemsize > 2:
        assert_equal(POISSON, input, target, **options)
    else:
        ours, theirs = (f(input, target, **options) for f in both(POISSON))
        assert_close(ours, theirs, equal_nan=True, rtol=5e-2, atol=5e-2)


def test_poisson_of_integers_broadcasts_and_strides():
    assert_equal(POISSON, X.T, Y.T)
    assert_equal(POISSON, X, Y[0])
    assert_equal(POISSON, X, 0.3 + Y, wrt=(0, 1), full=True)
    for options in ({}, {"log_input": False}, {"full": True}):
        ours, theirs = (f(1 + Y.long(), Y.long(), reduction="none", **options) for f in both(POISSON))
        assert_close(ours, theirs)


MISTAKES = {
    "shapes do not broadcast": (r"target \(3, 2\)", (X, Y[:, :2]), {}),
    "unknown reduction": ("'avg'", (X, Y), {"reduction": "avg"}),
    "boolean target": ("bool", (X, Y > 1), {"full": True}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_torchs_exception_type(mistake):
    match, arguments, options = MISTAKES[mistake]
    assert_same_mistake(POISSON, match, *arguments, **options)


def test_what_torch_accepts_silently_agrees_and_is_refused_in_strict_mode():
    assert_refused_if_strict(POISSON, r"input \(3, 1\), target \(3,\)", X[:, :1], Y[:, 0])
    assert_refused_if_strict(POISSON, "target must be non-negative .* found -1", at(0.5), at(-1.0))
    with losses.strict(), pytest.raises(ValueError, match="found -1"):
        losses.negative_binomial_nll_loss(at(0.5), at(-1.0), 1.0)


def test_a_rate_of_0_costs_nothing_where_the_count_is_0_and_torch_gives_nan():
    assert F.poisson_nll_loss(at(-INF), at(0)).isnan()
    value, gradient = with_gradients(losses.poisson_nll_loss, (at(-INF), at(0)), {}, (0,))
    assert_close((value, gradient), (torch.zeros((), dtype=torch.float64), at(0)))


def test_stirlings_formula_is_not_the_factorial():
    y = at(0, 1, 2, 5)
    error = losses.poisson_nll_loss(y, y, full=True, reduction="none") - losses.poisson_nll_loss(
        y, y, reduction="none"
    )
    error -= torch.lgamma(y + 1)
    assert_close(error, at(0, 0, -0.0413, -0.0166), atol=1e-4, rtol=0)


def test_full_does_not_spoil_the_gradient_into_a_count_of_0():
    gradient = with_gradients(losses.poisson_nll_loss, (at(0.5), at(0)), {"full": True}, (1,))[1]
    assert_close(gradient, at(-0.5))


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_negative_binomial_is_torchs_distribution(full, reduction):
    dispersion = torch.rand(4, dtype=torch.float64) + 0.1
    law = torch.distributions.NegativeBinomial(1 / dispersion, logits=X + dispersion.log())
    expected = -law.log_prob(Y) - (0 if full else torch.lgamma(Y + 1))
    expected = {"none": expected, "mean": expected.mean(), "sum": expected.sum()}[reduction]
    ours = losses.negative_binomial_nll_loss(X, Y, dispersion, full=full, reduction=reduction)
    assert_close(ours, expected)


@pytest.mark.parametrize("dispersion", [0.05, 1.0, 7.0])
def test_negative_binomial_sums_to_1_with_its_mean_and_variance(dispersion):
    y, log_mean = torch.arange(6000, dtype=torch.float64), torch.tensor(1.2, dtype=torch.float64)
    p = torch.exp(-losses.negative_binomial_nll_loss(log_mean, y, dispersion, full=True, reduction="none"))
    mean = log_mean.exp()
    moments = p.sum(), (p * y).sum(), (p * (y - mean) ** 2).sum()
    assert_close(moments, (torch.ones_like(mean), mean, mean + dispersion * mean**2))


def test_poisson_likelihood_sums_to_1():
    y = torch.arange(60, dtype=torch.float64)
    model = likelihoods.poisson_nll_loss(torch.tensor(1.2, dtype=torch.float64), target=y)
    loss = losses.poisson_nll_loss(torch.tensor(1.2, dtype=torch.float64), y, reduction="none")
    assert math.isclose(torch.exp(-loss - model.constant).sum().item(), 1, rel_tol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("dispersion", [1e-7, 1e-12, 1e-30])
def test_without_dispersion_negative_binomial_becomes_poisson(dtype, dispersion):
    x, y = X.to(dtype), Y.to(dtype)
    ours = losses.negative_binomial_nll_loss(x, y, dispersion, reduction="none")
    tolerance = 1e-4 if dtype == torch.float32 else max(100 * dispersion, 1e-12)
    poisson = losses.poisson_nll_loss(x, y, reduction="none")
    assert_close(ours, poisson, atol=tolerance, rtol=tolerance)


def test_the_ratio_of_gammas_agrees_on_both_sides_of_its_series():
    for r in (8.0, 15.0, 15.999, 16.0, 16.001, 17.0, 1e4):
        dispersion, y = at(1 / r).requires_grad_(), torch.arange(20, dtype=torch.float64)
        law = torch.distributions.NegativeBinomial(1 / dispersion, logits=dispersion.log())
        ours = losses.negative_binomial_nll_loss(torch.zeros_like(y), y, dispersion, True, "none")
        theirs = -law.log_prob(y)
        assert_close(ours, theirs, rtol=1e-10, atol=1e-10)
        slopes = [torch.autograd.grad(loss.sum(), dispersion)[0] for loss in (ours, theirs)]
        assert_close(*slopes, rtol=1e-8, atol=1e-8 * r)


@pytest.mark.parametrize("dispersion", [0.0, -1.0, torch.tensor([0.5, 0.0, 1.0, 1.0])])
def test_dispersion_must_be_positive(dispersion):
    with pytest.raises(ValueError, match=r"dispersion must be positive, found (0|-1)"):
        losses.negative_binomial_nll_loss(X, Y, dispersion)


def test_negative_binomial_refuses_other_nonsense():
    with pytest.raises(NotImplementedError, match="int64"):
        losses.negative_binomial_nll_loss(X.long(), Y, 1.0)
    with pytest.raises(RuntimeError, match=r"target \(3, 2\)"):
        losses.negative_binomial_nll_loss(X, Y[:, :2], 1.0)
    with pytest.raises(RuntimeError, match=r"dispersion .* found \(3,\)"):
        losses.negative_binomial_nll_loss(X, Y, torch.ones(3))
    with pytest.raises(ValueError, match="'avg'"):
        losses.negative_binomial_nll_loss(X, Y, 1.0, reduction="avg")


def test_transforms_and_compilation():
    assert_transforms(POISSON, X, Y)
    assert_transforms(NB, X, Y, torch.full_like(X, 0.5))
    assert_compiles(POISSON, X, Y, full=True)
    assert_compiles(NB, X, Y, torch.full((4,), 0.5, dtype=torch.float64), wrt=(0, 2))


def test_modules():
    assert_module("PoissonNLLLoss", 1 + X.exp(), Y, log_input=False, shown="log_input=False")
    assert_module("NegativeBinomialNLLLoss", X, Y, 0.3, full=True, shown="full=True")
