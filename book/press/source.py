"""Read a bilingual chapter source and hold it to its form."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from jupytext.myst import MystMetadataParsingError, myst_to_notebook

from book.press.headers import header_problems
from book.press.layout import LANGUAGES, source_path
from book.press.problems import PressError, Problem, stop, taken

BLOCKS = (
    "claim",
    "derivation",
    "gradient",
    "stable",
    "scratch",
    "proof",
    "training",
    "pitfalls",
    "exercises",
    "summary",
)
MARKDOWN_KEYS = {"lang", "block", "tags"}
LONGEST_CELL = 20
LONGEST_FOLDED_CELL = 60  # what draws a figure is folded, and long for its bilingual words
HIDDEN_TAGS = {"hide-input", "hide-cell", "remove-cell", "remove-input"}


@dataclass(frozen=True)
class Cell:
    """One cell of a source. ``line`` is the 1-based line of the file on which its text begins."""

    kind: str
    text: str
    metadata: dict[str, Any]
    line: int

    @property
    def language(self) -> str | None:
        """The language of a Markdown cell; None for code."""
        return self.metadata.get("lang")

    @property
    def tags(self) -> list[str]:
        """The cell's tags."""
        return self.metadata.get("tags", [])


@dataclass(frozen=True)
class Source:
    """A chapter as written: its cells in order, Japanese and English side by side."""

    name: str
    where: str
    metadata: dict[str, Any]
    cells: list[Cell]

    @property
    def kind(self) -> str:
        """``chapter``, which has the blocks, or ``page`` (``lossbook: {kind: page}``), which is free."""
        return self.metadata.get("lossbook", {}).get("kind", "chapter")

    def pairs(self) -> list[tuple[Cell, Cell]]:
        """The Markdown twins (Japanese, English), in order."""
        prose = [cell for cell in self.cells if cell.kind == "markdown"]
        return list(zip(prose[0::2], prose[1::2], strict=True))


def read(root: Path, path: Path) -> Source:
    """Read and validate the source at ``path``. Raises PressError with each problem, its line and remedy."""
    where = taken(path.relative_to(root).as_posix())
    text = _decode(where, path.read_bytes())
    problems = header_problems(where, text)
    if problems:
        raise PressError(problems)
    source = parse(where, text)
    problems = _form_problems(source)
    if problems:
        raise PressError(problems)
    return source


def read_all(root: Path, names: Iterable[str]) -> list[Source]:
    """The sources of the chapters ``names``. Raises PressError with the problems of all."""
    found, problems = [], []
    for name in names:
        try:
            found.append(read(root, source_path(root, name)))
        except PressError as error:
            problems += error.problems
    if problems:
        raise PressError(problems)
    return found


def parse(where: str, text: str) -> Source:
    """Split ``text`` into cells, without judging them. Raises PressError if a header cannot be read."""
    try:
        notebook = myst_to_notebook(text, add_source_map=True)
    except (MystMetadataParsingError, nbformat.ValidationError) as error:
        found = str(error).strip().split("\n")[0]
        raise stop(
            where, f"cannot be read as a notebook in MyST ({found}); correct the cell's header"
        ) from None
    starts = notebook.metadata.pop("source_map")
    lines = text.splitlines()
    cells = [
        Cell(cell.cell_type, cell.source, dict(cell.metadata), _text_line(lines, start, cell.cell_type))
        for cell, start in zip(notebook.cells, starts, strict=True)
    ]
    return Source(Path(where).stem, where, dict(notebook.metadata), cells)


def _decode(where: str, data: bytes) -> str:
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x}"
        raise stop(f"{where}:{line}", f"is not UTF-8 ({found}); save the file as UTF-8") from None


def _text_line(lines: list[str], start: int, kind: str) -> int:
    """The 1-based line of a cell's first line of text, past its options and leading blank lines."""
    at = start
    if kind == "code" and lines[at].startswith("---"):
        at = next(i for i in range(at + 1, len(lines)) if lines[i].startswith("---")) + 1
    elif kind == "code":
        while lines[at].lstrip().startswith(":"):
            at += 1
    while at < len(lines) - 1 and not lines[at].strip():
        at += 1
    return at + 1


def _form_problems(source: Source) -> list[Problem]:
    """The rules build on each other, so the first group that finds something speaks alone."""
    for rule in (_front_matter, _tags, _twins, _blocks, _code):
        problems = rule(source)
        if problems:
            return problems
    return []


def _front_matter(source: Source) -> list[Problem]:
    if source.metadata.get("kernelspec", {}).get("name") == "python3":
        return []
    text = "has no front matter with kernelspec name: python3; copy the first lines of another chapter"
    return [Problem(f"{source.where}:1", text)]


def _tags(source: Source) -> list[Problem]:
    found = [(cell, _tag_problem(cell)) for cell in source.cells]
    return [Problem(f"{source.where}:{cell.line}", text) for cell, text in found if text]


def _tag_problem(cell: Cell) -> str | None:
    if cell.kind == "raw":
        return "is a raw cell, which has no language; use Markdown or code"
    if cell.kind == "code":
        both = "both notebooks get the same code: remove it and write tr(ja, en)"
        return f'code cell carries "lang": {cell.language!r}; {both}' if "lang" in cell.metadata else None
    if cell.language is None:
        return 'Markdown without a language; begin it with +++ {"lang": "ja"} or +++ {"lang": "en"}'
    if cell.language not in LANGUAGES:
        return f'unknown language "lang": {cell.language!r}; write "ja" or "en"'
    unknown = sorted(set(cell.metadata) - MARKDOWN_KEYS)
    if unknown:
        return f"unknown key {unknown[0]!r} in the +++ line; the keys are {', '.join(sorted(MARKDOWN_KEYS))}"
    return None


def _twins(source: Source) -> list[Problem]:
    if not source.cells or source.cells[0].kind != "markdown":
        return [Problem(f"{source.where}:1", "does not begin with Markdown; begin with the title pair")]
    around: list[Cell | None] = [None, *source.cells, None]
    for before, cell, following in zip(around, source.cells, around[2:], strict=False):
        if cell.kind != "markdown":
            continue
        here = f"{source.where}:{cell.line}"
        if cell.language == "ja" and (following is None or following.language != "en"):
            return [
                Problem(here, 'Japanese block has no English twin; put +++ {"lang": "en"} right after it')
            ]
        if cell.language == "en" and (before is None or before.language != "ja"):
            return [
                Problem(here, 'English block has no Japanese twin; put +++ {"lang": "ja"} right before it')
            ]
        if (
            cell.language == "ja"
            and following
            and cell.metadata.get("block") != following.metadata.get("block")
        ):
            return [Problem(here, f"twins differ in block; write the same on line {following.line - 1}")]
    return []


def _blocks(source: Source) -> list[Problem]:
    if source.kind == "page":
        return []
    if source.kind != "chapter":
        text = f"unknown lossbook kind {source.kind!r} in the front matter; write chapter or page"
        return [Problem(f"{source.where}:1", text)]
    cells = [cell for cell in source.cells if cell.language == "ja" and "block" in cell.metadata]
    for cell in cells:
        if cell.metadata["block"] not in BLOCKS:
            text = f"unknown block {cell.metadata['block']!r}; the blocks are {', '.join(BLOCKS)}"
            return [Problem(f"{source.where}:{cell.line}", text)]
    found = [cell.metadata["block"] for cell in cells]
    missing = [block for block in BLOCKS if block not in found]
    if missing:
        text = f'has no block {missing[0]!r}; add "block": "{missing[0]}" to the pair that opens it'
        return [Problem(source.where, text)]
    if tuple(found) != BLOCKS:
        at = next(i for i, block in enumerate(found) if i >= len(BLOCKS) or block != BLOCKS[i])
        text = f"block {found[at]!r} is out of order or comes twice; the order is {', '.join(BLOCKS)}"
        return [Problem(f"{source.where}:{cells[at].line}", text)]
    return []


def _code(source: Source) -> list[Problem]:
    problems = []
    previous: Cell | None = None
    for cell in source.cells:
        if cell.kind == "markdown":
            previous = None
        elif not HIDDEN_TAGS & set(cell.tags):
            if previous:
                text = (
                    f"no prose since the code cell of line {previous.line}; say between them what comes next"
                )
                problems.append(Problem(f"{source.where}:{cell.line}", text))
            previous = cell
        problems += _code_problems(source.where, cell) if cell.kind == "code" else []
    return problems


def _code_problems(where: str, cell: Cell) -> list[Problem]:
    size = sum(bool(line.strip()) for line in cell.text.splitlines())
    longest = LONGEST_FOLDED_CELL if HIDDEN_TAGS & set(cell.tags) else LONGEST_CELL
    if size > longest:
        text = f"code cell of {size} lines; at most {longest}: split it, or move a helper to the package"
        return [Problem(f"{where}:{cell.line}", text)]
    try:
        python(cell.text)
    except SyntaxError as error:
        line = cell.line + (error.lineno or 1) - 1
        return [Problem(f"{where}:{line}", f"code cell is not valid Python ({error.msg}); correct it")]
    return []


def python(text: str) -> ast.Module:
    """The syntax tree of a cell's code, IPython magics included. Raises SyntaxError."""
    return ast.parse(TransformerManager().transform_cell(text))
