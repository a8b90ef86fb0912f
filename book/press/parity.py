"""The two languages of a source hold the same things, each label once, in the glossary's words."""

from collections import Counter
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from book.press.glossary import breaches, rules
from book.press.markdown import Content, content, exercises, parser
from book.press.openings import opening_problems
from book.press.problems import Problem
from book.press.source import Cell, Source

# What twins share, by the field of Content, in the words of the message.
SHARED = {
    "formulas": "display formula",
    "labels": "label",
    "figures": "figure",
    "exercises": "exercise",
    "citations": "citation",
}


def parity_problems(root: Path, sources: list[Source]) -> list[Problem]:
    """Where the languages of ``sources`` differ, a label stands twice, or a term is not the glossary's."""
    markdown, terms = parser(root), rules(root)
    problems: list[Problem] = []
    first: dict[str, str] = {}
    for source in sources:
        pairs = [
            (ja, en, content(ja.text, markdown), content(en.text, markdown)) for ja, en in source.pairs()
        ]
        for ja, en, ja_content, en_content in pairs:
            problems += _pair(source.where, ja, en, ja_content, en_content)
            for cell, found in ((ja, ja_content), (en, en_content)):
                problems += _terms(source.where, cell, found, terms[str(cell.language)])
            problems += _labels(source.where, ja, ja_content, first)
        problems += _exercises(source, markdown)
        problems += opening_problems(source, markdown)
        problems += _title(source, [found.headings for _, _, found, _ in pairs])
    return problems


def _pair(where: str, ja: Cell, en: Cell, ja_content: Content, en_content: Content) -> list[Problem]:
    problems = []
    for name, words in SHARED.items():
        ja_counts, en_counts = getattr(ja_content, name), getattr(en_content, name)
        problems += _one_sided(f"{where}:{ja.line}", words, ja_counts - en_counts, "Japanese", en)
        problems += _one_sided(f"{where}:{en.line}", words, en_counts - ja_counts, "English", ja)
    if ja_content.headings != en_content.headings:
        text = (
            f"heading levels {ja_content.headings} in Japanese, {en_content.headings} in English; align them"
        )
        problems.append(Problem(f"{where}:{ja.line}", text))
    return problems


def _one_sided(where: str, words: str, extra: "Counter[str]", language: str, twin: Cell) -> list[Problem]:
    return [
        Problem(where, f"{words} only in {language}: {item!r}; add it to the twin at line {twin.line}")
        for item in extra
    ]


def _terms(where: str, cell: Cell, found: Content, terms: list[Any]) -> list[Problem]:
    return [Problem(f"{where}:{cell.line + line}", text) for line, text in breaches(found.prose, terms)]


def _labels(where: str, cell: Cell, found: Content, first: dict[str, str]) -> list[Problem]:
    """Labels used before: ``first`` remembers where each of the book's labels was set."""
    here, problems = f"{where}:{cell.line}", []
    for label, count in found.labels.items():
        key = label.lower()
        if key in first or count > 1:
            text = f"duplicate label {label!r}, set at {first.get(key, here)}; rename one, in both languages"
            problems.append(Problem(here, text))
        first.setdefault(key, here)
    return problems


def _exercises(source: Source, markdown: MarkdownIt) -> list[Problem]:
    """An exercise without a label or a title cannot be listed on the exercises page."""
    return [
        Problem(f"{source.where}:{cell.line}", f"exercise {label or title!r} has no {lacks}; add it")
        for cell in source.cells
        if cell.kind == "markdown"
        for label, title in exercises(cell.text, markdown)
        if (lacks := "label" if not label else "" if title else "title")
    ]


def _title(source: Source, headings: list[list[int]]) -> list[Problem]:
    tops = sum(levels.count(1) for levels in headings)
    if tops == 1 and headings and headings[0][:1] == [1]:
        return []
    text = f"has {tops} headings of level 1; a chapter begins with its title, the only one"
    return [Problem(source.where, text)]
