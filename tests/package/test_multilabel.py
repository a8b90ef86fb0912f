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


OTHERS = ["asymmetric_loss", "zlpr_loss", "bp_mll_loss"]
KNOWN = torch.tensor([[True, True, False, True], [False, True, True, True], [True, True, True, False]])
SCORES, SETS = rand(3, 4), torch.tensor([[1.0, 0, 1, 0], [1, 0, 0, 1], [0, 1, 0, 1]]).double()


@pytest.mark.parametrize("name", OTHERS)
def test_every_proof_of_the_others_holds(name):
    checks.prove(getattr(losses, name))


def test_without_its_options_the_asymmetric_loss_is_binary_cross_entropy():
    plain = {"gamma_neg": 0.0, "gamma_pos": 0.0, "clip": 0.0}
    wide = 40 * rand(3, 4)
    for t in (SETS, torch.rand(3, 4, dtype=torch.float64)):
        expected = F.binary_cross_entropy_with_logits(wide, t, reduction="none")
        assert_close(losses.asymmetric_loss(wide, t, **plain, reduction="none"), expected)


def test_with_equal_exponents_and_no_clip_it_is_the_focal_loss():
    focal = losses.sigmoid_focal_loss(SCORES, SETS, alpha=-1, gamma=3)
    assert_close(losses.asymmetric_loss(SCORES, SETS, 3.0, 3.0, 0.0, reduction="none"), focal)


def test_an_easy_no_costs_exactly_nothing_and_a_sure_mistake_stays_finite():
    z = torch.tensor([-3.0, -2.9, 200.0], requires_grad=True)
    value = losses.asymmetric_loss(z, torch.zeros(3), 1.0, reduction="none")
    (slope,) = torch.autograd.grad(value.sum(), z)
    assert value[0] == 0
    assert slope[0] == 0
    assert value[1] > 0
    assert_close(value[2], -0.95 * torch.tensor(0.05).log())


def test_the_minimum_of_the_asymmetric_loss_is_above_the_probability():
    z = torch.linspace(-6, 6, 24_001, dtype=torch.float64)
    for share in (0.05, 0.2):
        best = z[losses.asymmetric_loss(z, torch.full_like(z, share), reduction="none").argmin()]
        assert best.sigmoid() > 1.5 * share


def test_zlpr_without_company_is_the_soft_margin():
    z = rand(5, 1)
    for t in (0.0, 1.0):
        target = torch.full_like(z, t)
        expected = F.binary_cross_entropy_with_logits(z, target)
        assert_close(losses.zlpr_loss(z, target), expected)


def test_zlpr_is_two_cross_entropies_against_an_imaginary_label():
    zero = torch.zeros(1, dtype=torch.float64)
    first = torch.tensor(0)
    for z, t, found in zip(SCORES, SETS, losses.zlpr_loss(SCORES, SETS, reduction="none"), strict=True):
        below = F.cross_entropy(torch.cat([zero, z[t == 0]]), first)
        above = F.cross_entropy(torch.cat([zero, -z[t == 1]]), first)
        assert_close(found, below + above)


def test_bp_mll_sees_differences_only_and_bounds_the_ranking_loss():
    ours = losses.bp_mll_loss(SCORES, SETS, reduction="none")
    assert_close(losses.bp_mll_loss(SCORES + 7, SETS, reduction="none"), ours)
    for z, t, found in zip(SCORES, SETS, ours, strict=True):
        gap = z[t == 1].unsqueeze(1) - z[t == 0]
        assert_close(found, torch.exp(-gap).mean())
        assert found >= (gap <= 0).double().mean()


def test_bp_mll_is_0_without_pairs_and_finite_in_its_gradient_where_it_overflows():
    for t in (0.0, 1.0):
        z = rand(2, 3).requires_grad_()
        value = losses.bp_mll_loss(z, torch.full((2, 3), t), reduction="sum")
        (slope,) = torch.autograd.grad(value, z)
        assert value == 0
        assert (slope == 0).all()
    z = torch.tensor([[500.0, 0.0, -500.0]], requires_grad=True)
    value = losses.bp_mll_loss(z, torch.tensor([[0, 0, 1]]))
    (slope,) = torch.autograd.grad(value, z)
    assert value > 1e38
    assert slope.isfinite().all()
    assert (slope[0, 0] > 0) & (slope[0, 2] < 0)


@pytest.mark.parametrize("name", OTHERS)
def test_a_label_that_is_not_known_is_as_good_as_absent(name):
    loss = getattr(losses, name)
    anything = torch.where(KNOWN, SETS, -77.0)
    z = torch.where(KNOWN, SCORES, 1e6).requires_grad_()
    value = loss(z, anything, mask=KNOWN, reduction="none")
    (slope,) = torch.autograd.grad(value.sum(), z)
    assert (slope[~KNOWN] == 0).all()
    for row, z_, t, k in zip(value, SCORES, SETS, KNOWN, strict=True):
        alone = loss(z_[k], t[k], reduction="none")
        assert_close(row[k] if row.ndim else row, alone)
    if name == "asymmetric_loss":
        assert_close(loss(z, anything, mask=KNOWN), value.sum() / KNOWN.sum())
    else:
        assert_close(loss(z, anything, mask=KNOWN), value.mean())


@pytest.mark.parametrize("name", OTHERS)
def test_integers_and_booleans_are_labels_too(name):
    loss = getattr(losses, name)
    for dtype in (torch.int64, torch.bool):
        assert_close(loss(SCORES, SETS.to(dtype)), loss(SCORES, SETS))


WRONG = [
    ("asymmetric_loss", (SCORES, 2 * SETS), {}, ValueError, "target must be between 0 and 1, found 2"),
    ("asymmetric_loss", (SCORES, SETS[:, :3]), {}, RuntimeError, r"target \(3, 3\)"),
    ("asymmetric_loss", (SCORES, SETS), {"gamma_neg": -1.0}, ValueError, r"gamma_neg .* found -1\.0"),
    ("asymmetric_loss", (SCORES, SETS), {"gamma_pos": -1.0}, ValueError, r"gamma_pos .* found -1\.0"),
    ("asymmetric_loss", (SCORES, SETS), {"clip": 1.0}, ValueError, r"clip .* found 1\.0"),
    ("zlpr_loss", (SCORES, SETS / 2), {}, ValueError, r"target must be 0 or 1, found 0\.5"),
    ("bp_mll_loss", (SCORES, -SETS), {}, ValueError, "target must be 0 or 1, found -1"),
    ("zlpr_loss", (SCORES, SETS[0]), {}, ValueError, r"target must have the shape of input.* found \(4,\)"),
    ("bp_mll_loss", (SCORES, SETS), {"mask": KNOWN[0]}, ValueError, r"mask must have the shape"),
    ("zlpr_loss", (SCORES[0, 0], SETS[0, 0]), {}, ValueError, "label dimension"),
    *((name, (SCORES, SETS), {"mask": SETS}, ValueError, "mask must be boolean") for name in OTHERS),
    *((name, (SETS.long(), SETS), {}, NotImplementedError, "input must be a floating") for name in OTHERS),
    *((name, (SCORES, SETS), {"reduction": "avg"}, ValueError, "'avg'") for name in OTHERS),
    ("asymmetric_loss", (SCORES, SETS), {"reduction": "avg", "mask": KNOWN}, ValueError, "'avg'"),
]


@pytest.mark.parametrize(("name", "arguments", "options", "error", "match"), WRONG)
def test_the_others_name_a_mistake(name, arguments, options, error, match):
    with pytest.raises(error, match=match):
        getattr(losses, name)(*arguments, **options)


def test_the_asymmetric_loss_is_strict_about_shapes():
    with losses.strict(), pytest.raises(ValueError, match="shapes must be equal"):
        losses.asymmetric_loss(SCORES, SETS[0])


@pytest.mark.parametrize("name", OTHERS)
def test_the_others_transform_and_compile(name):
    assert_transforms(name, SCORES, SETS)
    assert_compiles(name, SCORES, SETS, mask=KNOWN)


def test_the_others_as_modules():
    shown = "gamma_neg=2.0, clip=0.0, reduction='sum'"
    options = {"gamma_neg": 2.0, "clip": 0.0, "reduction": "sum"}
    assert_module("AsymmetricLoss", SCORES, SETS, **options, shown=shown)
    for name in ("ZLPRLoss", "BPMLLLoss"):
        assert_module(name, SCORES, SETS, reduction="sum", shown="reduction='sum'")
