"""Serious accessibility violations of an open page, as axe-core finds them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python

from .visit import Visit

SERIOUS = {"serious", "critical"}
ONLY = {"resultTypes": ["violations"]}  # what passes is not listed: a long page has thousands of those
# What is drawn of a formula is hidden from who listens; its MathML is looked at. Contrast takes most of the
# time; that of the article is held to more, light and dark, by soundness.contrast.
DRAWN = [".katex-html"]
RUNS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"exclude": [DRAWN]}, ONLY | {"rules": {"color-contrast": {"enabled": False}}}),
    ({"exclude": [["main article"]]}, ONLY | {"runOnly": ["color-contrast"]}),
)
ASK = """async (runs) => {
  const found = [];
  for (const [context, options] of runs) found.push(...(await axe.run(context, options)).violations);
  const first = (nodes) => nodes.slice(0, 3).map((n) => n.target);
  return found.map(({ id, impact, help, nodes }) => [id, impact, help, first(nodes)]);
}"""


@cache
def program() -> str:
    """axe-core, as its Python package brings it."""
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf8")


def violations(visit: Visit) -> list[str]:
    """What axe-core finds on a page: rule, help, and the first elements."""
    if not visit.ask("() => 'axe' in window"):
        visit.page.evaluate(program())
    found = visit.ask(ASK, list(RUNS))
    return [
        f"{rule} ({impact}): {help}: {targets}" for rule, impact, help, targets in found if impact in SERIOUS
    ]
