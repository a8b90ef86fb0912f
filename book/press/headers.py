"""The YAML and JSON with which a source and its cells begin, held to its form before anything reads it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from book.press.problems import Problem

CELL = re.compile(r"`{3,}\{code-cell\}")
OPTION = re.compile(r":([\w-]+):")
COPY = "copy the first lines of another chapter"


def header_problems(where: str, text: str) -> list[Problem]:
    """Every header of the source ``text`` that is not what it has to be, by its line."""
    lines = text.splitlines()
    problems = _front_matter(where, lines)
    for at, line in enumerate(lines):
        if CELL.match(line):
            problems += [Problem(f"{where}:{number}", text) for number, text in _options(lines, at + 1)]
        elif line.startswith("+++ "):
            problems += [Problem(f"{where}:{at + 1}", text) for text in _break(line[4:].strip())]
    return problems


def _front_matter(where: str, lines: list[str]) -> list[Problem]:
    if not lines or lines[0].rstrip() != "---" or "---" not in lines[1:]:
        return [Problem(f"{where}:1", f"has no front matter between two lines ---; {COPY}")]
    end = lines.index("---", 1)
    data, fault = _yaml("\n".join(lines[1:end]))
    if fault:
        line, text = fault
        return [Problem(f"{where}:{line + 2}", f"front matter is not valid YAML ({text}); correct it")]
    if not isinstance(data, dict):
        return [Problem(f"{where}:2", f"front matter is {_kind(data)}, expected key: value lines; {COPY}")]
    return [
        Problem(
            f"{where}:{_line_of(key, lines)}", f"{key} is {_kind(data[key])}, expected {expected}; {COPY}"
        )
        for key, expected in (
            ("kernelspec", "display_name, language and name below it"),
            ("lossbook", "kind: chapter or kind: page below it"),
            ("jupytext", "text_representation below it"),
        )
        if key in data and not _is_mapping(key, data[key])
    ]


def _is_mapping(key: str, value: Any) -> bool:
    needed = {"display_name", "name"} if key == "kernelspec" else set()
    return isinstance(value, dict) and needed <= set(value)


def _line_of(key: str, lines: list[str]) -> int:
    return next((at for at, line in enumerate(lines, 1) if line.startswith(f"{key}:")), 1)


def _options(lines: list[str], start: int) -> Iterator[tuple[int, str]]:
    """What is wrong with the options of the code cell whose header ends before line index ``start``."""
    first, end = start, start
    if start < len(lines) and lines[start].startswith("---"):
        first, end = start + 1, start + 1
        while end < len(lines) and not lines[end].startswith(("---", "```")):
            end += 1
        if end == len(lines) or lines[end].startswith("```"):
            yield start + 1, "options of the cell begin with --- and do not end with one; add it"
            return
    else:
        while end < len(lines) and OPTION.match(lines[end]):
            end += 1
    data, fault = _yaml("\n".join(line.removeprefix(":") for line in lines[first:end]))
    if fault:
        yield first + fault[0] + 1, f"options of the cell are not valid YAML ({fault[1]}); correct them"
    elif data is not None and not isinstance(data, dict):
        yield first + 1, f"options of the cell are {_kind(data)}, expected key: value lines"
    elif data and "tags" in data and not _is_tags(data["tags"]):
        at = next(at for at in range(first, end) if lines[at].removeprefix(":").startswith("tags"))
        yield at + 1, f"tags are {_kind(data['tags'])}, expected a list; write [{data['tags']}]"


def _break(text: str) -> Iterator[str]:
    try:
        data = json.loads(text)
    except ValueError as error:
        yield f'+++ is not followed by JSON ({error}); write for example {{"lang": "ja"}}'
        return
    if not isinstance(data, dict):
        yield f'+++ is followed by {_kind(data)}; write for example {{"lang": "ja"}}'
    elif "tags" in data and not _is_tags(data["tags"]):
        yield f"tags are {_kind(data['tags'])}, expected a list of words"


def _is_tags(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(tag, str) for tag in value)


def _yaml(text: str) -> tuple[Any, tuple[int, str] | None]:
    """The data, or the line (from 0) and the words of what is wrong."""
    try:
        return yaml.safe_load(text), None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return None, (mark.line if mark else 0, str(getattr(error, "problem", None) or error))


def _kind(value: Any) -> str:
    """What a value is, in words and as written."""
    names = {list: "a list", str: "a word", dict: "a mapping", type(None): "empty"}
    return names.get(type(value), f"of type {type(value).__name__}") + (
        "" if value is None else f" ({value!r})"
    )
