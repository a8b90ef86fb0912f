"""What the press says when something is wrong: where, what was found, and the remedy."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One finding. ``where`` is a path relative to the project's root, with a line or a cell if known."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


_in_hand = [""]  # the file that the press works on, for who has to say where something unforeseen happened


def taken(where: str) -> str:
    """``where``, after noting that the press has it in hand."""
    _in_hand[0] = where
    return where


def in_hand() -> str:
    """The file that was taken in hand last."""
    return _in_hand[0]


class PressError(Exception):
    """One or more problems that stop the press."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def stop(where: str, text: str) -> PressError:
    """The error for a single problem: ``raise stop(where, text)``."""
    return PressError([Problem(where, text)])
