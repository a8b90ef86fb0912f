"""CTC beside torch's, beside the enumeration of all alignments, and where torch's gradient is another one."""

import itertools
import math
import pickle

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from lossbook import checks, gradients, likelihoods, losses, modules

INF = float("inf")
SMALL = (torch.tensor([[1, 2], [1, 1]]), (5, 4), (2, 1))


def log_probs(*shape, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype).log_softmax(-1)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_every_proof_of_the_engine_holds():
    checks.prove(losses.ctc_loss)


def test_a_proof_fails_for_torchs_own_gradient():
    with pytest.raises(AssertionError, match="ctc_loss, gradient by hand"):
        checks.prove(F.ctc_loss, checks.SPECS["ctc_loss"], reference=F.ctc_loss, gradient=gradients.ctc_loss)


@st.composite
def problems(draw):
    t, n, c, s = (draw(st.integers(1, m)) for m in (9, 4, 5, 4))
    torch.manual_seed(draw(st.integers(0, 999)))
    dtype = draw(st.sampled_from((torch.float64, torch.float32)))
    blank = draw(st.integers(0, c - 1))
    frames = draw(st.lists(st.integers(0, t), min_size=n, max_size=n))
    sizes = draw(st.lists(st.integers(0, s), min_size=n, max_size=n))
    return log_probs(t, n, c, dtype=dtype), torch.randint(0, c, (n, s)), frames, sizes, blank


@settings(max_examples=150, deadline=None)
@given(
    problem=problems(),
    reduction=st.sampled_from(("none", "mean", "sum")),
    zero_infinity=st.booleans(),
    one_after_another=st.booleans(),
    as_tensors=st.booleans(),
)
def test_equals_torch_for_every_shape_and_option(
    problem, reduction, zero_infinity, one_after_another, as_tensors
):
    x, targets, frames, sizes, blank = problem
    if one_after_another:
        targets = torch.cat([row[:size] for row, size in zip(targets, sizes, strict=True)])
    lengths = (torch.tensor(frames), torch.tensor(sizes)) if as_tensors else (frames, sizes)
    options = {"blank": blank, "reduction": reduction, "zero_infinity": zero_infinity}
    ours, theirs = (m.ctc_loss(x, targets, *lengths, **options) for m in (losses, F))
    assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(problem=problems())
def test_through_log_softmax_the_gradient_is_torchs_and_the_surplus_is_the_probability(problem):
    x, targets, frames, sizes, blank = problem
    assume(x.shape[-1] > 1)
    targets = torch.where(targets == blank, (blank + 1) % x.shape[-1], targets)
    # Normalised to the last digit: float32 leaves a surplus of 1e-7, by which the gradients differ.
    x = x.double().log_softmax(-1).requires_grad_()
    lengths = (torch.tensor(frames), torch.tensor(sizes))
    options = {"blank": blank, "reduction": "sum", "zero_infinity": True}

    def gradient(loss):
        return torch.autograd.grad(loss, x)[0]

    exact = gradient(losses.ctc_loss(x, targets, *lengths, **options))
    logits = gradient(losses.ctc_loss(x.log_softmax(-1), targets, *lengths, **options))
    torchs = gradient(F.ctc_loss(x, targets, *lengths, **options))
    assert_close(logits, torchs)
    assert_close(logits, gradient(F.ctc_loss(x.log_softmax(-1), targets, *lengths, **options)))
    p = x.detach().exp() * (exact.sum(-1, keepdim=True) < -0.5)  # frames in use
    assert_close(torchs - exact, p)
    assert_close(gradients.ctc_loss_of_logits(x.detach(), targets, *lengths, blank=blank), torchs)


def test_torchs_gradient_fails_gradcheck_and_ours_passes():
    x = log_probs(5, 2, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: losses.ctc_loss(x, *SMALL), x)
    assert not torch.autograd.gradcheck(lambda x: F.ctc_loss(x, *SMALL), x, raise_exception=False)


@pytest.mark.parametrize("blank", [0, 2])
def test_the_loss_sums_every_alignment(blank):
    x = log_probs(5, 1, 3)
    symbols = [k for k in range(3) if k != blank]
    total = 0.0
    for size in range(6):
        for labels in itertools.product(symbols, repeat=size):
            paths = [
                path
                for path in itertools.product(range(3), repeat=5)
                if likelihoods.collapse(path, blank) == labels
            ]
            probability = sum(math.exp(sum(x[t, 0, k].item() for t, k in enumerate(path))) for path in paths)
            target = torch.tensor([labels], dtype=torch.long).view(1, size)
            loss = losses.ctc_loss(x, target, (5,), (size,), blank=blank, reduction="sum")
            assert math.isclose(loss.neg().exp().item(), probability, abs_tol=1e-12)
            total += loss.neg().exp().item()
    assert math.isclose(total, 1)


def test_the_distribution_of_labels_samples_what_it_says():
    x = log_probs(3, 2, 3)
    model = likelihoods.ctc_loss(x, (3, 2), (1, 2)).distribution
    drawn = model.sample((20_000,))
    assert drawn.shape == (20_000, 2, 3)
    for n, labels in ((0, [1, -1, -1]), (1, [1, 2, -1])):
        share = (drawn[:, n] == torch.tensor(labels)).all(-1).double().mean()
        exact = model.log_prob(torch.tensor([[1, 2], [1, 2]]))[n].exp()
        assert_close(share, exact, atol=0.02, rtol=0)


def test_enumeration_refuses_what_would_never_end():
    with pytest.raises(ValueError, match=r"5\*\*20 paths"):
        likelihoods.ctc_loss(log_probs(20, 1, 5), (20,), (1,))


def test_one_sequence_without_a_batch():
    x, target = log_probs(6, 4), torch.tensor([1, 2, 2])
    for lengths in ((torch.tensor(6), torch.tensor(3)), (torch.tensor([6]), torch.tensor([3])), ((6,), (3,))):
        for reduction in ("none", "mean", "sum"):
            ours, theirs = (m.ctc_loss(x, target, *lengths, reduction=reduction) for m in (losses, F))
            assert ours.shape == ()
            assert_close(ours, theirs)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int16, torch.uint8, torch.float32])
def test_other_label_types_non_contiguous_inputs_and_what_lies_beyond_a_length(dtype):
    x = log_probs(2, 6, 4).transpose(0, 1)
    targets = torch.tensor([[1, 2, 99], [3, 1, 1]])
    ours = losses.ctc_loss(x, targets.to(dtype), (6, 5), (2, 3))
    assert_close(ours, F.ctc_loss(x, targets % 4, (6, 5), (2, 3)))


def ones(*shape):
    return torch.ones(shape, dtype=torch.long)


X = torch.zeros(6, 2, 4).log_softmax(-1)
BAD = {
    "log_probs with too few dimensions": (X[:, 0, 0], ones(2, 3), (6, 5), (3, 2)),
    "log_probs with too many dimensions": (X[None], ones(2, 3), (6, 5), (3, 2)),
    "integer log_probs": (X.long(), ones(2, 3), (6, 5), (3, 2)),
    "half precision": (X.half(), ones(2, 3), (6, 5), (3, 2)),
    "no frames": (X[:0], ones(2, 3), (0, 0), (3, 2)),
    "no sequences": (X[:, :0], ones(0, 3), (), ()),
    "more frames than there are": (X, ones(2, 3), (7, 5), (3, 2)),
    "fewer than no frames": (X, ones(2, 3), (-1, 5), (3, 2)),
    "more labels than there are": (X, ones(2, 3), (6, 5), (4, 2)),
    "fewer than no labels": (X, ones(2, 3), (6, 5), (-1, 2)),
    "too few input_lengths": (X, ones(2, 3), (6,), (3, 2)),
    "too few target_lengths": (X, ones(2, 3), (6, 5), (3,)),
    "too many input_lengths": (X, ones(2, 3), ones(3), ones(2)),
    "real input_lengths": (X, ones(2, 3), torch.ones(2), ones(2)),
    "real target_lengths": (X, ones(2, 3), (6, 5), (3.0, 2.0)),
    "a number as length": (X[:, 0], ones(3), 6, 3),
    "a tuple and a tensor": (X, ones(2, 3), (6, 5), ones(2)),
    "labels in three dimensions": (X, ones(1, 2, 3), (6, 5), (3, 2)),
    "labels of fewer sequences": (X, ones(1, 3), (6, 5), (3, 2)),
    "too few labels one after another": (X, ones(4), (6, 5), (3, 2)),
    "too many labels one after another": (X, ones(6), ones(2), torch.tensor([3, 2])),
    "a negative blank": (X, ones(2, 3), (6, 5), (3, 2), -1),
    "a blank beyond the symbols": (X, ones(2, 3), (6, 5), (3, 2), 4),
    "an unknown reduction": (X, ones(2, 3), (6, 5), (3, 2), 0, "avg"),
}


@pytest.mark.parametrize("mistake", BAD)
def test_a_mistake_raises_torchs_exception_type(mistake):
    with pytest.raises(Exception) as expected:  # noqa: PT011  (whatever torch raises)
        F.ctc_loss(*BAD[mistake])
    with pytest.raises(expected.type, match="found"):
        losses.ctc_loss(*BAD[mistake])


@pytest.mark.parametrize("label", [4, -1])
def test_a_label_out_of_range_is_refused_where_torch_reads_foreign_memory(label):
    targets = torch.tensor([[1, label, 1], [1, 1, 1]])
    with pytest.raises(RuntimeError, match=f"targets must be a symbol from 0 to 3, found {label}"):
        losses.ctc_loss(X, targets, (6, 6), (3, 3))


def test_blank_labels_and_unnormalised_inputs_agree_with_torch_and_are_refused_in_strict_mode():
    x, targets = log_probs(6, 2, 4), torch.tensor([[1, 0, 2], [3, 1, 0]])
    nonsense = {
        "label other than the blank 0": (x, targets, (6, 6), (3, 2)),
        r"sum of exp\(log_probs\) must be 0": (x + 1, targets[:, :1], (6, 6), (1, 1)),
    }
    for message, arguments in nonsense.items():
        assert_close(losses.ctc_loss(*arguments), F.ctc_loss(*arguments))
        with losses.strict(), pytest.raises(ValueError, match=message):
            losses.ctc_loss(*arguments)
    with losses.strict():
        losses.ctc_loss(x, targets, (6, 6), (1, 2))


def test_labels_that_do_not_fit_cost_infinity_and_pull_at_nothing_where_torchs_gradient_is_nan():
    targets, lengths = torch.tensor([[1, 1], [1, 2]]), ((2, 2), (2, 2))
    found = []
    for m in (losses, F):
        x = log_probs(2, 2, 3).requires_grad_()
        loss = m.ctc_loss(x, targets, *lengths, reduction="none")
        assert loss[0] == INF
        assert loss[1] < INF
        found.append(torch.autograd.grad(loss.sum(), x)[0])
    assert (found[0][:, 0] == 0).all()
    assert not found[0].isnan().any()
    assert found[1][:, 0].isnan().all()


def test_a_symbol_of_probability_0_that_other_paths_do_without_gives_torch_a_nan_gradient_only():
    found = []
    for m in (losses, F):
        logits = torch.randn(4, 1, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        logits[2, 0, 1] = -INF
        x = logits.log_softmax(-1).requires_grad_()
        loss = m.ctc_loss(x, torch.tensor([[1]]), (4,), (1,))
        found.append((loss.detach(), torch.autograd.grad(loss, x)[0]))
    assert_close(found[0][0], found[1][0])
    assert found[0][1][2, 0, 1] == 0
    assert not found[0][1].isnan().any()
    assert found[1][1].isnan().any()


def test_second_derivatives_are_finite_where_a_probability_is_0():
    x = log_probs(5, 2, 3)
    x[2, 0, :2] = -INF  # two neighbouring states of the first sequence; the third frame must be a 2
    x[1, 1] = -INF  # nothing at all, so the second sequence has no path

    def hessian(x):
        return torch.func.hessian(lambda x: losses.ctc_loss(x, *SMALL, reduction="sum", zero_infinity=True))(
            x
        )

    found = hessian(x)
    assert_close(found[:, 0, :, :, 0], hessian(x.clamp(min=-1e5))[:, 0, :, :, 0])
    assert (found[:, 1] == 0).all()


@pytest.mark.parametrize("scale", [1e4, 1e10])
def test_extreme_logits_leave_the_best_path(scale):
    best = torch.tensor([1, 1, 0, 2])
    x = (F.one_hot(best, 3).double() * scale).log_softmax(-1).unsqueeze(1).requires_grad_()
    right = losses.ctc_loss(x, torch.tensor([[1, 2]]), (4,), (2,))
    assert right == 0
    assert_close(torch.autograd.grad(right, x)[0], -F.one_hot(best, 3).double().unsqueeze(1) / 2)
    wrong = losses.ctc_loss(x, torch.tensor([[2, 1]]), (4,), (2,), reduction="sum")
    assert_close(wrong, F.ctc_loss(x, torch.tensor([[2, 1]]), (4,), (2,), reduction="sum"))
    assert not torch.autograd.grad(wrong, x)[0].isnan().any()


def test_second_derivatives_in_every_mode():
    def loss(x):
        return losses.ctc_loss(x, *SMALL, reduction="none")

    x = log_probs(5, 2, 3).requires_grad_()
    assert torch.autograd.gradgradcheck(loss, x)
    assert torch.autograd.gradcheck(loss, x, check_forward_ad=True, check_backward_ad=False)
    with pytest.raises(RuntimeError, match="not implemented"):
        torch.autograd.functional.hessian(lambda x: F.ctc_loss(x, *SMALL), x.detach())

    x = x.detach()
    forward_over_reverse = torch.func.hessian(lambda x: loss(x).sum())(x)
    reverse_over_reverse = torch.func.jacrev(torch.func.jacrev(lambda x: loss(x).sum()))(x)
    assert_close(forward_over_reverse, reverse_over_reverse)


def test_the_hessian_is_minus_the_covariance_of_what_a_path_emits():
    x = log_probs(3, 1, 2)
    target, lengths = torch.tensor([[1]]), ((3,), (1,))
    hessian = torch.func.hessian(lambda x: losses.ctc_loss(x, target, *lengths, reduction="sum"))(x)
    paths = [p for p in itertools.product(range(2), repeat=3) if likelihoods.collapse(p) == (1,)]
    emitted = torch.stack([F.one_hot(torch.tensor(p), 2).double().flatten() for p in paths])
    posterior = (emitted @ x.flatten()).softmax(0)
    mean = posterior @ emitted
    covariance = (emitted.T * posterior) @ emitted - torch.outer(mean, mean)
    assert_close(hessian.reshape(6, 6), -covariance)


def test_vmap_of_the_loss_and_of_its_gradient():
    def loss(x):
        return losses.ctc_loss(x, *SMALL, reduction="sum")

    many = log_probs(3, 5, 2, 3)
    assert_close(torch.vmap(loss)(many), torch.stack([loss(x) for x in many]))
    each = torch.vmap(torch.func.grad(loss))(many)
    assert_close(each, torch.stack([torch.func.grad(loss)(x) for x in many]))


@pytest.mark.parametrize("one_after_another", [False, True])
def test_compiles_whole_without_unrolling(one_after_another):
    targets = torch.tensor([1, 2, 1]) if one_after_another else SMALL[0]
    lengths = torch.tensor(SMALL[1]), torch.tensor(SMALL[2])

    def loss(x):
        return losses.ctc_loss(x.log_softmax(-1), targets, *lengths)

    found = []
    for f in (loss, torch.compile(loss, fullgraph=True, backend="aot_eager")):
        x = torch.linspace(-1, 1, 30, dtype=torch.float64).view(5, 2, 3).requires_grad_()
        value = f(x)
        found.append((value.detach(), torch.autograd.grad(value, x)[0]))
    assert_close(*found)


def test_module_form():
    ours, theirs = (m.CTCLoss(blank=2, reduction="sum", zero_infinity=True) for m in (modules, torch.nn))
    arguments = (log_probs(5, 2, 3), torch.tensor([[0, 1], [0, 0]]), (5, 4), (2, 2))
    assert_close(ours(*arguments), theirs(*arguments))
    assert_close(pickle.loads(pickle.dumps(ours))(*arguments), ours(*arguments))
    assert repr(ours) == "CTCLoss(blank=2, reduction='sum', zero_infinity=True)"
    assert ours.state_dict() == {}
