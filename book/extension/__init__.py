"""What this book adds to Sphinx: formulas, search, anchors, citations, twins, tables, words, light pages."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from book.extension import (
    anchors,
    catalogue,
    citations,
    colophon,
    explorable,
    explorer,
    figures,
    formulas,
    interface,
    lighten,
    lists,
    orientation,
    parts,
    paths,
    problems,
    quizzes,
    reference,
    search,
    terms,
    twins,
)

BOOK = Path(__file__).resolve().parent.parent
PARTS = (
    interface,
    anchors,
    catalogue,
    citations,
    colophon,
    explorable,
    explorer,
    figures,
    formulas,
    lighten,
    lists,
    orientation,
    parts,
    paths,
    problems,
    quizzes,
    reference,
    search,
    terms,
    twins,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part with Sphinx."""
    for part in PARTS:
        part.register(app)
    own = int(digest()[:12], 16)  # pages that another state of these files made are made again
    return {"version": "1", "env_version": own, "parallel_read_safe": True, "parallel_write_safe": True}


def digest() -> str:
    """The hash of the files that decide what becomes of a page."""
    found = hashlib.sha256()
    for folder in ("extension", "templates", "vendor"):
        for path in sorted((BOOK / folder).rglob("*")):
            if path.suffix in (".py", ".yml", ".html", ".js"):
                found.update(path.relative_to(BOOK).as_posix().encode() + path.read_bytes())
    return found.hexdigest()
