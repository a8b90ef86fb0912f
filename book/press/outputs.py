"""What the stored notebooks show: every cell ran, kept its promises, and says the same in both languages."""

import ast
import math
import re
from base64 import b64decode
from configparser import ConfigParser
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
from PIL import Image

from book.press.problems import Problem
from book.press.project import picture_words
from book.press.source import python

# A statement that calls one of these promises something to see.
SHOWING = {"print", "display", "expect", "show", "show_source", "table", "mark"}
NUMBER = re.compile(r"-?(?:\d[\d.]*(?:e[-+]?\d+)?|inf)")
NEAR = 0.05  # the relative difference of a measured number between two machines
VERDICTS = {"exercise": "open", "solution": "solved"}


def output_problems(root: Path, where: str, notebook: nbformat.NotebookNode) -> list[Problem]:
    """Every cell that did not run, broke its promise, or stored what another machine would not."""
    problems = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            problems += [Problem(f"{where}, cell {number}", text) for text in _cell_problems(root, cell)]
    return problems


def _cell_problems(root: Path, cell: nbformat.NotebookNode) -> list[str]:
    if cell.execution_count is None:
        return ["has never run, so nbval would compare nothing; run make notebooks"]
    tags, texts = cell.metadata.get("tags", []), []
    if promises(cell.source) and not cell.outputs:
        texts.append("promises an output and stores none; run make notebooks, or correct the cell")
    if "raises-exception" not in tags and any(o.output_type == "error" for o in cell.outputs):
        texts.append("stores an error; correct the cell, or tag it raises-exception if it is meant")
    if any(o.get("name") == "stderr" for o in cell.outputs) and "nbval-ignore-output" not in tags:
        texts.append(
            "wrote to stderr, which names files of this machine; catch the warning and print what matters"
        )
    if str(root.resolve()) in str(cell.outputs):
        texts.append(f"stores the path {root.resolve()} of this machine; print something else")
    return texts + _picture_problems(cell) + _verdict_problems(cell, tags)


def promises(text: str) -> bool:
    """Whether the code ``text`` calls, outside its own functions, something that shows a result."""
    return any(_shows(statement) for statement in python(text).body)


def _shows(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If | ast.Try):
        return False
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        return getattr(function, "attr", getattr(function, "id", "")) in SHOWING
    return any(_shows(child) for child in ast.iter_child_nodes(node))


def _picture_problems(cell: nbformat.NotebookNode) -> list[str]:
    alts = [words.get("alt") for words in picture_words(cell.outputs)]
    if not all(alts):
        return ["shows a picture without alt text; use lossbook.plots.show(fig, alt=...)"]
    if len(alts) > 1:
        return [f"shows {len(alts)} pictures, and a page takes one alt text a cell; give each its own cell"]
    return []


def _verdict_problems(cell: nbformat.NotebookNode, tags: list[str]) -> list[str]:
    shown = " ".join(text_outputs(cell))
    return [
        f"is tagged {tag} and must print {word!r}; it printed {shown!r}: correct the exercise"
        for tag, word in VERDICTS.items()
        if tag in tags and f": {word}" not in shown
    ]


def text_outputs(cell: Any) -> list[str]:
    """The texts a code cell shows, pictures and their stand-ins aside."""
    texts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            texts.append(output.text)
        elif output.output_type == "error":
            texts.append(f"{output.ename}: {output.evalue}")
        elif "image/png" not in output.data:
            texts.append(output.data.get("text/plain", ""))
    return texts


def difference_problems(where: str, ja: nbformat.NotebookNode, en: nbformat.NotebookNode) -> list[Problem]:
    """The code cells that show other text in one language than in the other."""
    cells = zip(ja.cells, en.cells, strict=False)
    return [
        Problem(
            f"{where}, cell {number}", f"shows {theirs!r} in Japanese, {ours!r} in English; print the same"
        )
        for number, (left, right) in enumerate(cells)
        if left.cell_type == right.cell_type == "code"
        and "nbval-ignore-output" not in left.metadata.get("tags", [])
        and (theirs := text_outputs(left)) != (ours := text_outputs(right))
    ]


def measured(root: Path) -> list[tuple[re.Pattern[str], str]]:
    """What nbval leaves out when it compares, and what it puts there: the rules of ``chapters/nbval.cfg``."""
    rules = ConfigParser(interpolation=None)
    rules.read(root / "chapters" / "nbval.cfg", encoding="utf-8")
    return [(re.compile(rules[name]["regex"]), rules[name]["replace"]) for name in rules.sections()]


def alike(one: Any, other: Any, rules: list[tuple[re.Pattern[str], str]]) -> bool:
    """Whether two cells show the same: texts but for measured digits, pictures in every pixel.

    A picture with another pixel is another picture, even if every text is the same: it may be all that shows
    a change of the package, and the same code on one machine draws the same pixels.
    """
    return _comparable(one.outputs, rules) == _comparable(other.outputs, rules)


def near(one: Any, other: Any, rules: list[tuple[re.Pattern[str], str]]) -> bool:
    """Whether the measured digits of two cells that are alike differ no more than those of two machines."""
    first, second = (_measurements(cell.outputs, rules) for cell in (one, other))
    close = (math.isclose(float(a), float(b), rel_tol=NEAR) for a, b in zip(first, second, strict=False))
    return len(first) == len(second) and all(close)


def _measurements(node: Any, rules: list[tuple[re.Pattern[str], str]]) -> list[str]:
    if isinstance(node, dict | list):
        values = node.values() if isinstance(node, dict) else node
        return [number for value in values for number in _measurements(value, rules)]
    if not isinstance(node, str):
        return []
    shown = (found[0].partition(" (1 run)")[0] for pattern, _ in rules for found in pattern.finditer(node))
    return [number for text in shown for number in NUMBER.findall(text)]


def _comparable(node: Any, rules: list[tuple[re.Pattern[str], str]], key: str = "") -> Any:
    if isinstance(node, dict):
        return {
            key: _comparable(value, rules, key) for key, value in node.items() if key != "execution_count"
        }
    if isinstance(node, list):
        return [_comparable(value, rules) for value in node]
    if not isinstance(node, str):
        return node
    if key == "image/png":
        return _pixels(node)
    for pattern, replacement in rules:
        node = pattern.sub(replacement, node)
    return node


def _pixels(encoded: str) -> object:
    try:
        with Image.open(BytesIO(b64decode(encoded))) as picture:
            return picture.size, picture.convert("RGBA").tobytes()
    except (OSError, ValueError):
        return encoded
