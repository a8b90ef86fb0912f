"""Features that mean nothing beside those that do."""

import pytest
import torch

from lossbook import data


def test_noise_is_appended_and_named():
    noisy = data.append_noise(data.digits(), 5)
    assert torch.equal(noisy.x[:, :64], data.digits().x.flatten(1))
    assert noisy.features[63:] == ("pixel 63", "noise 0", "noise 1", "noise 2", "noise 3", "noise 4")
    added = noisy.x[:, 64:]
    assert abs(added.mean()) < 0.05
    assert abs(added.std() - 1) < 0.05


def test_a_table_keeps_the_names_of_its_features():
    assert data.append_noise(data.engel(), 1).features == ("income (francs)", "noise 0")


def test_the_seed_decides_the_noise():
    first, again, other = (data.append_noise(data.engel(), 2, seed=seed).x for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_negative_count_is_named():
    with pytest.raises(ValueError, match="count must be 0 or more, found -1"):
        data.append_noise(data.engel(), -1)
