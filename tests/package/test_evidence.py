"""What a page says it measured: shown as measured, refused where untrue, compared without its digits."""

import configparser
import re
from pathlib import Path

import pytest

from lossbook.checks import difference, expect, results
from lossbook.training import over_seeds

ROOT = Path(__file__).resolve().parents[2]


def sanitised(text):
    """The text as nbval compares it."""
    config = configparser.RawConfigParser()
    config.read(ROOT / "chapters" / "nbval.cfg", encoding="utf-8")
    for section in config.sections():
        text = re.sub(config.get(section, "regex"), config.get(section, "replace"), text)
    return text


def test_expect_prints_what_was_measured_beside_its_range(capsys):
    expect("test MAE, Huber", 43.512, (38, 49))
    assert capsys.readouterr().out == "test MAE, Huber   43.5   (checked: 38 to 49)\n"


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (0.98, {"between": (0.93, 0.97)}),
        (float("nan"), {"between": (0.93, 0.97)}),
        (float("nan"), {"above": 0.0}),
        (2.0, {"above": 2.0}),
        (2.0, {"below": 2.0}),
    ],
)
def test_expect_raises_outside_of_the_range(value, bounds):
    with pytest.raises(AssertionError, match="accuracy: expected"):
        expect("accuracy", value, **bounds)


@pytest.mark.parametrize("bounds", [{}, {"between": (2.0, 1.0)}])
def test_expect_wants_a_range(bounds):
    with pytest.raises(ValueError, match="between"):
        expect("accuracy", 1.0, **bounds)


def test_a_difference_counts_only_beyond_two_standard_errors(capsys):
    difference("gain", [5.0, 6.0, 7.0], [1.0, 1.0, 1.0], above=0)
    assert capsys.readouterr().out == "gain   5.00 ± 0.58   (3 seeds; checked: > 0 by 2 standard errors)\n"
    with pytest.raises(AssertionError, match="gain: expected > 0 by 2 standard errors"):
        difference("gain", [5.0, -6.0, 7.0], [1.0, 1.0, 1.0], above=0)
    with pytest.raises(AssertionError, match="expected < 0"):
        difference("gain", [5.0, 6.0, 7.0], [1.0, 1.0, 1.0], below=0)
    with pytest.raises(AssertionError, match="of size < 1"):
        difference("gain", [5.0, 6.0, 7.0], [5.0, 5.0, 5.0], within=1)


def test_a_difference_of_two_seeds_proves_nothing():
    with pytest.raises(ValueError, match="at least 3 seeds, found 2, 2"):
        difference("gain", [5.0, 6.0], [1.0, 1.0], above=0)


def test_a_difference_that_is_nan_fails():
    with pytest.raises(AssertionError, match="gain"):
        difference("gain", [float("nan")] * 3, [1.0] * 3, above=0)


SCORES = {"Huber": {"MAE": [4.0, 5.0, 6.0]}, "mean": {"MAE": [7.0]}}


def test_a_table_outside_of_its_range_is_refused():
    with pytest.raises(AssertionError, match="MAE of mean: expected 3 to 6, found 7"):
        results(SCORES, {"MAE": (3, 6)})
    with pytest.raises(ValueError, match="range for 'MAE'"):
        results(SCORES, {"RMSE": (3, 6)})


def test_a_table_speaks_the_language(speaking):
    table = results(SCORES, {"MAE": (3, 8)})
    assert "mean of 3 seeds ± standard error" in table._repr_html_()
    speaking("ja")
    assert "シード3個の平均 ± 標準誤差" in table._repr_html_()
    assert "5.00 ± 0.58" in table._repr_html_()


def test_only_the_measured_digits_are_left_out(capsys):
    expect("MAE of 3 models   in 2 parts", 43.512, (38, 49))
    difference("gain at 0.5", [5.0, 6.0, 7.0], [1.0, 1.0, 1.0], above=0)
    printed = capsys.readouterr().out
    other = printed.replace("43.5", "44.1").replace("5.00 ± 0.58", "4.97 ± 0.61")
    assert sanitised(printed) == sanitised(other)
    assert sanitised(printed) != sanitised(printed.replace("38 to", "39 to"))
    assert sanitised(printed) != sanitised(printed.replace("at 0.5", "at 0.6"))
    assert sanitised("a plain line with 1.5\n") == "a plain line with 1.5\n"


def test_a_table_is_compared_without_its_digits():
    table, other = (
        results({"Huber": {"MAE": v}, "one": {"MAE": v[:1]}}, {"MAE": (3, 8)})
        for v in ([4.0, 5.0], [4.5, 5.1])
    )
    for show in (repr, lambda table: table._repr_html_()):
        assert show(table) != show(other)
        assert sanitised(show(table)) == sanitised(show(other))


def test_seeds_are_gathered_by_contender_and_metric():
    assert over_seeds(lambda seed: {"a": {"m": seed}}, 3) == {"a": {"m": [0.0, 1.0, 2.0]}}
