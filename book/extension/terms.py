"""A term of the glossary links to its entry where a chapter first uses it; the entry links back.

An entry leads to the chapters that set the term in bold, which is how this book introduces a word, or else to
the first that uses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

from book.press.glossary import LINKED, UNLINKED
from book.press.layout import listed_files, read_yaml, source_path

ROOT = Path(__file__).resolve().parents[2]
MOST = 4  # chapters that an entry names
HOME = {"ja": "説明のある章: ", "en": "Explained in: "}
JOIN = {"ja": "、", "en": ", "}
# What is not running text, or stands in a box that is no place for links.
ASIDE = (
    nodes.title,
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.caption,
    nodes.footnote,
    nodes.rubric,
    addnodes.pending_xref,
)
BOXES = {"opening", "onward", "loss-card"}
SCRIPTS = (("一", "鿿"), ("゠", "ヿ"), ("A", "z"), ("0", "9"))


class FirstUses(SphinxTransform):
    """Link the first use of each term in a chapter, the longer of two that overlap."""

    default_priority = 875

    def apply(self, **kwargs: Any) -> None:
        """Link, and remember which terms the chapter uses and which it sets in bold."""
        page = self.env.docname
        if not source_path(ROOT, page.rpartition("/")[2]).exists():
            return
        lang = str(self.config.language)
        used, texts = uses(self.env), list(running(self.document))
        for label, pattern in patterns(lang, page):
            for place, text in enumerate(texts):
                if found := pattern.search(text):
                    used.setdefault(label, {})[page] = introduces(self.document, pattern)
                    texts[place : place + 1] = link(text, found, label)
                    break


@cache
def patterns(lang: str, page: str) -> list[tuple[str, re.Pattern[str]]]:
    """Label and pattern of each term that a page may link, the longest first."""
    terms = sorted(read_yaml(ROOT, "book/glossary.yml"), key=lambda term: -len(term[lang]))
    linked = [t for t in terms if page in t.get(LINKED, [page]) and page not in t.get(UNLINKED, [])]
    return [(term["label"], pattern_of(term[lang], lang)) for term in linked]


def pattern_of(term: str, lang: str) -> re.Pattern[str]:
    """Whole words; in Japanese, a run of one script is a word."""
    if lang == "en":
        return re.compile(rf"\b{re.escape(term)}s?\b", re.IGNORECASE)
    before, after = script(term[0]), script(term[-1])
    return re.compile(
        (f"(?<![{before}])" if before else "") + re.escape(term) + (f"(?![{after}])" if after else "")
    )


def script(character: str) -> str:
    """The range of the script a character is of, as a pattern has it; empty for hiragana and marks."""
    return next((f"{low}-{high}" for low, high in SCRIPTS if low <= character <= high), "")


def running(document: nodes.document) -> Iterator[nodes.Text]:
    """The text of paragraphs and lists, in order."""
    for text in list(document.findall(nodes.Text)):
        above = list(ancestors(text))
        in_prose = any(isinstance(node, nodes.paragraph) for node in above)
        aside = any(isinstance(node, ASIDE) or BOXES & set(node.get("classes", ())) for node in above)
        if in_prose and not aside:
            yield text


def ancestors(node: nodes.Node) -> Iterator[nodes.Element]:
    """The elements around a node."""
    parent = node.parent
    while isinstance(parent, nodes.Element):
        yield parent
        parent = parent.parent


def introduces(document: nodes.document, pattern: re.Pattern[str]) -> bool:
    """Whether the term stands in bold by itself."""
    return any(pattern.fullmatch(strong.astext()) for strong in document.findall(nodes.strong))


def link(text: nodes.Text, found: re.Match[str], label: str) -> list[nodes.Text]:
    """Put a link to the glossary in place of the match; return what is left of the text."""
    whole = str(text)
    target = addnodes.pending_xref(
        "",
        nodes.inline("", found.group(), classes=["term-link"]),
        refdomain="std",
        reftype="ref",
        reftarget=f"term-{label}",
        refexplicit=True,
        refwarn=True,
    )
    before, after = nodes.Text(whole[: found.start()]), nodes.Text(whole[found.end() :])
    text.parent.replace(text, [piece for piece in (before, target, after) if piece is target or piece])
    return [piece for piece in (before, after) if piece]


def uses(env: BuildEnvironment) -> dict[str, dict[str, bool]]:
    """By term, the chapters that use it, and whether they set it in bold."""
    if not hasattr(env, "book_term_uses"):
        env.book_term_uses = {}  # type: ignore[attr-defined]
    found: dict[str, dict[str, bool]] = env.book_term_uses  # type: ignore[attr-defined]
    return found


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Drop what a page used, as it is read anew."""
    for pages in uses(env).values():
        pages.pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    """Take over what another process read."""
    for label, pages in uses(other).items():
        uses(env).setdefault(label, {}).update({page: pages[page] for page in pages if page in docnames})


def homes(used: dict[str, bool], order: list[str]) -> list[str]:
    """The pages an entry leads to: those with the term in bold, else the first that uses it."""
    pages = sorted(used, key=order.index)
    return [page for page in pages if used[page]][:MOST] or pages[:1]


def lead_back(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill the places that the glossary keeps for the chapters of each term."""
    lang = str(app.config.language)
    order = [Path(file).name for file in listed_files(ROOT)]
    for place in list(doctree.findall(lambda node: isinstance(node, nodes.inline) and "term" in node)):
        names = homes(uses(app.env).get(place["term"], {}), order)
        made: list[nodes.Node] = []
        for number, name in enumerate(names):
            made.append(nodes.Text(JOIN[lang] if number else HOME[lang]))
            address = app.builder.get_relative_uri(docname, name)
            made.append(nodes.reference("", app.env.titles[name].astext(), refuri=address, internal=True))
        place.parent.replace(place, made)


def register(app: Sphinx) -> None:
    """Register the links and what remembers them."""
    app.add_transform(FirstUses)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("doctree-resolved", lead_back)
