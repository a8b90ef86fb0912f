"""Project a bilingual source to the notebook of one language."""

import ast
import hashlib
from dataclasses import dataclass
from typing import Any

import nbformat

from book.press.problems import PressError, Problem, stop, taken
from book.press.source import Cell, Source

ANSWER, END = "# --- your answer", "# --- end"
SET_UP = """\
import importlib.util

if importlib.util.find_spec("lossbook") is None:  # on Colab or Binder
    %pip install -q "{release}"
if importlib.util.find_spec("distutils") is None:  # from Python 3.12 on setuptools brings it
    importlib.import_module("setuptools")

import lossbook.language

lossbook.language.use("{language}")"""
SOLUTION = {
    "ja": {"code_prompt_show": "解答を表示", "code_prompt_hide": "解答を隠す"},
    "en": {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"},
}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Projection:
    """A notebook that has not run yet, and for each of its cells the source cell it comes from."""

    notebook: nbformat.NotebookNode
    origins: list[Cell | None]


def project(source: Source, language: str, release: str) -> Projection:
    """The notebook of ``source`` in ``language``; its set-up cell installs ``release`` where needed.

    Raises PressError if an exercise has no answer block.
    """
    taken(source.where)
    cells: list[nbformat.NotebookNode] = []
    origins: list[Cell | None] = []
    for origin in source.cells:
        if origin.kind == "markdown" and origin.language != language:
            continue
        made = _made_from(origin, source.where, language)
        cells += made
        origins += [origin] * len(made)
        if len(cells) == 1:  # after the title, which has to come first on a page
            cells.append(_code(SET_UP.format(release=release, language=language), {"tags": ["hide-input"]}))
            origins.append(None)
    _give_ids(cells)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata_of(language))
    return Projection(notebook, origins)


def metadata_of(language: str) -> dict[str, Any]:
    """A notebook's metadata: nothing that a run or an edit of the package changes."""
    return {"kernelspec": KERNEL, "language_info": {"name": "python"}, "lossbook": {"language": language}}


def _made_from(origin: Cell, where: str, language: str) -> list[nbformat.NotebookNode]:
    if origin.kind == "markdown":
        metadata = {key: value for key, value in origin.metadata.items() if key != "lang"}
        return [nbformat.v4.new_markdown_cell(origin.text, metadata=metadata)]
    if "exercise" not in origin.tags:
        return [_code(origin.text, origin.metadata)]
    others = [tag for tag in origin.tags if tag != "exercise"]
    solved = {**origin.metadata, "tags": [*others, "hide-cell", "solution"], "mystnb": SOLUTION[language]}
    return [_code(blank(origin, where), origin.metadata), _code(origin.text, solved)]


def _code(text: str, metadata: dict[str, Any]) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(text, metadata=metadata)


def blank(cell: Cell, where: str) -> str:
    """The exercise ``cell`` with its answer taken out: every name the answer binds is set to ``...``.

    Raises PressError if the cell has no answer block, or the block binds no name.
    """
    lines = cell.text.splitlines()
    if lines.count(ANSWER) != 1 or lines.count(END) != 1 or lines.index(ANSWER) > lines.index(END):
        text = f"exercise has no answer block; put the solution between the lines {ANSWER!r} and {END!r}"
        raise stop(f"{where}:{cell.line}", text)
    start, end = lines.index(ANSWER) + 1, lines.index(END)
    try:
        kept = _blanked("\n".join(lines[start:end]))
    except SyntaxError as error:
        line = cell.line + start + (error.lineno or 1) - 1
        text = f"answer block is no Python of its own ({error.msg}); the blank is made from its assignments"
        raise stop(f"{where}:{line}", text) from None
    if not any(line.endswith(" = ...") for line in kept):
        text = "answer block binds no name, so nothing is left to fill in; assign the answer to a name"
        raise stop(f"{where}:{cell.line + start}", text)
    return "\n".join([*lines[:start], *kept, *lines[end:]])


def _blanked(answer: str) -> list[str]:
    statements = ast.parse(answer).body
    imports = [ast.unparse(one) for one in statements if isinstance(one, ast.Import | ast.ImportFrom)]
    names = dict.fromkeys(name for statement in statements for name in _bound_names(statement))
    return [*imports, *([""] if imports else []), *(f"{name} = ..." for name in names)]


def _bound_names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]


def _give_ids(cells: list[nbformat.NotebookNode]) -> None:
    """Ids made from the content, so that a change in one cell leaves the others' lines alone in a diff."""
    seen: dict[str, int] = {}
    for cell in cells:
        key = f"{cell.cell_type}\n{cell.source}"
        seen[key] = seen.get(key, 0) + 1
        cell.id = hashlib.sha256(f"{seen[key]}\n{key}".encode()).hexdigest()[:12]


def match_problems(projection: Projection, stored: nbformat.NotebookNode, where: str) -> list[Problem]:
    """What differs between ``stored`` and the projection of its source, outputs aside."""
    remedy = "run make notebooks (a notebook is never edited by hand)"
    expected, found = projection.notebook.cells, stored.cells
    for number, (made, kept) in enumerate(zip(expected, found, strict=False)):
        if _unlike(made, kept):
            return [Problem(f"{where}, cell {number}", f"is not what the source projects to; {remedy}")]
    if len(expected) != len(found):
        text = f"has {len(found)} cells, its source projects to {len(expected)}; {remedy}"
        return [Problem(where, text)]
    if projection.notebook.metadata != stored.metadata:
        return [Problem(where, f"has other metadata than its source projects to; {remedy}")]
    return []


def _unlike(made: nbformat.NotebookNode, kept: nbformat.NotebookNode) -> bool:
    metadata = with_words(made.metadata, kept.get("outputs", []))
    expected = (made.cell_type, made.id, made.source, metadata)
    return expected != (kept.cell_type, kept.id, kept.source, kept.metadata)


def with_words(metadata: dict[str, Any], outputs: list[nbformat.NotebookNode]) -> dict[str, Any]:
    """A cell's metadata with the words of the picture among ``outputs``, where MyST-NB looks for them."""
    shown = next((words for words in picture_words(outputs) if words.get("alt")), None)
    if shown is None:
        return dict(metadata)
    mystnb = {**metadata.get("mystnb", {})}
    mystnb["image"] = {**mystnb.get("image", {}), "alt": shown["alt"]}
    if shown.get("caption"):
        mystnb["figure"] = {key: shown[key] for key in ("caption", "name") if key in shown}
    return {**metadata, "mystnb": mystnb}


def picture_words(outputs: list[nbformat.NotebookNode]) -> list[dict[str, str]]:
    """The description, caption and name of each picture among ``outputs``, as far as it has them."""
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    return [picture.get("metadata", {}).get("image/png", {}) for picture in pictures]


def projections(sources: list[Source], release: str) -> dict[tuple[str, str], Projection]:
    """The projections of all sources, by (name, language). Raises PressError with all problems."""
    made, problems = {}, []
    for source in sources:
        for language in ("ja", "en"):
            try:
                made[source.name, language] = project(source, language, release)
            except PressError as error:
                problems += error.problems
    if problems:
        raise PressError(dict.fromkeys(problems))
    return made
