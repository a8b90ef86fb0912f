"""Triplets: both losses beside torch's, at collapsed embeddings, and with distances of one's own."""

import pickle

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from lossbook import checks, losses, modules

LOSSES = ("triplet_margin_loss", "triplet_margin_with_distance_loss")
INF = float("inf")


def both(name):
    return getattr(losses, name), getattr(F, name)


def triplet(*shape, dtype=torch.float64):
    return torch.randn((3, *shape), dtype=dtype).unbind()


def cosine_distance(x, y):
    return 1 - F.cosine_similarity(x, y, dim=-1)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("name", LOSSES)
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@settings(max_examples=80, deadline=None)
@given(
    shape=st.lists(st.integers(0, 3), max_size=2),
    d=st.integers(0, 4),
    reduction=st.sampled_from(("none", "mean", "sum")),
    margin=st.floats(0.01, 3),
    p=st.sampled_from((-1, 0, 0.5, 1, 2, 3.5, INF)),
    swap=st.booleans(),
    dtype=st.sampled_from((torch.float64, torch.float32, torch.bfloat16, torch.float16)),
    seed=st.integers(0, 99),
)
def test_equals_torch_for_every_shape_and_option(shape, d, reduction, margin, p, swap, dtype, seed):
    torch.manual_seed(seed)
    options = {"margin": margin, "swap": swap, "reduction": reduction}
    inputs = triplet(*shape, max(d, 1) if p in (-1, INF) else d, dtype=dtype)  # torch: no norm of nothing
    ours, theirs = (f(*inputs, p=p, **options) for f in both("triplet_margin_loss"))
    assert_close(ours, theirs, equal_nan=True)
    ours, theirs = (f(*inputs, **options) for f in both("triplet_margin_with_distance_loss"))
    assert_close(ours, theirs, equal_nan=True)


@pytest.mark.parametrize("name", LOSSES)
def test_scalars_integers_and_non_contiguous_inputs(name):
    for inputs in (triplet(), triplet(4), [x.T for x in triplet(4, 5)], [x.long() for x in triplet(3, 4)]):
        ours, theirs = (f(*inputs, reduction="none") for f in both(name))
        assert_close(ours, theirs)


@pytest.mark.parametrize("distance", [cosine_distance, torch.nn.PairwiseDistance(p=1), torch.dist])
@pytest.mark.parametrize("swap", [False, True])
def test_a_distance_of_ones_own(distance, swap):
    inputs = triplet(5, 4)
    ours, theirs = (
        f(*inputs, distance_function=distance, swap=swap, reduction="none") for f in both(LOSSES[1])
    )
    assert_close(ours, theirs)


def test_a_similarity_in_the_place_of_a_distance_inverts_the_goal():
    good = [torch.tensor([v]) for v in ([1.0, 0.0], [1.0, 0.1], [-1.0, 0.0])]
    loss = losses.triplet_margin_with_distance_loss
    assert loss(*good, distance_function=cosine_distance) == 0
    assert loss(*good, distance_function=F.cosine_similarity) > 2.9


@pytest.mark.parametrize("p", [0.5, 1, 1.5, 2, 3, INF])
@pytest.mark.parametrize("eps", [0.0, 1e-6])
def test_collapsed_embeddings_cost_the_margin_and_have_torchs_gradient(p, eps):
    gradients = []
    for f in both("triplet_margin_loss"):
        same = [torch.ones(2, 3, requires_grad=True) for _ in range(3)]
        loss = f(*same, p=p, eps=eps, margin=0.7)
        assert_close(loss, torch.tensor(0.7))
        gradients.append(torch.autograd.grad(loss, same))
    assert_close(*gradients)
    assert not any(g.isnan().any() for g in gradients[0])


def test_a_root_written_by_hand_gives_nan_at_equal_vectors():
    a = torch.ones(1, 3, requires_grad=True)
    root = losses.triplet_margin_with_distance_loss(
        a, a.detach(), a.detach() + 1, distance_function=lambda x, y: ((x - y) ** 2).sum(-1).sqrt(), margin=9
    )
    assert torch.autograd.grad(root, a)[0].isnan().all()


BAD = {
    "numbers of dimensions that differ": lambda: (torch.ones(2, 4), torch.ones(4), torch.ones(2, 4)),
    "batches that differ": lambda: (torch.ones(2, 4), torch.ones(3, 4), torch.ones(2, 4)),
    "dimensions that differ": lambda: (torch.ones(2, 4), torch.ones(2, 4), torch.ones(2, 5)),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("mistake", BAD)
def test_a_mistake_raises_torchs_exception_type(name, mistake):
    ours, theirs = both(name)
    with pytest.raises(Exception) as expected:  # noqa: PT011  (whatever torch raises)
        theirs(*BAD[mistake]())
    with pytest.raises(expected.type, match=r"found .*\(2, 4\)"):
        ours(*BAD[mistake]())


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("option", [{"margin": 0}, {"margin": -1.0}, {"reduction": "avg"}])
def test_a_bad_option_is_named(name, option):
    for f in both(name):
        with pytest.raises(ValueError, match=str(next(iter(option.values())))):
            f(*triplet(2, 3), **option)


@pytest.mark.parametrize("wrong", [3, lambda x, y: 3.0])
def test_a_distance_that_is_none_raises_a_type_error_as_in_torch(wrong):
    for f in both(LOSSES[1]):
        with pytest.raises(TypeError):
            f(*triplet(2, 3), distance_function=wrong)


def test_broadcasting_is_refused_in_strict_mode_only():
    a, p, n = triplet(3, 4)
    for name in LOSSES:
        ours, theirs = both(name)
        assert_close(ours(a, p[:1], n), theirs(a, p[:1], n))
        with losses.strict(), pytest.raises(ValueError, match=r"positive \(1, 4\)"):
            ours(a, p[:1], n)


def test_forward_mode_grad_and_vmap():
    a, p, n = triplet(6, 4)
    loss = losses.triplet_margin_loss
    each = torch.vmap(torch.func.grad(loss))(a, p, n)
    assert_close(each, torch.func.grad(lambda a: loss(a, p, n, reduction="sum"))(a))
    _, slope = torch.func.jvp(lambda a: loss(a, p, n, reduction="sum"), (a,), (p,))
    assert_close(slope, (each * p).sum())


@pytest.mark.parametrize("name", LOSSES)
def test_compiles_whole(name):
    ours = both(name)[0]
    compiled = torch.compile(ours, fullgraph=True, backend="aot_eager")
    inputs = triplet(4, 3)
    assert_close(compiled(*inputs, swap=True), ours(*inputs, swap=True))


@pytest.mark.parametrize("cls", ["TripletMarginLoss", "TripletMarginWithDistanceLoss"])
def test_module_form(cls):
    ours, theirs = (getattr(m, cls)(margin=0.3, swap=True) for m in (modules, torch.nn))
    inputs = triplet(4, 3)
    assert_close(ours(*inputs), theirs(*inputs))
    assert_close(pickle.loads(pickle.dumps(ours))(*inputs), ours(*inputs))
    assert repr(ours) == f"{cls}(margin=0.3, swap=True)"
    assert ours.state_dict() == {}
