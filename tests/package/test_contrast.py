"""Contrast: the games beside their distributions, bounds and limits, and what the losses refuse."""

import math
import pickle

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from lossbook import checks, likelihoods, losses, modules

OF_SCORES = ("info_nce_loss", "clip_loss", "nt_xent_loss", "sup_con_loss", "siglip_loss")
OF_MOMENTS = ("barlow_twins_loss", "vicreg_loss")
Z = torch.zeros


def rand(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def arguments(name, n=6, d=4):
    first, second = rand(n, d), rand(n, d)
    if name == "sup_con_loss":
        return first, torch.arange(n) % 2
    more = (torch.tensor(2.0).double(), torch.tensor(-1.0).double()) if name == "siglip_loss" else ()
    return first, second, *more


@pytest.mark.parametrize("name", [*OF_SCORES, *OF_MOMENTS])
def test_every_proof_of_the_engine_holds(name):
    checks.prove(getattr(losses, name))


def test_values_worked_out_in_plain_python():
    a, b = [[3.0, 4.0], [1.0, 0.0], [-2.0, 0.0]], [[0.6, 0.8], [0.0, 5.0], [-1.0, 0.0]]
    cos = [[1.0, 0.8, -0.6], [0.6, 0.0, -1.0], [-0.6, 0.0, 1.0]]
    forth = [math.log(sum(math.exp(2 * c) for c in row)) - 2 * row[i] for i, row in enumerate(cos)]
    columns = [list(column) for column in zip(*cos, strict=True)]
    back = [math.log(sum(math.exp(2 * c) for c in row)) - 2 * row[i] for i, row in enumerate(columns)]
    a, b = torch.tensor(a).double(), torch.tensor(b).double()
    wanted = torch.tensor([forth, back]).double()
    assert_close(losses.info_nce_loss(a, b, temperature=0.5, reduction="none"), wanted[0])
    assert_close(losses.clip_loss(a, b, 0.5, "none"), wanted.mean(0))
    pairs = [
        sum(math.log1p(math.exp((-1 if i == j else 1) * (2 * c - 1))) for j, c in enumerate(row))
        for i, row in enumerate(cos)
    ]
    assert_close(losses.siglip_loss(a, b, 2.0, -1.0, "none"), torch.tensor(pairs).double())


def test_nt_xent_and_sup_con_in_numpy():
    a, b = np.random.default_rng(0).normal(size=(2, 4, 3))
    z = np.concatenate([a, b])
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    e = np.exp(z @ z.T / 0.3)
    np.fill_diagonal(e, 0)
    p = e / e.sum(1, keepdims=True)
    wanted = [-np.log(p[i, (i + 4) % 8]) for i in range(8)]
    both = torch.from_numpy(a), torch.from_numpy(b)
    assert_close(losses.nt_xent_loss(*both, 0.3, "none"), torch.tensor(wanted))
    labels = [0, 0, 1, 1, 0, 2, 2, 2]
    wanted = [
        np.mean([-np.log(p[i, j]) for j in range(8) if j != i and labels[j] == labels[i]]) for i in range(8)
    ]
    found = losses.sup_con_loss(torch.cat(both), torch.tensor(labels), 0.3, "none")
    assert_close(found, torch.tensor(wanted))


def test_moments_in_numpy():
    a, b = np.random.default_rng(0).normal(size=(2, 6, 3))
    b = 0.4 * (a + b)
    c = np.corrcoef(a.T, b.T)[:3, 3:]
    wanted = ((1 - np.diag(c)) ** 2).sum() + 0.1 * (c**2).sum() - 0.1 * (np.diag(c) ** 2).sum()
    both = torch.from_numpy(a), torch.from_numpy(b)
    assert losses.barlow_twins_loss(*both, lambd=0.1, eps=0.0).item() == pytest.approx(wanted)
    wanted = 2 * ((a - b) ** 2).mean()
    for x in (a, b):
        s = np.cov(x.T)
        deviations = np.sqrt(np.diag(s) + 0.01)
        wanted += 3 * np.maximum(0, 1 - deviations).mean() / 2
        wanted += 5 * ((s**2).sum() - (np.diag(s) ** 2).sum()) / 3
    assert losses.vicreg_loss(*both, 2.0, 3.0, 5.0, eps=0.01).item() == pytest.approx(wanted)


def test_info_nce_is_the_surprise_of_the_index():
    q, k = rand(5, 3), rand(5, 3)
    model = likelihoods.which_partner(q, k, temperature=0.2)
    each = losses.info_nce_loss(q, k, temperature=0.2, reduction="none")
    assert_close(-model.distribution.log_prob(torch.arange(5)), each + model.constant)


def test_siglip_is_the_surprise_of_independent_pairs():
    a, b = rand(5, 3), rand(5, 3)
    model = likelihoods.each_pair(a, b, scale=3.0, bias=-2.0)
    each = losses.siglip_loss(a, b, 3.0, -2.0, "none")
    assert_close(-model.distribution.log_prob(torch.eye(5).double()), each + model.constant)


def test_negatives_of_all_kinds_agree():
    q, k = rand(5, 3), rand(5, 3)
    in_batch = losses.info_nce_loss(q, k, reduction="none")
    own = torch.stack([k[torch.arange(5) != i] for i in range(5)])
    assert_close(losses.info_nce_loss(q, k, own, reduction="none"), in_batch)
    shared = rand(7, 3)
    each = losses.info_nce_loss(q, k, shared, reduction="none")
    assert_close(losses.info_nce_loss(q, k, shared.expand(5, 7, 3), reduction="none"), each)
    assert_close(losses.info_nce_loss(q, k, shared[:0], reduction="none"), Z(5).double())


def test_a_gradient_reaches_negatives_temperature_scale_and_bias():
    q, k, n = (rand(m, 3).requires_grad_() for m in (4, 4, 5))
    tau = torch.tensor([0.3], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(losses.info_nce_loss, (q, k, n, tau))
    for loss in (losses.clip_loss, losses.nt_xent_loss):
        assert torch.autograd.gradcheck(loss, (q, k, tau))
    assert torch.autograd.gradcheck(lambda u, t: losses.sup_con_loss(u, torch.arange(4) % 2, t), (q, tau))


def test_lengths_say_nothing_and_zero_has_cosine_0():
    for name in OF_SCORES:
        loss, (a, *rest) = getattr(losses, name), arguments(name)
        assert_close(loss(1e-200 * a, *rest), loss(a, *rest))
        assert_close(loss(1e200 * a, *rest), loss(a, *rest))
    q, k = Z(3, 2).double(), rand(3, 2)
    assert_close(losses.info_nce_loss(q, k), torch.tensor(3.0).double().log())
    q.requires_grad_()
    assert torch.autograd.grad(losses.info_nce_loss(q, k), q)[0].abs().sum() == 0


def test_a_pair_without_others_is_certain():
    one = rand(1, 3), rand(1, 3)
    for loss in (losses.info_nce_loss, losses.clip_loss, losses.nt_xent_loss):
        assert loss(*one) == 0


def test_a_sure_answer_keeps_its_digits():
    q = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    found = losses.info_nce_loss(q, q, temperature=0.05)
    assert found.item() == pytest.approx(math.exp(-40), rel=1e-4)


def test_log_k_minus_the_loss_is_no_more_than_the_information():
    # The exact score of correlated normal variables, with 4096 games of 64 candidates.
    rho, k = 0.9, 64
    x = rand(4096, 1)
    y = rho * x + math.sqrt(1 - rho**2) * rand(4096, 1)
    others = rand(4096, k - 1)

    def log_ratio(y):
        return -((y - rho * x) ** 2) / (2 * (1 - rho**2)) + y**2 / 2 - 0.5 * math.log(1 - rho**2)

    scores = torch.cat([log_ratio(y), log_ratio(others)], 1)
    bound = math.log(k) - (scores.logsumexp(1) - scores[:, 0]).mean()
    information = -0.5 * math.log(1 - rho**2)
    assert information - 0.1 < bound < information + 0.02


def test_the_mean_inside_the_logarithm_is_soft_nearest_neighbours():
    u, y, tau = torch.nn.functional.normalize(rand(8, 3), dim=1), torch.arange(8) % 2, 0.4
    outside = losses.sup_con_loss(u, y, tau, "none")
    inside = losses.soft_nearest_neighbour_loss(u, y, 2 * tau, "none") + math.log(3)
    assert (inside <= outside + 1e-12).all()
    pairs = torch.arange(8) % 4  # one friend each: no mean to take
    assert_close(
        losses.sup_con_loss(u, pairs, tau, "none"),
        losses.soft_nearest_neighbour_loss(u, pairs, 2 * tau, "none"),
    )


def test_sup_con_with_one_friend_each_is_nt_xent():
    a, b = rand(5, 3), rand(5, 3)
    found = losses.sup_con_loss(torch.cat([a, b]), torch.arange(10) % 5, 0.5, "none")
    assert_close(found, losses.nt_xent_loss(a, b, 0.5, "none"))


def test_points_alone_in_their_class_cost_nothing_and_are_not_counted():
    u, y = rand(5, 3), torch.tensor([0, 0, 1, 2, 2])
    each = losses.sup_con_loss(u, y, reduction="none")
    assert each[2] == 0
    assert_close(losses.sup_con_loss(u, y), each.sum() / 4)
    assert losses.sup_con_loss(u, torch.arange(5)) == 0
    assert losses.sup_con_loss(u, torch.arange(5), reduction="sum") == 0


def test_siglip_over_blocks_is_siglip():
    a, b = rand(6, 3), rand(6, 3)
    whole = losses.siglip_loss(a, b, 2.0, -1.0, "sum")
    softplus = torch.nn.functional.softplus
    cos = torch.nn.functional.cosine_similarity(a.unsqueeze(1), b, dim=-1)
    blocks = [losses.siglip_loss(a[s], b[s], 2.0, -1.0, "sum") for s in (slice(0, 3), slice(3, 6))] + [
        softplus(2 * c - 1).sum() for c in (cos[:3, 3:], cos[3:, :3])
    ]
    assert_close(whole, sum(blocks))


def test_the_moments_are_met_by_uncorrelated_features_that_agree():
    x = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]).double()
    assert losses.barlow_twins_loss(x, x, eps=0.0) == 0
    assert losses.vicreg_loss(x, x) == 0
    assert losses.vicreg_loss(0 * x, 0 * x, eps=0.0) == 25  # collapse: half of mu for each view
    assert_close(losses.barlow_twins_loss(7 * x + 3, x, eps=0.0), Z(()).double())


def test_huge_features_do_not_overflow_the_correlations():
    x, y = rand(9, 3), rand(9, 3)
    assert_close(losses.barlow_twins_loss(1e200 * x, y, eps=0.0), losses.barlow_twins_loss(x, y, eps=0.0))


E = torch.ones
MISTAKES = [
    (lambda: losses.info_nce_loss(Z(2, 3), Z(3, 3)), ValueError, r"found \(2, 3\) and \(3, 3\)"),
    (lambda: losses.info_nce_loss(Z(2, 0), Z(2, 0)), ValueError, r"found \(2, 0\)"),
    (lambda: losses.info_nce_loss(Z(3), Z(3)), ValueError, "input and target must both be"),
    (lambda: losses.info_nce_loss(E(2, 3).long(), Z(2, 3)), NotImplementedError, "input must be a floating"),
    (lambda: losses.info_nce_loss(Z(2, 3), E(2, 3).long()), NotImplementedError, "target must be a floating"),
    (lambda: losses.info_nce_loss(Z(2, 3), Z(2, 3), Z(4, 2)), ValueError, r"negatives .* found \(4, 2\)"),
    (lambda: losses.info_nce_loss(Z(2, 3), Z(2, 3), Z(3, 4, 3)), ValueError, r"found \(3, 4, 3\)"),
    (lambda: losses.info_nce_loss(Z(2, 3), Z(2, 3), Z(3)), ValueError, r"found \(3,\)"),
    (lambda: losses.info_nce_loss(Z(2, 3), Z(2, 3), E(4, 3).long()), NotImplementedError, "negatives must"),
    (lambda: losses.info_nce_loss(Z(2, 3), Z(2, 3), None, 0.0), ValueError, "temperature .* found 0"),
    (lambda: losses.clip_loss(Z(2, 3), Z(2, 4)), ValueError, "input1 and input2 must both be"),
    (lambda: losses.clip_loss(Z(2, 3), Z(2, 3), -1.0), ValueError, "temperature must be positive, found -1"),
    (lambda: losses.clip_loss(Z(2, 3), Z(2, 3), E(2)), ValueError, r"temperature .* found shape \(2,\)"),
    (lambda: losses.clip_loss(Z(2, 3), Z(2, 3), reduction="avg"), ValueError, "found 'avg'"),
    (lambda: losses.nt_xent_loss(Z(2, 3), Z(2, 4)), ValueError, "input1 and input2 must both be"),
    (lambda: losses.nt_xent_loss(Z(2, 3), Z(2, 3), torch.tensor(-2.0)), ValueError, "found -2"),
    (lambda: losses.sup_con_loss(Z(2, 3), Z(3).long()), ValueError, r"found \(2, 3\) and \(3,\)"),
    (lambda: losses.sup_con_loss(Z(2, 0), Z(2).long()), ValueError, r"found \(2, 0\) and \(2,\)"),
    (lambda: losses.sup_con_loss(Z(2, 3), Z(2)), ValueError, "target must hold integers, found dtype"),
    (lambda: losses.sup_con_loss(E(2, 3).long(), Z(2).long()), NotImplementedError, "input must be"),
    (lambda: losses.sup_con_loss(Z(2, 3), Z(2).long(), reduction="avg"), ValueError, "found 'avg'"),
    (lambda: losses.siglip_loss(Z(2, 3), Z(2, 3), 0.0, 0.0), ValueError, "scale must be positive, found 0"),
    (lambda: losses.siglip_loss(Z(2, 3), Z(2, 3), 1.0, E(2)), ValueError, r"bias .* found shape \(2,\)"),
    (lambda: losses.barlow_twins_loss(Z(1, 3), Z(1, 3)), ValueError, "at least 2 rows, found 1"),
    (lambda: losses.barlow_twins_loss(Z(4, 3), Z(4, 2)), ValueError, "input1 and input2 must both be"),
    (lambda: losses.vicreg_loss(Z(1, 3), Z(1, 3)), ValueError, "at least 2 rows, found 1"),
    (lambda: losses.vicreg_loss(E(4, 3).long(), Z(4, 3)), NotImplementedError, "input1 must be a floating"),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("name", [*OF_SCORES, *OF_MOMENTS])
def test_forward_mode_grad_and_vmap(name):
    loss, (u, *rest) = getattr(losses, name), arguments(name)
    many = torch.stack([u, 2 * u + 1, u.flip(0)])
    each = torch.vmap(torch.func.grad(loss), (0, *[None] * len(rest)))(many, *rest)
    assert_close(each, torch.stack([torch.func.grad(loss)(v, *rest) for v in many]))
    _, slope = torch.func.jvp(lambda u: loss(u, *rest), (u,), (many[2],))
    assert_close(slope, (each[0] * many[2]).sum())


@pytest.mark.parametrize("name", [*OF_SCORES, *OF_MOMENTS])
def test_compiles_whole(name):
    ours, inputs = getattr(losses, name), arguments(name)
    assert_close(torch.compile(ours, fullgraph=True, backend="aot_eager")(*inputs), ours(*inputs))


def test_module_forms():
    a, b = rand(4, 3), rand(4, 3)
    assert_close(modules.InfoNCELoss(temperature=0.2)(a, b), losses.info_nce_loss(a, b, temperature=0.2))
    for negatives in (rand(5, 3), rand(4, 2, 3)):
        expected = losses.info_nce_loss(a, b, negatives, 0.2)
        assert_close(modules.InfoNCELoss(temperature=0.2)(a, b, negatives), expected)
        assert_close(modules.InfoNCELoss(0.2)(input=a, target=b, negatives=negatives), expected)
    assert_close(modules.CLIPLoss()(a, b), losses.clip_loss(a, b))
    module = modules.NTXentLoss(temperature=1.0, reduction="sum")
    assert_close(pickle.loads(pickle.dumps(module))(a, b), losses.nt_xent_loss(a, b, 1.0, "sum"))
    assert repr(module) == "NTXentLoss(temperature=1.0, reduction='sum')"
    assert_close(modules.SigLIPLoss()(a, b, 2.0, -1.0), losses.siglip_loss(a, b, 2.0, -1.0))
    labels = torch.arange(4) % 2
    assert_close(modules.SupConLoss()(a, labels), losses.sup_con_loss(a, labels))
    assert_close(modules.BarlowTwinsLoss(lambd=0.1)(a, b), losses.barlow_twins_loss(a, b, 0.1))
    assert_close(modules.VICRegLoss(covariance=2.0)(a, b), losses.vicreg_loss(a, b, covariance=2.0))
