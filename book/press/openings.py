"""What a chapter opens and closes with is whole, and the same in both languages."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt

from book.press.markdown import directives
from book.press.problems import Problem
from book.press.source import Cell, Source

LEARNT = 3  # lines of what a chapter teaches
ONWARD = 2  # links to other chapters, at least
REFERENCE = re.compile(r"\{(?:num)?ref\}`(?:[^`<]*<)?([\w-]+)>?`")


def opening_problems(source: Source, markdown: MarkdownIt) -> list[Problem]:
    """Where an opening does not say three things, or the twins send their readers to different places."""
    problems: list[Problem] = []
    for ja, en in source.pairs():
        sides = [[(cell, *box) for box in boxes(cell, markdown)] for cell in (ja, en)]
        for cell, name, _, body in (box for side in sides for box in side):
            problems += _whole(source.where, cell, name, body)
        places = [[(name, needs, REFERENCE.findall(body)) for _, name, needs, body in side] for side in sides]
        if places[0] != places[1]:
            text = f"opening and onward lead to {places[0]} in Japanese, {places[1]} in English; align them"
            problems.append(Problem(f"{source.where}:{ja.line}", text))
    return problems


def boxes(cell: Cell, markdown: MarkdownIt) -> Iterator[tuple[str, list[str], str]]:
    """The openings and onwards of a cell: name, labels it needs, body."""
    for name, _, options, body in directives(cell.text, markdown):
        if name in {"opening", "onward"}:
            yield name, options.get("needs", "").split(), body


def _whole(where: str, cell: Cell, name: str, body: str) -> list[Problem]:
    lines = len(re.findall(r"^- ", body, re.MULTILINE))
    if name == "opening" and lines != LEARNT:
        text = (
            f"opening has {lines} lines of what the reader will learn; write {LEARNT}, each beginning with -"
        )
        return [Problem(f"{where}:{cell.line}", text)]
    links = len(set(REFERENCE.findall(body)))
    if name == "onward" and links < ONWARD:
        text = f"onward links to {links} places; name at least {ONWARD} with {{ref}}`label`"
        return [Problem(f"{where}:{cell.line}", text)]
    return []
