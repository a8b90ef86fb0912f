"""Digits with rare classes and with wrong labels."""

import pytest
import torch

from lossbook import data


def test_long_tail_keeps_the_first_rows_of_each_class():
    digits = data.digits()
    tail = data.long_tail(digits, most=40, least=5)
    counts = tail.y.bincount().tolist()
    assert counts[0] == 40
    assert counts[-1] == 5
    assert counts == sorted(counts, reverse=True)
    assert torch.equal(tail.x[:40], digits.x[digits.y == 0][:40])


def test_long_tail_with_one_number_is_balanced():
    assert data.long_tail(data.iris(), most=20, least=20).y.bincount().tolist() == [20, 20, 20]


def test_long_tail_refuses_what_cannot_be_kept():
    with pytest.raises(ValueError, match="class 0 has 50 rows, fewer than the 60"):
        data.long_tail(data.iris(), most=60, least=5)
    for most, least in ((5, 6), (5, 0)):
        with pytest.raises(ValueError, match=f"found least={least} and most={most}"):
            data.long_tail(data.iris(), most=most, least=least)


def test_mislabel_changes_exactly_the_marked_labels_to_any_other_class():
    digits = data.digits()
    noisy, wrong = data.mislabel(digits, rate=0.3)
    assert int(wrong.sum()) == round(0.3 * len(digits))
    assert torch.equal(noisy.y != digits.y, wrong)
    shifts = ((noisy.y - digits.y)[wrong] % 10).bincount(minlength=10)
    assert shifts[0] == 0
    assert (shifts[1:] > 30).all()


def test_mislabel_is_reproducible_and_refuses_a_bad_rate():
    digits = data.digits()
    assert torch.equal(data.mislabel(digits, 0.5, seed=3)[0].y, data.mislabel(digits, 0.5, seed=3)[0].y)
    with pytest.raises(ValueError, match=r"rate must be between 0 and 1 and classes at least 2, found 1\.5"):
        data.mislabel(digits, 1.5)
