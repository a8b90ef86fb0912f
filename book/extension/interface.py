"""The words of the interface: what Sphinx, the theme and the other extensions leave in English.

`book/ja/interface.yml` holds them, English to Japanese. They come before every other catalogue.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from markupsafe import Markup
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.config import Config

BOOK = Path(__file__).resolve().parent.parent
CATALOGUES = ("sphinx", "booktheme", "togglebutton", "exercise")
ATTRIBUTE = re.compile(r'(\b(?:title|aria-label|data-bs-title|placeholder)=")([^"]+)(")')
PROMPT = re.compile(
    r'(<p class="(?:collapsed|expanded) admonition-title">)([^<]+)(</p>)'
)  # of a folded code cell


# The theme's button that folds a part of the contents has no name for who listens.
NAMELESS = re.compile(r'<summary>(?=<span class="toctree-toggle")')
NAMED = '<summary aria-label="Pages below">'


class Interface(NullTranslations):
    """A catalogue that knows this book's words and leaves the rest to the catalogue it was laid over."""

    def __init__(self, words: dict[str, str], beneath: NullTranslations | None) -> None:
        super().__init__()
        self.words = words
        if beneath is not None:
            self.add_fallback(beneath)

    def gettext(self, message: str) -> str:
        """This book's word for `message`, or that of the catalogue beneath."""
        return self.words.get(message) or super().gettext(message)


def words_of(language: str) -> dict[str, str]:
    """The interface words of a language; none for English, in which all of them are written."""
    path = BOOK / language / "interface.yml"
    return yaml.safe_load(path.read_text(encoding="utf8")) if path.is_file() else {}


def use_words(app: Sphinx, config: Config) -> None:
    """Lay the words over every catalogue, and put them where extensions take them from the configuration."""
    words = words_of(str(config.language))
    for name in CATALOGUES:
        locale.translators["general", name] = Interface(words, locale.translators.get(("general", name)))

    def tr(message: str) -> str:
        return words.get(message, message)

    config.html_theme_options["search_bar_text"] = tr("Search this book")
    config.book_search_title = tr("Search")
    config.togglebutton_hint = tr("Click to show")
    config.togglebutton_hint_hide = tr("Click to hide")
    app.add_js_file(None, body=f"window.bookWords = {json.dumps(words, ensure_ascii=False)};", priority=150)


def translator(words: dict[str, str]) -> Callable[[str], Markup]:
    """A function for templates that translates what the theme and MyST-NB always write in English."""

    def word(match: re.Match[str]) -> str:
        return match[1] + words.get(match[2], match[2]) + match[3]

    return lambda html: Markup(PROMPT.sub(word, ATTRIBUTE.sub(word, NAMELESS.sub(NAMED, str(html)))))


def add_translator(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Hand the templates their translator."""
    context["in_language"] = translator(words_of(str(app.config.language)))


def add_files(app: Sphinx, config: Config) -> None:
    """Add this book's static files and templates, wherever it is built from."""
    config.html_favicon = str(BOOK / "static" / "favicon.svg")
    config.html_static_path.append(str(BOOK / "static"))
    config.templates_path.insert(0, str(BOOK / "templates"))


def register(app: Sphinx) -> None:
    """Register the interface, the style sheet and the script."""
    app.connect("config-inited", use_words, priority=100)
    app.connect("config-inited", add_files)
    app.connect("html-page-context", add_translator)
    app.add_css_file("book.css", priority=900)
    app.add_js_file("book.js", priority=900, loading_method="defer")
