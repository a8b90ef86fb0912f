"""All the checks of the press, in the order in which a mistake is easiest to understand."""

from pathlib import Path
from typing import Any

from book.press.freshness import files, read_record, state, stored
from book.press.layout import LANGUAGES, chapter_names, listed_files, notebook_path, release
from book.press.parity import parity_problems
from book.press.problems import PressError, Problem
from book.press.project import projections
from book.press.refresh import shown_problems
from book.press.source import Source, read_all


def check(root: Path) -> str:
    """Check every source and notebook below ``root``; return what was checked.

    Raises PressError with all findings.
    """
    sources = read_all(root, chapter_names(root))
    problems = parity_problems(root, sources) + _strays(root, sources) + _unlisted(root, sources)
    made, record, now = projections(sources, release(root)), read_record(root), files(root)
    for source in sources:
        problems += state(root, source.name, made, record, now).problems
        kept = _stored(root, source.name)
        problems += shown_problems(root, source.name, kept) if kept else []
    if problems:
        raise PressError(problems)
    cells = sum(len(source.cells) for source in sources)
    return f"{len(sources)} chapters, {cells} cells: the languages agree, the notebooks match their sources"


def _stored(root: Path, name: str) -> list[Any]:
    """The chapter's notebooks that can be read; State names the others."""
    found = []
    for language in LANGUAGES:
        try:
            found.append(stored(root, name, language))
        except PressError:
            found.append(None)
    return [] if None in found else found


def _strays(root: Path, sources: list[Source]) -> list[Problem]:
    known = {notebook_path(root, source.name, language) for source in sources for language in LANGUAGES}
    found = {path for language in LANGUAGES for path in (root / "chapters" / language).glob("*.ipynb")}
    return [
        Problem(path.relative_to(root).as_posix(), f"has no source chapters/{path.stem}.md; delete it")
        for path in sorted(found - known)
    ]


def _unlisted(root: Path, sources: list[Source]) -> list[Problem]:
    listed = [file for file in listed_files(root) if file.startswith("chapters/")]
    wanted = [f"chapters/ja/{source.name}" for source in sources]
    missing = [
        Problem("_toc.yml", f"does not list {file}; add the line - file: {file}")
        for file in wanted
        if file not in listed
    ]
    dangling = [
        Problem("_toc.yml", f"lists {file}, which has no source; remove the line or write the chapter")
        for file in listed
        if file not in wanted
    ]
    return missing + dangling
