"""Lists made from the sources: the glossary, and the exercises with the reader's own marks."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.press.layout import listed_files, read_yaml, source_path
from book.press.source import Source, read

ROOT = Path(__file__).resolve().parents[2]
EXERCISE = re.compile(r"^[`:]{3,}\{exercise\} *(?P<title>.*)\n(?P<options>(?::[\w-]+:.*\n)*)", re.MULTILINE)
LABEL = re.compile(r"^:label: *(\S+)", re.MULTILINE)
LEVEL = re.compile(r"^:class:.*\blevel-([123])\b", re.MULTILINE)
# How hard an exercise is: `:class: level-1` and so on.
LEVELS = {
    1: {"ja": "基本", "en": "basic"},
    2: {"ja": "標準", "en": "standard"},
    3: {"ja": "発展", "en": "challenging"},
}
ON_PAGE = re.compile(
    r'(<div class="(?:[^"]* )?level-([123])(?: [^"]*)?"[^>]*>\s*<p class="admonition-title">)(.*?)(</p>)',
    re.DOTALL,
)
HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
WORDS = {
    "done": {"ja": "解けた", "en": "done"},
    "progress": {"ja": "解けた演習", "en": "Exercises done"},
}


class Exercise(NamedTuple):
    """One exercise as its chapter words it."""

    label: str
    title: str
    level: int | None = None


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
        label = f"term-{term['label']}"
        name = nodes.term("", term[lang], ids=[label])
        self.env.get_domain("std").data["anonlabels"][label] = (self.env.docname, label)
        twin: nodes.Node = nodes.inline("", term[other], classes=[f"lang-{other}"])
        if self.config.book_twin:
            address = f"../{other}/glossary.html#term-{term['label']}"
            twin = nodes.reference("", term[other], refuri=address, internal=True)
        sentence = nodes.paragraph("", "", twin, nodes.Text(" — " + term[f"def_{lang}"] + " "))
        sentence += nodes.inline("", "", term=term["label"], classes=["term-home"])
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
        items = "".join(
            _tick(number, each, source.name, lang) for number, each in enumerate(exercises, start=1)
        )
        heading = nodes.rubric("", title)
        return [heading, nodes.raw("", f'<ul class="exercise-list">{items}</ul>', format="html")]


def exercises_of(source: Source, lang: str) -> list[Exercise]:
    """The exercises of a chapter in the words of one language, in order."""
    text = "\n".join(cell.text for cell in source.cells if cell.language == lang)
    found = []
    for match in EXERCISE.finditer(text):
        label, level = LABEL.search(match["options"]), LEVEL.search(match["options"])
        if label:
            found.append(Exercise(label[1], match["title"], int(level[1]) if level else None))
    return found


def stars(level: int, lang: str) -> str:
    """How hard an exercise is, to see and to hear."""
    shown = "★" * level + "☆" * (3 - level)
    return f'<span class="level"><span aria-hidden="true">{shown}</span> {LEVELS[level][lang]}</span>'


def show_levels(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Write on each exercise how hard it is."""
    lang = str(app.config.language)
    if "level-" in context.get("body", ""):
        context["body"] = ON_PAGE.sub(
            lambda found: f"{found[1]}{found[3]} {stars(int(found[2]), lang)}{found[4]}", context["body"]
        )


def title_of(source: Source, lang: str) -> str:
    """The title of a chapter in one language."""
    first = next(cell for cell in source.cells if cell.language == lang)
    match = HEADING.search(first.text)
    return match[1] if match else source.name


def _tick(number: int, exercise: Exercise, page: str, lang: str) -> str:
    title = escape(exercise.title)
    level = f" {stars(exercise.level, lang)}" if exercise.level else ""
    return (
        f'<li><input type="checkbox" data-exercise="{exercise.label}" '
        f'aria-label="{WORDS["done"][lang]}: {title}"> '
        f'<a class="reference internal" href="{page}.html#{exercise.label}">{number}. {title}</a>{level}</li>'
    )


def _progress(lang: str) -> str:
    return f'<p>{WORDS["progress"][lang]}: <output id="exercises-done">0 / 0</output></p>'


def register(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("glossary-list", Glossary)
    app.add_directive("exercise-list", Exercises)
    app.connect("html-page-context", show_levels, priority=940)
