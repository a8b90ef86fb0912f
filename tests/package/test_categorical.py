"""One of several classes: beside torch's losses, and what torch leaves undefined."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from lossbook import checks, gradients, likelihoods, losses, training
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

NLL, CE, FOCAL, ADJUSTED = "nll_loss", "cross_entropy", "focal_loss", "logit_adjusted_cross_entropy"
torch.manual_seed(0)
Z, Y, Q, W = rand(3, 4), torch.tensor([0, 3, 2]), rand(3, 4).softmax(1), torch.rand(4, dtype=torch.float64)
BODIES = st.one_of(st.just(()), st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple))


@pytest.mark.parametrize("name", [NLL, CE, FOCAL, ADJUSTED])
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from([NLL, CE]),
    body=BODIES,
    classes=st.integers(1, 4),
    dtype=st.sampled_from([torch.float64, torch.float32]),
    index=st.sampled_from([torch.int64, torch.uint8]),
    ignore=st.sampled_from([-100, 0, 1]),
    weighted=st.booleans(),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    reduction=st.sampled_from(REDUCTIONS),
    seed=st.integers(0, 99),
)
def test_class_indices_equal_torch_for_every_shape_and_option(
    name, body, classes, dtype, index, ignore, weighted, smoothing, reduction, seed
):
    torch.manual_seed(seed)
    shape = (*body[:1], classes, *body[1:])
    input = rand(*shape, dtype=dtype).log_softmax(min(1, len(body)))
    bytes_allowed = len(body) < 2 and not weighted  # torch cannot use uint8 elsewhere
    target = torch.randint(classes, body).to(index if bytes_allowed else torch.int64)
    options = {"ignore_index": ignore, "reduction": reduction}
    if weighted:
        options["weight"] = torch.rand(classes, dtype=dtype)
    if name == CE:
        options["label_smoothing"] = smoothing
    if target.shape != input.shape:
        assert_equal(name, input, target, **options)


@settings(max_examples=80, deadline=None)
@given(
    body=BODIES,
    classes=st.integers(1, 4),
    dtype=st.sampled_from([torch.float64, torch.float32]),
    soft=st.sampled_from([torch.float64, torch.float32, torch.float16]),
    weight=st.sampled_from([None, torch.float32, torch.float64, torch.int64]),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    reduction=st.sampled_from(REDUCTIONS),
    seed=st.integers(0, 99),
)
def test_class_probabilities_equal_torch_for_every_shape_and_option(
    body, classes, dtype, soft, weight, smoothing, reduction, seed
):
    torch.manual_seed(seed)
    shape = (*body[:1], classes, *body[1:])
    options = {"label_smoothing": smoothing, "reduction": reduction}
    if weight is not None:
        options["weight"] = (3 * torch.rand(classes)).to(weight)
    assert_equal(CE, rand(*shape, dtype=dtype), torch.rand(shape).to(soft), wrt=(0, 1), **options)


@pytest.mark.parametrize("dtype", DTYPES[2:])
@pytest.mark.parametrize("target", [Y, Q], ids=["indices", "probabilities"])
def test_half_precision_keeps_its_dtype(dtype, target):
    target = target.to(dtype) if target.is_floating_point() else target
    ours, theirs = (f(Z.to(dtype), target) for f in (losses.cross_entropy, F.cross_entropy))
    assert_close(ours, theirs, rtol=2e-2, atol=2e-2)


def test_one_observation_may_have_its_target_in_a_list():
    for name in (NLL, CE):  # torch's backward fails there
        ours, theirs = (f(Z[0].log_softmax(0), Y[:1], reduction="none") for f in both(name))
        assert_close(ours, theirs)


@pytest.mark.parametrize("name", [NLL, CE])
def test_non_contiguous_inputs(name):
    assert_equal(name, rand(4, 3).T, Y)
    assert_equal(name, rand(3, 2, 4).transpose(1, 2), torch.randint(4, (2, 3)).T)


@pytest.mark.parametrize("name", [NLL, CE, FOCAL])
def test_if_no_target_counts_the_mean_is_nan_and_its_gradient_0(name):
    value, gradient = with_gradients(getattr(losses, name), (Z, torch.full((3,), -100)), {}, (0,))
    assert value.isnan()
    assert_close(gradient, torch.zeros_like(Z))


K = rand(2, 4, 5)
MISTAKES = {
    "no dimension": ([NLL], "without dimensions", (Z[0, 0], Y[0]), {}),
    "no dimension, index": ([CE], "floating point, found torch.int64", (Z[0, 0], Y[0]), {}),
    "no dimension, probability": ([CE], "without dimensions", (Z[0, 0], Q[0, 0]), {}),
    "floats for one input": ([NLL, CE], "float", (Z[0], Y.float()), {}),
    "several targets for one input": ([NLL, CE], r"target \(3,\)", (Z[0], Y), {}),
    "matrix of targets for one input": ([NLL], r"target \(1, 1\)", (Z[0], Y[None, :1]), {}),
    "batch sizes differ": ([NLL, CE], r"input \(3, 4\) and target \(2,\)", (Z, Y[:2]), {}),
    "target without a batch": ([NLL, CE], r"target \(\)", (Z, Y[0]), {}),
    "column of targets": ([NLL, CE], r"target \(3, 1\)", (Z, Y[:, None]), {}),
    "positions differ": ([NLL, CE], r"target \(2, 6\)", (K, torch.zeros(2, 6).long()), {}),
    "positions are missing": ([NLL, CE], r"target \(2,\)", (K, torch.zeros(2).long()), {}),
    "one position is missing": (
        [NLL, CE],
        r"target \(2, 5\)",
        (rand(2, 4, 5, 6), torch.zeros(2, 5).long()),
        {},
    ),
    "index too large": ([NLL, CE], "class index below 4, found 5", (Z, Y + 2), {}),
    "index negative": ([NLL, CE], "class index below 4, found -1", (Z, Y - 1), {}),
    "index too large at a position": ([NLL, CE], "found 7", (K, torch.full((2, 5), 7)), {}),
    **{
        f"target of {dtype}": ([NLL, CE], str(dtype), (Z, Y.to(dtype)), {})
        for dtype in (torch.int32, torch.int16, torch.int8, torch.bool, torch.float32)
    },
    "weight of another length": ([NLL, CE], r"4 classes, found shape \(3,\)", (Z, Y), {"weight": W[:3]}),
    "weight of another shape": ([NLL, CE], r"found shape \(1, 4\)", (Z, Y), {"weight": W[None]}),
    "weight of another precision": ([NLL, CE], "found torch.float32", (Z, Y), {"weight": W.float()}),
    "weight of integers": ([NLL, CE], "found torch.int64", (Z, Y), {"weight": W.long()}),
    "integer input": ([NLL, CE], "int64", (Z.long(), Y), {}),
    "complex input": ([NLL, CE], "complex", (Z + 0j, Y), {}),
    "unknown reduction": ([NLL, CE], "'batchmean'", (Z, Y), {"reduction": "batchmean"}),
    "indices of the shape of the logits": ([CE], "found torch.int64", (Z, Q.long()), {}),
    "ignore_index with probabilities": ([CE], "ignore_index .* found 1", (Z, Q), {"ignore_index": 1}),
    "weight with probabilities": ([CE], r"found shape \(3,\)", (Z, Q), {"weight": W[:3]}),
    "integer logits with probabilities": ([CE], "int64", (Z.long(), Q), {}),
    "unknown reduction with probabilities": ([CE], "'avg'", (Z, Q), {"reduction": "avg"}),
    "smoothing above 1": ([CE], "found 1.2", (Z, Y), {"label_smoothing": 1.2}),
    "smoothing of an index too large": ([CE], "found 5", (Z, Y + 2), {"label_smoothing": 0.1}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_torchs_exception_type(mistake):
    names, match, arguments, options = MISTAKES[mistake]
    for name in names:
        assert_same_mistake(name, match, *arguments, **options)


def test_what_torch_accepts_silently_agrees_and_is_refused_in_strict_mode():
    assert_refused_if_strict(CE, "sum of target over the classes must be 1 .* found 2", Z, 2 * Q)
    assert_refused_if_strict(CE, "target must be non-negative", Z, Q - 1)
    assert_refused_if_strict(CE, "label_smoothing .* found -0.1", Z, Y, label_smoothing=-0.1)
    assert_refused_if_strict(NLL, r"sum of exp\(input\) over the classes must be 1", Z, Y)


@pytest.mark.parametrize("dtype", DTYPES)
def test_strict_mode_accepts_what_is_right(dtype):
    z = rand(50, 9, dtype=dtype)
    with losses.strict():
        losses.cross_entropy(z, z.softmax(1))
        losses.nll_loss(z.log_softmax(1), torch.arange(50) % 9)


def test_a_masked_logit_costs_nothing_where_the_target_has_no_probability_and_torch_gives_nan():
    z, q = at([-INF, 0.0, 1.0]), at([0.0, 0.4, 0.6])
    assert F.cross_entropy(z, q).isnan()
    value, gradient = with_gradients(losses.cross_entropy, (z, q), {}, (0,))
    assert_close(value, F.cross_entropy(z[:, 1:], q[:, 1:]))
    assert_close(gradient, z.softmax(1) - q)


def test_a_class_of_weight_0_costs_nothing_even_if_impossible_and_torch_gives_nan():
    z, y, w = at([-INF, 0.0, 1.0]), torch.tensor([0]), at(0, 1, 1).squeeze()
    options = {"weight": w, "reduction": "none"}
    assert F.cross_entropy(z, y, **options).isnan()
    assert losses.cross_entropy(z, y, **options).item() == 0


def test_the_same_one_hot_data_has_two_means_under_weights():
    one_hot = F.one_hot(Y, 4).double()
    by_index = losses.cross_entropy(Z, Y, weight=W)
    by_probability = losses.cross_entropy(Z, one_hot, weight=W)
    assert_close(by_index * W[Y].sum(), by_probability * 3)
    assert abs(by_index - by_probability) > 1e-3


def test_smoothing_is_the_expected_loss_of_labels_drawn_anew():
    q = 0.8 * F.one_hot(Y, 4) + 0.2 / 4
    assert_close(losses.cross_entropy(Z, Y, label_smoothing=0.2), losses.cross_entropy(Z, q))


def test_hand_gradient_of_class_probabilities():
    for options in ({}, {"weight": W}, {"weight": W, "label_smoothing": 0.3}):
        expected = with_gradients(losses.cross_entropy, (Z, Q), {**options, "reduction": "sum"}, (0,))[1]
        assert_close(gradients.cross_entropy(Z, Q, **options), expected)


@settings(max_examples=40, deadline=None)
@given(
    body=BODIES,
    weighted=st.booleans(),
    ignore=st.sampled_from([-100, 1]),
    reduction=st.sampled_from(REDUCTIONS),
)
def test_focal_loss_with_gamma_0_is_cross_entropy(body, weighted, ignore, reduction):
    input, target = rand(*body[:1], 4, *body[1:]), torch.randint(4, body)
    options = {"weight": W if weighted else None, "ignore_index": ignore, "reduction": reduction}
    ours = losses.focal_loss(input, target, gamma=0.0, **options)
    assert_close(ours, losses.cross_entropy(input, target, **options), equal_nan=True)


def test_focal_loss_of_two_classes_is_the_binary_one():
    z, y = rand(6), torch.arange(6) % 2
    two = torch.stack([torch.zeros_like(z), z], 1)
    ours = losses.focal_loss(two, y, gamma=1.5, reduction="none")
    assert_close(ours, losses.sigmoid_focal_loss(z, y.double(), alpha=-1, gamma=1.5))


def test_focal_loss_refuses_a_negative_gamma():
    with pytest.raises(ValueError, match=r"gamma .* found -1"):
        losses.focal_loss(Z, Y, gamma=-1)


PRIOR = torch.tensor([0.6, 0.3, 0.08, 0.02], dtype=torch.float64)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_logit_adjustment_is_cross_entropy_of_shifted_logits(reduction):
    y = torch.tensor([0, -100, 2])
    for tau in (0.0, 1.0, -0.5):
        ours = losses.logit_adjusted_cross_entropy(Z, y, PRIOR, tau, reduction=reduction)
        assert_close(ours, F.cross_entropy(Z + tau * PRIOR.log(), y, reduction=reduction))


def test_counts_will_do_for_shares():
    ours = losses.logit_adjusted_cross_entropy(Z, Y, 5000 * PRIOR, 1.7)
    assert_close(ours, losses.logit_adjusted_cross_entropy(Z, Y, PRIOR, 1.7))
    many = torch.tensor([3e5, 2.0, 1.0, 1e-7])  # float16 holds neither end
    half = losses.logit_adjusted_cross_entropy(Z.half(), Y, many, reduction="none")
    assert half.dtype == torch.float16
    exact = losses.logit_adjusted_cross_entropy(Z, Y, many.double(), reduction="none")
    assert_close(half.double(), exact, rtol=3e-3, atol=3e-3)


def test_every_shape_of_a_class_loss():
    one = losses.logit_adjusted_cross_entropy(Z[0], Y[0], PRIOR)
    assert_close(one, losses.logit_adjusted_cross_entropy(Z[:1], Y[:1], PRIOR))
    z, y = rand(2, 4, 3, 5), torch.randint(4, (2, 3, 5))
    flat = losses.logit_adjusted_cross_entropy(z.movedim(1, -1).reshape(-1, 4), y.reshape(-1), PRIOR)
    assert_close(losses.logit_adjusted_cross_entropy(z, y, PRIOR), flat)


@pytest.mark.parametrize("tau", [0.0, 0.5, 1.0])
def test_its_minimiser_is_the_truth_divided_by_a_power_of_the_prior(tau):
    eta = torch.tensor([0.7, 0.15, 0.1, 0.05], dtype=torch.float64)
    z = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    options = {"tau": tau, "reduction": "none"}
    each = torch.arange(4)
    training.minimise(
        lambda: eta @ losses.logit_adjusted_cross_entropy(z.expand(4, -1), each, PRIOR, **options), z
    )
    wanted = eta / PRIOR**tau
    assert_close(z.detach().softmax(0), wanted / wanted.sum(), rtol=1e-4, atol=1e-6)


def test_the_likelihood_counts_the_classes_as_they_come():
    model = likelihoods.logit_adjusted_cross_entropy(torch.zeros(1, 4).double(), PRIOR)
    assert_close(model.distribution.probs, PRIOR[None])


ADJUSTED_MISTAKES = {
    "another length": (ValueError, r"prior must have shape \(4,\), found \(3,\)", (Z, Y, PRIOR[:3])),
    "a matrix": (ValueError, r"found \(1, 4\)", (Z, Y, PRIOR[None])),
    "nobody": (ValueError, "prior must be positive, found 0", (Z, Y, PRIOR - PRIOR[3])),
    "negative": (ValueError, "prior must be positive, found -0.6", (Z, Y, -PRIOR)),
    "counts as integers": (NotImplementedError, "prior must be a floating", (Z, Y, torch.ones(4).long())),
    "index too large": (IndexError, "class index below 4, found 5", (Z, Y + 2, PRIOR)),
    "floats": (RuntimeError, "found torch.float64", (Z, Y.double(), PRIOR)),
    "integer logits": (NotImplementedError, "input must be a floating", (Z.long(), Y, PRIOR)),
    "batch sizes": (ValueError, r"input \(3, 4\) and target \(2,\)", (Z, Y[:2], PRIOR)),
    "reduction": (ValueError, "'avg'", (Z, Y, PRIOR, 1.0, -100, "avg")),
}


@pytest.mark.parametrize("mistake", ADJUSTED_MISTAKES)
def test_a_mistake_in_logit_adjustment_is_named(mistake):
    error, match, arguments = ADJUSTED_MISTAKES[mistake]
    with pytest.raises(error, match=match):
        losses.logit_adjusted_cross_entropy(*arguments)


def test_the_worst_logits_stay_finite_in_every_precision():
    for dtype, size in ((torch.float64, 1e4), (torch.float32, 1e4), (torch.float16, 6e4)):
        z = torch.tensor([[size, -size, 0.0]], dtype=dtype) / 2
        value, gradient = with_gradients(losses.cross_entropy, (z, torch.tensor([1])), {}, (0,))
        assert math.isclose(value.item(), size, rel_tol=1e-3)
        assert_close(gradient, torch.tensor([[1.0, -1.0, 0.0]], dtype=dtype))


@pytest.mark.parametrize("name", [NLL, CE, FOCAL])
def test_transforms_and_compilation(name):
    assert_transforms(name, Z.log_softmax(1), Y)
    assert_compiles(name, K, torch.randint(4, (2, 5)), weight=W)


def test_transforms_and_compilation_of_logit_adjustment():
    assert_compiles(ADJUSTED, K, torch.randint(4, (2, 5)), PRIOR, wrt=(0, 2), tau=0.5)


def test_compiled_class_probabilities_with_smoothing():
    assert_compiles(CE, Z, Q, wrt=(0, 1), label_smoothing=0.1)
    assert_compiles(CE, Z, Y, label_smoothing=0.1)


def test_modules():
    options = {"weight": W, "ignore_index": 3}
    assert_module("NLLLoss", Z.log_softmax(1), Y, **options, shown="weight=Tensor(4,), ignore_index=3")
    assert_module(
        "CrossEntropyLoss",
        Z,
        Y,
        weight=W,
        label_smoothing=0.1,
        shown="weight=Tensor(4,), label_smoothing=0.1",
    )
    options = {"tau": 0.5, "shown": "tau=0.5"}
    assert_module("LogitAdjustedCrossEntropyLoss", Z, Y, PRIOR, **options)
    assert_module("FocalLoss", Z, Y, gamma=3.0, reduction="sum", shown="reduction='sum', gamma=3.0")
