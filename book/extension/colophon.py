"""What every page says of itself: a description for who searches, and what the book was built with."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from importlib.metadata import PackageNotFoundError, version
from os import environ
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from book.press.layout import package_version

ROOT = Path(__file__).resolve().parents[2]
LENGTH = 160  # characters that a page of results shows
EVIDENCE = {
    "ja": "<b>43.5</b> (checked: 38 to 49) は、測った値と、テストが確かめた範囲です。"
    "<b>±</b> は標準誤差です。",
    "en": "<b>43.5</b> (checked: 38 to 49): as measured, and the range that a test holds it to. "
    "<b>±</b> is a standard error.",
}
WHERE = {"ja": "この本の数の読み方", "en": "How to read the numbers"}
BUILD = {"ja": "{date}作成、torch {torch}", "en": "built {date} with torch {torch}"}
VERSION = {"ja": "第{version}版", "en": "version {version}"}
STAMP = re.compile(r"<span data-build>[^<]*</span>")


def describe(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Hand the templates the page's description and the book's colophon."""
    lang = str(app.config.language)
    here = context["hasdoc"]("foundations")
    label = WHERE[lang]
    link = f' <a href="{context["pathto"]("foundations")}">{label}</a>' if here else ""
    context["colophon"] = {
        "evidence": EVIDENCE[lang] + link,
        "version": VERSION[lang].format(version=package_version(ROOT)),
        "build": built(lang),
    }
    context.setdefault("author", app.config.author)
    if doctree is not None:
        title = app.env.titles[pagename].astext() if pagename in app.env.titles else pagename
        context["description"] = escape(description(doctree) or f"{title} — {app.config.html_title}")


def description(doctree: nodes.document) -> str:
    """The first sentences of a page, as many as fit."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section | nodes.document):
            text = " ".join(plain(paragraph).split())
            if len(text) > 20:
                return shortened(text)
    return ""


def plain(node: nodes.Node) -> str:
    """The text of a node without its formulas and footnotes."""
    if isinstance(node, nodes.math | nodes.footnote_reference):
        return ""
    if isinstance(node, nodes.Text):
        return str(node)
    return "".join(plain(child) for child in node.children)


def shortened(text: str) -> str:
    """Whole sentences of a text as far as LENGTH, or its first words."""
    if len(text) <= LENGTH:
        return text
    ends = [end.end() for end in re.finditer(r"[。.!?](?=\s|$|[^\x00-\x7f])", text[: LENGTH + 1])]
    if ends and ends[-1] > LENGTH // 3:
        return text[: ends[-1]]
    cut = text[: LENGTH - 1]
    return (cut.rpartition(" ")[0] if text.isascii() else cut) + "…"


def built(lang: str) -> str:
    """When the book was built, and with which torch."""
    now = (
        datetime.fromtimestamp(int(environ["SOURCE_DATE_EPOCH"]), UTC)
        if "SOURCE_DATE_EPOCH" in environ
        else datetime.now(UTC)
    )
    try:
        torch = version("torch").partition("+")[0]
    except PackageNotFoundError:
        torch = "?"
    return BUILD[lang].format(date=now.date().isoformat(), torch=torch)


def stamp(app: Sphinx, exception: Exception | None) -> None:
    """Date the pages that an earlier build wrote as well."""
    if exception or app.builder.format != "html":
        return
    fresh = f"<span data-build>{built(str(app.config.language))}</span>"
    for path in Path(app.outdir).rglob("*.html"):
        text = path.read_text(encoding="utf8")
        if (new := STAMP.sub(fresh, text)) != text:
            path.write_text(new, encoding="utf8")


def register(app: Sphinx) -> None:
    """Register the colophon."""
    app.connect("html-page-context", describe)
    app.connect("build-finished", stamp)
