"""All the checks of the press, in the order in which a mistake is easiest to understand."""

from pathlib import Path

from book.press.execute import reasons
from book.press.freshness import stored
from book.press.layout import (
    LANGUAGES,
    chapter_names,
    listed_files,
    notebook_path,
    repository_url,
    source_path,
)
from book.press.outputs import difference_problems, output_problems
from book.press.parity import parity_problems
from book.press.problems import PressError, Problem
from book.press.project import projections
from book.press.source import Source, read


def check(root: Path) -> str:
    """Check every source and notebook below ``root``; return what was checked.

    Raises PressError with all findings.
    """
    sources = _sources(root)
    problems = parity_problems(root, sources) + _strays(root, sources) + _unlisted(root, sources)
    made = projections(sources, repository_url(root))
    cells = 0
    for source in sources:
        problems += reasons(root, source.name, made) + _shown(root, source.name)
        cells += len(source.cells)
    if problems:
        raise PressError(problems)
    return f"{len(sources)} chapters, {cells} cells: the languages agree, the notebooks match their sources"


def _sources(root: Path) -> list[Source]:
    sources, problems = [], []
    for name in chapter_names(root):
        try:
            sources.append(read(root, source_path(root, name)))
        except PressError as error:
            problems += error.problems
    if problems:
        raise PressError(problems)
    return sources


def _shown(root: Path, name: str) -> list[Problem]:
    problems, notebooks = [], []
    for language in LANGUAGES:
        notebook = stored(root, name, language)
        if notebook is not None:
            where = notebook_path(root, name, language).relative_to(root).as_posix()
            problems += output_problems(root, where, notebook)
            notebooks.append(notebook)
    if len(notebooks) == len(LANGUAGES):
        problems += difference_problems(f"chapters/{{ja,en}}/{name}.ipynb", *notebooks)
    return problems


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
