"""Soft nearest neighbours, beside a double loop over the definition."""

import math
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from lossbook import checks, likelihoods, losses, modules

LOSSES = ("nca_loss", "soft_nearest_neighbour_loss")
INF = float("inf")


def points(n=6, d=3, classes=2, dtype=torch.float64):
    return torch.randn(n, d, dtype=dtype), torch.arange(n) % classes


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def by_double_loop(input, target, temperature=1.0):
    found = []
    for i, u in enumerate(input):
        same = everyone = 0.0
        for j, v in enumerate(input):
            if i != j:
                weight = math.exp(
                    -sum((a - b) ** 2 for a, b in zip(u.tolist(), v.tolist(), strict=True)) / temperature
                )
                everyone += weight
                same += weight * (target[i] == target[j]).item()
        found.append(-math.log(same / everyone) if same else INF)
    return torch.tensor(found, dtype=input.dtype)


@pytest.mark.parametrize("name", LOSSES)
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, 6),
    d=st.integers(0, 3),
    classes=st.integers(1, 4),
    temperature=st.floats(0.3, 10),
    dtype=st.sampled_from((torch.float64, torch.float32)),
    seed=st.integers(0, 99),
)
def test_equals_the_double_loop(n, d, classes, temperature, dtype, seed):
    torch.manual_seed(seed)
    u, y = torch.randn(n, d, dtype=dtype), torch.randint(0, classes, (n,))
    options = {"temperature": temperature}
    each = losses.soft_nearest_neighbour_loss(u, y, reduction="none", **options)
    assert_close(each, by_double_loop(u, y, temperature), rtol=1e-4, atol=1e-5)
    for reduction in ("mean", "sum"):
        whole = losses.soft_nearest_neighbour_loss(u, y, reduction=reduction, **options)
        assert_close(whole, getattr(each, reduction)(), equal_nan=True)
    assert_close(losses.nca_loss(u, y, "none"), by_double_loop(u, y), rtol=1e-4, atol=1e-5)


def test_a_point_alone_in_its_class_costs_infinity_or_0_and_gives_no_nan():
    u, y = points(5)[0].requires_grad_(), torch.tensor([0, 0, 1, 2, 2])
    for zero_infinity, cost in ((False, INF), (True, 0.0)):
        each = losses.nca_loss(u, y, "none", zero_infinity=zero_infinity)
        assert each[2] == cost
        gradient = torch.autograd.grad(each.sum(), u)[0]
        assert gradient.isfinite().all()
        assert (gradient[2] != 0).any()  # others may still draw it
    with (
        losses.strict(),
        pytest.raises(ValueError, match="class of two points or more in strict mode, found 1"),
    ):
        losses.nca_loss(u, y)


def test_the_limits_of_the_temperature():
    u, y = points(8)
    distance = torch.cdist(u, u).pow(2).fill_diagonal_(INF)
    alike = torch.where(y.unsqueeze(1) == y, distance, INF)
    cold, hot = 1e-5, 1e8
    nearest = cold * losses.soft_nearest_neighbour_loss(u, y, cold, "none")
    assert_close(nearest, alike.amin(1) - distance.amin(1), atol=1e-4, rtol=0)
    share = losses.soft_nearest_neighbour_loss(u, y, hot, "none")
    assert_close(share, torch.full_like(share, -math.log(3 / 7)), atol=1e-6, rtol=0)


def test_the_temperature_is_the_square_of_a_scale_and_can_be_learned():
    u, y = points()
    t = torch.tensor(2.5, dtype=torch.float64, requires_grad=True)
    loss = losses.soft_nearest_neighbour_loss
    assert_close(loss(u, y, t.detach()), losses.nca_loss(u / t.detach().sqrt(), y))
    assert torch.autograd.gradcheck(lambda t: loss(u, y, t), t)


def test_it_stays_exact_far_from_the_origin():
    u, y = points(dtype=torch.float32)
    shifted = (u + 1000).sub(1000)  # what rounding leaves of the points
    assert_close(losses.nca_loss(u + 1000, y), losses.nca_loss(shifted, y), rtol=1e-4, atol=1e-5)


def test_the_labels_follow_a_categorical_given_the_others():
    u, y = points(9, classes=3)
    for temperature in (1.0, 3.0):
        model = likelihoods.leave_one_out(u, y, temperature)
        each = losses.soft_nearest_neighbour_loss(u, y, temperature, "none")
        assert_close(-model.distribution.log_prob(y), each + model.constant)
        assert_close(model.distribution.probs.sum(1), torch.ones(9, dtype=torch.float64))


BAD = {
    "one point": (ValueError, lambda: (torch.ones(3), torch.tensor(0))),
    "targets in two dimensions": (ValueError, lambda: (torch.ones(3, 2), torch.ones(3, 1))),
    "another number of targets": (ValueError, lambda: (torch.ones(3, 2), torch.ones(2))),
    "integer points": (NotImplementedError, lambda: (torch.ones(3, 2).long(), torch.ones(3))),
    "an unknown reduction": (ValueError, lambda: (*points(), 1.0, "avg")),
    "a temperature of 0": (ValueError, lambda: (*points(), 0.0)),
}


@pytest.mark.parametrize("mistake", BAD)
def test_a_mistake_is_named(mistake):
    error, arguments = BAD[mistake]
    with pytest.raises(error, match="found"):
        losses.soft_nearest_neighbour_loss(*arguments())


@pytest.mark.parametrize("name", LOSSES)
def test_forward_mode_grad_and_vmap(name):
    u, y = points()
    loss = getattr(losses, name)
    many = torch.stack([u, 2 * u, u.flip(0)])
    each = torch.vmap(torch.func.grad(loss), (0, None))(many, y)
    assert_close(each, torch.stack([torch.func.grad(loss)(v, y) for v in many]))
    _, slope = torch.func.jvp(lambda u: loss(u, y), (u,), (many[2],))
    assert_close(slope, (each[0] * many[2]).sum())


@pytest.mark.parametrize("name", LOSSES)
def test_compiles_whole(name):
    ours, inputs = getattr(losses, name), points()
    assert_close(torch.compile(ours, fullgraph=True, backend="aot_eager")(*inputs), ours(*inputs))


def test_module_forms():
    inputs = points()
    module = modules.SoftNearestNeighbourLoss(temperature=2.0, reduction="sum")
    assert_close(module(*inputs), losses.soft_nearest_neighbour_loss(*inputs, 2.0, "sum"))
    assert_close(pickle.loads(pickle.dumps(module))(*inputs), module(*inputs))
    assert repr(module) == "SoftNearestNeighbourLoss(temperature=2.0, reduction='sum')"
    assert repr(modules.NCALoss(zero_infinity=True)) == "NCALoss(zero_infinity=True)"
