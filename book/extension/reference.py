"""The API reference: what each face of the package offers, one page per family of losses."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.extension.catalogue import ROOT, WORDS, _page, _status, catalogue
from book.press.families import FACES, HEADINGS, families, page_of

DERIVED = {"ja": "導出", "en": "Derived in"}
STATUS = {"ja": "位置づけ", "en": "Status"}


def offered(face: str, family: str | None) -> list[str]:
    """What a face of the package takes from one family; from None: what is of no family."""
    module = import_module(f"lossbook.{face}")
    names = getattr(module, "__all__", None) or [name for name in dir(module) if not name.startswith("_")]
    return [name for name in names if _family(getattr(module, name)) == family]


def _family(thing: Any) -> str | None:
    """The family that a function or a class comes from: a folder or a file of its name."""
    made_from = getattr(thing, "function", None)
    places = [getattr(made_from, "__module__", None), getattr(thing, "__module__", None)]
    known = families(ROOT)
    return next((part for place in places for part in str(place).split(".") if part in known), None)


def documented(face: str, names: list[str], lang: str) -> str:
    """The documentation of some names of a face, as MyST."""
    module = import_module(f"lossbook.{face}")
    facts = {loss["name"]: loss for loss in catalogue()["losses"]} if face == "losses" else {}
    parts = []
    for name in names:
        thing = getattr(module, name)
        kind = "class" if inspect.isclass(thing) else "function" if callable(thing) else "data"
        members = "\n   :members:" if kind == "class" else ""
        parts.append(f"```{{eval-rst}}\n.. auto{kind}:: lossbook.{face}.{name}{members}\n```")
        if name in facts:
            parts.insert(-1, _facts(facts[name], lang))
    return "\n\n".join(parts)


def _facts(loss: dict[str, Any], lang: str) -> str:
    """What the page says of a loss before its arguments: status, use, and where it is derived."""
    facts = [
        (STATUS[lang], _status(loss["name"], lang)),
        (WORDS["use"][lang], loss["use"][lang]),
        (WORDS["avoid"][lang], loss["avoid"][lang]),
        (DERIVED[lang], _page(loss["where"])),
    ]
    lines = "\n".join(f"- {name}: {fact}" for name, fact in facts)
    return f"**`{loss['name']}`**\n\n{lines}"


class Reference(SphinxDirective):
    """Sections made from the package."""

    def section(self, title: str, label: str, text: str) -> nodes.section:
        """A section with an address and the text in it."""
        made = nodes.section("", nodes.title("", title), ids=[label], names=[])
        made += self.parse_text_to_nodes(text)
        self.state.document.note_explicit_target(made, made)
        return made


class Family(Reference):
    """What all faces offer of one family: ``{api-family} counts``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """One section per face."""
        return family_sections(self, self.arguments[0])


def family_sections(directive: Reference, family: str) -> list[nodes.Node]:
    """One section per face that offers something of a family."""
    if family not in families(ROOT):
        raise directive.error(f"api-family: must be one of {', '.join(families(ROOT))}, found {family!r}")
    lang = str(directive.config.language)
    return [
        directive.section(HEADINGS[face][lang], f"{page_of(family)}-{face}", documented(face, names, lang))
        for face in FACES
        if (names := offered(face, family))
    ]


class Families(Reference):
    """The list of the families' pages, or all they would hold where there are none: ``{api-families}``."""

    def run(self) -> list[nodes.Node]:
        """One line per family with its losses."""
        lang, found = str(self.config.language), families(ROOT)
        if not all(page_of(family) in self.env.found_docs for family in found):
            return [section for family in found for section in family_sections(self, family)]
        lines = []
        for family in found:
            losses = ", ".join(f"[`{name}`](#lossbook.losses.{name})" for name in offered("losses", family))
            lines.append(f"- {{ref}}`{page_of(family)}`: {losses}")
        return [*self.parse_text_to_nodes("\n".join(lines)), *self._shared(lang)]

    def _shared(self, lang: str) -> list[nodes.Node]:
        parts = []
        for face in FACES:
            parts.append(f"```{{eval-rst}}\n.. automodule:: lossbook.{face}\n   :no-members:\n```")
            parts.append(documented(face, offered(face, None), lang))
        return self.parse_text_to_nodes("\n\n".join(parts))


def register(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("api-family", Family)
    app.add_directive("api-families", Families)
