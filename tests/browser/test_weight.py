"""No page is heavier than its budget. Times are not tested: python -m benchmarks.pages measures them."""

from __future__ import annotations

from .visit import Site

BUDGET = 4 * 1024 * 1024  # bytes of page, pictures, fonts, styles and scripts together, uncompressed

WEIGHT = """() => performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
  .reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""


def test_page_keeps_its_budget(site: Site, page: str) -> None:
    with site.open(page, locale="en-GB") as visit:
        weight = visit.ask(WEIGHT)
    assert 0 < weight <= BUDGET, f"{page} weighs {weight / 1024:.0f} KiB, budget {BUDGET / 1024:.0f} KiB"
