"""The quizzes: every chapter has one, both languages hold the same, and every right answer is computed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from book.extension.quizzes import quizzes
from book.press.glossary import breaches, rules
from book.press.layout import chapter_names, read_yaml
from lossbook import losses

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"choose", "predict", "diagnose"}
QUESTIONS = [
    pytest.param(question, id=f"{chapter}-{question['id']}")
    for chapter, questions in quizzes().items()
    for question in questions
]
SHARED = re.compile(r"\$[^$]*\$|`[^`]*`")  # formulas and code
LABELS = {
    label
    for path in (ROOT / "chapters").glob("*.md")
    for label in re.findall(r"^\(([a-z-]+)\)=", path.read_text(encoding="utf-8"), re.M)
}


def grad(loss: Callable[[Tensor], Tensor], at: float) -> float:
    """The slope of a loss of one number."""
    x = torch.tensor([at], requires_grad=True)
    return float(torch.autograd.grad(loss(x).sum(), x)[0])


def ctc_of(labels: list[int], frames: int) -> Tensor:
    """The CTC loss of some labels when every symbol of three is equally probable in every frame."""
    log_p = torch.zeros(frames, 1, 3).log_softmax(2)
    return losses.ctc_loss(log_p, torch.tensor([labels]), [frames], [len(labels)], reduction="sum")


# What a check may name.
NAMES: dict[str, Any] = {
    "torch": torch,
    "math": math,
    "F": losses,
    "grad": grad,
    "ctc_of": ctc_of,
    "zeros": torch.zeros,
    "full": lambda size, value: torch.full((size,), value),
    "words": torch.tensor([[1.0, 0.0, -1.0]]),
    "layout": torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.5], [1.0, 1.2]]),
    "layout_labels": torch.tensor([0, 0, 1, 1]),
}


def texts(question: dict[str, Any]) -> list[dict[str, str]]:
    """Every text of a question, with its twin."""
    return [question["ask"], *question["answers"], question["because"]]


@pytest.mark.parametrize("chapter", chapter_names(ROOT))
def test_every_chapter_has_a_quiz_in_both_languages(chapter: str) -> None:
    assert quizzes().get(chapter), f"book/quizzes.yml has no questions for {chapter}"
    source = (ROOT / "chapters" / f"{chapter}.md").read_text(encoding="utf-8")
    assert source.count(":::{quiz}\n:::\n") == 2


def test_no_quiz_is_without_a_chapter_and_no_question_stands_twice() -> None:
    assert quizzes().keys() <= set(chapter_names(ROOT))
    for questions in quizzes().values():
        ids = [question["id"] for question in questions]
        assert len(ids) == len(set(ids))


def test_each_part_asks_to_choose_to_predict_and_to_diagnose() -> None:
    for part in read_yaml(ROOT, "_toc.yml")["parts"][:5]:
        names = [Path(entry["file"]).name for entry in part["chapters"]]
        kinds = [question["kind"] for name in names for question in quizzes().get(name, [])]
        assert len(kinds) >= 3
        assert set(kinds) == KINDS, part["caption"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_whole_and_the_same_in_both_languages(question: dict[str, Any]) -> None:
    assert question["kind"] in KINDS
    assert question["see"] in LABELS
    assert 3 <= len(question["answers"]) <= 4
    assert 1 <= question["right"] <= len(question["answers"])
    for text in texts(question):
        assert set(text) == {"ja", "en"}
        assert sorted(SHARED.findall(text["ja"])) == sorted(SHARED.findall(text["en"]))
        assert "{ref}" not in text["ja"] + text["en"]  # an answer becomes a button, which holds no link
    for lang in ("ja", "en"):
        answers = [answer[lang] for answer in question["answers"]]
        assert len(set(answers)) == len(answers)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_speaks_the_words_of_the_glossary(question: dict[str, Any]) -> None:
    for lang in ("ja", "en"):
        prose = [(0, SHARED.sub("", text[lang])) for text in texts(question)]
        assert breaches(prose, rules(ROOT)[lang]) == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_right_answer_is_right(question: dict[str, Any]) -> None:
    assert bool(eval(question["check"], NAMES))


def test_the_right_answers_are_not_always_in_the_same_place() -> None:
    places = [question.values[0]["right"] for question in QUESTIONS]  # type: ignore[index, call-overload]
    assert all(places.count(place) >= len(places) / 5 for place in (1, 2, 3))
