"""Exercises that mark themselves: what was got, what was expected, a hint. They never stop the notebook."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import torch
from IPython.display import display

from lossbook.language import tr

TOLERANCE = 1e-3
LONGEST = 8  # a tensor with more numbers is shown by its shape


@dataclass(frozen=True)
class Mark:
    """The verdict on one answer: ``open``, ``wrong`` or ``solved``. Shows itself in the page's language."""

    name: str
    verdict: str
    detail: str = ""
    hint: str = ""

    def __repr__(self) -> str:
        return f"exercise {self.name}: {self.verdict}"

    def _repr_html_(self) -> str:
        symbol, text = {
            "open": ("○", tr("未解答です。", "not answered yet.")),
            "wrong": ("✗", tr("まだ正しくありません。", "not right yet.")),
            "solved": ("✓", tr("正解です。", "solved.")),
        }[self.verdict]
        label = tr("演習", "Exercise")
        hint = f" {tr('ヒント', 'Hint')}: {escape(self.hint)}" if self.hint else ""
        return (
            f'<p class="mark mark-{self.verdict}">{symbol} {label} <code>{escape(self.name)}</code>: '
            f"{text} {escape(self.detail)}{hint}</p>"
        )


def mark(name: str, answer: Any, expected: Any, *cases: Any, tol: float = TOLERANCE, hint: str = "") -> None:
    """Compare an answer with the expected one and show the verdict.

    Args:
        name: the exercise's name, as on the page.
        answer: what the reader wrote: a number, a tensor, a text, or a function. ``...`` is a blank.
        expected: the right answer; for a function, another function.
        cases: inputs on which two functions are compared; a tuple is unpacked.
        tol: largest difference that counts as equal, relative or absolute.
        hint: shown with a wrong answer, in the page's language.

    Raises:
        ValueError: ``expected`` is a function whose answers to the ``cases`` do not differ: a
            constant would pass.
    """
    if callable(expected):
        answers = [expected(*_arguments(case)) for case in cases]
        if not any(not _equal(other, answers[0], tol) for other in answers[1:]):
            raise ValueError(f"exercise {name!r}: give cases with at least two different answers")
    found = _verdict(name, answer, expected, cases, tol)
    display(replace(found, hint=hint) if found.verdict == "wrong" else found)


def _verdict(name: str, answer: Any, expected: Any, cases: tuple[Any, ...], tol: float) -> Mark:
    if answer is ...:
        return Mark(name, "open")
    if not callable(expected):
        if _equal(answer, expected, tol):
            return Mark(name, "solved")
        return Mark(
            name, "wrong", tr(f"答えは {_short(answer)} でした。", f"Your answer is {_short(answer)}.")
        )
    if not callable(answer):
        return Mark(name, "wrong", tr("関数を書いてください。", "Write a function."))
    for case in cases:
        arguments = _arguments(case)
        found = _call(answer, arguments)
        if found is ...:
            return Mark(name, "open")
        if isinstance(found, Exception):
            return Mark(name, "wrong", f"{type(found).__name__}: {found}")
        right = expected(*arguments)
        if not _equal(found, right, tol):
            given, got, due = _short(arguments), _short(found), _short(right)
            return Mark(
                name,
                "wrong",
                tr(
                    f"入力 {given} に対して {got}。正しくは {due} です。",
                    f"At {given} got {got}, expected {due}.",
                ),
            )
    return Mark(name, "solved")


def _arguments(case: Any) -> tuple[Any, ...]:
    return case if isinstance(case, tuple) else (case,)


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_short, value))
    if isinstance(value, torch.Tensor) and value.numel() > LONGEST:
        return f"tensor{tuple(value.shape)}"
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    text = f"{value:.4g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _call(answer: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return answer(*arguments)
    except Exception as error:  # whatever a learner's code raises is shown to the learner
        return error


def _equal(found: Any, expected: Any, tol: float) -> bool:
    if isinstance(expected, str | bool):
        return type(found) is type(expected) and found == expected
    try:
        found, expected = (torch.as_tensor(v, dtype=torch.float64) for v in (found, expected))
    except (TypeError, ValueError, RuntimeError):
        return False
    return found.shape == expected.shape and torch.allclose(found, expected, rtol=tol, atol=tol)
