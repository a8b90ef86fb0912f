"""Pairs of embeddings: cosine and hinge embedding losses beside torch's, and what torch does not promise."""

import math
import pickle

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from torch.testing import assert_close

from lossbook import checks, likelihoods, losses, modules
from lossbook import gradients as formulas

LOSSES = ("cosine_embedding_loss", "hinge_embedding_loss")
REDUCTIONS = ("none", "mean", "sum")
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


def both(name):
    return getattr(losses, name), getattr(F, name)


def rand(*shape, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype)


def signs(*shape):
    return torch.randint(0, 2, shape) * 2 - 1


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("name", LOSSES)
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


@pytest.mark.parametrize(
    ("name", "inputs", "target"),
    [
        (
            "cosine_embedding_loss",
            [torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 2.0]])],
            torch.tensor([-1]),
        ),
        ("hinge_embedding_loss", [torch.tensor([1.0, 1.0])], torch.tensor([-1, 1])),
    ],
    ids=LOSSES,
)
def test_at_the_margin_the_slope_is_torchs(name, inputs, target):
    # That of clamp: 1 in torch 2.13, 0 from torch 2.14 on.
    ours, theirs = both(name)
    slopes = []
    for f in (theirs, ours, torch.compile(ours, fullgraph=True, backend="aot_eager")):
        leaves = [x.clone().requires_grad_() for x in inputs]
        slopes.append(torch.autograd.grad(f(*leaves, target, reduction="sum"), leaves))
    formula = getattr(formulas, name)(*inputs, target)
    slopes.append(formula if isinstance(formula, tuple) else (formula,))
    for slope in slopes[1:]:
        assert_close(slope, slopes[0])


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, 5),
    d=st.integers(0, 4),
    reduction=st.sampled_from(REDUCTIONS),
    margin=st.floats(-1, 1),
    dtype=st.sampled_from(DTYPES[:2]),
    seed=st.integers(0, 99),
)
def test_cosine_equals_torch_for_every_shape_and_option(n, d, reduction, margin, dtype, seed):
    torch.manual_seed(seed)
    a, b, y = rand(n, d, dtype=dtype), rand(n, d, dtype=dtype), signs(n)
    ours, theirs = (f(a, b, y, margin=margin, reduction=reduction) for f in both("cosine_embedding_loss"))
    assert_close(ours, theirs, rtol=1e-5, atol=1e-6, equal_nan=True)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.lists(st.integers(0, 3), max_size=3),
    reduction=st.sampled_from(REDUCTIONS),
    margin=st.floats(-2, 2),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 99),
)
def test_hinge_equals_torch_for_every_shape_and_option(shape, reduction, margin, dtype, seed):
    torch.manual_seed(seed)
    d, y = rand(*shape, dtype=dtype), signs(*shape).to(dtype)
    ours, theirs = (f(d, y, margin=margin, reduction=reduction) for f in both("hinge_embedding_loss"))
    assert_close(ours, theirs, equal_nan=True)


def test_one_pair_without_a_batch():
    ours, theirs = (
        f(torch.arange(4.0), torch.ones(4), torch.tensor(1), reduction="none")
        for f in both("cosine_embedding_loss")
    )
    assert ours.shape == ()
    assert_close(ours, theirs)


@pytest.mark.parametrize("name", LOSSES)
def test_non_contiguous_inputs(name):
    x, y = rand(5, 8).T, signs(8)
    arguments = (x, rand(5, 8).T, y) if name.startswith("cosine") else (x[:, 2], y)
    ours, theirs = (f(*arguments) for f in both(name))
    assert_close(ours, theirs)


def test_integer_embeddings_and_mixed_precision_give_torchs_dtype():
    for a, b in ((torch.ones(2, 3).long(), torch.ones(2, 3).long()), (rand(2, 3), rand(2, 3).float())):
        ours, theirs = (f(a, b, torch.tensor([1, -1])) for f in both("cosine_embedding_loss"))
        assert_close(ours, theirs)


BAD = {
    "target with too many dimensions": (
        "cosine_embedding_loss",
        lambda: (rand(3, 4), rand(3, 4), rand(3, 4)),
    ),
    "inputs with too many dimensions": ("cosine_embedding_loss", lambda: (rand(3, 4, 5),) * 2 + (signs(3),)),
    "one pair with a batch of targets": ("cosine_embedding_loss", lambda: (rand(4), rand(4), signs(1))),
    "a batch with one target": ("cosine_embedding_loss", lambda: (rand(3, 4), rand(3, 4), signs())),
    "0-d inputs": ("cosine_embedding_loss", lambda: (rand(), rand(), signs())),
    "batches that differ": ("cosine_embedding_loss", lambda: (rand(3, 4), rand(2, 4), signs(3))),
    "dimensions that differ": ("cosine_embedding_loss", lambda: (rand(3, 4), rand(3, 5), signs(3))),
    "targets that differ": ("cosine_embedding_loss", lambda: (rand(3, 4), rand(3, 4), signs(2))),
    "complex embeddings": ("cosine_embedding_loss", lambda: (rand(3, 4) + 0j, rand(3, 4) + 0j, signs(3))),
    "shapes that differ": ("hinge_embedding_loss", lambda: (rand(3), signs(2))),
    "complex distances": ("hinge_embedding_loss", lambda: (rand(3) + 0j, signs(3))),
}


@pytest.mark.parametrize("mistake", BAD)
def test_a_mistake_raises_torchs_exception_type(mistake):
    name, arguments = BAD[mistake]
    ours, theirs = both(name)
    with pytest.raises(Exception) as expected:  # noqa: PT011  (whatever torch raises)
        theirs(*arguments())
    with pytest.raises(expected.type, match=r"found .*(\(|complex)"):
        ours(*arguments())


@pytest.mark.parametrize("name", LOSSES)
def test_an_unknown_reduction_is_named(name):
    arguments = (rand(2, 3), rand(2, 3), signs(2)) if name.startswith("cosine") else (rand(2), signs(2))
    with pytest.raises(ValueError, match="'avg'"):
        both(name)[0](*arguments, reduction="avg")


def test_what_torch_accepts_silently_agrees_and_is_refused_in_strict_mode():
    a, b = rand(3, 4), rand(3, 4)
    nonsense = {
        "found 0": ("cosine_embedding_loss", (a, b, torch.tensor([1, 0, -1])), {}),
        "found 0.5": ("hinge_embedding_loss", (torch.full((3,), 0.3), torch.tensor([1, 0.5, -1])), {}),
        "margin must be": ("cosine_embedding_loss", (a, b, signs(3)), {"margin": -3}),
        r"input1 \(3, 4\), input2 \(1, 4\)": ("cosine_embedding_loss", (a, b[:1], signs(3)), {}),
        r"input \(3, 1\), target \(3,\)": ("hinge_embedding_loss", (a[:, :1].abs(), signs(3)), {}),
        "must be a distance": ("hinge_embedding_loss", (-a[:, 0].abs(), signs(3)), {}),
    }
    for message, (name, arguments, options) in nonsense.items():
        ours, theirs = both(name)
        assert_close(ours(*arguments, **options), theirs(*arguments, **options))
        with losses.strict(), pytest.raises(ValueError, match=message):
            ours(*arguments, **options)


def test_strict_mode_accepts_what_is_right():
    a, b = rand(3, 4), rand(3, 4)
    with losses.strict():
        losses.cosine_embedding_loss(a, b, signs(3), margin=0.5)
        losses.hinge_embedding_loss((a - b).norm(dim=-1), signs(3))


def test_a_zero_vector_has_cosine_0_and_torchs_steep_gradient():
    gradients = []
    for f in both("cosine_embedding_loss"):
        a = torch.zeros(1, 4, dtype=torch.float64, requires_grad=True)
        loss = f(a, torch.ones(1, 4, dtype=torch.float64), torch.tensor([1]))
        assert loss == 1
        gradients += torch.autograd.grad(loss, a)
    assert_close(*gradients)
    assert gradients[0].abs().max() > 1e5


@pytest.mark.parametrize(("dtype", "length"), [(torch.float16, 400.0), (torch.float32, 1e12)])
def test_torch_overflows_for_long_vectors_and_this_loss_does_not(dtype, length):
    a, b = torch.tensor([[1.0, 0.0]]).to(dtype) * length, torch.tensor([[0.6, 0.8]]).to(dtype) * length
    ours, theirs = (f(a, b, torch.tensor([1])) for f in both("cosine_embedding_loss"))
    assert not math.isclose(theirs.item(), 0.4, abs_tol=0.01)
    assert math.isclose(ours.item(), 0.4, abs_tol=2e-3)


def test_forward_mode_grad_and_vmap():
    a, b, y = rand(6, 4), rand(6, 4), signs(6)
    loss = losses.cosine_embedding_loss
    each = torch.vmap(torch.func.grad(loss))(a, b, y)
    assert_close(each, torch.func.grad(lambda a: loss(a, b, y, reduction="sum"))(a))
    _, slope = torch.func.jvp(lambda a: loss(a, b, y, reduction="sum"), (a,), (b,))
    assert_close(slope, (each * b).sum())


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_compiles_whole(name, dynamic):
    torch._dynamo.reset()
    arguments = (rand(4, 3), rand(4, 3), signs(4)) if name.startswith("cosine") else (rand(4), signs(4))
    ours = both(name)[0]
    compiled = torch.compile(ours, fullgraph=True, backend="aot_eager", dynamic=dynamic)
    assert_close(compiled(*arguments), ours(*arguments))


@pytest.mark.parametrize("cls", ["CosineEmbeddingLoss", "HingeEmbeddingLoss"])
def test_module_form(cls):
    ours, theirs = (getattr(m, cls)(margin=0.3, reduction="sum") for m in (modules, torch.nn))
    arguments = (rand(4, 3), rand(4, 3), signs(4)) if cls.startswith("Cos") else (rand(4), signs(4))
    assert_close(ours(*arguments), theirs(*arguments))
    assert_close(pickle.loads(pickle.dumps(ours))(*arguments), ours(*arguments))
    assert repr(ours) == f"{cls}(margin=0.3, reduction='sum')"
    assert ours.state_dict() == {}


@pytest.mark.parametrize("d", [2, 3, 5, 8])
def test_the_direction_of_an_alike_pair_is_von_mises_fisher(d):
    a, b = rand(4, d), rand(4, d)
    model = likelihoods.cosine_alike(b)
    direction = a / a.norm(dim=-1, keepdim=True)
    loss = losses.cosine_embedding_loss(a, b, torch.ones(4), reduction="none")
    assert_close(-model.distribution.log_prob(direction), loss + model.constant)


@pytest.mark.parametrize("d", [2, 3, 5, 8])
@pytest.mark.parametrize("concentration", [0.5, 1.0, 20.0])
def test_von_mises_fisher_integrates_to_1(d, concentration):
    pole = torch.eye(d, dtype=torch.float64)[0]
    density = likelihoods.VonMisesFisher(pole, concentration)
    circle = 2 * math.pi ** ((d - 1) / 2) / math.gamma((d - 1) / 2)  # area of the sphere one dimension lower

    def ring(angle):
        x = math.cos(angle) * pole + math.sin(angle) * torch.eye(d, dtype=torch.float64)[1]
        return circle * math.sin(angle) ** (d - 2) * density.log_prob(x).exp().item()

    assert math.isclose(quad(ring, 0, math.pi)[0], 1, rel_tol=1e-8)


def test_von_mises_fisher_refuses_a_concentration_of_0():
    with pytest.raises(ValueError, match="concentration must be positive, found 0"):
        likelihoods.VonMisesFisher(torch.eye(2)[0], 0)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_an_alike_pair_is_isotropic_laplace(d):
    x, partner = rand(4, d), rand(4, d)
    model = likelihoods.hinge_alike(partner)
    loss = losses.hinge_embedding_loss((x - partner).norm(dim=-1), torch.ones(4), reduction="none")
    assert_close(-model.distribution.log_prob(x), loss + model.constant)

    sphere = 2 * math.pi ** (d / 2) / math.gamma(d / 2)
    axis = torch.eye(d, dtype=torch.float64)[0]
    density = likelihoods.IsotropicLaplace(torch.zeros(d, dtype=torch.float64))

    def shell(r):
        return sphere * r ** (d - 1) * density.log_prob(r * axis).exp().item()

    assert math.isclose(quad(shell, 0, 60)[0], 1, rel_tol=1e-8)


def test_isotropic_laplace_samples_have_the_radius_of_a_gamma():
    sample = likelihoods.IsotropicLaplace(torch.ones(3, dtype=torch.float64)).sample((20000,))
    radius = (sample - 1).norm(dim=-1)
    assert math.isclose(radius.mean().item(), 3, abs_tol=0.1)
    assert math.isclose(radius.var().item(), 3, abs_tol=0.2)


def test_every_proof_of_the_contrastive_loss_holds():
    checks.prove(losses.contrastive_loss)


def test_alike_pairs_of_the_contrastive_loss_have_normal_noise():
    a, b = rand(6, 3), rand(6, 3)
    model = likelihoods.contrastive_alike(b)
    each = losses.contrastive_loss(a, b, torch.ones(6), reduction="none")
    assert_close(-model.distribution.log_prob(a), each + model.constant)


def test_the_contrastive_loss_in_numbers():
    a, b = torch.tensor([[0.0, 0.0]] * 3), torch.tensor([[3.0, 4.0], [0.3, 0.4], [3.0, 4.0]])
    each = losses.contrastive_loss(a, b, torch.tensor([1, -1, -1]), margin=2.0, reduction="none")
    assert_close(each, torch.tensor([12.5, 1.125, 0.0]))
    one = losses.contrastive_loss(a[0], b[1], torch.tensor(-1))
    assert_close(one, torch.tensor(0.125))


def test_equal_embeddings_of_different_kinds_get_no_gradient_and_no_nan():
    a = torch.ones(2, 3, requires_grad=True)
    loss = losses.contrastive_loss(a, torch.ones(2, 3), torch.tensor([-1, 1]), reduction="sum")
    assert loss == 0.5
    assert (torch.autograd.grad(loss, a)[0] == 0).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda f, z, y: f(z(2, 3), z(3, 3), y), ValueError, r"found \(2, 3\), \(3, 3\) and \(2,\)"),
        (lambda f, z, y: f(z(2, 3), z(2, 3), y[:1]), ValueError, r"and \(1,\)"),
        (lambda f, z, y: f(z(2, 3, 1), z(2, 3, 1), z(2, 3)), ValueError, r"found \(2, 3, 1\)"),
        (lambda f, z, y: f(z(2, 3), z(2, 3), 0 * y), ValueError, "target must be 1 or -1, found 0"),
        (lambda f, z, y: f(z(2, 3), z(2, 3), y, 0.0), ValueError, r"margin must be positive, found 0\.0"),
        (lambda f, z, y: f(z(2, 3), z(2, 3), y, reduction="avg"), ValueError, "found 'avg'"),
        (lambda f, z, y: f(z(2, 3).long(), z(2, 3), y), NotImplementedError, "input1 must be a floating"),
    ],
)
def test_a_mistake_of_the_contrastive_loss_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call(losses.contrastive_loss, torch.zeros, torch.tensor([1, -1]))


def test_the_module_of_the_contrastive_loss():
    a, b, y = rand(6, 3), rand(6, 3), signs(6)
    assert_close(modules.ContrastiveLoss(margin=2.0)(a, b, y), losses.contrastive_loss(a, b, y, 2.0))
