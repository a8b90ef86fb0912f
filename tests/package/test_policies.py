"""Surrogates of policies: their gradient beside the exact one, by enumeration, and what they refuse."""

import itertools
import math

import pytest
import torch
from torch.testing import assert_close

from lossbook import losses, modules
from lossbook.checks import SPECS

GENERATOR = torch.Generator().manual_seed(0)
Z = torch.tensor([0.3, -1.0, 0.5, 0.0], dtype=torch.float64)
REWARD = torch.tensor([1.0, 0.0, -0.5, 2.0], dtype=torch.float64)


def slope(value, z=Z):
    z = z.clone().requires_grad_()
    return torch.autograd.grad(value(z.log_softmax(0)), z)[0]


EXACT = slope(lambda log_p: -(log_p.exp() @ REWARD))
P = Z.softmax(0)


@pytest.mark.parametrize("baseline", [0.0, 1.3, -7.0])
def test_reinforce_has_the_exact_gradient_on_average_whatever_the_baseline(baseline):
    found = slope(lambda log_p: P @ losses.reinforce_loss(log_p, REWARD - baseline, reduction="none"))
    assert_close(found, EXACT)


def test_ppo_at_the_old_policy_has_the_gradient_of_reinforce():
    found = slope(lambda log_p: P @ losses.ppo_loss(log_p, Z.log_softmax(0), REWARD, reduction="none"))
    assert_close(found, EXACT)


def test_ppo_without_a_clip_is_exact_for_any_policy_that_drew():
    other = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
    found = slope(
        lambda log_p: other @ losses.ppo_loss(log_p, other.log(), REWARD, clip_range=1e9, reduction="none")
    )
    assert_close(found, EXACT)


def test_ppo_clips_one_side_for_good_actions_the_other_for_bad_ones():
    log_ratio = torch.tensor([0.5, 1.5, 0.5, 1.5]).log().requires_grad_()
    loss = losses.ppo_loss(log_ratio, torch.zeros(4), torch.tensor([1.0, 1.0, -1.0, -1.0]), reduction="none")
    assert_close(loss.detach(), torch.tensor([-0.5, -1.2, 0.8, 1.5]))
    assert_close(torch.autograd.grad(loss.sum(), log_ratio)[0], torch.tensor([-0.5, 0.0, 0.0, 1.5]))


def test_a_clipped_ratio_that_overflows_has_gradient_0():
    log_p = torch.tensor([1e4], requires_grad=True)
    loss = losses.ppo_loss(log_p, torch.zeros(1), torch.ones(1))
    loss.backward()
    assert (loss.item(), log_p.grad.item()) == (pytest.approx(-1.2), 0.0)


def test_at_the_end_of_the_clip_the_gradient_is_still_that_of_the_ratio():
    log_p = torch.zeros(2, requires_grad=True)
    losses.ppo_loss(
        log_p, torch.zeros(2), torch.tensor([1.0, -1.0]), clip_range=0.0, reduction="sum"
    ).backward()
    assert log_p.grad.tolist() == [-1.0, 1.0]


def test_nothing_flows_into_what_is_given():
    given = [torch.zeros(2, requires_grad=True) for _ in range(2)]
    assert not losses.reinforce_loss(torch.zeros(2), given[0]).requires_grad
    assert not losses.ppo_loss(torch.zeros(2), *given).requires_grad
    tokens = [torch.zeros(1, 2, 3, requires_grad=True) for _ in range(2)]
    assert not losses.grpo_loss(
        torch.zeros(1, 2, 3), *tokens, torch.ones(1, 2, requires_grad=True)
    ).requires_grad


def grpo(log_p, rewards, **options):
    """Answers of one token."""
    tokens = log_p.reshape(1, -1, 1)
    return losses.grpo_loss(tokens, tokens.detach(), tokens.detach(), rewards[None], **options)


def test_the_mean_of_grpo_over_all_groups_points_uphill():
    # Every group of three, by its probability: the mean gradient descends, but is not the exact one.
    mean = torch.zeros(4, dtype=torch.float64)
    for group in itertools.product(range(4), repeat=3):
        chosen = torch.tensor(group)
        mean += P[chosen].prod() * slope(lambda log_p, i=chosen: grpo(log_p[i], REWARD[i]))
    cosine = torch.nn.functional.cosine_similarity(mean, EXACT, dim=0)
    assert 0.9 < cosine < 0.9999


def test_grpos_divergence_is_an_estimate_of_kl():
    ref = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64).log()
    log_p = Z.log_softmax(0)
    shape, nothing = (1, 4, 1), torch.zeros(1, 4, dtype=torch.float64)
    each = losses.grpo_loss(
        *(x.reshape(shape) for x in (log_p, log_p, ref)), nothing, beta=1.0, reduction="none"
    )
    assert (each >= 0).all()
    assert_close(P @ each[0], (P * (log_p - ref)).sum())


def test_grpo_at_equal_rewards_has_only_the_divergence():
    log_p = torch.full((1, 3), -1.0, requires_grad=True)
    grpo(log_p, torch.ones(3)).backward()
    assert log_p.grad.tolist() == [[0.0, 0.0, 0.0]]


def test_rewards_are_measured_in_deviations_of_their_group():
    log_p = torch.randn(1, 5, 1, dtype=torch.float64, generator=GENERATOR)
    rewards = torch.randn(1, 5, dtype=torch.float64, generator=GENERATOR)
    ours = losses.grpo_loss(log_p, log_p, log_p, rewards, eps=1e-12, reduction="none")
    assert_close(ours, losses.grpo_loss(log_p, log_p, log_p, 100 * rewards - 7, eps=1e-12, reduction="none"))
    assert ours.std().item() == pytest.approx(1)


def test_padding_may_hold_anything_and_gets_no_gradient():
    *given, rewards, present = SPECS["grpo_loss"].arguments()
    other = [torch.where(present, x, 1e30) for x in given]
    other[0].requires_grad_()
    loss = losses.grpo_loss(*other, rewards, present)
    assert_close(loss, losses.grpo_loss(*given, rewards, present))
    (found,) = torch.autograd.grad(loss, other[0])
    assert torch.isfinite(found).all()
    assert (found[~present] == 0).all()


def test_an_answer_without_a_token_costs_nothing_and_counts():
    *given, rewards, present = SPECS["grpo_loss"].arguments()
    each = losses.grpo_loss(*given, rewards, present, reduction="none")
    assert each[1, 1] == 0
    assert_close(losses.grpo_loss(*given, rewards, present), each.sum() / 8)


def test_a_mean_over_the_answer_makes_tokens_of_long_answers_count_less():
    log_p = torch.zeros(1, 2, 4, requires_grad=True)
    present = torch.arange(4) < torch.tensor([[[1], [4]]])
    rest = log_p.detach(), log_p.detach()
    losses.grpo_loss(log_p, *rest, torch.tensor([[0.0, 1.0]]), present, eps=1e-9, reduction="sum").backward()
    a = math.sqrt(0.5)
    assert_close(log_p.grad, torch.tensor([[[a, 0, 0, 0], [-a / 4] * 4]]))


F, T, G, I = losses, torch.zeros(1, 2, 3), torch.zeros(1, 2), torch.zeros(2).long()  # noqa: E741
MISTAKES = [
    (lambda: F.reinforce_loss(I, G[0]), NotImplementedError, "log_probs must be a floating"),
    (lambda: F.reinforce_loss(G[0], I), NotImplementedError, "advantages must be a floating"),
    (lambda: F.reinforce_loss(T, torch.zeros(4)), RuntimeError, r"advantages \(4,\)"),
    (lambda: F.reinforce_loss(T, T, reduction="max"), ValueError, "reduction must be one of"),
    (lambda: F.ppo_loss(T, T, T, clip_range=-0.1), ValueError, "clip_range must not be negative, found -0.1"),
    (lambda: F.ppo_loss(T, torch.zeros(4), T), RuntimeError, r"old_log_probs \(4,\)"),
    (lambda: F.ppo_loss(T, I, T), NotImplementedError, "old_log_probs must be a floating"),
    (lambda: F.grpo_loss(T, T, T, T), ValueError, r"rewards must have shape \(1, 2\), found \(1, 2, 3\)"),
    (lambda: F.grpo_loss(T, T[:, :1], T, G), ValueError, r"old_log_probs must have .* found \(1, 1, 3\)"),
    (lambda: F.grpo_loss(T[:, :1], T, T, G), ValueError, r"G >= 2, found \(1, 1, 3\)"),
    (lambda: F.grpo_loss(T[0], T, T, G), ValueError, r"log_probs must have shape .* found \(2, 3\)"),
    (lambda: F.grpo_loss(T, T, T, G, mask=T), ValueError, "mask must be boolean, found dtype torch.float32"),
    (lambda: F.grpo_loss(T, T, T, G, mask=T[0] > 0), ValueError, r"mask must have .* found \(2, 3\)"),
    (lambda: F.grpo_loss(T, T, T, G, clip_range=-1.0), ValueError, "clip_range .* found -1.0"),
    (lambda: F.grpo_loss(T, T, T, G, eps=0.0), ValueError, "eps must be positive, found 0.0"),
    (lambda: F.grpo_loss(T, T, T, G.long()), NotImplementedError, "rewards must be a floating"),
]


@pytest.mark.parametrize(("call", "error", "message"), MISTAKES)
def test_a_mistake_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_strict_mode_refuses_a_column_beside_a_row():
    with losses.strict(), pytest.raises(ValueError, match="all shapes must be equal"):
        losses.reinforce_loss(torch.zeros(3, 1), torch.zeros(3))


@pytest.mark.parametrize("name", ["reinforce_loss", "ppo_loss", "grpo_loss"])
def test_compiled_it_is_the_same(name):
    arguments, loss = SPECS[name].arguments(), getattr(losses, name)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    assert_close(compiled(*arguments), loss(*arguments))


def test_modules_take_options_in_the_constructor():
    *given, rewards, _ = SPECS["grpo_loss"].arguments()
    moved, actions = SPECS["ppo_loss"].arguments(), SPECS["reinforce_loss"].arguments()
    assert_close(modules.GRPOLoss(beta=0.5)(*given, rewards), losses.grpo_loss(*given, rewards, beta=0.5))
    assert_close(modules.PPOLoss(clip_range=0.5)(*moved), losses.ppo_loss(*moved, clip_range=0.5))
    assert_close(modules.ReinforceLoss(reduction="sum")(*actions), losses.reinforce_loss(*actions, "sum"))
