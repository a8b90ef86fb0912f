"""Exercises that mark themselves. A blank or a wrong answer says so; it never stops the notebook."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import torch
from IPython.display import display

from lossbook.language import tr

TOLERANCE = 1e-3


@dataclass(frozen=True)
class Mark:
    """The verdict on one answer: ``open``, ``wrong`` or ``solved``. Shows itself in the page's language."""

    name: str
    verdict: str
    detail: str = ""

    def __repr__(self) -> str:
        return f"exercise {self.name}: {self.verdict}"

    def _repr_html_(self) -> str:
        symbol, text = {
            "open": ("○", tr("未解答です。", "not answered yet.")),
            "wrong": ("✗", tr("まだ正しくありません。", "not right yet.")),
            "solved": ("✓", tr("正解です。", "solved.")),
        }[self.verdict]
        label = tr("演習", "Exercise")
        return (
            f'<p class="mark mark-{self.verdict}">{symbol} {label} <code>{escape(self.name)}</code>: '
            f"{text} {escape(self.detail)}</p>"
        )


def mark(name: str, answer: Any, expected: Any, *cases: Any, tol: float = TOLERANCE) -> None:
    """Compare an answer with the expected one and show the verdict.

    Args:
        name: the exercise's name, as on the page.
        answer: what the reader wrote: a number, a tensor, a text, or a function. ``...`` is a blank.
        expected: the right answer; for a function, another function.
        cases: inputs on which two functions are compared; a tuple is unpacked.
        tol: largest difference that counts as equal, relative or absolute.

    Raises:
        ValueError: ``expected`` is a function and there are no ``cases``.
    """
    if callable(expected) and not cases:
        raise ValueError(f"exercise {name!r}: give at least one case on which to compare the functions")
    display(_verdict(name, answer, expected, cases, tol))


def _verdict(name: str, answer: Any, expected: Any, cases: tuple[Any, ...], tol: float) -> Mark:
    if answer is ...:
        return Mark(name, "open")
    if not callable(expected):
        return Mark(name, "solved" if _equal(answer, expected, tol) else "wrong")
    if not callable(answer):
        return Mark(name, "wrong", tr("関数を書いてください。", "Write a function."))
    for case in cases:
        arguments = case if isinstance(case, tuple) else (case,)
        found = _call(answer, arguments)
        if found is ...:
            return Mark(name, "open")
        if isinstance(found, Exception):
            return Mark(name, "wrong", f"{type(found).__name__}: {found}")
        if not _equal(found, expected(*arguments), tol):
            return Mark(name, "wrong", tr(f"入力{arguments}で違います。", f"It differs at {arguments}."))
    return Mark(name, "solved")


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
