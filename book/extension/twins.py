"""Lead from each page to the same page in the other language."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

NAMES = {"ja": "日本語", "en": "English"}
FRONT_PAGE = "../index.html"


def add_twin(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Tell the templates where this page's twin and its alternates are; nothing, if this edition is built alone."""
    lang, twin = str(app.config.language), app.config.book_twin
    if not twin:
        return
    up = context["content_root"] if "content_root" in context else context["pathto"]("", 1)
    page = context["pathto"](pagename).split("#")[0] or pagename + ".html"
    address = {code: f"{up}../{code}/{pagename}.html" for code in (lang, twin)}
    default = up + FRONT_PAGE if pagename == app.config.root_doc else address["en"]
    context["twin"] = {"lang": twin, "name": NAMES[twin], "href": address[twin], "page": page}
    context["alternates"] = [*sorted(address.items()), ("x-default", default)]


def register(app: Sphinx) -> None:
    """Register the setting `book_twin` (the other edition's language; empty where this one stands alone)."""
    app.add_config_value("book_twin", "", "html", [str])
    app.connect("html-page-context", add_twin)
