"""The glossary's rules: each term has one Japanese and one English form, and some forms to avoid.

A form to avoid is a text; between slashes it is a regular expression; ``{learnt: learned}`` also says what to
write where that is not the entry's own term.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from book.press.layout import LANGUAGES, read_yaml
from book.press.problems import PressError, Problem

FILE = "book/glossary.yml"
KEYS = {"ja", "en", "avoid_ja", "avoid_en", "label", "def_ja", "def_en"}
# For a word of several senses: the only chapters where it has this one and is linked, or those where not.
LINKED, UNLINKED = "linked", "unlinked"


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
            Rule(form, _pattern(form, language), preferred)
            for entry in entries
            for form, preferred in _forms(entry, language)
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
    if not isinstance(entry, dict) or set(entry) - {LINKED, UNLINKED} != KEYS:
        return f"needs exactly the keys {', '.join(sorted(KEYS))}; it is {entry!r}"
    for key, value in entry.items():
        is_list = key.startswith("avoid_") or key in (LINKED, UNLINKED)
        if is_list and not isinstance(value, list):
            return f"{key} is {value!r}, expected a list; write [{value}]"
        for form in _words(value) if is_list else [value]:
            if not isinstance(form, str) or not form.strip():
                wanted = "a list of words" if is_list else "words"
                return f"{key} holds {form!r}, expected {wanted}; put numbers in quotation marks"
    return None


def _words(forms: list[Any]) -> list[Any]:
    """Every word of a list of forms: a form may be a text, or say what to write instead."""
    return [
        word
        for form in forms
        for word in ([*form.keys(), *form.values()] if isinstance(form, dict) else [form])
    ]


def _forms(entry: dict[str, Any], language: str) -> list[tuple[str, str]]:
    """The forms to avoid of an entry, each with what to write instead."""
    forms = []
    for form in entry[f"avoid_{language}"]:
        forms += list(form.items()) if isinstance(form, dict) else [(form, entry[language])]
    return forms


def _contradictions(entries: list[dict[str, Any]], found: dict[str, list[Rule]]) -> None:
    """The glossary's own words follow its rules: terms, what to write instead, and definitions."""
    problems = []
    for language in LANGUAGES:
        for rule in found[language]:
            problems += [
                Problem(FILE, f"avoids {rule.avoided!r}, which is part of its own term {term!r}; drop one")
                for term in {*(entry[language] for entry in entries), *(r.preferred for r in found[language])}
                if rule.pattern.search(term)
            ]
        for entry in entries:
            problems += [
                Problem(f"{FILE}, {entry['label']}", text)
                for _, text in breaches([(0, entry[f"def_{language}"])], found[language])
            ]
    if problems:
        raise PressError(problems)


def _pattern(form: str, language: str) -> re.Pattern[str]:
    if len(form) > 2 and form[0] == form[-1] == "/":
        return re.compile(form[1:-1], re.IGNORECASE)
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


def spoken(code: str) -> dict[str, list[tuple[int, str]]]:
    """The words of ``tr("…", "…")`` in a cell's code, by language: what figures and outputs say."""
    found: dict[str, list[tuple[int, str]]] = {language: [] for language in LANGUAGES}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
            for language, argument in zip(LANGUAGES, node.args, strict=False):
                for part in ast.walk(argument):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        found[language].append((part.lineno - 1, part.value))
    return found
