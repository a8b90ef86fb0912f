"""What this book adds to Sphinx: formulas, search, anchors, citations, twins, tables, words of interface."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from book.extension import (
    anchors,
    catalogue,
    citations,
    explorer,
    formulas,
    interface,
    lists,
    parts,
    problems,
    search,
    twins,
)

PARTS = (interface, anchors, catalogue, citations, explorer, formulas, lists, parts, problems, search, twins)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part with Sphinx."""
    for part in PARTS:
        part.register(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
