"""How heavy the pages of the built book are, and how soon they paint: ``python -m benchmarks.pages``."""

import os
import platform
import statistics
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from book.press.chromium import find_chromium
from tests.browser.visit import serve
from tests.browser.weight import BUDGET, WEIGHT

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
REPORT = ROOT / "benchmarks" / "results" / "pages.md"
ROUNDS = 3
PAINT = 1000  # ms
PAINTED = """() => new Promise((done) => {
  const look = () => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    paint ? done(paint.startTime) : setTimeout(look, 20);
  };
  look();
})"""


def main() -> int:
    """Measure every page and write the report; return 1 if the book is not built or there is no Chromium."""
    program = find_chromium()
    pages = sorted(HTML.glob("*/*.html"))
    if not pages or not program:
        print("needs a built book (make book) and Chromium (make browser)")
        return 1

    with serve(HTML) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        rows = [_row(page.relative_to(HTML).as_posix(), base, browser) for page in pages]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Chromium {browser.version}"
    how = (
        f"{machine}; served from the same machine, cold cache, {ROUNDS} loads. "
        f"Budgets: {BUDGET // 1000} kB uncompressed and without figures (a test holds every page to it), "
        f"and {PAINT} ms."
    )
    table = "| page | kB | first contentful paint, ms: min | median | max |\n|---|---|---|---|---|\n"
    text = f"# Pages: weight and first paint\n\n{how}\n\n{table}{''.join(rows)}"
    REPORT.write_text(text, encoding="utf-8")
    print(f"wrote {REPORT.relative_to(ROOT)}: {len(rows)} pages")
    return 0


def _row(page: str, base: str, browser: Browser) -> str:
    weights, paints = zip(*(_load(base + page, browser) for _ in range(ROUNDS)), strict=True)
    times = f"{min(paints):.0f} | {statistics.median(paints):.0f} | {max(paints):.0f}"
    return f"| {page} | {weights[0] / 1000:.0f} | {times} |\n"


def _load(address: str, browser: Browser) -> tuple[float, float]:
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(address, wait_until="load")
        paint = page.evaluate(PAINTED)
        return page.evaluate(WEIGHT), paint
    finally:
        context.close()


if __name__ == "__main__":
    raise SystemExit(main())
