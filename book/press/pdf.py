"""Print the built editions: every page in reading order, as one PDF each."""

import io
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from pypdf import PdfWriter

from book.press.chromium import find_chromium
from book.press.layout import LANGUAGES, read_yaml
from book.press.problems import stop
from book.press.stage import page_names

MARGIN = "16mm"


def pdf(root: Path) -> list[tuple[Path, int]]:
    """Write ``_build/pdf/LANG.pdf`` for each edition; return the paths and their numbers of pages.

    Raises PressError if the book is not built or there is no Chromium.
    """
    program = find_chromium()
    if program is None:
        raise stop("make pdf", "needs Chromium; run make browser, or set CHROMIUM to its path")
    names = list(page_names(read_yaml(root, "_toc.yml")))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            return [_edition(root, lang, names, browser) for lang in LANGUAGES]
        finally:
            browser.close()


def _edition(root: Path, lang: str, names: list[str], browser: Browser) -> tuple[Path, int]:
    merged, target = PdfWriter(), root / "_build" / "pdf" / f"{lang}.pdf"
    for name in names:
        source = root / "_build" / "html" / lang / f"{name}.html"
        if not source.is_file():
            raise stop(source.relative_to(root).as_posix(), "is missing; run make book first")
        merged.append(io.BytesIO(_printed(source, browser)), outline_item=name)
    target.parent.mkdir(parents=True, exist_ok=True)
    merged.write(target)
    return target, len(merged.pages)


def _printed(source: Path, browser: Browser) -> bytes:
    page = browser.new_page()
    try:
        page.goto(source.as_uri(), wait_until="load")
        page.evaluate("() => document.fonts.ready.then(() => true)")
        return page.pdf(
            format="A4",
            margin={"top": MARGIN, "bottom": MARGIN, "left": MARGIN, "right": MARGIN},
            print_background=True,
        )
    finally:
        page.close()
