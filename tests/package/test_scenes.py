"""Scenes of two digits with a label for each pixel, calibration, and their figure."""

import pytest
import torch

from lossbook import data, plots, training


def test_a_pixel_is_labelled_by_its_ink_and_its_digit():
    scene = data.digit_scenes(data.digits(), (3, 8), count=20, ignore=-1, seed=2)
    dark, faint = scene.x[:, 0] > 0.5, (scene.x[:, 0] > 0.25) & (scene.x[:, 0] <= 0.5)
    assert torch.equal(scene.y > 0, dark)
    assert torch.equal(scene.y == -1, faint)
    for image in scene.y:
        ones, twos = (image == 1).any(0), (image == 2).any(0)
        assert ones.any()
        assert twos.any()
        assert not (ones & twos).any()


def test_scenes_depend_on_the_seed_alone():
    draw = [data.digit_scenes(data.digits(), (0, 1), count=4, seed=seed).x for seed in (0, 0, 1)]
    assert torch.equal(draw[0], draw[1])
    assert not torch.equal(draw[0], draw[2])


@pytest.mark.parametrize("classes", [(1,), (0, 1, 2), (0, 11)])
def test_scenes_need_two_digits(classes):
    with pytest.raises(ValueError, match="classes must be two digits that have images, found"):
        data.digit_scenes(data.digits(), classes, count=1)


def test_calibration_counts_each_prediction_once_in_the_part_of_its_confidence():
    p = torch.tensor([[0.55, 0.45], [0.05, 0.95], [0.0, 1.0], [0.52, 0.48]])
    table = training.calibration(p, torch.tensor([0, 1, 0, 1]))
    expected = torch.tensor([[0.5, 0.535, 0.5], [0.5, 0.975, 0.5]])
    assert torch.allclose(table, expected)
    error = training.calibration_error(p, torch.tensor([0, 1, 0, 1]))
    assert error == pytest.approx(0.5 * 0.035 + 0.5 * 0.475)


def test_labels_drawn_from_the_predictions_are_calibrated():
    generator = torch.Generator().manual_seed(0)
    p = torch.randn(20_000, 4, generator=generator).mul(2).softmax(1)
    y = torch.multinomial(p, 1, generator=generator).squeeze(1)
    assert training.calibration_error(p, y) < 0.01
    assert training.calibration_error(p.sqrt() / p.sqrt().sum(1, keepdim=True), y) > 0.1


def test_the_reliability_figure_has_a_dot_for_each_part():
    table = torch.tensor([[0.5, 0.6, 0.5], [0.5, 0.9, 0.9]])
    fig, panels = plots.reliability({"a": table, "b": table[:1]})
    assert [len(axes.collections[0].get_offsets()) for axes in panels] == [2, 1]
    assert [axes.get_title() for axes in panels] == ["a", "b"]
    plots.plt.close(fig)
