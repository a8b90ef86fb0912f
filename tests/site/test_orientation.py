"""A chapter says what it needs and where it leads; a term leads to the glossary, and the glossary back."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from docutils import nodes

from book.extension import figures, orientation, terms
from book.press.layout import LANGUAGES, listed_files, notebook_path, read_yaml, source_path
from book.press.markdown import parser
from book.press.openings import REFERENCE, boxes
from book.press.source import Source, read

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = [Path(file).name for file in listed_files(ROOT) if file.startswith("chapters/")]


@pytest.fixture(scope="module")
def sources() -> dict[str, Source]:
    return {name: read(ROOT, source_path(ROOT, name)) for name in CHAPTERS}


def referred(source: Source) -> set[str]:
    """The chapters that the boxes and the prose of a chapter refer to."""
    markdown = parser(ROOT)
    needed = {label for cell in source.cells for _, needs, _ in boxes(cell, markdown) for label in needs}
    linked = {label for cell in source.cells for label in REFERENCE.findall(cell.text)}
    return {label.partition("-")[0] for label in needed | linked}


def test_no_chapter_without_links_in_and_out(sources: dict[str, Source]) -> None:
    out = {name: (referred(source) & set(CHAPTERS)) - {name} for name, source in sources.items()}
    assert [name for name in CHAPTERS if not out[name]] == []
    assert [name for name in CHAPTERS if not any(name in places for places in out.values())] == []


def test_every_address_of_a_figure_is_drawn_with_a_caption_in_both_languages() -> None:
    for name in CHAPTERS:
        ja, en = (pictures(name, lang) for lang in LANGUAGES)
        assert [words.get("name") for words in ja] == [words.get("name") for words in en]
        for words in ja + en:
            assert bool(words.get("caption")) == bool(words.get("name")), words


def pictures(chapter: str, lang: str) -> list[dict[str, str]]:
    """What the notebook's pictures say of themselves."""
    notebook: Any = nbformat.read(notebook_path(ROOT, chapter, lang), as_version=4)
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return [
        output["metadata"].get("image/png", {}) for output in outputs if "image/png" in output.get("data", {})
    ]


@pytest.mark.parametrize(
    ("term", "lang", "text", "found"),
    [
        ("loss", "en", "The losses, a glossary, and a loss.", "loss"),
        ("score", "en", "An underscore; two Scores.", "Scores"),
        ("損失", "ja", "損失関数ではなく損失です。", "損失"),
        ("バッチ", "ja", "ミニバッチとバッチ。", "バッチ"),
        ("NLL", "ja", "GaussianNLLのNLL。", "NLL"),
        ("はずれ", "ja", "大はずれ", "はずれ"),
    ],
)
def test_a_term_is_found_as_a_word(term: str, lang: str, text: str, found: str) -> None:
    match = terms.pattern_of(term, lang).search(text)
    assert match is not None
    assert match.group() == found
    assert match.start() == text.rindex(found)


def test_a_word_of_several_senses_is_linked_where_it_has_the_glossarys() -> None:
    labels = {
        page: {label for label, _ in terms.patterns("en", page)} for page in ("triplets", "noise", "policies")
    }
    assert "anchor" in labels["triplets"]  # of a triplet
    assert "anchor" not in labels["noise"]  # a picture whose digit is certain
    assert "loss" in labels["noise"]
    assert "baseline" in labels["noise"]  # a trivial prediction
    assert "baseline" not in labels["policies"]  # what is subtracted from a reward
    glossary = read_yaml(ROOT, "book/glossary.yml")
    named = {name for term in glossary for key in ("linked", "unlinked") for name in term.get(key, [])}
    assert named <= set(CHAPTERS)


def document(*children: nodes.Node) -> nodes.document:
    made = nodes.document(SimpleNamespace(), SimpleNamespace())  # type: ignore[arg-type]
    made.extend(children)
    return made


def test_running_text_is_not_a_title_a_link_or_a_box() -> None:
    prose = nodes.paragraph("", "", nodes.Text("prose "), nodes.reference("", "link"))
    box = nodes.container("", nodes.paragraph("", "boxed"), classes=["opening"])
    found = terms.running(document(nodes.title("", "title"), prose, box, nodes.literal_block("", "code")))
    assert [text.astext() for text in found] == ["prose "]


def test_an_entry_leads_to_where_a_term_is_set_in_bold_or_first_used() -> None:
    order = ["a", "b", "c"]
    assert terms.homes({"c": True, "a": False, "b": True}, order) == ["b", "c"]
    assert terms.homes({"c": False, "b": False}, order) == ["b"]
    assert terms.homes({}, order) == []
    bold = document(nodes.paragraph("", "", nodes.strong("", "anchor"), nodes.Text(" and positive")))
    assert terms.introduces(bold, terms.pattern_of("anchor", "en"))
    assert not terms.introduces(bold, terms.pattern_of("positive", "en"))


def test_the_figures_of_each_page_are_numbered_from_one() -> None:
    numbers = {"a": {"figure": {"x": (1,), "y": (2,)}}, "b": {"figure": {"z": (3,), "w": (4,)}}}
    figures.renumber(None, SimpleNamespace(toc_fignumbers=numbers))  # type: ignore[arg-type]
    assert numbers["b"]["figure"] == {"z": (1,), "w": (2,)}
    assert numbers["a"]["figure"] == {"x": (1,), "y": (2,)}


def test_a_section_is_named_with_its_chapter() -> None:
    assert orientation.place("outliers") == "{ref}`outliers`"
    assert orientation.place("gaussian-claim") == "{ref}`gaussian` ({ref}`gaussian-claim`)"


def test_minutes_grow_with_what_is_read(sources: dict[str, Source]) -> None:
    source = sources["foundations"]
    for lang, least in (("ja", 8), ("en", 8)):
        assert least <= orientation.minutes(source, lang) <= 30
    longer = Source(**{**vars(source), "cells": [*source.cells, *source.cells]})
    assert orientation.minutes(longer, "en") == pytest.approx(2 * orientation.minutes(source, "en"), abs=1)


def test_the_explorer_is_asked_only_for_losses_that_it_draws() -> None:
    assert {"mse_loss", "huber_loss"} <= orientation.explored()
    assert all(re.fullmatch(r"\w+", name) for name in orientation.explored())
