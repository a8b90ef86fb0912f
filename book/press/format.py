"""Let ruff rewrite the code cells of the sources; the notebooks follow at the next make notebooks."""

import subprocess
import sys
from pathlib import Path

import nbformat

from book.press.files import replace
from book.press.layout import chapter_names, source_path
from book.press.problems import stop
from book.press.source import Source, read

RUFF = [["check", "--quiet", "--fix-only"], ["format", "--quiet"]]


def format_sources(root: Path) -> list[str]:
    """Rewrite the code cells of all sources below ``root``; return the names of those that changed.

    Raises PressError if a source is malformed.
    """
    return [name for name in chapter_names(root) if _format(root, name)]


def _format(root: Path, name: str) -> bool:
    path = source_path(root, name)
    source = read(root, path)
    before = path.read_text(encoding="utf-8")
    after = _replaced(before, source, _formatted(root, source))
    if after != before:
        replace({path: after})
    return after != before


def _formatted(root: Path, source: Source) -> list[str]:
    """The code of all cells as one notebook, so that ruff sees which import belongs to which use."""
    cells = [nbformat.v4.new_code_cell(cell.text) for cell in source.cells if cell.kind == "code"]
    metadata = {"language_info": {"name": "python"}}
    text = nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata))
    for verb in RUFF:
        name = f"chapters/{source.name}.ipynb"  # where chapters/ruff.toml applies
        command = [sys.executable, "-m", "ruff", *verb, "--stdin-filename", name, "-"]
        ran = subprocess.run(
            command, cwd=root, input=text, capture_output=True, encoding="utf-8", check=False
        )
        if ran.returncode:
            raise stop(source.where, f"ruff could not rewrite it; correct the code: {ran.stderr.strip()}")
        text = ran.stdout
    return [cell.source for cell in nbformat.reads(text, as_version=4).cells]


def _replaced(text: str, source: Source, codes: list[str]) -> str:
    lines = text.splitlines()
    cells = [cell for cell in source.cells if cell.kind == "code"]
    for cell, code in reversed(list(zip(cells, codes, strict=True))):
        start, old = cell.line - 1, cell.text.strip("\n").splitlines()
        lines[start : start + len(old)] = code.splitlines()
    return "\n".join(lines) + "\n"
