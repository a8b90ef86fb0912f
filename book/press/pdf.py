"""Print the built editions: every page in reading order, as one PDF each, with contents and page numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from book.press.binding import Chapter, bind
from book.press.chromium import find_chromium
from book.press.layout import LANGUAGES, read_yaml
from book.press.problems import stop
from book.press.stage import edition_toc, page_names

MARGIN = "16mm"
FRONT = "contents"
CONTENTS = {"ja": "目次", "en": "Contents"}
NOTE = {
    "ja": "図を描くだけのコードは省きました。どの数もノートブックが計算したものです。",
    "en": "Code that only draws a figure is left out. Every number was computed by the notebooks.",
}
STYLE = """
body { margin: 0; font: 11pt/1.9 "Noto Sans CJK JP", "Noto Sans", sans-serif; color: #000; }
h1 { font-size: 26pt; line-height: 1.4; margin: 45mm 0 10mm; }
h2 { break-before: page; }
ol { list-style: none; padding: 0; }
li { display: flex; justify-content: space-between; border-bottom: 1px dotted #888; }
a { color: inherit; text-decoration: none; }
.number { break-after: page; height: 297mm; position: relative; font-size: 9pt; }
.number span { position: absolute; bottom: 7mm; width: 100%; text-align: center; }
"""


def pdf(root: Path) -> list[tuple[Path, int]]:
    """Write ``_build/pdf/LANG.pdf`` for each edition; return the paths and their numbers of pages.

    Raises PressError if the book is not built or there is no Chromium.
    """
    program = find_chromium()
    if program is None:
        raise stop("make pdf", "needs Chromium; run make browser, or set CHROMIUM to its path")
    names = list(page_names(edition_toc(root, LANGUAGES[0])))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            return [_edition(root, lang, names, browser) for lang in LANGUAGES]
        finally:
            browser.close()


def _edition(root: Path, lang: str, names: list[str], browser: Browser) -> tuple[Path, int]:
    html, target = root / "_build" / "html" / lang, root / "_build" / "pdf" / f"{lang}.pdf"
    missing = [name for name in names if not (html / f"{name}.html").is_file()]
    if missing:
        page = (html / f"{missing[0]}.html").relative_to(root).as_posix()
        raise stop(page, "is missing; run make book first")
    chapters = [print_page(html / f"{name}.html", browser) for name in names]
    front = print_front(lang, chapters, browser)
    numbers = print_numbers(sum(len(chapter.pages) for chapter in chapters), browser)
    target.parent.mkdir(parents=True, exist_ok=True)
    author = str(read_yaml(root, "_config.yml")["author"])
    metadata = {"/Title": chapters[0].title, "/Author": author}
    return target, bind(front, chapters, numbers, metadata, lang, target)


def print_page(source: Path, browser: Browser) -> Chapter:
    """One page of the book on paper: what is folded away on the screen lies open."""
    with _opened(browser) as page:
        page.goto(source.as_uri(), wait_until="load")
        page.evaluate("() => document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        page.evaluate("() => document.fonts.ready.then(() => true)")
        title = page.evaluate("() => document.querySelector('h1').firstChild.textContent.trim()")
        return Chapter.read(source, title, _printed(page, MARGIN))


def print_front(lang: str, chapters: list[Chapter], browser: Browser) -> Chapter:
    """The title page and the contents, whose links lead to the chapters' files as on the web pages."""
    lines, number = [], 1
    for chapter in chapters:
        title = f'<a href="{chapter.source.as_uri()}">{escape(chapter.title)}</a>'
        lines.append(f"<li>{title}<span>{number}</span></li>")
        number += len(chapter.pages)
    title = escape(chapters[0].title)
    body = f"<h1>{title}</h1><p>{NOTE[lang]}</p><h2>{CONTENTS[lang]}</h2><ol>{''.join(lines)}</ol>"
    with _opened(browser) as page:
        # Only a page that is itself a file may link to files.
        page.goto(chapters[0].source.as_uri())
        page.set_content(f'<html lang="{lang}"><style>{STYLE}</style>{body}</html>')
        return Chapter.read(chapters[0].source.with_stem(FRONT), CONTENTS[lang], _printed(page, "25mm"))


def print_numbers(count: int, browser: Browser) -> Chapter:
    """Pages that are empty but for their number."""
    sheets = "".join(f'<div class="number"><span>{n}</span></div>' for n in range(1, count + 1))
    with _opened(browser) as page:
        page.set_content(f"<style>{STYLE} .number:last-child {{ break-after: auto; }}</style>{sheets}")
        return Chapter.read(Path("numbers"), "", _printed(page, "0"))


@contextmanager
def _opened(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    try:
        yield page
    finally:
        page.close()


def _printed(page: Page, margin: str) -> bytes:
    around = {"top": margin, "bottom": margin, "left": margin, "right": margin}
    return page.pdf(format="A4", margin=around, print_background=True)  # type: ignore[arg-type]
