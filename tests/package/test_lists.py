"""Losses of whole lists beside other libraries, beside what they must estimate, and what they refuse."""

import itertools
import math

import numpy as np
import pytest
import torch
from sklearn.metrics import ndcg_score
from statsmodels.discrete.conditional_models import ConditionalLogit
from torch.testing import assert_close

from lossbook import likelihoods, losses, modules, training
from lossbook import losses as F

GENERATOR = torch.Generator().manual_seed(0)
GRADED = ("list_mle_loss", "list_net_loss", "lambda_rank_loss", "approx_ndcg_loss")


def normal(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


S, Y = normal(20, 6), torch.randint(0, 4, (20, 6), generator=GENERATOR).double()
S32, Y32 = S.float(), Y.float()


def of(name):
    return getattr(losses, name)


def exact_ndcg(s, y, k=None):
    return ndcg_score(2 ** y.numpy() - 1, s.numpy(), k=k)  # its gain is the grade as given


# Plackett and Luce


def test_all_orders_have_probability_1():
    s = normal(4)
    for places in range(5):
        each = [
            losses.plackett_luce_nll_loss(s, torch.tensor(order, dtype=torch.long)).neg().exp()
            for order in itertools.permutations(range(4), places)
        ]
        assert sum(each).item() == pytest.approx(1)


def test_the_first_place_alone_is_cross_entropy():
    y = torch.arange(20) % 6
    ours = losses.plackett_luce_nll_loss(S, y[:, None], reduction="none")
    assert_close(ours, losses.cross_entropy(S, y, reduction="none"))


def test_a_list_of_two_is_the_logistic_loss_of_a_pair():
    first = torch.tensor([[0, 1]]).expand(20, 2)
    ours = losses.plackett_luce_nll_loss(S[:, :2], first)
    assert_close(ours, losses.pairwise_logistic_loss(S[:, 0], S[:, 1], torch.ones(20)))


def test_a_list_is_coxs_risk_sets_without_censoring():
    for s in S:
        order = torch.randperm(6, generator=GENERATOR)
        time = torch.empty(6).scatter(0, order, torch.arange(6.0))
        cox = losses.cox_ph_loss(s, time, torch.ones(6), reduction="sum")
        assert_close(losses.plackett_luce_nll_loss(s, order), cox)


def test_it_is_a_race_of_gumbel_variables():
    s = torch.tensor([1.0, 0.0, -0.5], dtype=torch.float64)
    noise = -torch.empty(200_000, 3, dtype=torch.float64).exponential_(generator=GENERATOR).log()
    finish = (s + noise).argsort(1, descending=True)
    for order in itertools.permutations(range(3)):
        share = (finish == torch.tensor(order)).all(1).double().mean()
        assert share.item() == pytest.approx(
            losses.plackett_luce_nll_loss(s, torch.tensor(order)).neg().exp().item(), abs=0.005
        )


def test_who_is_left_out_later_does_not_matter():
    """The chance that a comes before b is the same with c in the list and without: independence."""
    s = normal(3)
    before = sum(
        losses.plackett_luce_nll_loss(s, torch.tensor(order)).neg().exp()
        for order in itertools.permutations(range(3))
        if order.index(0) < order.index(1)
    )
    assert_close(before, (s[0] - s[1]).sigmoid())


def test_the_estimate_is_that_of_statsmodels_conditional_logit():
    x, beta = normal(60, 4, 3), torch.tensor([1.0, -0.5, 0.3], dtype=torch.float64)
    noise = -torch.empty(60, 4, dtype=torch.float64).exponential_(generator=GENERATOR).log()
    chosen = (x @ beta + noise).argmax(1)
    taken = torch.nn.functional.one_hot(chosen, 4).flatten()
    theirs = ConditionalLogit(taken.numpy(), x.flatten(0, 1).numpy(), groups=np.arange(60).repeat(4))
    fitted = theirs.fit(disp=False, method="bfgs", maxiter=200)
    b = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    value = lambda: losses.plackett_luce_nll_loss(x @ b, chosen[:, None], reduction="sum")  # noqa: E731
    least = training.minimise(value, b)
    assert least == pytest.approx(-fitted.llf, abs=1e-6)
    assert_close(b.detach(), torch.tensor(np.asarray(fitted.params)), atol=1e-4, rtol=0)


def test_a_far_lower_score_keeps_its_share_of_the_later_places():
    s = torch.tensor([800.0, 0.0, 1.0], requires_grad=True)
    loss = losses.plackett_luce_nll_loss(s, torch.tensor([0, 1, 2]))
    assert loss.item() == pytest.approx(math.log1p(math.e))
    (slope,) = torch.autograd.grad(loss, s)
    assert_close(slope, torch.tensor([0.0, 1 / (1 + math.e) - 1, math.e / (1 + math.e)]))


def test_the_distribution_refuses_nobody_and_agrees():
    order = S.argsort(1)
    model = likelihoods.plackett_luce_nll_loss(S)
    assert_close(-model.distribution.log_prob(order), F.plackett_luce_nll_loss(S, order, reduction="none"))
    assert model.distribution.event_shape == (6,)


# Grades


def test_list_mle_is_the_likelihood_of_the_sorted_grades():
    y = normal(20, 6)
    order = y.argsort(1, descending=True)
    assert_close(losses.list_mle_loss(S, y), losses.plackett_luce_nll_loss(S, order))
    assert_close(losses.list_mle_loss(S, y.exp()), losses.list_mle_loss(S, y))


def test_of_equal_grades_the_lower_index_comes_first():
    y = torch.tensor([1, 0, 1, 0])
    s = normal(4)
    assert_close(losses.list_mle_loss(s, y), losses.plackett_luce_nll_loss(s, torch.tensor([0, 2, 1, 3])))


def test_list_net_is_least_at_the_grades_up_to_a_constant():
    s = torch.zeros(20, 6, dtype=torch.float64, requires_grad=True)
    least = training.minimise(lambda: losses.list_net_loss(s, Y, reduction="sum"), s)
    entropy = -(Y.softmax(1) * Y.log_softmax(1)).sum()
    assert least == pytest.approx(entropy.item())
    centred = lambda x: x - x.mean(1, keepdim=True)  # noqa: E731
    assert_close(centred(s.detach()), centred(Y), atol=1e-2, rtol=0)


def test_cold_approx_ndcg_is_one_minus_sklearns_ndcg():
    ours = losses.approx_ndcg_loss(S, Y, temperature=1e-9)
    assert ours.item() == pytest.approx(1 - exact_ndcg(S, Y))


@pytest.mark.parametrize("k", [None, 1, 3])
def test_a_swap_changes_sklearns_ndcg_by_the_weight_of_the_pair(k):
    s, y = S[:1], Y[:1].clone()
    y[0, 0], y[0, 1] = 3, 0
    for i, j in itertools.combinations(range(6), 2):
        if y[0, i] == y[0, j]:
            continue
        swapped = s.clone()
        swapped[0, i], swapped[0, j] = s[0, j], s[0, i]
        change = abs(exact_ndcg(s, y, k) - exact_ndcg(swapped, y, k))
        # Of that pair alone: pairs are the only terms that the two scores have in common.
        t = s.clone().requires_grad_()
        loss = losses.lambda_rank_loss(t, y, k=k)
        (slope,) = torch.autograd.grad(loss, t, create_graph=True)
        (second,) = torch.autograd.grad(slope[0, i], t)
        p = (s[0, i] - s[0, j]).sigmoid()
        assert second[0, j].item() == pytest.approx(-change * (p * (1 - p)).item(), abs=1e-12)


def test_lambda_rank_without_a_gain_has_no_gradient():
    s = S.clone().requires_grad_()
    loss = losses.lambda_rank_loss(s, torch.zeros(20, 6), reduction="none")
    assert loss.tolist() == [0] * 20
    assert torch.autograd.grad(loss.sum(), s)[0].abs().sum() == 0
    assert losses.approx_ndcg_loss(S, torch.zeros(20, 6)).item() == 0


def test_lambda_rank_beyond_k_costs_what_it_costs_to_be_out_of_the_list():
    s = torch.tensor([3.0, 2.0, 1.0, 0.0])
    low = torch.tensor([2.0, 1.0, 0.0, 1.0])  # the only mistake is behind the second place
    s1, s2 = s.clone(), s.clone()
    s2[2], s2[3] = 0.5, -0.5
    assert losses.lambda_rank_loss(s1, low, k=2) != losses.lambda_rank_loss(s1, low)
    tail = torch.tensor([0.0, 0.0, 0.0, 1.0])
    none = s.clone().requires_grad_()
    (slope,) = torch.autograd.grad(losses.lambda_rank_loss(none, tail, k=3), none)
    assert slope[3] < 0
    assert slope[:3].min() > 0


@pytest.mark.parametrize("name", GRADED)
def test_only_differences_of_scores_count(name):
    assert_close(of(name)(S + 5, Y), of(name)(S, Y))


@pytest.mark.parametrize("name", ["lambda_rank_loss", "approx_ndcg_loss", "list_net_loss"])
def test_lists_may_be_shuffled(name):
    order = torch.randperm(6, generator=GENERATOR)
    assert_close(of(name)(S[:, order], Y[:, order]), of(name)(S, Y))


@pytest.mark.parametrize("name", GRADED)
def test_padding_may_hold_anything_and_changes_nothing(name):
    short = of(name)(S[:, :4], Y[:, :4], reduction="none")
    mask = torch.tensor([True] * 4 + [False] * 2).expand(20, 6)
    for rubbish in (-math.inf, 1e30, math.nan, -7.0):
        s = S.clone()
        s[:, 4:] = rubbish
        y = Y.clone()
        y[:, 4:] = rubbish
        s.requires_grad_()
        padded = of(name)(s, y, mask=mask, reduction="none")
        assert_close(padded.detach(), short)
        (slope,) = torch.autograd.grad(padded.sum(), s)
        assert (slope[:, 4:] == 0).all()
        assert slope[:, :4].isfinite().all()


@pytest.mark.parametrize("name", GRADED)
def test_padding_may_stand_anywhere(name):
    where = [0, 2, 3, 5]
    mask = torch.zeros(6, dtype=torch.bool)
    mask[where] = True
    ours = of(name)(S, Y, mask=mask.expand(20, 6))
    assert_close(ours, of(name)(S[:, where], Y[:, where]))


@pytest.mark.parametrize("name", GRADED)
def test_a_list_of_padding_counts_as_a_list_and_costs_nothing(name):
    mask = torch.ones(20, 6, dtype=torch.bool)
    mask[0] = False
    each = of(name)(S, Y, mask=mask, reduction="none")
    assert each[0] == 0
    assert_close(of(name)(S, Y, mask=mask), each.sum() / 20)


@pytest.mark.parametrize("name", GRADED)
def test_any_leading_dimensions_and_none(name):
    one = of(name)(S[0], Y[0])
    assert one.shape == ()
    many = of(name)(S.reshape(4, 5, 6), Y.reshape(4, 5, 6), reduction="none")
    assert many.shape == (4, 5)
    assert_close(many[0, 0], one)
    assert of(name)(S[:, :0], Y[:, :0], reduction="none").tolist() == [0] * 20
    assert of(name)(S[:0], Y[:0], reduction="none").shape == (0,)


@pytest.mark.parametrize("name", GRADED)
def test_integer_grades_are_grades(name):
    assert_close(of(name)(S, Y.long()), of(name)(S, Y))
    assert of(name)(S32, Y32).dtype == torch.float32


@pytest.mark.parametrize("name", ["lambda_rank_loss", "approx_ndcg_loss"])
def test_gains_beyond_the_largest_number_are_compared_all_the_same(name):
    y = torch.tensor([1000.0, 999.0, 0.0])
    s = torch.tensor([0.3, 0.1, 0.0])
    assert_close(of(name)(s, y), of(name)(s, torch.tensor([100.0, 99.0, 0.0])), atol=1e-6, rtol=0)


def test_small_grades_keep_their_ratio():
    s = torch.tensor([0.3, 0.1, 0.0])
    small, smaller = torch.tensor([1e-6, 2e-6, 0.0]), torch.tensor([1e-9, 2e-9, 0.0])
    assert_close(losses.lambda_rank_loss(s, small), losses.lambda_rank_loss(s, smaller))


@pytest.mark.parametrize("name", ["plackett_luce_nll_loss", *GRADED])
def test_compiled_it_is_the_same(name):
    from lossbook.checks import SPECS

    arguments, loss = SPECS[name].arguments(), of(name)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    assert_close(compiled(*arguments), loss(*arguments))


def test_modules_take_options_in_the_constructor():
    assert_close(modules.LambdaRankLoss(k=2, sigma=2.0)(S, Y), losses.lambda_rank_loss(S, Y, 2, 2.0))
    assert_close(modules.ApproxNDCGLoss(0.5)(S, Y), losses.approx_ndcg_loss(S, Y, 0.5))
    assert_close(modules.ListMLELoss()(S, Y), losses.list_mle_loss(S, Y))
    assert_close(modules.ListNetLoss(reduction="sum")(S, Y), losses.list_net_loss(S, Y, reduction="sum"))
    order = S.argsort(1)
    assert_close(modules.PlackettLuceNLLLoss()(S, order), losses.plackett_luce_nll_loss(S, order))


Z, K = torch.zeros(2, 3), torch.tensor([[0, 1], [2, 0]])
MISTAKES = [
    (lambda: F.plackett_luce_nll_loss(Z, K + 1), IndexError, "target must be an item below 3, found 3"),
    (lambda: F.plackett_luce_nll_loss(Z, K - 1), IndexError, "target must be an item below 3, found -1"),
    (lambda: F.plackett_luce_nll_loss(Z, K * 0), ValueError, "free of items placed twice, found 0"),
    (lambda: F.plackett_luce_nll_loss(Z, K.float()), ValueError, "integers, found dtype torch.float32"),
    (lambda: F.plackett_luce_nll_loss(Z, K[0]), ValueError, r"found \(2, 3\) and \(2,\)"),
    (
        lambda: F.plackett_luce_nll_loss(Z[:, :1], K),
        ValueError,
        "at most 1 places for as many items, found 2",
    ),
    (lambda: F.plackett_luce_nll_loss(K, K), NotImplementedError, "input must be a floating"),
    (lambda: F.plackett_luce_nll_loss(Z, K, reduction="all"), ValueError, "reduction must be one of"),
    (lambda: F.lambda_rank_loss(Z, Z, k=0), ValueError, "k must be at least 1, found 0"),
    (lambda: F.lambda_rank_loss(Z, Z, sigma=0.0), ValueError, "sigma must be positive, found 0.0"),
    (lambda: F.lambda_rank_loss(Z, Z - 1), ValueError, "target must be no negative grade, found -1"),
    (lambda: F.approx_ndcg_loss(Z, Z - 1), ValueError, "target must be no negative grade, found -1"),
    (lambda: F.approx_ndcg_loss(Z, Z, 0.0), ValueError, "temperature must be positive, found 0.0"),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("name", GRADED)
def test_every_loss_of_grades_names_the_same_mistakes(name):
    loss = of(name)
    with pytest.raises(ValueError, match=r"target must have the shape .* \(2, 3\), found \(3,\)"):
        loss(Z, Z[0])
    with pytest.raises(ValueError, match=r"mask must have the shape .* \(2, 3\), found \(3,\)"):
        loss(Z, Z, mask=Z[0] == 0)
    with pytest.raises(ValueError, match=r"mask must be boolean, found dtype torch\.float32"):
        loss(Z, Z, mask=Z)
    with pytest.raises(ValueError, match="target must be finite, found inf"):
        loss(Z, Z + math.inf)
    with pytest.raises(ValueError, match=r"target must have the shape .* \(\), found \(\)"):
        loss(torch.tensor(1.0), torch.tensor(1.0))
    with pytest.raises(NotImplementedError, match="input must be a floating"):
        loss(K, K)
    with pytest.raises(ValueError, match="reduction must be one of"):
        loss(Z, Z, reduction="median")
