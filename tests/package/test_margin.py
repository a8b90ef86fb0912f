"""A margin between classes: beside torch's loss, and what torch leaves undefined."""

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

MARGIN = "multi_margin_loss"
torch.manual_seed(0)
Z, Y, W = rand(3, 4), torch.tensor([0, 3, 2]), torch.rand(4, dtype=torch.float64)


def test_every_proof_of_the_engine_holds():
    checks.prove(losses.multi_margin_loss)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.one_of(st.none(), st.integers(1, 4)),
    classes=st.integers(1, 6),
    dtype=st.sampled_from([torch.float64, torch.float32]),
    p=st.sampled_from([1, 2]),
    margin=st.sampled_from([-0.5, 0.0, 0.3, 1.0]),
    weighted=st.booleans(),
    reduction=st.sampled_from(REDUCTIONS),
    seed=st.integers(0, 999),
)
def test_equals_torch_for_every_shape_and_option(rows, classes, dtype, p, margin, weighted, reduction, seed):
    torch.manual_seed(seed)
    body = () if rows is None else (rows,)
    options = {"p": p, "margin": margin, "reduction": reduction}
    if weighted:
        options["weight"] = torch.rand(classes, dtype=dtype)
    assert_equal(MARGIN, rand(*body, classes, dtype=dtype), torch.randint(classes, body), **options)


def test_shapes_torch_also_takes():
    assert_equal(MARGIN, Z[0], Y[:1], reduction="none")
    for target in (torch.tensor(0), torch.tensor([0])):
        assert_equal(MARGIN, Z[0, 0], target, reduction="none")
    assert_equal(MARGIN, rand(4, 3).T, Y, p=2)


def test_a_tie_at_the_margin_has_torchs_slope():
    assert_equal(MARGIN, at([2.0, 1.0, 0.0]), torch.tensor([0]))


MISTAKES = {
    "p is 3": ("p must be 1 or 2, found 3", (Z, Y), {"p": 3}),
    "weight of two dimensions": (r"one-dimensional, found shape \(1, 4\)", (Z, Y), {"weight": W[None]}),
    "weight of no dimension": (r"one-dimensional, found shape \(\)", (Z, Y), {"weight": W[0]}),
    "weight of another length": (r"found shape \(3,\)", (Z, Y), {"weight": W[:3]}),
    "weight of another precision": ("dtype torch.float32", (Z, Y), {"weight": W.float()}),
    "weight and target": ("one-dimensional", (Z, Y[:2]), {"weight": W[None]}),
    "three dimensions": (r"input \(1, 3, 4\)", (Z[None], Y[None]), {}),
    "no classes": (r"input \(3, 0\)", (Z[:, :0], Y), {}),
    "batch sizes differ": (r"target \(2,\)", (Z, Y[:2]), {}),
    "column of targets": (r"target \(3, 1\)", (Z, Y[:, None]), {}),
    "several targets for one input": (r"target \(3,\)", (Z[0], Y), {}),
    "index too large": ("class index below 4, found 5", (Z, Y + 2), {}),
    "index negative": ("class index below 4, found -1", (Z, Y - 1), {}),
    "integer scores": ("int64", (Z.long(), Y), {}),
    "target of int32": ("int32", (Z, Y.int()), {}),
    "target of floats": ("float", (Z, Y.double()), {}),
    "unknown reduction": ("'avg'", (Z, Y), {"reduction": "avg"}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_torchs_exception_type(mistake):
    match, arguments, options = MISTAKES[mistake]
    assert_same_mistake(MARGIN, match, *arguments, **options)


def test_what_torch_accepts_silently_agrees_and_is_refused_in_strict_mode():
    assert_refused_if_strict(MARGIN, "margin must not be negative .* found -1", Z, Y, margin=-1)


def test_one_row_takes_a_target_without_dimensions():
    assert_equal(MARGIN, Z[:1], Y[0], weight=W, reduction="none")


def test_the_mean_of_an_empty_batch_is_nan_where_torch_returns_memory_it_never_wrote():
    assert losses.multi_margin_loss(Z[:0], Y[:0]).isnan()
    assert losses.multi_margin_loss(Z[:0], Y[:0], reduction="none").shape == (0,)


def test_half_precision_which_torch_refuses():
    with pytest.raises(NotImplementedError):
        F.multi_margin_loss(Z.half(), Y)
    for dtype in DTYPES[2:]:
        ours = losses.multi_margin_loss(Z.to(dtype), Y)
        assert ours.dtype == dtype
        assert_close(ours.double(), F.multi_margin_loss(Z.to(dtype).double(), Y), rtol=1e-2, atol=1e-2)


def test_its_gradient_is_differentiable_where_torchs_is_not():
    for f, differentiable in zip(both(MARGIN), (True, False), strict=True):
        z = Z.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(z, Y, p=2), z, create_graph=True)
        if differentiable:
            gradient.square().sum().backward()
        else:
            with pytest.raises(RuntimeError, match="not implemented"):
                gradient.square().sum().backward()


def test_an_infinite_score_of_the_right_class_costs_nothing():
    for p in (1, 2):
        value, gradient = with_gradients(
            losses.multi_margin_loss, (at([INF, 0, 1]), torch.tensor([0])), {"p": p}, (0,)
        )
        assert value == 0
        assert_close(gradient, at([0, 0, 0]))


def test_two_classes_are_half_the_binary_hinge():
    z = rand(6)
    scores, y = torch.stack([torch.zeros_like(z), z], 1), torch.arange(6) % 2
    hinge = (1 - (2 * y - 1) * z).clamp(min=0)
    assert_close(losses.multi_margin_loss(scores, y, reduction="none"), hinge / 2)


def test_transforms_and_compilation():
    assert_transforms(MARGIN, Z, Y)
    assert_compiles(MARGIN, Z, Y, p=2, weight=W)


def test_module():
    assert_module("MultiMarginLoss", Z, Y, p=2, weight=W, shown="p=2, weight=Tensor(4,)")
