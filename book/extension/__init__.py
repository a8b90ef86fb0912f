"""What this book adds to Sphinx: formulas, search, anchors, twins and the words of the interface."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from book.extension import anchors, formulas, interface, search, twins


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part with Sphinx."""
    for part in (interface, anchors, formulas, search, twins):
        part.register(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
