"""A quiz at the end of a chapter: ``{quiz}`` lays out its questions from `book/quizzes.yml`.

Without scripts the answer is folded below each question; `book/static/book.js` makes the answers buttons, and
remembers which questions were answered right.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.press.layout import read_yaml

ROOT = Path(__file__).resolve().parents[2]
QUIZZES = "book/quizzes.yml"
LETTERS = "ABCD"
WORDS = {
    "quiz": {"ja": "クイズ", "en": "Quiz"},
    "answer": {"ja": "答え", "en": "Answer"},
    "right": {"ja": "正解です。", "en": "Right."},
    "wrong": {"ja": "もう一度考えてみましょう。", "en": "Not quite; think again."},
    "done": {"ja": "正解済み", "en": "answered right"},
    "score": {"ja": "正解した問題", "en": "Answered right"},
    "read": {"ja": "詳しくは", "en": "Read on"},
}


@cache
def quizzes() -> dict[str, list[dict[str, Any]]]:
    """The questions of each chapter."""
    return dict(read_yaml(ROOT, QUIZZES))


class Quiz(SphinxDirective):
    """The questions of this chapter."""

    def run(self) -> list[nodes.Node]:
        """A box with one group for each question."""
        self.env.note_dependency(str(ROOT / QUIZZES))
        lang, chapter = str(self.config.language), self.env.docname.rpartition("/")[2]
        if chapter not in quizzes():
            raise self.error(f"quiz: {QUIZZES} has no questions for {chapter!r}; add them")
        words = " ".join(f'data-{name}="{WORDS[name][lang]}"' for name in ("right", "wrong", "done", "score"))
        made: list[nodes.Node] = [_raw(f'<div class="quiz" id="quiz" {words}>')]
        made.append(_raw(f'<p class="quiz-title">{WORDS["quiz"][lang]}</p>'))
        for number, question in enumerate(quizzes()[chapter], start=1):
            made += self._question(number, question, f"{chapter}-{question['id']}", lang)
        return [*made, _raw("</div>")]

    def _question(self, number: int, question: dict[str, Any], name: str, lang: str) -> list[nodes.Node]:
        """What is asked, the answers, and the right one with its reason, folded."""
        right = question["right"] - 1
        made: list[nodes.Node] = [
            _raw(
                f'<div class="quiz-question" role="group" aria-labelledby="quiz-{name}" '
                f'data-question="{name}" data-key="{right}">'
            ),
            nodes.container("", _raw(f"<b>{number}.</b> "), *self._line(question["ask"][lang]),
                            ids=[f"quiz-{name}"], classes=["quiz-ask"]),
            _raw('<ol class="quiz-answers">'),
        ]  # fmt: skip
        for answer in question["answers"]:
            made += [_raw("<li>"), nodes.container("", *self._line(answer[lang])), _raw("</li>")]
        link = f"{WORDS['read'][lang]}: {{ref}}`{question['see']}`"
        made.append(_raw(f'</ol><details class="quiz-answer"><summary>{WORDS["answer"][lang]}</summary>'))
        stop = "。" if lang == "ja" else "."
        told = f"**{LETTERS[right]}**{stop} {question['because'][lang]} {link}{stop}"
        made += [nodes.paragraph("", "", *self._line(told)), _raw("</details></div>")]
        return made

    def _line(self, text: str) -> list[nodes.Node]:
        """One line of Markdown without a paragraph: its terms become no links, which a button cannot hold."""
        return [child for block in self.parse_text_to_nodes(text) for child in block.children]


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def register(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("quiz", Quiz)
