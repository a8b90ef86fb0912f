"""Lead from each page to the same page in the other language."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

NAMES = {"ja": "日本語", "en": "English"}


def add_twin(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Tell the templates where this page's twin is; nothing, if this edition is built alone."""
    lang, twin = str(app.config.language), app.config.book_twin
    if not twin:
        return
    up = context["pathto"]("..", 1)
    address = {code: f"{up}/{code}/{pagename}.html" for code in (lang, twin)}
    default = f"{up}/index.html" if pagename == app.config.root_doc else address["en"]
    context["twin"] = {"lang": twin, "name": NAMES[twin], "href": address[twin]}
    context["alternates"] = [*sorted(address.items()), ("x-default", default)]


def register(app: Sphinx) -> None:
    """Register the setting `book_twin` (the other edition's language; empty where this one stands alone)."""
    app.add_config_value("book_twin", "", "html", [str])
    app.connect("html-page-context", add_twin)
