"""What a page weighs: its bytes and those of all it asks for, uncompressed, but for its figures."""

from __future__ import annotations

from .visit import Visit

BUDGET = 700_000
OF_LISTS = 1_400_000  # for the pages that hold every loss, with its formula and its facts
LISTS = ("choose.html", "reference.html")

# Pictures are recognised by what asked for them; those inside the page by their addresses.
WEIGHT = r"""() => {
  const entries = performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"));
  const picture = (e) => e.initiatorType === "img" || /\.(png|jpe?g|webp|gif|svg)(\?|$)/.test(e.name);
  const add = (sum, n) => sum + n;
  const asked = entries.filter((e) => !picture(e)).map((e) => e.decodedBodySize).reduce(add, 0);
  return asked - [...document.querySelectorAll("img[src^='data:']")].map((e) => e.src.length).reduce(add, 0);
}"""


def weight(visit: Visit) -> list[str]:
    """The weight of a page, where it is over the budget."""
    found = visit.ask(WEIGHT)
    budget = OF_LISTS if visit.page.url.partition("#")[0].endswith(LISTS) else BUDGET
    return [] if 0 < found <= budget else [f"weighs {found // 1000} kB, budget {budget // 1000} kB"]
