"""What a chapter opens and closes with: what it teaches and asks for, and where to go from it.

The words stand in the chapter's source (``{opening}``, ``{onward}``); this adds minutes, API and explorer.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.press.cards import facts, families
from book.press.families import page_of
from book.press.layout import source_path
from book.press.source import HIDDEN_TAGS, Source, read

ROOT = Path(__file__).resolve().parents[2]
EXPLORER = ROOT / "book" / "static" / "explorer.js"
WORDS = {
    "learn": {"ja": "この章で学ぶこと", "en": "What you will learn"},
    "needs": {"ja": "前提", "en": "You need"},
    "nothing": {"ja": "特にありません", "en": "nothing in particular"},
    "minutes": {"ja": "約{minutes}分", "en": "about {minutes} minutes"},
    "onward": {"ja": "次に読むところ", "en": "Where to go next"},
    "api": {"ja": "引数と例外:", "en": "Arguments and errors:"},
    "explorer": {"ja": "触って試す:", "en": "Try it by hand:"},
}
JOIN = {"ja": "、", "en": ", "}
# How fast a technical text is read: characters or words, lines of code, display formulas, all per minute.
PACE = {"ja": 500, "en": 220}
CODE_PACE, FORMULA_PACE = 30, 4
ASIDE = re.compile(r"^(`{3,}|:{3,}).*$|^:[\w-]+:.*$|^\(.*\)=$", re.MULTILINE)
DISPLAY = re.compile(r"\$\$.*?\$\$", re.DOTALL)
ROLE = re.compile(r"\{[\w:]+\}`([^`<]*)[^`]*`")


class Opening(SphinxDirective):
    """What the reader will learn, as a list; ``:needs:`` names the labels of what comes first."""

    has_content = True
    option_spec = {"needs": str}  # noqa: RUF012 (docutils' own form)

    def run(self) -> list[nodes.Node]:
        """A box above the chapter."""
        lang = str(self.config.language)
        labels = self.options.get("needs", "").split()
        needs = JOIN[lang].join(map(place, labels)) or WORDS["nothing"][lang]
        source = read(ROOT, source_path(ROOT, self.env.docname.rpartition("/")[2]))
        time = WORDS["minutes"][lang].format(minutes=minutes(source, lang))
        text = f"**{WORDS['learn'][lang]}** · {time}\n\n" + "\n".join(self.content)
        text += f"\n\n**{WORDS['needs'][lang]}**: {needs}"
        return [nodes.container("", *self.parse_text_to_nodes(text), classes=["opening"])]


def place(label: str) -> str:
    """A link to a chapter, or to a section with its chapter before it."""
    chapter = label.partition("-")[0]
    return f"{{ref}}`{label}`" if chapter == label else f"{{ref}}`{chapter}` ({{ref}}`{label}`)"


class Onward(SphinxDirective):
    """Where to go from here, as a list; the chapter's API pages and its losses in the explorer are added."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """A box below the summary."""
        lang, chapter = str(self.config.language), self.env.docname.rpartition("/")[2]
        text = f"**{WORDS['onward'][lang]}**\n\n" + "\n".join(self.content)
        own = {name: loss for name, loss in facts(ROOT).items() if loss["where"] == chapter}
        rooms = [room.name for room in families(ROOT) if any(loss["name"] in own for loss in room.losses)]
        if rooms:
            pages = JOIN[lang].join(f"{{ref}}`{page_of(room)}`" for room in rooms)
            text += f"\n- {WORDS['api'][lang]} {pages}"
        made = self.parse_text_to_nodes(text)
        if drawn := [name for name in own if name in explored()]:
            made[-1] += _explorer_item(drawn, lang)
        return [nodes.container("", *made, classes=["onward"])]


def _explorer_item(names: list[str], lang: str) -> nodes.list_item:
    paragraph = nodes.paragraph("", WORDS["explorer"][lang] + " ")
    for number, name in enumerate(names):
        if number:
            paragraph += nodes.Text(JOIN[lang])
        code = nodes.literal("", name)
        paragraph += nodes.reference("", "", code, refuri=f"explorer.html#loss={name}", internal=True)
    return nodes.list_item("", paragraph)


def explored() -> set[str]:
    """The losses that the explorer draws."""
    return set(re.findall(r"^    (\w+): \{$", EXPLORER.read_text(encoding="utf-8"), re.MULTILINE))


def minutes(source: Source, lang: str) -> int:
    """How long a chapter takes to read in one language, code and formulas included, exercises not."""
    total = 0.0
    for cell in source.cells:
        if cell.kind == "code" and not HIDDEN_TAGS & set(cell.tags) and "exercise" not in cell.tags:
            total += len(cell.text.splitlines()) / CODE_PACE
        elif cell.language == lang:
            total += len(DISPLAY.findall(cell.text)) / FORMULA_PACE
            total += amount(ROLE.sub(r"\1", ASIDE.sub("", DISPLAY.sub("", cell.text))), lang) / PACE[lang]
    return max(1, round(total))


def amount(text: str, lang: str) -> int:
    """The characters of a Japanese text, the words of an English one."""
    return len(re.sub(r"\s", "", text)) if lang == "ja" else len(text.split())


def register(app: Sphinx) -> None:
    """Register the two directives."""
    app.add_directive("opening", Opening)
    app.add_directive("onward", Onward)
