"""Number the figures of a page from 1, so that a new figure changes no other page's numbers."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def renumber(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Count anew in each document what Sphinx numbered through the book."""
    for kinds in env.toc_fignumbers.values():
        for numbers in kinds.values():
            ordered = sorted(numbers, key=lambda name: numbers[name])
            numbers.update({name: (count,) for count, name in enumerate(ordered, start=1)})
    return []


def register(app: Sphinx) -> None:
    """Register the count, after Sphinx's own."""
    app.connect("env-get-updated", renumber, priority=900)
