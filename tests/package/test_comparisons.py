"""Comparisons by judges who may err: who is compared, and how often the higher one wins."""

from dataclasses import replace

import pytest
import torch

from lossbook import data

DIGITS = data.digits()
LABELS = replace(DIGITS, x=DIGITS.y[:, None])


def test_without_noise_the_higher_label_wins():
    drawn = data.comparisons(LABELS, 500, noise=0)
    first, second = drawn.x[:, :, 0].unbind(1)
    assert torch.equal(drawn.y, (first - second).sign())
    assert set(drawn.y.tolist()) == {1, -1}


@pytest.mark.parametrize("noise", [1.0, 2.0])
def test_the_share_of_wins_is_the_sigmoid_of_the_difference(noise):
    part = LABELS[(LABELS.y == 3) | (LABELS.y == 5)]
    drawn = data.comparisons(part, 40_000, noise=noise)
    higher = (drawn.x[:, 0, 0] > drawn.x[:, 1, 0]) == (drawn.y > 0)
    expected = torch.sigmoid(torch.tensor(2 / noise))
    assert abs(higher.double().mean() - expected) < 4 * (0.25 / 40_000) ** 0.5


def test_only_rows_of_one_group_are_compared():
    group = torch.where(LABELS.y < 6, 0, 1)
    drawn = data.comparisons(LABELS, 500, group=group)
    assert ((drawn.x[:, 0] < 6) == (drawn.x[:, 1] < 6)).all()


def test_the_seed_decides_the_draw():
    first, again, other = (data.comparisons(LABELS, 50, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.x, again.x)
    assert torch.equal(first.y, again.y)
    assert not torch.equal(first.x, other.x)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="noise must be 0 or more, found -1"):
        data.comparisons(LABELS, 5, noise=-1)
    with pytest.raises(ValueError, match="two different labels in one group"):
        data.comparisons(LABELS, 5, group=LABELS.y)
