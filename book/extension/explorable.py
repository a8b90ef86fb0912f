"""Figures to touch: ``{explorable} name`` in a chapter, drawn by ``book/static/explorables/name.js``.

The words stand in ``book/explorables.yml``; the numbers that one needs, in ``name.json`` beside the script.
``python -m book.extension.explorable_data`` makes these from the book's data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.press.layout import read_yaml

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "book" / "static" / "explorables"
WORDS = "book/explorables.yml"
HOW = {"ja": "動かす図", "en": "Try it"}
ASK = {"ja": "予想", "en": "Predict"}
SEE = {"ja": "何が見えるか", "en": "What to see"}


class Explorable(SphinxDirective):
    """A figure that the reader moves: ``{explorable} outlier``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """What to do and a question; the figure, or a sentence in its place; what there is to see."""
        name, lang = self.arguments[0], str(self.config.language)
        try:
            words = words_of(name)
        except ValueError as problem:
            raise self.error(str(problem)) from None
        for path in (ROOT / WORDS, numbers_of(name)):
            self.env.note_dependency(str(path))
        return [
            html(f'<figure class="explorable" id="explorable-{name}"><figcaption>'),
            *self._told(words["how"][lang], HOW[lang]),
            *self._told(words["ask"][lang], ASK[lang]),
            html(f'</figcaption><div data-explorable="{name}">'),
            nodes.container("", *self._told(words["without"][lang]), classes=["without"]),
            html(f'{stored(name)}</div><details class="see"><summary>{SEE[lang]}</summary>'),
            *self._told(words["see"][lang]),
            html("</details></figure>"),
        ]

    def _told(self, text: str, label: str = "") -> list[nodes.Node]:
        made = self.parse_text_to_nodes(text)
        if label:
            made[0].insert(0, nodes.inline("", f"{label}: ", classes=["what"]))
        return made


def words_of(name: str) -> Any:
    """The words of an explorable; ValueError if there is none of this name."""
    words = read_yaml(ROOT, WORDS)
    if name not in words:
        raise ValueError(f"explorable: the name must be one of {', '.join(words)}, found {name!r}")
    return words[name]


def html(text: str) -> nodes.Node:
    """What only a page shows."""
    return nodes.raw("", text, format="html")


def numbers_of(name: str) -> Path:
    """Where the numbers of an explorable are, if it needs any."""
    return SCRIPTS / f"{name}.json"


def stored(name: str) -> str:
    """The numbers that the script reads, inside the page."""
    path = numbers_of(name)
    text = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    return f'<script type="application/json">{text}</script>' if text else ""


def add_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the scripts of a page's explorables on that page, the drawing core before them."""
    if doctree is None:
        return
    raws = "".join(raw.astext() for raw in doctree.findall(nodes.raw))
    names = [name for name in read_yaml(ROOT, WORDS) if f'data-explorable="{name}"' in raws]
    for priority, name in enumerate(["core", *names] if names else [], 910):
        app.add_js_file(f"explorables/{name}.js", loading_method="defer", priority=priority)


def register(app: Sphinx) -> None:
    """Register the directive and the scripts."""
    app.add_directive("explorable", Explorable)
    app.add_css_file("explorables.css", priority=901)
    app.connect("html-page-context", add_scripts)
