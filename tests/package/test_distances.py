"""Pairs, triplets and the vote of neighbours: what is drawn, and what is refused."""

from dataclasses import replace

import pytest
import torch

from lossbook import data, distances, losses, models

CLASSES = torch.tensor([0, 0, 0, 1, 1, 2])  # the last one is alone in its class
GENERATOR = torch.Generator().manual_seed(0)


def embeddings():
    return torch.randn(6, 2, generator=torch.Generator().manual_seed(0))


def test_pairs_keep_what_their_target_says():
    digits = data.digits()[:200]
    named = replace(digits, x=torch.stack([digits.y, torch.arange(200)], 1).float())
    drawn = data.pairs(named, 500, alike=0.3)
    classes, rows = drawn.x.unbind(-1)
    assert torch.equal(drawn.y == 1, classes[:, 0] == classes[:, 1])
    assert (rows[:, 0] != rows[:, 1]).all()
    assert 0.2 < (drawn.y == 1).float().mean() < 0.4


def test_pairs_need_two_classes_of_two():
    digits = data.digits()
    with pytest.raises(ValueError, match=r"parts needs two classes or more.*found \[178\]"):
        data.pairs(digits[digits.y == 0], 3)


def test_a_siamese_network_treats_its_members_alike():
    network = models.mlp(64, 3)
    x = torch.rand(4, 2, 1, 8, 8)
    torch.testing.assert_close(models.Siamese(network)(x)[:, 1], network(x[:, 1]))


@pytest.mark.parametrize("strategy", distances.STRATEGIES)
def test_triplets_are_valid(strategy):
    a, p, n = distances.mine(embeddings(), CLASSES, strategy, generator=GENERATOR)
    assert a.tolist() == [0, 1, 2, 3, 4]
    assert (CLASSES[a] == CLASSES[p]).all()
    assert (a != p).all()
    assert (CLASSES[a] != CLASSES[n]).all()


def test_hardest_is_the_farthest_positive_and_the_nearest_negative():
    u = torch.tensor([[0.0], [1.0], [5.0], [2.0], [9.0], [-8.0]])
    assert distances.mine(u, CLASSES, "hardest")[:, 0].tolist() == [0, 2, 3]


def test_semi_hard_is_farther_than_the_positive_by_less_than_the_margin():
    u = torch.tensor([[0.0], [2.0], [1.0], [2.5], [7.0]])
    y = torch.tensor([0, 0, 1, 1, 1])
    drawn = {int(distances.mine(u, y, "semi-hard", generator=GENERATOR)[2, 0]) for _ in range(20)}
    assert drawn == {3}
    alone = {int(distances.mine(u, y, "semi-hard", 0.1, GENERATOR)[2, 0]) for _ in range(60)}
    assert alone == {2, 3, 4}


@pytest.mark.parametrize(
    ("y", "strategy", "found"),
    [([0, 0, 1], "hard", "found 'hard'"), ([0, 1, 2], "random", "no triplet"), ([0, 0, 0], "random", "no")],
)
def test_what_cannot_be_mined_says_why(y, strategy, found):
    with pytest.raises(ValueError, match=found):
        distances.mine(torch.zeros(3, 1), torch.tensor(y), strategy)


def test_active_triplets_are_those_that_cost():
    u = torch.randn(50, 3, 2)
    cost = losses.triplet_margin_loss(*u.unbind(1), margin=0.5, reduction="none")
    assert distances.active(u, 0.5) == (cost > 0).double().mean()


def test_mined_batches_follow_the_network_and_keep_count():
    digits = data.digits()[:300]
    network = torch.nn.Flatten()
    batches = distances.MinedTriplets(network, digits, "hardest", size=100)
    first = list(batches)
    assert len(first) == 3
    assert all(x.shape[1:] == (3, 1, 8, 8) and len(x) == len(y) for x, y in first)
    assert len(batches.chosen) == len(batches.at_random) == 1
    assert batches.chosen[0] > batches.at_random[0] > 0


def test_knn_votes():
    known = torch.tensor([[0.0], [0.1], [5.0], [5.1], [5.2]])
    y = torch.tensor([1, 1, 0, 0, 0])
    assert distances.knn_accuracy(known, y, known, y, k=1) == 1
    assert distances.knn_accuracy(known, y, known, y, k=5) == 0.6
    with pytest.raises(ValueError, match="found 6"):
        distances.knn_accuracy(known, y, known, y, k=6)
