"""What an edition shows beside the sentences of its pages: while it stays, Sphinx may keep other pages."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

# Lines that other pages may show or count: headings, labels, directives, options, formulas, citations.
OUTLINE = re.compile(
    r"^\s*(?:#|\(.+\)=|`{3}|:{3}|:[\w-]+:|\+{3})|\$\$|\\(?:begin|end|label|tag)|\{(?:foot)?cite|\{index"
)
FOLDERS = ("book", "src/lossbook")
FILES = ("_config.yml", "_toc.yml", "requirements.lock")


def fingerprint(root: Path, staged: Path) -> str:
    """One line for every file: a digest of the whole, or of its outline if it is a page of the edition."""
    pages = {path for path in staged.iterdir() if path.suffix in {".md", ".rst", ".ipynb"}}
    bodies = {path for lang in ("ja", "en") for path in (root / "book" / lang).glob("*.md")}
    lines = [f"{platform.python_version()} {_digest(repr(_installed()))}"]
    lines += [f"{path.name} {_digest(outline(path))}" for path in sorted(pages)]
    lines += [f"{path.name} {_digest(outline(path))}" for path in sorted((root / "chapters").glob("*.md"))]
    for path in sorted(set(_others(root)) - bodies):
        lines.append(f"{path.relative_to(root).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}")
    return "\n".join(lines) + "\n"


def _installed() -> list[tuple[str, str]]:
    return sorted((found.name or "", found.version) for found in distributions())


def _others(root: Path) -> Iterator[Path]:
    for name in FILES:
        if (root / name).is_file():
            yield root / name
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def outline(path: Path) -> str:
    """What other pages may show of the page at ``path``, and its pictures, which all lie in one folder."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return _lines(text)
    cells = json.loads(text)["cells"]
    return "\n".join(_cell(cell) for cell in cells)


def _cell(cell: dict[str, Any]) -> str:
    if cell["cell_type"] == "markdown":
        return _lines("".join(cell["source"]))
    pictures = [output["data"].get("image/png") for output in cell["outputs"] if "data" in output]
    return repr((cell["metadata"], pictures))


def _lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if OUTLINE.search(line))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
