"""Strips of digits, and the network that reads them frame by frame."""

import pytest
import torch

from lossbook import data, models


def test_a_strip_holds_the_digits_of_its_label():
    digits = data.digits()[torch.arange(100)]
    strips = data.strips(digits, count=30, least=1, most=1, width=20, seed=3)
    for image, label in zip(strips.x[:, 0], strips.y[:, 0], strict=True):
        windows = image.unfold(-1, 8, 1).movedim(1, 0)
        pool = digits.x[digits.y == label, 0]
        assert any(torch.equal(window, digit) for window in windows for digit in pool)


def test_digits_keep_their_order_and_do_not_overlap():
    shades = torch.arange(1.0, 11.0).view(-1, 1, 1, 1).expand(10, 1, 8, 8)
    ramp = data.Dataset(shades, torch.arange(10), ("pixel",), "digit", "")
    strips = data.strips(ramp, count=50, least=2, most=4, width=33)
    for image, label in zip(strips.x[:, 0, 0], strips.y, strict=True):
        written = image[image > 0].long() - 1
        assert torch.equal(written, label[label >= 0].repeat_interleave(8))
    assert (strips.y >= 0).sum(1).unique().tolist() == [2, 3, 4]


def test_strips_depend_on_the_seed_alone():
    draw = [data.strips(data.digits(), count=4, seed=seed).x for seed in (0, 0, 1)]
    assert torch.equal(draw[0], draw[1])
    assert not torch.equal(draw[0], draw[2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"least": 0}, "least must be between 1 and most, found least=0 and most=4"),
        ({"least": 5}, "least must be between 1 and most, found least=5 and most=4"),
        ({"width": 31}, "width must be at least 32 for 4 digits, found 31"),
    ],
)
def test_digits_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        data.strips(data.digits(), count=1, **options)


def test_a_frame_is_a_distribution_over_symbols_seen_through_nineteen_columns():
    torch.manual_seed(0)
    reader = models.strip_reader(5, width=8)
    image = torch.zeros(1, 1, 8, 40)
    before = reader(image)
    assert torch.allclose(before.exp().sum(-1), torch.ones(20, 1))
    image[..., 20] = 9.0  # frame t is centred on column 2t
    changed = (reader(image) != before).any(-1)[:, 0].nonzero()[:, 0]
    assert changed.min() >= (20 - 9) / 2
    assert changed.max() <= (20 + 9) / 2
    assert len(changed) > 5
