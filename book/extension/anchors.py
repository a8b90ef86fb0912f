"""Give sections the same address in both languages.

Docutils derives a section's id from its heading, so `#outliers` in English would be `#id3` in Japanese, and
a reader who changes language would land at the top of the page. Here a section's id is its label, or else
its place: `s-2-1` is the first part of the second section.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class StableAnchors(SphinxTransform):
    """Put the language-independent id of every section first; the other ids keep working."""

    default_priority = 870  # after labels have joined their sections, before tables of contents are collected

    def apply(self, **kwargs: Any) -> None:
        """Rename the sections of the document."""
        name_sections(self.document, self.document, ())
        number_repeated(self.document)


def name_sections(document: nodes.document, parent: nodes.Element, place: tuple[int, ...]) -> None:
    """Name the sections directly in `parent`, then those inside them."""
    sections = [child for child in parent.children if isinstance(child, nodes.section)]
    for number, section in enumerate(sections, start=1):
        here = (*place, number)
        anchor = label_of(document, section) or "s-" + "-".join(map(str, here))
        section["ids"] = [anchor, *(old for old in section["ids"] if old != anchor)]
        document.ids[anchor] = section
        name_sections(document, section, here)


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


def register(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(StableAnchors)
