"""How long the page of a chapter is on a wide screen as it opens, with all folded that is folded at first."""

from __future__ import annotations

import re

from .visit import Visit

BUDGET = 18_000  # pixels
WIDE = {"width": 1400, "height": 900}
# Chapters that are longer, with what was measured of the longer edition: they may not grow.
LONGER = {"ctc": 19_241, "focal": 21_443, "ranking": 18_458, "vocabulary": 18_508}
PLAY = 150  # pixels by which fonts of another machine may differ


def length(visit: Visit) -> list[str]:
    """The length of a chapter, where it is over the budget. Other pages may be as long as their lists."""
    name = re.sub(r".*/|\.html.*", "", visit.page.url)
    if not visit.ask("() => document.querySelector('.opening') !== null"):
        return []
    before = visit.page.viewport_size
    visit.page.set_viewport_size(WIDE)
    found = visit.ask("() => document.documentElement.scrollHeight")
    visit.page.set_viewport_size(before)
    budget = LONGER.get(name, BUDGET)
    return [] if found <= budget + PLAY else [f"is {found} pixels long, budget {budget}: fold, or cut"]
