"""The ways through the book on its front page: ``{reading-paths}`` lays out ``book/paths.yml``."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.extension.orientation import WORDS, minutes
from book.press.layout import read_yaml, source_path
from book.press.source import read

ROOT = Path(__file__).resolve().parents[2]
SHORT = {"ja": "{}分", "en": "{} min"}
PATHS = "book/paths.yml"


class ReadingPaths(SphinxDirective):
    """One card per way: for whom it is, its pages in order, the minutes of each and of all."""

    def run(self) -> list[nodes.Node]:
        """A grid of cards in the order of the file."""
        self.env.note_dependency(str(ROOT / PATHS))
        lang = str(self.config.language)
        cards = "\n".join(card(path, lang) for path in read_yaml(ROOT, PATHS))
        return self.parse_text_to_nodes(f"::::{{grid}} 1 1 3 3\n:gutter: 3\n\n{cards}\n::::\n")


def card(path: dict[str, object], lang: str) -> str:
    """The Markdown of one way."""
    times = {name: time_of(name, lang) for name in map(str, path["pages"])}  # type: ignore[call-overload]
    lines = [
        f"1. {{ref}}`{name}`" + (f" ({SHORT[lang].format(time)})" if time else "")
        for name, time in times.items()
    ]
    total = WORDS["minutes"][lang].format(minutes=sum(times.values()))
    return (
        f":::{{grid-item-card}} {path[lang]} · {total}\n{path[f'for_{lang}']}\n\n"
        + "\n".join(lines)
        + "\n:::"
    )


def time_of(name: str, lang: str) -> int:
    """The minutes of a chapter; 0 for a page that is looked things up in."""
    source = source_path(ROOT, name)
    return minutes(read(ROOT, source), lang) if source.exists() else 0


def register(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("reading-paths", ReadingPaths)
