"""Several labels at once: beside torch's losses, and what torch leaves undefined."""

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

SOFT, MARGIN = "multilabel_soft_margin_loss", "multilabel_margin_loss"
torch.manual_seed(0)
Z, T = rand(3, 4), torch.rand(3, 4, dtype=torch.float64).round()
LISTS = torch.tensor([[2, 0, -1, 1], [-1, 0, 1, 2], [0, 1, 2, 3]])


@pytest.mark.parametrize("name", [SOFT, MARGIN])
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@settings(max_examples=60, deadline=None)
@given(
    body=st.lists(st.integers(0, 3), max_size=2),
    labels=st.integers(1, 4),
    dtype=st.sampled_from(DTYPES),
    target=st.sampled_from([torch.int64, None]),
    weight=st.sampled_from([None, "label", "row"]),
    reduction=st.sampled_from(REDUCTIONS),
    seed=st.integers(0, 99),
)
def test_soft_margin_equals_torch_for_every_shape_and_option(
    body, labels, dtype, target, weight, reduction, seed
):
    torch.manual_seed(seed)
    shape, options = (*body, labels), {"reduction": reduction}
    input, target = rand(*shape, dtype=dtype), torch.rand(shape).round().to(target or dtype)
    if weight:
        options["weight"] = torch.rand(labels if weight == "label" else (*body, 1)).to(dtype)
    if dtype.itemsize > 2:
        assert_equal(SOFT, input, target, **options)
    else:
        ours, theirs = (f(input, target, **options) for f in both(SOFT))
        assert_close(ours, theirs, equal_nan=True, rtol=5e-2, atol=5e-2)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.one_of(st.none(), st.integers(1, 4)),
    labels=st.integers(1, 7),
    dtype=st.sampled_from([torch.float64, torch.float32]),
    size=st.sampled_from([0.3, 3.0, 1e4]),
    reduction=st.sampled_from(REDUCTIONS),
    seed=st.integers(0, 999),
)
def test_margin_equals_torch_for_every_shape_and_list(rows, labels, dtype, size, reduction, seed):
    torch.manual_seed(seed)
    shape = (labels,) if rows is None else (rows, labels)
    target = torch.randint(-1, labels, shape)  # repeated labels count twice
    assert_equal(MARGIN, size * rand(*shape, dtype=dtype), target, reduction=reduction)


def test_shapes_torch_also_takes():
    for target in (torch.tensor(0), torch.tensor([0])):
        assert_equal(MARGIN, Z[0, 0], target, reduction="none")
        assert_equal(MARGIN, Z[0, :1], target, reduction="none")
    assert_equal(SOFT, Z, T[0], reduction="none")
    assert_equal(SOFT, Z[0], T, reduction="none")
    assert_equal(SOFT, Z.T, T.T)
    assert_equal(MARGIN, rand(4, 3).T, torch.randint(-1, 4, (4, 3)).T)


MISTAKES = {
    "no label dimension": (SOFT, "without dimensions", (Z[0, 0], T[0, 0]), {}),
    "sizes differ": (SOFT, r"target \(3, 2\)", (Z, T[:, :2]), {}),
    "weight of another size": (SOFT, "size", (Z, T), {"weight": torch.ones(3)}),
    "integer scores": (SOFT, "int64", (Z.long(), T), {}),
    "boolean target": (SOFT, "bool", (Z, T > 0), {}),
    "unknown reduction": (SOFT, "'avg'", (Z, T), {"reduction": "avg"}),
    "list of another length": (MARGIN, r"target \(3, 3\)", (Z, LISTS[:, :3]), {}),
    "lists for one row": (MARGIN, r"target \(4,\)", (Z, LISTS[0]), {}),
    "three dimensions": (MARGIN, r"input \(1, 3, 4\)", (Z[None], LISTS[None]), {}),
    "no labels": (MARGIN, r"input \(3, 0\)", (Z[:, :0], LISTS[:, :0]), {}),
    "label too large": (MARGIN, "label index below 4, found 4", (Z, LISTS + 1), {}),
    "label below -1": (MARGIN, "found -2", (Z, LISTS - 1), {}),
    "label too large after the end": (MARGIN, "found 9", (Z[0], torch.tensor([0, -1, 9, 9])), {}),
    "lists of int32": (MARGIN, "int32", (Z, LISTS.int()), {}),
    "lists of floats": (MARGIN, "float", (Z, LISTS.double()), {}),
    "integer scores for lists": (MARGIN, "int64", (Z.long(), LISTS), {}),
    "unknown reduction for lists": (MARGIN, "'avg'", (Z, LISTS), {"reduction": "avg"}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_torchs_exception_type(mistake):
    name, match, arguments, options = MISTAKES[mistake]
    assert_same_mistake(name, match, *arguments, **options)


def test_what_torch_accepts_silently_agrees_and_is_refused_in_strict_mode():
    assert_refused_if_strict(SOFT, "target must be between 0 and 1 .* found 2", Z, 2 * torch.ones_like(T))
    assert_refused_if_strict(SOFT, r"input \(3, 4\), target \(4,\)", Z, T[0])


def test_the_mean_of_an_empty_batch_is_nan_where_torch_returns_memory_it_never_wrote():
    assert losses.multilabel_margin_loss(Z[:0], LISTS[:0]).isnan()
    assert losses.multilabel_margin_loss(Z[:0], LISTS[:0], reduction="none").shape == (0,)


def test_half_precision_which_torch_refuses():
    with pytest.raises(NotImplementedError):
        F.multilabel_margin_loss(Z.half(), LISTS)
    for dtype in DTYPES[2:]:
        ours = losses.multilabel_margin_loss(Z.to(dtype), LISTS)
        assert ours.dtype == dtype
        assert_close(
            ours.double(), F.multilabel_margin_loss(Z.to(dtype).double(), LISTS), rtol=1e-2, atol=1e-2
        )


def test_the_second_derivative_is_0_where_torch_has_none():
    ours, theirs = both(MARGIN)
    assert_close(torch.func.hessian(ours)(Z[0], LISTS[0]), torch.zeros(4, 4, dtype=torch.float64))
    with pytest.raises(RuntimeError):
        torch.func.hessian(theirs)(Z[0], LISTS[0])


def test_soft_margin_is_the_bernoulli_likelihood_of_every_label():
    law = torch.distributions.Independent(torch.distributions.Bernoulli(logits=Z), 1)
    assert_close(4 * losses.multilabel_soft_margin_loss(Z, T, reduction="none"), -law.log_prob(T))


def test_an_infinite_logit_that_is_right_costs_nothing_where_torch_gives_nan():
    z, t = at([INF, -INF]), at([1, 0])
    assert F.multilabel_soft_margin_loss(z, t).isnan()
    value, gradient = with_gradients(losses.multilabel_soft_margin_loss, (z, t), {}, (0,))
    assert value == 0
    assert_close(gradient, at([0, 0]))


def test_transforms_and_compilation():
    assert_transforms(SOFT, Z, T)
    assert_transforms(MARGIN, Z, LISTS)
    assert_compiles(SOFT, Z, T, wrt=(0, 1), weight=torch.rand(4))
    assert_compiles(MARGIN, Z, LISTS)


def test_modules():
    weight = torch.rand(4, dtype=torch.float64)
    assert_module("MultiLabelSoftMarginLoss", Z, T, weight=weight, shown="weight=Tensor(4,)")
    assert_module("MultiLabelMarginLoss", Z, LISTS, reduction="sum", shown="reduction='sum'")
