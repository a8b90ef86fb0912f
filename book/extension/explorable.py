"""Figures to touch: ``{explorable} name`` in a chapter, drawn by ``book/static/explorables/name.js``.

The words stand in ``book/explorables.yml``, the numbers that one needs in ``book/static/explorables/name.json``;
``python -m book.extension.explorable_data`` makes these from the book's data.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.press.layout import read_yaml

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "book" / "static" / "explorables"
WORDS = "book/explorables.yml"
LABEL = {"ja": "動かす図", "en": "Try it"}


class Explorable(SphinxDirective):
    """A figure that the reader moves: ``{explorable} outlier``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A figure with its caption, its numbers, and a sentence for who reads without scripts."""
        name, lang = self.arguments[0], str(self.config.language)
        words = read_yaml(ROOT, WORDS)
        if name not in words:
            raise self.error(f"explorable: the name must be one of {', '.join(words)}, found {name!r}")
        self.env.note_dependency(str(ROOT / WORDS))
        opening = nodes.raw(
            "", f'<figure class="explorable" id="explorable-{name}"><figcaption>', format="html"
        )
        label = nodes.inline("", LABEL[lang] + ": ", classes=["what"])
        caption = self.parse_text_to_nodes(words[name][lang])
        for paragraph in caption[:1]:
            paragraph.insert(0, label)
        return [opening, *caption, nodes.raw("", place(name, words[name][f"without_{lang}"]), format="html")]


def place(name: str, without: str) -> str:
    """Where the script draws, after the caption: the numbers it needs, and what is read without it."""
    path = SCRIPTS / f"{name}.json"
    stored = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    data = f'<script type="application/json">{stored}</script>' if stored else ""
    note = f"<noscript><p>{escape(without)}</p></noscript>"
    return f'</figcaption><div data-explorable="{name}">{note}{data}</div></figure>'


def add_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the scripts of a page's explorables on that page, the drawing core before them."""
    if doctree is None:
        return
    raws = "".join(raw.astext() for raw in doctree.findall(nodes.raw))
    names = [name for name in read_yaml(ROOT, WORDS) if f'data-explorable="{name}"' in raws]
    if names or "data-loss-explorer" in raws:
        app.add_js_file("explorables/core.js", loading_method="defer", priority=910)
    for name in names:
        app.add_js_file(f"explorables/{name}.js", loading_method="defer", priority=920)


def register(app: Sphinx) -> None:
    """Register the directive and the scripts."""
    app.add_directive("explorable", Explorable)
    app.add_css_file("explorables.css", priority=901)
    app.connect("html-page-context", add_scripts)
