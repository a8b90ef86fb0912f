"""How long the page of a chapter is on a wide screen as it opens, with all folded that is folded at first."""

from __future__ import annotations

from .visit import Visit

BUDGET = 18_000  # pixels
WIDE = {"width": 1400, "height": 900}
PLAY = 150  # pixels by which fonts of another machine may differ


def length(visit: Visit) -> list[str]:
    """The length of a chapter, where it is over the budget. Other pages may be as long as their lists."""
    if not visit.ask("() => document.querySelector('.opening') !== null"):
        return []
    before = visit.page.viewport_size
    visit.page.set_viewport_size(WIDE)
    found = visit.ask("() => document.documentElement.scrollHeight")
    visit.page.set_viewport_size(before)
    return [] if found <= BUDGET + PLAY else [f"is {found} pixels long, budget {BUDGET}: fold, or cut"]
