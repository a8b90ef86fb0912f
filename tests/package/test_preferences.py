"""Losses of preferences: what they estimate where the answer is known, each other, and what they refuse."""

import math

import pytest
import torch
from torch.testing import assert_close

from lossbook import likelihoods, losses, modules, training
from lossbook.checks import SPECS

GENERATOR = torch.Generator().manual_seed(0)
NAMES = ("dpo_loss", "robust_dpo_loss", "ipo_loss", "simpo_loss", "orpo_loss", "kto_loss")


def log_p(*shape):
    return -3 * torch.rand(*shape, generator=GENERATOR, dtype=torch.float64) - 0.1


W, L, REF_W, REF_L = log_p(4, 30)
H = (W - REF_W) - (L - REF_L)


# Five answers, a reward and a reference: every pair, both ways round, with its probability.
REWARD = torch.tensor([1.0, 0.2, -0.5, 2.0, 0.0], dtype=torch.float64)
REFERENCE = torch.tensor([0.1, 0.3, 0.35, 0.05, 0.2], dtype=torch.float64)
FIRST, SECOND = torch.combinations(torch.arange(5), r=2).unbind(1)
BETTER, WORSE = torch.cat([FIRST, SECOND]), torch.cat([SECOND, FIRST])
WINS = torch.sigmoid(REWARD[BETTER] - REWARD[WORSE])


def best_policy(loss, wins=WINS, **options):
    """The policy of least mean loss over all pairs, each as often as it is won."""
    z = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    ref = REFERENCE.log()

    def value():
        pi = z.log_softmax(0)
        return wins @ loss(pi[BETTER], pi[WORSE], ref[BETTER], ref[WORSE], reduction="none", **options)

    training.minimise(value, z)
    return z.softmax(0).detach()


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
def test_dpo_is_least_at_the_tilted_reference(beta):
    tilted = REFERENCE * torch.exp(REWARD / beta)
    assert_close(best_policy(losses.dpo_loss, beta=beta), tilted / tilted.sum(), atol=5e-5, rtol=0)


def test_the_tilted_reference_has_the_highest_reward_for_its_divergence():
    beta, tilted = 0.7, REFERENCE * torch.exp(REWARD / 0.7)
    z = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    divergence = lambda p: (p * (p.log() - REFERENCE.log())).sum()  # noqa: E731
    training.minimise(lambda: -(z.softmax(0) @ REWARD) + beta * divergence(z.softmax(0)), z)
    assert_close(z.softmax(0).detach(), tilted / tilted.sum(), atol=5e-5, rtol=0)


def test_flips_are_undone_by_robust_dpo_and_not_by_label_smoothing():
    share, true = 0.2, best_policy(losses.dpo_loss, beta=1.0)
    flipped = (1 - share) * WINS + share * (1 - WINS)
    robust = best_policy(losses.robust_dpo_loss, flipped, beta=1.0, label_smoothing=share)
    assert_close(robust, true, atol=5e-5, rtol=0)
    smooth = best_policy(losses.dpo_loss, flipped, beta=1.0, label_smoothing=share)
    assert (smooth - true).abs().max() > 0.1


def test_the_mean_of_robust_dpo_over_the_flips_is_dpos():
    e, given, swapped = 0.3, (W, L, REF_W, REF_L), (L, W, REF_L, REF_W)
    robust = [losses.robust_dpo_loss(*x, 0.5, e, reduction="none") for x in (given, swapped)]
    assert_close((1 - e) * robust[0] + e * robust[1], losses.dpo_loss(*given, 0.5, reduction="none"))


def test_without_flips_robust_dpo_is_dpo():
    assert_close(
        losses.robust_dpo_loss(W, L, REF_W, REF_L, 1.0, 0.0), losses.dpo_loss(W, L, REF_W, REF_L, 1.0)
    )


def test_smoothed_and_robust_lie_on_either_side_of_dpo_by_a_linear_term():
    beta, e = 0.5, 0.1
    plain = losses.dpo_loss(W, L, REF_W, REF_L, beta, reduction="none")
    smooth = losses.dpo_loss(W, L, REF_W, REF_L, beta, e, reduction="none")
    robust = losses.robust_dpo_loss(W, L, REF_W, REF_L, beta, e, reduction="none")
    assert_close(smooth, plain + e * beta * H)
    assert_close(robust, plain - e / (1 - 2 * e) * beta * H)


def test_dpo_is_bradley_and_terrys_loss_of_the_implicit_rewards():
    rewards = 0.5 * (W - REF_W), 0.5 * (L - REF_L)
    expected = losses.pairwise_logistic_loss(*rewards, torch.ones(30))
    assert_close(losses.dpo_loss(W, L, REF_W, REF_L, beta=0.5), expected)


def test_dpo_is_the_likelihood_of_who_is_preferred():
    model = likelihoods.which_is_preferred(W, L, REF_W, REF_L, beta=0.5)
    expected = -model.distribution.log_prob(torch.ones(30)) - model.constant
    assert_close(losses.dpo_loss(W, L, REF_W, REF_L, 0.5, reduction="none"), expected)


def test_ipo_draws_the_log_ratio_to_the_share_of_wins_over_beta():
    beta, p = 0.25, torch.tensor(0.8, dtype=torch.float64)
    h = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    none = torch.zeros(1, dtype=torch.float64)
    one, other = (
        (lambda: losses.ipo_loss(h, none, none, none, beta)),
        (lambda: losses.ipo_loss(none, h, none, none, beta)),
    )
    training.minimise(lambda: p * one() + (1 - p) * other(), h)
    assert h.item() == pytest.approx((0.8 - 0.5) / beta, abs=1e-6)


def test_simpo_without_a_margin_is_bradley_and_terrys_loss():
    ours = losses.simpo_loss(W, L, beta=2.0, gamma=0.0)
    assert_close(ours, losses.pairwise_logistic_loss(2 * W, 2 * L, torch.ones(30)))


def test_orpo_without_its_penalty_is_the_likelihood_of_the_chosen():
    assert_close(losses.orpo_loss(W, L, beta=0.0), -W.mean())


def test_orpo_near_certainty_keeps_the_odds():
    nearly = torch.tensor([-1e-12], dtype=torch.float64)
    found = losses.orpo_loss(nearly, torch.tensor([-math.log(2)], dtype=torch.float64), beta=1.0)
    assert found.item() == pytest.approx(2e-12, rel=1e-6)  # 1e-12, and odds of 1 against 1e12


def test_kto_does_not_go_below_a_divergence_of_0_and_sends_it_no_gradient():
    kl = torch.tensor(-0.5, requires_grad=True)
    good = torch.arange(30) % 2
    assert_close(losses.kto_loss(W, L, good, kl), losses.kto_loss(W, L, good.bool(), 0.0))
    assert not losses.kto_loss(W.detach(), L, good, kl).requires_grad


def test_kto_lets_go_of_what_is_far_on_either_side():
    far = torch.tensor([-200.0, 0.0, 200.0], requires_grad=True)
    losses.kto_loss(far, torch.zeros(3), torch.ones(3), 0.0, beta=1.0, reduction="sum").backward()
    assert far.grad.tolist() == [0.0, -0.25, 0.0]


def test_only_differences_count():
    for name in ("dpo_loss", "robust_dpo_loss", "ipo_loss"):
        loss = getattr(losses, name)
        assert_close(loss(W - 5, L - 5, REF_W, REF_L), loss(W, L, REF_W, REF_L))


Z, ONES, WHOLE = torch.zeros(2), torch.ones(2), torch.zeros(2).long()
F = losses
MISTAKES = [
    (lambda: F.dpo_loss(Z[None], Z, Z, Z), ValueError, r"chosen_logps must have shape \(N\), found \(1, 2\)"),
    (lambda: F.dpo_loss(Z, Z, torch.zeros(3), Z), ValueError, r"ref_chosen_logps must have .* found \(3,\)"),
    (lambda: F.dpo_loss(Z, WHOLE, Z, Z), NotImplementedError, "rejected_logps must be a floating"),
    (lambda: F.dpo_loss(Z, Z, Z, Z, beta=0), ValueError, "beta must be positive, found 0"),
    (lambda: F.dpo_loss(Z, Z, Z, Z, label_smoothing=1.1), ValueError, "label_smoothing .* found 1.1"),
    (lambda: F.dpo_loss(Z, Z, Z, Z, reduction="median"), ValueError, "reduction must be one of"),
    (lambda: F.robust_dpo_loss(Z, Z, Z, Z, label_smoothing=0.5), ValueError, "below 0.5, found 0.5"),
    (lambda: F.robust_dpo_loss(Z, Z, Z, Z, label_smoothing=-0.1), ValueError, "from 0 .* found -0.1"),
    (lambda: F.robust_dpo_loss(Z, Z, Z, Z, beta=-1.0), ValueError, "beta must be positive, found -1.0"),
    (lambda: F.ipo_loss(Z, Z, Z, Z, beta=math.nan), ValueError, "beta must be positive, found nan"),
    (lambda: F.simpo_loss(Z, torch.zeros(3)), ValueError, r"rejected_logps must have .* found \(3,\)"),
    (lambda: F.simpo_loss(Z, Z, beta=0.0), ValueError, "beta must be positive, found 0.0"),
    (lambda: F.orpo_loss(Z, Z - 1), ValueError, "chosen_logps must be below 0, found 0"),
    (lambda: F.orpo_loss(Z - 1, ONES), ValueError, "rejected_logps must be below 0, found 1"),
    (lambda: F.kto_loss(Z, Z, torch.ones(3), 0.0), ValueError, r"target must have .* found \(3,\)"),
    (lambda: F.kto_loss(Z, Z, -ONES, 0.0), ValueError, "target must be 0 or 1, found -1"),
    (lambda: F.kto_loss(Z, Z, ONES, ONES), ValueError, r"kl must be a number .* found \(2,\)"),
    (lambda: F.kto_loss(Z, Z, ONES, 0.0, beta=0.0), ValueError, "beta must be positive, found 0.0"),
    (lambda: F.kto_loss(WHOLE, Z, ONES, 0.0), NotImplementedError, "logps must be a floating"),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("name", NAMES)
def test_compiled_it_is_the_same(name):
    arguments, loss = SPECS[name].arguments(), getattr(losses, name)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    assert_close(compiled(*arguments), loss(*arguments))


def test_half_precision_subtracts_in_single():
    logps = torch.tensor([-400.0, -401.0, -400.25, -401.25], dtype=torch.float16).unsqueeze(1)
    found = losses.dpo_loss(*logps, beta=1.0)
    assert found.dtype == torch.float16
    assert_close(found, losses.dpo_loss(*logps.double(), beta=1.0).half())


def test_modules_take_options_in_the_constructor():
    given, good = (W, L, REF_W, REF_L), torch.arange(30) % 2
    assert_close(modules.DPOLoss(beta=0.5)(*given), losses.dpo_loss(*given, 0.5))
    assert_close(modules.RobustDPOLoss(label_smoothing=0.3)(*given), losses.robust_dpo_loss(*given, 0.1, 0.3))
    assert_close(modules.IPOLoss(0.5)(*given), losses.ipo_loss(*given, 0.5))
    assert_close(modules.SimPOLoss(gamma=1.0)(W, L), losses.simpo_loss(W, L, gamma=1.0))
    assert_close(modules.ORPOLoss(beta=1.0)(W, L), losses.orpo_loss(W, L, beta=1.0))
    assert_close(modules.KTOLoss(beta=1.0)(W, L, good, 0.2), losses.kto_loss(W, L, good, 0.2, 1.0))
