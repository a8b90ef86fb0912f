"""Ranking from pairs: the margin loss beside torch's; Bradley-Terry and Thurstone beside their simulation."""

import math
import pickle

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_ndtr
from torch.distributions import Gumbel, Normal
from torch.testing import assert_close

from lossbook import checks, losses, modules
from lossbook import gradients as formulas

LOSSES = ("margin_ranking_loss", "pairwise_logistic_loss", "pairwise_probit_loss")
LIKELIHOODS = LOSSES[1:]


def pairs(*shape, dtype=torch.float64):
    first, second = torch.randn((2, *shape), dtype=dtype)
    return first, second, torch.randint(0, 2, shape) * 2 - 1


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("name", LOSSES)
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@settings(max_examples=80, deadline=None)
@given(
    shape=st.lists(st.integers(0, 3), max_size=3),
    reduction=st.sampled_from(("none", "mean", "sum")),
    margin=st.floats(-2, 2),
    dtype=st.sampled_from((torch.float64, torch.float32, torch.bfloat16, torch.float16)),
    seed=st.integers(0, 99),
)
def test_margin_ranking_equals_torch_for_every_shape_and_option(shape, reduction, margin, dtype, seed):
    torch.manual_seed(seed)
    inputs = pairs(*shape, dtype=dtype)
    ours, theirs = (m.margin_ranking_loss(*inputs, margin=margin, reduction=reduction) for m in (losses, F))
    assert_close(ours, theirs, equal_nan=True)


def test_margin_ranking_takes_integers_and_broadcast_and_non_contiguous_scores_as_torch_does():
    first, second, y = pairs(4, 5)
    for inputs in (
        (first.T, second.T, y.T),
        (first[:1], second, y),
        ((9 * first).long(), (9 * second).long(), y),
    ):
        ours, theirs = (m.margin_ranking_loss(*inputs, margin=0.5, reduction="none") for m in (losses, F))
        assert_close(ours, theirs)


def test_equal_scores_cost_nothing_without_a_margin_and_are_pulled_as_in_torch():
    gradients = []
    compiled = torch.compile(losses.margin_ranking_loss, fullgraph=True, backend="aot_eager")
    for f in (F.margin_ranking_loss, losses.margin_ranking_loss, compiled):
        s = torch.zeros(3, requires_grad=True)
        loss = f(s, torch.zeros(3), torch.ones(3))
        assert loss == 0
        gradients.append(torch.autograd.grad(loss, s)[0])
    gradients.append(formulas.margin_ranking_loss(*torch.zeros(2, 3), torch.ones(3))[0] / 3)
    for gradient in gradients[1:]:
        assert_close(gradient, gradients[0])


BAD = {
    "numbers of dimensions that differ": lambda: (torch.ones(3), torch.ones(3, 1), torch.ones(3)),
    "one target": lambda: (torch.ones(3), torch.ones(3), torch.tensor(1)),
    "scores that differ": lambda: (torch.ones(3), torch.ones(2), torch.ones(3)),
    "targets that differ": lambda: (torch.ones(3), torch.ones(3), torch.ones(2)),
    "complex scores": lambda: (torch.ones(3) + 0j, torch.ones(3) + 0j, torch.ones(3)),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("mistake", BAD)
def test_a_mistake_raises_torchs_exception_type(name, mistake):
    with pytest.raises(Exception) as expected:  # noqa: PT011  (whatever torch raises)
        F.margin_ranking_loss(*BAD[mistake]())
    with pytest.raises(expected.type, match="found"):
        getattr(losses, name)(*BAD[mistake]())


@pytest.mark.parametrize("name", LOSSES)
def test_an_unknown_reduction_is_named(name):
    with pytest.raises(ValueError, match="'avg'"):
        getattr(losses, name)(*pairs(3), reduction="avg")


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_integer_scores_have_no_likelihood(name):
    with pytest.raises(NotImplementedError, match=r"input1 .*int64"):
        getattr(losses, name)(torch.ones(3).long(), torch.ones(3), torch.ones(3))


@pytest.mark.parametrize("name", LOSSES)
def test_strict_mode_refuses_ties_and_broadcasting(name):
    first, second, y = pairs(3, 2)
    loss = getattr(losses, name)
    loss(first, second, torch.zeros(3, 2))
    with losses.strict():
        loss(first, second, y)
        with pytest.raises(ValueError, match="target must be 1 or -1 in strict mode, found 0"):
            loss(first, second, torch.zeros(3, 2))
        with pytest.raises(ValueError, match=r"input2 \(1, 2\)"):
            loss(first, second[:1], y)


def test_a_tie_costs_the_margin_as_in_torch():
    first, second, _ = pairs(3)
    for m in (losses, F):
        assert m.margin_ranking_loss(first, second, torch.zeros(3), margin=0.4) == pytest.approx(0.4)


def test_bradley_terry_is_a_race_of_gumbel_noise_and_thurstone_one_of_normal_noise():
    noise = {"pairwise_logistic_loss": Gumbel(0.0, 1.0), "pairwise_probit_loss": Normal(0.0, math.sqrt(0.5))}
    s1, s2 = torch.tensor([0.9]), torch.tensor([0.2])
    for name, law in noise.items():
        wins = (s1 + law.sample((100_000,)) > s2 + law.sample((100_000,))).double().mean().item()
        probability = getattr(losses, name)(s1, s2, torch.ones(1)).neg().exp().item()
        assert math.isclose(wins, probability, abs_tol=0.01)  # 6 standard errors


def test_the_hinge_is_the_limit_of_bradley_terry_at_temperature_0():
    s1, s2, y = pairs(50)
    hinge = losses.margin_ranking_loss(s1, s2, y, margin=0.5, reduction="none")
    cold = 1e-4
    smooth = cold * losses.pairwise_logistic_loss((s1 - 0.5 * y) / cold, s2 / cold, y, reduction="none")
    assert_close(smooth, hinge, atol=1e-4, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_probit_is_exact_in_the_tails_where_torchs_log_ndtr_has_a_wrong_gradient(dtype):
    d = torch.tensor([-1e4, -300.0, -30.0, -1.0, -1e-3, 0.0, 1e-3, 1.0, 6.0, 30.0], dtype=dtype)
    gradients = []
    for f in (
        lambda d: losses.pairwise_probit_loss(d, torch.zeros_like(d), torch.ones_like(d), reduction="none"),
        lambda d: -torch.special.log_ndtr(d),
    ):
        x = d.clone().requires_grad_()
        loss = f(x)
        assert_close(
            loss.detach(), torch.tensor(-log_ndtr(d.double().numpy()), dtype=dtype), atol=0, rtol=1e-5
        )
        gradients.append(torch.autograd.grad(loss.sum(), x)[0])
    assert_close(gradients[0], formulas.pairwise_probit_loss(d, torch.zeros_like(d), torch.ones_like(d))[0])
    # The inverse Mills ratio is -d + 1/d + ... far below 0.
    assert math.isclose(gradients[0][0].item(), -1e4, rel_tol=1e-6)
    assert math.isclose(gradients[1][0].item(), -1e4, rel_tol=1e-6) == (dtype == torch.float64)


@pytest.mark.parametrize("name", LOSSES)
def test_forward_mode_grad_and_vmap(name):
    s1, s2, y = pairs(6)
    loss = getattr(losses, name)
    each = torch.vmap(torch.func.grad(loss))(s1, s2, y)
    assert_close(each, torch.func.grad(lambda s: loss(s, s2, y, reduction="sum"))(s1))
    _, slope = torch.func.jvp(lambda s: loss(s, s2, y, reduction="sum"), (s1,), (s2,))
    assert_close(slope, (each * s2).sum())


@pytest.mark.parametrize("name", LOSSES)
def test_compiles_whole(name):
    ours, inputs = getattr(losses, name), pairs(5)
    assert_close(torch.compile(ours, fullgraph=True, backend="aot_eager")(*inputs), ours(*inputs))


def test_module_forms():
    inputs = pairs(5)
    ours, theirs = (m.MarginRankingLoss(margin=0.3, reduction="sum") for m in (modules, torch.nn))
    assert_close(ours(*inputs), theirs(*inputs))
    assert repr(ours) == "MarginRankingLoss(margin=0.3, reduction='sum')"
    for cls, name in zip(("PairwiseLogisticLoss", "PairwiseProbitLoss"), LIKELIHOODS, strict=True):
        module = getattr(modules, cls)(reduction="sum")
        assert_close(
            pickle.loads(pickle.dumps(module))(*inputs), getattr(losses, name)(*inputs, reduction="sum")
        )
        assert module.state_dict() == {}
