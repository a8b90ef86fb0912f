"""Huge vocabularies: every option against torch, the memory of the chunks, and what torch's chunks lack."""

import copy
import math
import pickle
import warnings

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import LinearCrossEntropyOptions as Options
from torch.profiler import ProfilerActivity, profile
from torch.testing import assert_close
from torch.utils.checkpoint import checkpoint

from lossbook import checks, likelihoods, losses, modules
from lossbook.families.vocabulary.chunked import rows_per_chunk

REDUCTIONS = ("none", "mean", "sum")
CHUNKS = Options(batch_chunk_size=2)
PARTS = ("linear_cross_entropy", "adaptive_log_softmax_loss", "z_loss")


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def rand(*shape, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype)


def layer(n=5, d=3, c=7, dtype=torch.float64):
    return [rand(*shape, dtype=dtype).requires_grad_() for shape in ((n, d), (c, d), (c,))]


def value_and_gradients(loss, h, w, b, target, **options):
    value = loss(h, w, target, linear_bias=b, **options)
    return value, *torch.autograd.grad(
        (value * torch.arange(1, value.numel() + 1).to(value)).sum(), (h, w, b)
    )


@pytest.mark.parametrize("name", PARTS)
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@settings(max_examples=80, deadline=None)
@given(
    n=st.integers(0, 5),
    d=st.integers(1, 4),
    c=st.integers(1, 6),
    soft=st.booleans(),
    weighted=st.booleans(),
    smoothing=st.sampled_from((0.0, 0.3, 1.0)),
    ignore=st.sampled_from((None, 0)),
    reduction=st.sampled_from(REDUCTIONS),
    chunk=st.sampled_from((None, 1, 2, 9)),
    dtype=st.sampled_from((torch.float64, torch.float32)),
    seed=st.integers(0, 99),
)
def test_value_and_gradients_equal_torch_for_every_shape_and_option(
    n, d, c, soft, weighted, smoothing, ignore, reduction, chunk, dtype, seed
):
    torch.manual_seed(seed)
    h, w, b = layer(n, d, c, dtype)
    target = torch.rand(n, c, dtype=dtype) if soft else torch.randint(0, c, (n,))
    options = {
        "weight": torch.rand(c, dtype=dtype) if weighted else None,
        "reduction": reduction,
        "label_smoothing": smoothing,
        "ignore_index": None if soft else ignore,
    }
    chunks = None if chunk is None else Options(batch_chunk_size=chunk)
    ours = value_and_gradients(losses.linear_cross_entropy, h, w, b, target, options=chunks, **options)
    theirs = value_and_gradients(F.linear_cross_entropy, h, w, b, target, **options)
    assert_close(ours, theirs, rtol=1e-4, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("options", [None, CHUNKS])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("soft", [False, True])
def test_unbatched_input(options, reduction, soft):
    h, w = rand(3), rand(7, 3)
    target = torch.rand(7, dtype=h.dtype) if soft else torch.tensor(4)
    ours = losses.linear_cross_entropy(h, w, target, reduction=reduction, options=options)
    theirs = F.linear_cross_entropy(h, w, target, reduction=reduction)
    assert_close(ours, theirs)


@pytest.mark.parametrize("soft", [False, True])
def test_k_dimensional_loss(soft):
    h, w, b = rand(4, 3), rand(5, 2, 6, 3), rand(5, 2, 6)
    target = torch.rand(4, 5, 2, 6, dtype=h.dtype) if soft else torch.randint(0, 5, (4, 2, 6))
    ours = losses.linear_cross_entropy(h, w, target, linear_bias=b)
    assert_close(ours, F.linear_cross_entropy(h, w, target, linear_bias=b))
    with pytest.warns(UserWarning, match="the loss is K-dimensional"):
        assert_close(losses.linear_cross_entropy(h, w, target, linear_bias=b, options=CHUNKS), ours)


@pytest.mark.parametrize("what", ["target", "weight"])
def test_chunks_step_aside_for_the_gradient_of_target_or_weight(what):
    h, w = rand(4, 3), rand(7, 3)
    options = {"target": torch.rand(4, 7).double(), "weight": torch.rand(7).double()}
    options[what].requires_grad_()
    with pytest.warns(UserWarning, match=f"{what} needs a gradient"):
        loss = losses.linear_cross_entropy(h, w, **options, options=CHUNKS)
    theirs = F.linear_cross_entropy(h, w, **options)
    assert_close(*(torch.autograd.grad(value, options[what]) for value in (loss, theirs)))


def peak_in_mib(step):
    """Most memory held at once by what ``step`` allocates."""
    step()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        step()
    events = (e for e in record.profiler.kineto_results.events() if e.name() == "[memory]")
    held = most = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most / 2**20


@pytest.mark.parametrize("case", ["mean", "none", "label smoothing", "class probabilities"])
def test_chunks_hold_6_mib_where_the_logits_take_128(case):
    n, d, c = 4096, 64, 8192
    h, w = torch.randn(n, d, requires_grad=True), torch.randn(c, d, requires_grad=True)
    soft = case == "class probabilities"
    target = torch.rand(n, c) if soft else torch.randint(0, c, (n,))
    options = {
        "reduction": "none" if case == "none" else "mean",
        "label_smoothing": 0.1 if case == "label smoothing" else 0.0,
    }

    def step():
        h.grad = w.grad = None
        losses.linear_cross_entropy(h, w, target, options=Options(), **options).sum().backward()

    gradients = (h.numel() + w.numel()) * 4 / 2**20
    assert peak_in_mib(step) - gradients <= 6


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_backward_may_run_again_and_be_differentiated(reduction):
    h, w, b = layer()
    target = torch.tensor([0, 6, 3, 3, 1])

    def hessian_product(options):
        loss = losses.linear_cross_entropy(
            h, w, target, linear_bias=b, ignore_index=3, options=options, reduction=reduction
        ).sum()
        first = torch.autograd.grad(loss, (h, w, b), retain_graph=True)
        again = torch.autograd.grad(loss, (h, w, b), create_graph=True)
        assert_close(first, again)
        return torch.autograd.grad(sum((g**2).sum() for g in again), (h, w, b))

    assert_close(hessian_product(CHUNKS), hessian_product(None))


@pytest.mark.parametrize("kept", [False, True])
def test_gradients_are_copied_only_for_who_changes_them_and_comes_again(kept):
    h, w, _ = layer()
    options = Options(batch_chunk_size=2, allow_retain_graph=kept)
    loss = losses.linear_cross_entropy(h, w, torch.tensor([0, 6, 3, 3, 1]), options=options)
    first, again = (torch.autograd.grad(loss, w, retain_graph=True)[0] for _ in range(2))
    assert (first.data_ptr() == again.data_ptr()) is not kept
    assert_close(torch.autograd.grad(loss, w, 2 * torch.ones_like(loss), retain_graph=True)[0], 2 * first)
    expected = first.clone()
    first.zero_()
    if kept:
        assert_close(torch.autograd.grad(loss, w)[0], expected)
    else:  # never a wrong gradient
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            torch.autograd.grad(loss, w)


@pytest.mark.parametrize("features", [64, 512])
def test_a_chunk_of_a_huge_vocabulary_is_small_beside_its_gradients(features):
    rows = rows_per_chunk(Options(), rows=512, features=features, classes=131_072)
    assert rows * 131_072 * 4 <= max(2**23, 131_072 * features * 4 / 4)


@pytest.mark.parametrize("wanted", [(True, False, False), (False, True, False), (False, False, True)])
def test_each_gradient_alone(wanted):
    inputs = [tensor.detach().requires_grad_(need) for tensor, need in zip(layer(), wanted, strict=True)]
    h, w, b = inputs
    chosen = inputs[wanted.index(True)]
    target = torch.tensor([0, 6, 3, 3, 1])
    found = [
        torch.autograd.grad(losses.linear_cross_entropy(h, w, target, linear_bias=b, options=o), chosen)
        for o in (None, CHUNKS)
    ]
    assert_close(*found)


def test_without_gradients_only_the_loss_is_made():
    h, w, b = layer()
    with torch.no_grad():
        loss = losses.linear_cross_entropy(h, w, torch.zeros(5).long(), linear_bias=b, options=CHUNKS)
    assert not loss.requires_grad


@pytest.mark.parametrize("options", [None, CHUNKS])
def test_nothing_but_ignored_targets_has_loss_nan_and_gradient_0(options):
    h, w, _ = layer(2)
    target = torch.tensor([-100, -100])
    loss = losses.linear_cross_entropy(h, w, target, options=options)
    assert loss.isnan()
    assert_close(torch.autograd.grad(loss, h)[0], torch.zeros(2, 3).double())


MASKED = {
    "ignored rows": (torch.tensor([-100, 1, 2, -100, 1]), {}),
    "class indices": (torch.tensor([2, 1, 2, 1, 1]), {}),
    "the masked class weighs 0": (torch.tensor([0, 1, 2, 0, 1]), {"label_smoothing": 0.1}),
    "class probabilities": (torch.tensor([[0, 0.25, 0.75]]).double().expand(5, 3), {}),
    "the loss is infinite": (torch.tensor([0, 1, 2, 0, 1]), {}),
}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", MASKED)
def test_chunks_take_a_class_masked_by_minus_infinity(case, reduction):
    h, w, b = layer(5, 3, 3)
    b = (b + torch.tensor([-math.inf, 0, 0])).detach().requires_grad_()
    target, options = MASKED[case]
    options = options | {"weight": torch.tensor([0.0, 1, 2]).double()} if options else options
    found, wanted = (
        value_and_gradients(
            losses.linear_cross_entropy, h, w, b, target, reduction=reduction, options=chunks, **options
        )
        for chunks in (CHUNKS, None)
    )
    assert wanted[0].isinf().any() == (case == "the loss is infinite")
    assert not wanted[0].isnan().any()
    assert_close(found, wanted)


@pytest.mark.parametrize("case", MASKED)
def test_chunks_hide_no_nan(case):
    target, options = MASKED[case]
    h, w, _ = layer(5, 3, 3)
    h = torch.where(torch.arange(5).unsqueeze(1) == 1, math.nan, h)
    loss = losses.linear_cross_entropy(h, w, target, reduction="none", options=CHUNKS, **options)
    assert loss.isnan().tolist() == [False, True, False, False, False]


@pytest.mark.parametrize("shift", [0.0, 1e4, -1e4])
@pytest.mark.parametrize("soft", [False, True])
def test_chunks_are_exact_for_large_logits(soft, shift):
    h, w, b = layer(dtype=torch.float32)
    target = torch.rand(5, 7).softmax(1) if soft else torch.tensor([0, 6, 3, 3, 1])
    options = {"label_smoothing": 0.1, "reduction": "none"}
    logits = F.linear(100 * h, w, b + shift)
    found = losses.linear_cross_entropy(100 * h, w, target, linear_bias=b + shift, options=CHUNKS, **options)
    wanted = F.cross_entropy(logits.double(), target.double() if soft else target, **options)
    assert_close(found.double(), wanted, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("options", [None, CHUNKS])
def test_without_classes_probabilities_cost_nothing(options):
    h, w, _ = layer(5, 3, 0)
    loss = losses.linear_cross_entropy(h, w, torch.zeros(5, 0).double(), reduction="sum", options=options)
    assert loss == 0


@pytest.mark.parametrize("options", [None, CHUNKS])
def test_non_contiguous_input(options):
    h, w = rand(3, 10)[:, ::2].T, rand(3, 7).T
    target = torch.tensor([0, 9, 6, 9, 3, 9, 3, 9, 1, 9])[::2]
    assert_close(
        losses.linear_cross_entropy(h, w, target, options=options), F.linear_cross_entropy(h, w, target)
    )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_sums_over_chunks_keep_the_precision_of_float32(dtype):
    # Every row pulls the same way: a sum kept in low precision would stop growing.
    h, w = torch.rand(512, 8).to(dtype).requires_grad_(), torch.randn(4, 8).to(dtype).requires_grad_()
    target = torch.zeros(512).long()
    loss = losses.linear_cross_entropy(h, w, target, options=Options(batch_chunk_size=1))
    exact = F.linear_cross_entropy(h.double(), w.double(), target)
    tolerance = 2 * torch.finfo(dtype).eps
    assert loss.dtype == dtype
    assert_close(loss.double(), exact, rtol=tolerance, atol=0)
    ours, theirs = (torch.autograd.grad(value, w)[0].double() for value in (loss, exact))
    assert_close(ours, theirs, rtol=tolerance, atol=1e-4)


BAD = {
    "input without dimensions": ((torch.tensor(1.0), torch.zeros(5, 3), torch.zeros(4).long()), {}),
    "input of 3 dimensions": ((torch.zeros(2, 4, 3), torch.zeros(5, 3), torch.zeros(4).long()), {}),
    "weight of 1 dimension": ((torch.zeros(4, 3), torch.zeros(3), torch.zeros(4).long()), {}),
    "features differ": ((torch.zeros(4, 3), torch.zeros(5, 2), torch.zeros(4).long()), {}),
    "bias": ((torch.zeros(4, 3), torch.zeros(5, 3), torch.zeros(4).long()), {"linear_bias": torch.zeros(4)}),
    "unbatched, K-dimensional": ((torch.zeros(3), torch.zeros(5, 2, 3), torch.zeros(4).long()), {}),
    "probabilities, ignore_index": (
        (torch.zeros(4, 3), torch.zeros(5, 3), torch.zeros(4, 5)),
        {"ignore_index": 1},
    ),
    "batch": ((torch.zeros(4, 3), torch.zeros(5, 3), torch.zeros(3).long()), {}),
    "batch of probabilities": ((torch.zeros(4, 3), torch.zeros(5, 3), torch.zeros(3, 5)), {}),
    "target without dimensions": ((torch.zeros(1, 3), torch.zeros(5, 3), torch.tensor(1)), {}),
    "float indices": ((torch.zeros(4, 3), torch.zeros(5, 3), torch.zeros(4)), {}),
    "int32 indices": ((torch.zeros(4, 3), torch.zeros(5, 3), torch.zeros(4).int()), {}),
    "integer probabilities": ((torch.zeros(4, 3), torch.zeros(5, 3), torch.ones(4, 5).long()), {}),
    "two targets a row": ((torch.zeros(4, 3), torch.zeros(5, 3), torch.zeros(4, 2).long()), {}),
    "index too large": ((torch.zeros(4, 3), torch.zeros(5, 3), torch.tensor([0, 1, 5, 2])), {}),
    "index below 0": ((torch.zeros(4, 3), torch.zeros(5, 3), torch.tensor([0, 1, -1, 2])), {}),
    "class weight": (
        (torch.zeros(4, 3), torch.zeros(5, 3), torch.zeros(4).long()),
        {"weight": torch.ones(4)},
    ),
    "label_smoothing": (
        (torch.zeros(4, 3), torch.zeros(5, 3), torch.zeros(4).long()),
        {"label_smoothing": 1.5},
    ),
    "reduction": ((torch.zeros(4, 3), torch.zeros(5, 3), torch.zeros(4).long()), {"reduction": "avg"}),
    "dtypes": ((torch.zeros(4, 3), torch.zeros(5, 3).double(), torch.zeros(4).long()), {}),
    "integer input": ((torch.zeros(4, 3).long(), torch.zeros(5, 3).long(), torch.zeros(4).long()), {}),
}


@pytest.mark.parametrize("options", [None, CHUNKS])
@pytest.mark.parametrize("bad", BAD)
def test_what_torch_refuses_is_refused_with_the_same_type(bad, options):
    arguments, keywords = BAD[bad]
    with pytest.raises(Exception) as theirs:  # noqa: PT011  (whatever torch raises)
        F.linear_cross_entropy(*arguments, **keywords)
    with pytest.raises(theirs.type):
        losses.linear_cross_entropy(*arguments, **keywords, options=options)


def test_contradicting_options_are_refused():
    h, w, _ = layer()
    options = Options(batch_chunk_size=3, chunking_method="aspect_ratio")
    with pytest.raises(ValueError, match="batch_chunk_size=3 contradicts chunking_method='aspect_ratio'"):
        losses.linear_cross_entropy(h, w, torch.zeros(5).long(), options=options)


def test_strict_mode_refuses_negative_smoothing_which_torch_takes_as_0():
    h, w, _ = layer()
    target = torch.zeros(5).long()
    for options in (None, CHUNKS):
        ours = losses.linear_cross_entropy(h, w, target, label_smoothing=-1.0, options=options)
        assert_close(ours, F.linear_cross_entropy(h, w, target, label_smoothing=-1.0))
        with losses.strict(), pytest.raises(ValueError, match="label_smoothing must be between 0 and 1"):
            losses.linear_cross_entropy(h, w, target, label_smoothing=-1.0, options=options)


@pytest.mark.parametrize("options", [None, CHUNKS])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_compiles_into_one_graph(options, reduction):
    h, w, b = layer(dtype=torch.float32)
    target = torch.tensor([0, 6, 3, 3, 1])

    def loss(h, w, b):
        return losses.linear_cross_entropy(
            h, w, target, linear_bias=b, reduction=reduction, options=options
        ).sum()

    compiled = torch.compile(loss, backend="aot_eager", fullgraph=True)
    assert_close(*(torch.autograd.grad(f(h, w, b), (h, w, b)) for f in (loss, compiled)))


def test_reference_path_has_forward_mode_and_vmap():
    h, w, _ = layer()
    target = torch.tensor([0, 6, 3, 3, 1])

    def of_input(h):
        return losses.linear_cross_entropy(h, w, target)

    h = h.detach()
    assert_close(torch.func.jacfwd(of_input)(h), torch.func.grad(of_input)(h))
    batch = torch.stack([h, 2 * h])
    assert_close(torch.vmap(of_input)(batch), torch.stack([of_input(h), of_input(2 * h)]))


LAYERS = [
    {},
    {"bias": True, "weight": torch.rand(7), "label_smoothing": 0.2},
    {"out_features": (2,), "bias": True},
    {"reduction": "none", "ignore_index": 3, "options": CHUNKS},
]


@pytest.mark.parametrize("options", LAYERS)
def test_module_has_the_weights_and_values_of_torch(options):
    torch.manual_seed(1)
    ours = modules.LinearCrossEntropyLoss(3, 7, **options)
    torch.manual_seed(1)
    theirs = nn.LinearCrossEntropyLoss(3, 7, **options)
    assert_close(dict(ours.state_dict()), dict(theirs.state_dict()))
    theirs.load_state_dict(ours.state_dict())
    h, target = torch.randn(5, 3), torch.randint(0, 7, (5, *options.get("out_features", ())))
    assert_close(ours(h, target), theirs(h, target))
    assert_close(pickle.loads(pickle.dumps(ours))(h, target), ours(h, target))
    assert "num_classes=7" in repr(ours)


@pytest.mark.parametrize(
    "bad", [{"weight": torch.ones(3)}, {"label_smoothing": 2.0}, {"label_smoothing": -1.0}]
)
def test_linear_module_refuses_what_torch_refuses(bad):
    for module in (nn.LinearCrossEntropyLoss, modules.LinearCrossEntropyLoss):
        with pytest.raises(RuntimeError):
            module(3, 7, **bad)


def adaptive(cutoffs=(3, 5), bias=True, dtype=torch.float64, classes=9):
    made = []
    for module in (modules.AdaptiveLogSoftmaxWithLoss, nn.AdaptiveLogSoftmaxWithLoss):
        torch.manual_seed(2)
        made.append(module(8, classes, cutoffs, div_value=2.0, head_bias=bias, dtype=dtype))
    return made


@settings(max_examples=40, deadline=None)
@given(
    target=st.lists(st.integers(0, 8), max_size=6),
    cutoffs=st.sampled_from(((3, 5), (1,), (8,), (1, 2, 3, 4))),
    bias=st.booleans(),
    dtype=st.sampled_from((torch.float64, torch.float32)),
)
def test_adaptive_softmax_equals_torch(target, cutoffs, bias, dtype):
    ours, theirs = adaptive(cutoffs, bias, dtype)
    h, y = rand(len(target), 8, dtype=dtype).requires_grad_(), torch.tensor(target, dtype=torch.long)
    assert_close(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=0, atol=0)
    assert_close(tuple(ours(h, y)), tuple(theirs(h, y)), equal_nan=True)
    assert_close(ours.log_prob(h), theirs.log_prob(h))
    assert torch.equal(ours.predict(h), theirs.predict(h))
    found = [torch.autograd.grad(m(h, y).output.sum(), h, materialize_grads=True) for m in (ours, theirs)]
    assert_close(*found)


def test_adaptive_gradients_of_every_weight_equal_torch():
    ours, theirs = adaptive()
    h, y = rand(6, 8), torch.tensor([0, 8, 3, 4, 2, 5])
    found = [torch.autograd.grad(m(h, y).loss, tuple(m.parameters())) for m in (ours, theirs)]
    assert_close(*found)
    assert torch.autograd.gradcheck(
        lambda h, *p: torch.func.functional_call(ours, names(ours, p), (h, y)), inputs(h, ours)
    )


def names(module, tensors):
    return dict(zip(dict(module.named_parameters()), tensors, strict=True))


def inputs(h, module):
    return h.requires_grad_(), *(p.detach().requires_grad_() for p in module.parameters())


def test_adaptive_unbatched_and_saved():
    ours, theirs = adaptive()
    h, y = rand(8), torch.tensor(7)
    assert_close(tuple(ours(h, y)), tuple(theirs(h, y)))
    again = pickle.loads(pickle.dumps(ours))
    again.load_state_dict(theirs.state_dict())
    assert_close(again(h, y), ours(h, y))
    before = copy.deepcopy(ours.state_dict())
    ours.reset_parameters()
    assert all((before[name] != tensor).any() for name, tensor in ours.state_dict().items())


def test_adaptive_is_a_distribution_and_its_log_prob_the_loss():
    ours, _ = adaptive()
    h = rand(1, 8).expand(9, 8)
    log_p = ours.log_prob(h)
    assert_close(log_p.exp().sum(1), torch.ones(9).double())
    assert_close(ours(h, torch.arange(9)).output, log_p.diagonal())


BAD_ADAPTIVE = {
    "index too large": (torch.zeros(4, 8), torch.tensor([0, 1, 9, 2])),
    "ignored index": (torch.zeros(4, 8), torch.tensor([0, 1, -100, 2])),
    "batch": (torch.zeros(4, 8), torch.zeros(3).long()),
    "input of 1 dimension": (torch.zeros(4), torch.zeros(4).long()),
    "input of 2 dimensions": (torch.zeros(1, 8), torch.tensor(1)),
    "two targets a row": (torch.zeros(4, 8), torch.zeros(4, 2).long()),
}


@pytest.mark.parametrize("bad", BAD_ADAPTIVE)
def test_adaptive_refuses_what_torch_refuses(bad):
    for module in adaptive(dtype=torch.float32):
        with pytest.raises(RuntimeError):
            module(*BAD_ADAPTIVE[bad])


BAD_TREE = {
    "head_weight must have shape .5, 8.": {"head_weight": torch.zeros(6, 8)},
    "head_weight must have shape .4, 8.": {"cutoffs": [2, 6, 9]},
    "head_weight must .* input .4, 7.": {"input": torch.zeros(4, 7)},
    "tail_weights must hold a pair for each of 2": {"tail_weights": [(torch.zeros(4, 8), torch.zeros(3, 4))]},
    r"tail_weights\[0\] must have shapes .* .3, D_k.": {"cutoffs": [3, 6, 8]},
    r"tail_weights\[1\] must have shapes .D_k, 8.": {
        "tail_weights": [(torch.zeros(4, 8), torch.zeros(2, 4)), (torch.zeros(2, 7), torch.zeros(4, 2))]
    },
}


@pytest.mark.parametrize("message", BAD_TREE)
def test_adaptive_names_the_weight_that_does_not_fit(message):
    tail = [(torch.zeros(4, 8), torch.zeros(2, 4)), (torch.zeros(2, 8), torch.zeros(4, 2))]
    good = {"input": torch.zeros(4, 8), "head_weight": torch.zeros(5, 8), "tail_weights": tail}
    good["cutoffs"] = [3, 5, 9]
    arguments = good | BAD_TREE[message]
    losses.adaptive_log_softmax(**good)
    with pytest.raises(RuntimeError, match=message):
        losses.adaptive_log_softmax(**arguments)
    with pytest.raises(RuntimeError, match=message):
        losses.adaptive_log_softmax_loss(target=torch.tensor([0, 1, 7, 2]), **arguments)


def test_adaptive_log_probabilities_need_a_batch():
    with pytest.raises(RuntimeError, match=r"input must have shape \(N, D\), found \(8,\)"):
        losses.adaptive_log_softmax(torch.zeros(8), torch.zeros(5, 8), [], [5])


@pytest.mark.parametrize("cutoffs", [[], [0, 2], [5, 3], [3, 3], [9], [2.5]])
def test_adaptive_refuses_bad_cutoffs(cutoffs):
    for module in (modules.AdaptiveLogSoftmaxWithLoss, nn.AdaptiveLogSoftmaxWithLoss):
        with pytest.raises(ValueError, match=r"cutoffs (should|must) be"):
            module(8, 9, cutoffs)


def test_z_loss_is_a_normal_prior_on_the_log_normaliser():
    z, coefficient = rand(4, 7), 0.3
    loss = losses.z_loss(z, coefficient, reduction="none")
    surprise = -likelihoods.z_loss_pseudo_observation(coefficient).log_prob(z.logsumexp(-1))
    assert_close(surprise, loss + 0.5 * torch.tensor(torch.pi / coefficient).double().log())
    assert_close(losses.z_loss(z, coefficient), loss.mean())


def test_z_loss_refuses_bad_input():
    with pytest.raises(ValueError, match="coefficient must not be negative, found -1"):
        losses.z_loss(rand(2, 3), coefficient=-1)
    with pytest.raises(NotImplementedError, match="input must be a floating-point tensor"):
        losses.z_loss(torch.ones(2, 3).long())


def test_chunks_do_not_warn_where_torch_falls_back():
    h, w, b = layer()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses.linear_cross_entropy(
            h, w, torch.zeros(5).long(), linear_bias=b, label_smoothing=0.1, options=CHUNKS
        )


@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_chunks_inside_a_checkpoint(reduction):
    h, layer, y = torch.randn(5, 3), torch.randn(7, 3), torch.tensor([0, 6, 3, 3, 1])

    def loss(h, layer):
        return losses.linear_cross_entropy(h, layer, y, reduction=reduction, options=CHUNKS).sum()

    found = []
    for function in (loss, lambda *inputs: checkpoint(loss, *inputs, use_reentrant=False)):
        inputs = [h.clone().requires_grad_(), layer.clone().requires_grad_()]
        found.append(torch.autograd.grad(function(*inputs), inputs))
    assert_close(*found)


def test_the_tree_refuses_a_label_equal_to_the_number_of_classes():
    module = modules.AdaptiveLogSoftmaxWithLoss(3, 7, [3, 5])
    for wrong in (7, -1):
        with pytest.raises(RuntimeError, match=f"a class index from 0 to 6, found {wrong}"):
            module(torch.zeros(2, 3), torch.tensor([0, wrong]))


def test_the_tree_refuses_a_target_of_two_dimensions():
    module = modules.AdaptiveLogSoftmaxWithLoss(3, 7, [3, 5])
    with pytest.raises(RuntimeError, match=r"target must have shape \(N\) or \(\), found \(2, 1\)"):
        module(torch.zeros(2, 1, 3), torch.zeros(2, 1, dtype=torch.long))
