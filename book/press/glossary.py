"""The glossary's rules: each term has one Japanese and one English form, and some forms to avoid."""

import re
from dataclasses import dataclass
from pathlib import Path

from book.press.layout import LANGUAGES, read_yaml
from book.press.problems import PressError, Problem

FILE = "book/glossary.yml"
KEYS = {"ja", "en", "avoid_ja", "avoid_en", "label", "def_ja", "def_en"}


@dataclass(frozen=True)
class Rule:
    """A form to avoid, the pattern that finds it, and the form to write."""

    avoided: str
    pattern: re.Pattern[str]
    preferred: str


def rules(root: Path) -> dict[str, list[Rule]]:
    """The rules of each language. Raises PressError if the glossary is malformed or contradicts itself."""
    entries = read_yaml(root, FILE)
    problems = _problems(entries)
    if problems:
        raise PressError(problems)
    found = {
        language: [
            Rule(form, _pattern(form, language), entry[language])
            for entry in entries
            for form in entry[f"avoid_{language}"]
        ]
        for language in LANGUAGES
    }
    _contradictions(entries, found)
    return found


def _problems(entries: object) -> list[Problem]:
    if not isinstance(entries, list) or not entries:
        return [
            Problem(FILE, f"holds no list of terms; write entries with the keys {', '.join(sorted(KEYS))}")
        ]
    return [
        Problem(f"{FILE}, entry {number}", text)
        for number, entry in enumerate(entries, 1)
        if (text := _entry_problem(entry))
    ]


def _entry_problem(entry: object) -> str | None:
    if not isinstance(entry, dict) or set(entry) != KEYS:
        return f"needs exactly the keys {', '.join(sorted(KEYS))}; it is {entry!r}"
    for key, value in entry.items():
        forms = value if key.startswith("avoid_") and isinstance(value, list) else [value]
        for form in forms:
            if not isinstance(form, str) or not form.strip():
                wanted = "a list of words" if key.startswith("avoid_") else "words"
                return f"{key} holds {form!r}, expected {wanted}; put numbers in quotation marks"
        if key.startswith("avoid_") and not isinstance(value, list):
            return f"{key} is {value!r}, expected a list; write [{value}]"
    return None


def _contradictions(entries: list[dict[str, str]], found: dict[str, list[Rule]]) -> None:
    problems = [
        Problem(FILE, f"avoids {rule.avoided!r}, which is part of its own term {entry[language]!r}; drop one")
        for language in LANGUAGES
        for entry in entries
        for rule in found[language]
        if rule.pattern.search(entry[language])
    ]
    if problems:
        raise PressError(problems)


def _pattern(form: str, language: str) -> re.Pattern[str]:
    escaped = r"\s+".join(re.escape(word) for word in form.split())
    if language == "en":
        return re.compile(rf"\b{escaped}\b", re.IGNORECASE)
    return re.compile(escaped)


def breaches(prose: list[tuple[int, str]], rules: list[Rule]) -> list[tuple[int, str]]:
    """(line, sentence) for every avoided form in ``prose``, which is a list of (line, text)."""
    return [
        (
            line + text.count("\n", 0, match.start()),
            f"{match.group()!r}: the glossary's word is {rule.preferred!r}",
        )
        for line, text in prose
        for rule in rules
        for match in rule.pattern.finditer(text)
    ]
