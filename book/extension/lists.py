"""Lists made from the sources: the glossary, and the exercises with the reader's own marks."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.press.layout import listed_files, read_yaml, source_path
from book.press.source import Source, read

ROOT = Path(__file__).resolve().parents[2]
EXERCISE = re.compile(r"^`{3,}\{exercise\} *(?P<title>.*)\n:label: *(?P<label>\S+)", re.MULTILINE)
HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
WORDS = {
    "done": {"ja": "解けた", "en": "done"},
    "progress": {"ja": "解けた演習", "en": "Exercises done"},
}


class Exercise(NamedTuple):
    """One exercise as its chapter words it."""

    label: str
    title: str


class Glossary(SphinxDirective):
    """Every term with its sentence, and its form in the other language: ``{glossary-list}``."""

    def run(self) -> list[nodes.Node]:
        """A definition list, in the glossary's order in Japanese, alphabetical in English."""
        lang = str(self.config.language)
        terms = read_yaml(ROOT, "book/glossary.yml")
        if lang == "en":
            terms = sorted(terms, key=lambda term: str(term["en"]).lower())
        return [nodes.definition_list("", *(self._entry(term, lang) for term in terms))]

    def _entry(self, term: dict[str, str], lang: str) -> nodes.definition_list_item:
        other = "en" if lang == "ja" else "ja"
        name = nodes.term("", term[lang], ids=[f"term-{term['label']}"])
        twin: nodes.Node = nodes.inline("", term[other], classes=[f"lang-{other}"])
        if self.config.book_twin:
            address = f"../{other}/glossary.html#term-{term['label']}"
            twin = nodes.reference("", term[other], refuri=address, internal=True)
        sentence = nodes.paragraph("", "", twin, nodes.Text(" — " + term[f"def_{lang}"]))
        return nodes.definition_list_item("", name, nodes.definition("", sentence))


class Exercises(SphinxDirective):
    """Every exercise of every chapter, to be ticked off: ``{exercise-list}``."""

    def run(self) -> list[nodes.Node]:
        """One list per chapter; the reader's browser keeps the ticks."""
        lang = str(self.config.language)
        found: list[nodes.Node] = [nodes.raw("", _progress(lang), format="html")]
        for file in listed_files(ROOT):
            path = source_path(ROOT, Path(file).name)
            if file.startswith("chapters/") and path.exists():
                found += self._chapter(read(ROOT, path), lang)
        return found

    def _chapter(self, source: Source, lang: str) -> list[nodes.Node]:
        exercises, title = exercises_of(source, lang), title_of(source, lang)
        if not exercises:
            return []
        items = "".join(_tick(exercise, source.name, lang) for exercise in exercises)
        heading = nodes.rubric("", title)
        return [heading, nodes.raw("", f'<ul class="exercise-list">{items}</ul>', format="html")]


def exercises_of(source: Source, lang: str) -> list[Exercise]:
    """The exercises of a chapter in the words of one language, in order."""
    text = "\n".join(cell.text for cell in source.cells if cell.language == lang)
    return [Exercise(match["label"], match["title"]) for match in EXERCISE.finditer(text)]


def title_of(source: Source, lang: str) -> str:
    """The title of a chapter in one language."""
    first = next(cell for cell in source.cells if cell.language == lang)
    match = HEADING.search(first.text)
    return match[1] if match else source.name


def _tick(exercise: Exercise, page: str, lang: str) -> str:
    title = escape(exercise.title)
    return (
        f'<li><input type="checkbox" data-exercise="{exercise.label}" '
        f'aria-label="{WORDS["done"][lang]}: {title}"> '
        f'<a class="reference internal" href="{page}.html#{exercise.label}">{title}</a></li>'
    )


def _progress(lang: str) -> str:
    return f'<p>{WORDS["progress"][lang]}: <output id="exercises-done">0 / 0</output></p>'


def register(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("glossary-list", Glossary)
    app.add_directive("exercise-list", Exercises)
