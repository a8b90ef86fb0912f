"""Give sections the same, speaking address in both languages.

Docutils derives a section's id from its heading, so `#outliers` in English would be `#id3` in Japanese, and
a reader who changes language would land at the top of the page. Here a section's id is its label, or else
the first words of its English heading, in both editions. Where the English page has other sections, it is
its place: `s-2-1` is the first part of the second section.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

WORDS = 6  # of a heading that make its address
FENCE = re.compile(r"^(`{3,}|:{3,}|~{3,})")
HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*$")


class StableAnchors(SphinxTransform):
    """Put the language-independent id of every section first; the other ids keep working."""

    default_priority = 870  # after labels have joined their sections, before tables of contents are collected

    def apply(self, **kwargs: Any) -> None:
        """Rename the sections of the document."""
        sections = headed(self.document)
        english = english_headings(str(self.env.srcdir), self.env.docname)
        slugs = [slug(heading) for heading in english] if len(english) == len(sections) else []
        labels = (label_of(self.document, section) or made_with(section) for section, _ in sections)
        taken = {label for label in labels if label}
        for number, (section, place) in enumerate(sections):
            anchor = label_of(self.document, section) or made_with(section)
            if anchor is None:
                anchor = free(slugs[number] if slugs and slugs[number] else place, taken)
            taken.add(anchor)
            section["ids"] = [anchor, *(old for old in section["ids"] if old != anchor)]
            self.document.ids[anchor] = section
        number_repeated(self.document)


def headed(parent: nodes.Element, place: tuple[int, ...] = ()) -> list[tuple[nodes.section, str]]:
    """The sections of a document in reading order, each with its place in words."""
    found: list[tuple[nodes.section, str]] = []
    sections = [child for child in parent.children if isinstance(child, nodes.section)]
    for number, section in enumerate(sections, start=1):
        here = (*place, number)
        found += [(section, "s-" + "-".join(map(str, here))), *headed(section, here)]
    return found


@cache
def english_headings(folder: str, page: str) -> tuple[str, ...]:
    """The headings of a page in the English edition, which lies beside this one; none if it is not there."""
    beside, within = Path(folder).parent / "en" / page, Path(folder, *english_parts(page))
    for place in (beside, within):
        notebook, text = (place.with_name(f"{place.name}{suffix}") for suffix in (".ipynb", ".md"))
        if notebook.is_file():
            cells = json.loads(notebook.read_text(encoding="utf8"))["cells"]
            sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
            break
        if text.is_file():
            sources = [text.read_text(encoding="utf8")]
            break
    else:
        return ()
    return tuple(heading for source in sources for heading in headings(source))


def english_parts(page: str) -> list[str]:
    """The path of a page's English twin where both editions lie in one folder: `chapters/ja/x`."""
    return ["en" if part == "ja" else part for part in page.split("/")]


def headings(markdown: str) -> list[str]:
    """The headings of a Markdown text, outside what is fenced."""
    found, fence = [], ""
    for line in markdown.splitlines():
        if mark := FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif line.strip() == fence or (
                line.strip().startswith(fence) and set(line.strip()) == {fence[0]}
            ):
                fence = ""
        elif not fence and (heading := HEADING.match(line)):
            found.append(heading[2])
    return found


def slug(heading: str) -> str:
    """The first words of a heading as an address; nothing of its formulas, roles and marks."""
    text = re.sub(r"\$[^$]*\$|\{[a-z:]+\}`[^`]*`", " ", heading)
    text = re.sub(r"[’']", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)).replace("_", "-")
    words = re.sub(r"[^\w\s-]", " ", text).split()[:WORDS]
    return nodes.make_id(" ".join(words)) or nodes.make_id("v " + " ".join(words))  # 0.1.0 is v-0-1-0


def free(wanted: str, taken: set[str]) -> str:
    """An address that no other section of the page has."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def number_repeated(document: nodes.document) -> None:
    """Number the bodies of exercises and solutions, which sphinx-exercise gives one id on the whole page."""
    bodies = [
        s for s in document.findall(nodes.section) if s["ids"] in (["exercise-content"], ["solution-content"])
    ]
    for number, body in enumerate(bodies, start=1):
        body["ids"] = [f"{body['ids'][0]}-{number}"]


def label_of(document: nodes.document, section: nodes.section) -> str | None:
    """The id of the label written above the heading, if there is one."""
    for name in section["names"]:
        anchor = document.nameids.get(name)
        if document.nametypes.get(name) and anchor in section["ids"] and re.match(r"[a-z]", anchor or ""):
            return str(anchor)
    return None


def made_with(section: nodes.section) -> str | None:
    """The id of a section that a directive of this book made: it has no name."""
    return (
        str(section["ids"][0])
        if section["ids"] and not section["names"] and len(section["ids"]) == 1
        else None
    )


def register(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(StableAnchors)
