"""The explorables' words and numbers, and what a chapter that names one gets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from book.extension import explorable, explorable_data
from book.press.layout import read_yaml

ROOT = Path(__file__).resolve().parents[2]
WORDS = read_yaml(ROOT, explorable.WORDS)
PLACED = re.compile(r"^:{3,}\{explorable\} (\S+)$", re.MULTILINE)


def test_each_explorable_has_a_script_words_in_both_languages_and_a_place_in_both() -> None:
    assert {path.stem for path in explorable.SCRIPTS.glob("*.js")} == {"core", *WORDS}
    placed = [
        name for path in (ROOT / "chapters").glob("*.md") for name in PLACED.findall(path.read_text("utf-8"))
    ]
    assert sorted(placed) == sorted(2 * list(WORDS))
    for words in WORDS.values():
        assert list(words) == ["how", "ask", "see", "without"]
        assert all(text.strip() for told in words.values() for text in (told["ja"], told["en"]))
        assert words["ask"]["en"].count("?") >= 1
        assert words["ask"]["ja"].endswith("か。")


def test_an_unknown_name_is_refused_with_the_names_that_are_known() -> None:
    with pytest.raises(ValueError, match=r"one of outlier, .*, quantiles, found 'nothing'"):
        explorable.words_of("nothing")


@pytest.mark.parametrize("name", ["outlier", "quantiles"])
def test_the_stored_numbers_are_what_the_command_makes(name: str) -> None:
    text = (explorable.SCRIPTS / f"{name}.json").read_text("utf-8")
    assert text == explorable_data.written(explorable_data.STORED[name]())


def test_the_stored_scores_are_what_the_command_makes() -> None:
    found = json.loads((explorable.SCRIPTS / "threshold.json").read_text("utf-8"))["scores"]
    made = explorable_data.threshold()["scores"]
    assert [label for _, label in found] == [label for _, label in made]
    # Another processor may round a probability to the other side.
    assert [p for p, _ in found] == pytest.approx([p for p, _ in made], abs=0.0011)


def test_numbers_are_stored_for_those_that_have_a_recipe_and_for_no_other() -> None:
    assert {path.stem for path in explorable.SCRIPTS.glob("*.json")} == explorable_data.STORED.keys()
    assert explorable.stored("softmax") == ""
