"""Search without a server: the text of every section in one file, and a script that looks through it.

Japanese has no spaces, and a morphological analyser in the build cannot be repeated in the browser. So words
are looked for as they were typed, anywhere in Japanese, from the start of a word in English; that is done by
book/static/search.js. Here the text is gathered as a reader sees it: without folded drawing code, and with an
ellipsis for each formula. Code stands apart: it is found, but not shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from book.press.layout import read_yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = "search-data.js"

# What a reader does not see, or would not search for.
HIDDEN = re.compile(
    r'<details class="admonition hide above-input">.*?</details>'
    r'|<a class="headerlink".*?</a>|<(script|style|svg|button)\b.*?</\1>'
    r'|<span class="eqno">.*?</span>(?=<div class="tex")',
    re.DOTALL,
)
CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
SECTION = re.compile(r'<section\b[^>]*\bid="([^"]+)"[^>]*>')
HEADING = re.compile(r"<h([1-6])[^>]*>(.*?)</h\1>", re.DOTALL)
TERM = re.compile(r'<dt[^>]*\bid="([^"]+)"[^>]*>(.*?)</dt>', re.DOTALL)
BLOCK = re.compile(r"</?(?:p|div|li|dt|dd|td|th|tr|h\d|pre|section|br|figcaption|summary)\b[^>]*>")
MARK = re.compile(r"<[^>]*>")


def gather(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Keep a page's sections, as texts, beside the cached documents."""
    if doctree is None:
        return
    folder = Path(app.doctreedir) / "search"
    kept = folder / f"{pagename}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(list(sections(context["body"])), ensure_ascii=False), encoding="utf8")


def sections(body: str) -> Iterator[tuple[str, str, str, str]]:
    """Address, heading, text and code of every section of a page, and of every definition with an address."""
    body = without_formulas(HIDDEN.sub("", body))
    places = sorted(
        [(m.start(), m[1], None) for m in SECTION.finditer(body)]
        + [(m.start(), m[1], m[2]) for m in TERM.finditer(body)],
        key=lambda place: place[0],
    )
    for number, (start, anchor, term) in enumerate(places):
        end = places[number + 1][0] if number + 1 < len(places) else len(body)
        part = body[start:end]
        heading = HEADING.search(part)
        title = text_of(term if term is not None else heading[2] if heading else "")
        part = HEADING.sub("", part) if term is None else TERM.sub("", part)
        yield anchor, title, text_of(CODE.sub(" ", part)), text_of(" ".join(CODE.findall(part)))


def without_formulas(body: str) -> str:
    """A page with an ellipsis for each formula: what KaTeX draws is no text."""
    parts, at = [], 0
    for found in re.finditer(r'<span class="katex(?:-display)?"', body):
        if found.start() < at:
            continue
        parts.append(body[at : found.start()] + " … ")
        at = closing(body, found.start())
    return "".join(parts) + body[at:]


def closing(html: str, start: int) -> int:
    """Where the span that begins at ``start`` has ended."""
    depth = 0
    for tag in re.compile(r"<(/?)span\b").finditer(html, start):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return html.index(">", tag.end()) + 1
    return len(html)


def text_of(html: str) -> str:
    """The text of a piece of HTML, on one line."""
    return " ".join(unescape(MARK.sub("", BLOCK.sub(" ", html))).split())


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write what the script looks through: pages in reading order, and words that mean the same."""
    if exception or app.builder.format != "html":
        return
    folder = Path(app.doctreedir) / "search"
    order = reading_order(app)
    pages = []
    for name in order:
        kept = folder / f"{name}.json"
        if kept.is_file():
            title = app.env.titles[name].astext()
            found = json.loads(kept.read_text(encoding="utf8"))
            pages.append({"page": name, "title": title, "sections": found})
    data = {"pages": pages, "same": synonyms(), "answers": answers(set(order))}
    text = f"window.bookSearch = {json.dumps(data, ensure_ascii=False)};\n"
    (Path(app.outdir) / "_static" / DATA).write_text(text, encoding="utf8")


def reading_order(app: Sphinx) -> list[str]:
    """The documents of the book, first to last."""
    found, waiting = [], [app.config.root_doc]
    while waiting:
        name = waiting.pop(0)
        if name not in found and name in app.env.titles:
            found.append(name)
            waiting = [*app.env.toctree_includes.get(name, []), *waiting]
    return found + sorted(set(app.env.titles) - set(found))


def synonyms() -> list[list[str]]:
    """Words that mean the same: each term of the glossary in both languages and in the forms to avoid."""
    if not (ROOT / "book" / "glossary.yml").is_file():
        return []
    terms = read_yaml(ROOT, "book/glossary.yml")
    extra = read_yaml(ROOT, "book/extension/search.yml")["same"]
    return [
        [term["ja"], term["en"], *_texts(term["avoid_ja"]), *_texts(term["avoid_en"])] for term in terms
    ] + extra


def _texts(forms: list[Any]) -> list[str]:
    """The forms to avoid that stand for their own term: no patterns, no words with another replacement."""
    return [form for form in forms if isinstance(form, str) and not form.startswith("/")]


def answers(pages: set[str]) -> list[dict[str, Any]]:
    """Which page answers a word that its title does not say."""
    listed = read_yaml(ROOT, "book/extension/search.yml")["answers"]
    return [entry for entry in listed if entry["page"].partition("#")[0] in pages]


def own_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The page with the search field and its results."""
    yield "search", {"title": app.config.book_search_title}, "search.html"


def without_sphinx(app: Sphinx) -> None:
    """Sphinx neither indexes nor writes its own page."""
    app.builder.search = False  # type: ignore[attr-defined]


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the script on the page of results alone."""
    if pagename == "search":
        app.add_js_file("search.js", loading_method="defer")


def register(app: Sphinx) -> None:
    """Register the gathering, the file and the page."""
    app.add_config_value("book_search_title", "Search", "html", [str])
    app.connect("builder-inited", without_sphinx)
    app.connect("html-page-context", gather, priority=960)
    app.connect("html-page-context", add_script)
    app.connect("html-collect-pages", own_page)
    app.connect("build-finished", write)
