"""The loss explorer: an interactive page that runs in the reader's browser alone."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.extension.catalogue import catalogue

LONGEST = 120  # characters of TeX: longer formulas do not fit beside the curves
WITHOUT_SCRIPTS = {
    "ja": "この図はJavaScriptで描きます。",
    "en": "This figure is drawn with JavaScript.",
}


class Explorer(SphinxDirective):
    """The place where the explorer draws itself: ``{loss-explorer}``."""

    def run(self) -> list[nodes.Node]:
        """An element with a sentence for who reads without scripts."""
        note = WITHOUT_SCRIPTS[str(self.config.language)]
        html = f'<div data-loss-explorer class="loss-explorer"><p>{note}</p></div>'
        formulas = nodes.container("", *self._formulas(), classes=["explorer-formulas"])
        return [nodes.raw("", html, format="html"), formulas]

    def _formulas(self) -> list[nodes.Node]:
        """The formula of every loss, drawn with the page; the script shows that of the chosen one."""
        return [
            nodes.container(
                "", *self.parse_text_to_nodes(f"${loss['formula']}$"), classes=[f"of-{loss['name']}"]
            )
            for loss in catalogue()["losses"]
            if len(loss["formula"]) < LONGEST
        ]


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the script on the page that holds the explorer, and on no other."""
    if doctree is not None and any(
        "data-loss-explorer" in raw.astext() for raw in doctree.findall(nodes.raw)
    ):
        app.add_js_file("explorer.js", loading_method="defer")


def register(app: Sphinx) -> None:
    """Register the directive and its script."""
    app.add_directive("loss-explorer", Explorer)
    app.connect("html-page-context", add_script)
