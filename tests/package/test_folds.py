"""Cross-validation: every row is tested once, by a model that has not seen it."""

import pytest
import torch

from lossbook import data

NUMBERED = data.Dataset(torch.arange(23.0).unsqueeze(1), torch.arange(23.0), ("row",), "row", "none")


def test_every_row_is_tested_exactly_once():
    tested = torch.cat([test.y for _, _, test in NUMBERED.folds(5)])
    assert tested.sort().values.tolist() == NUMBERED.y.tolist()


def test_the_parts_of_a_round_are_disjoint_and_complete():
    for parts in NUMBERED.folds(4):
        rows = torch.cat([part.y for part in parts])
        assert rows.sort().values.tolist() == NUMBERED.y.tolist()


def test_two_parts_leave_nothing_to_train_on():
    with pytest.raises(ValueError, match="count must be at least 3, found 2"):
        next(NUMBERED.folds(2))
