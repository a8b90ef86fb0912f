"""Bring the stored notebooks up to date: run what has to run, copy words where only words changed."""

import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from book.press import kernel
from book.press.execute import Run, Runs, run
from book.press.files import replace
from book.press.freshness import (
    RECORD,
    Entry,
    Projections,
    State,
    code_digest,
    describe,
    entry,
    files,
    read_record,
    record_text,
    state,
    stored,
)
from book.press.layout import LANGUAGES, chapter_names, notebook_path, release
from book.press.outputs import alike, difference_problems, measured, near, output_problems
from book.press.problems import PressError, Problem, stop
from book.press.project import projections, with_words
from book.press.source import read_all

Futures = dict[Future[Run], tuple[str, str]]


@dataclass
class Work:
    """What one call of the press has in hand."""

    root: Path
    made: Projections
    now: Entry  # the digests of lock and package before anything ran
    problems: list[Problem] = field(default_factory=list)
    results: dict[str, dict[str, Run]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    stored: list[str] = field(default_factory=list)


def notebooks(root: Path, names: Iterable[str] = (), force: bool = False, workers: int | None = None) -> int:
    """Refresh the notebooks of ``names`` (default: all chapters) where something changed; say how many ran.

    Both notebooks of a chapter are replaced together, and only when both ran through; one that shows what it
    showed before stays as it is. Raises PressError with every source, cell and file that failed.
    """
    chosen = _chosen(root, names)
    work = Work(root, projections(read_all(root, chosen), release(root)), files(root))
    record = read_record(root)
    states = {name: state(root, name, work.made, record, work.now) for name in chosen}
    stale = [name for name in chosen if force or states[name].run]
    for name in chosen:
        _announce(name, states[name], force)
        if name not in stale and states[name].copy:
            _copy(work, name)
    if stale:
        _run_all(work, stale, workers)
    if work.problems:
        raise PressError(sorted(work.problems, key=str))
    return len(stale)


def _chosen(root: Path, names: Iterable[str]) -> list[str]:
    known = chapter_names(root)
    chosen = list(dict.fromkeys(names)) or known
    for name in chosen:
        if name not in known:
            raise stop(f"chapters/{name}.md", f"does not exist; the chapters are {', '.join(known)}")
    return chosen


def _announce(name: str, found: State, force: bool) -> None:
    """Say what happens to a chapter, and why."""
    if found.run:
        print("\n".join(f"{name}: runs, as {describe(problem)}" for problem in found.run), flush=True)
    elif force:
        print(f"{name}: runs, as --force asks", flush=True)
    elif not found.copy:
        print(f"{name}: up to date", flush=True)


def _copy(work: Work, name: str) -> None:
    """Give the stored outputs the words of the source."""
    texts = {}
    for language in LANGUAGES:
        old = stored(work.root, name, language)
        assert old is not None
        fresh = work.made[name, language].notebook
        shown = [cell for cell in old.cells if cell.cell_type == "code"]
        for cell, kept in zip((c for c in fresh.cells if c.cell_type == "code"), shown, strict=True):
            cell.outputs, cell.execution_count = kept.outputs, kept.execution_count
            cell.metadata = nbformat.from_dict(with_words(cell.metadata, cell.outputs))
        texts[notebook_path(work.root, name, language)] = text_of(fresh)
    if _store(work, name, texts):
        print(f"{name}: its words are copied; no code changed, so nothing ran", flush=True)


def _run_all(work: Work, names: list[str], workers: int | None) -> None:
    """Run every notebook of ``names`` and store each chapter as soon as it is complete."""
    kernel.enter(work.root)
    runs = Runs()
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        waiting: Futures = {
            pool.submit(run, work.root, name, language, work.made[name, language], runs): (name, language)
            for name in names
            for language in LANGUAGES
        }
        try:
            for future in as_completed(waiting):
                _take(work, *waiting[future], future)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            runs.stop()
            left = ", ".join(sorted(set(names) - set(work.stored)))
            raise KeyboardInterrupt(f"stopped; what is complete is stored, not made: {left}") from None


def _take(work: Work, name: str, language: str, future: "Future[Run]") -> None:
    """Take in one finished run; store the chapter when it was the second."""
    try:
        work.results.setdefault(name, {})[language] = future.result()
    except Exception as error:
        work.problems += _problems(name, language, error)
        work.failed.add(name)
        print(f"{name}: failed in {language}, its notebooks stay as they were", flush=True)
    results = work.results.get(name, {})
    if len(results) == len(LANGUAGES) and name not in work.failed:
        _finish(work, name, results)


def _problems(name: str, language: str, error: Exception) -> list[Problem]:
    """What to say of a run that failed, whatever it was: the other chapters go on."""
    if isinstance(error, PressError):
        return error.problems
    where = f"chapters/{language}/{name}.ipynb"
    if isinstance(error, OSError):
        return [Problem(where, f"could not run: {error.filename or 'a file'}: {error.strerror or error}")]
    text = f"could not run ({type(error).__name__}: {error}). This is a fault of the press: please report it"
    return [Problem(where, text)]


def _finish(work: Work, name: str, results: dict[str, Run]) -> None:
    """Store both notebooks of a chapter where they show something new, and its line of the record."""
    texts, kept = {}, []
    rewritten = read_record(work.root).get(name, {}).get("code") != code_digest(work.made, name)
    for language in LANGUAGES:
        notebook = results[language].notebook
        if not rewritten:
            _keep_same(work.root, name, language, notebook)
        texts[notebook_path(work.root, name, language)] = text_of(notebook)
        kept.append(notebook)
    changed = {path: text for path, text in texts.items() if not _holds(path, text)}
    used = {path for result in results.values() for path in result.used}
    line = entry(work.made, name, kept, used, work.now)
    record = record_text(work.root, chapter_names(work.root), {name: line})
    if not _store(work, name, changed | {work.root / RECORD: record}):
        return
    times = ", ".join(f"{language} {results[language].seconds:.1f} s" for language in LANGUAGES)
    print(f"{name}: {times}{'' if changed else '; it shows what it showed before'}", flush=True)
    work.stored.append(name)
    work.problems += shown_problems(work.root, name, kept)


def _keep_same(root: Path, name: str, language: str, notebook: nbformat.NotebookNode) -> None:
    """Let each cell that shows what it showed before keep the stored outputs, measured digits included.

    Digits that moved further than another machine would move them are new: the package may have changed.
    """
    try:
        old = stored(root, name, language)
    except PressError:
        return
    before, rules = {cell.id: cell for cell in old.cells} if old else {}, measured(root)
    for cell in notebook.cells:
        kept = before.get(cell.id)
        if cell.cell_type == "code" and kept and alike(cell, kept, rules) and near(cell, kept, rules):
            cell.outputs = kept.outputs
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = cell.execution_count


def _store(work: Work, name: str, texts: dict[Path, str]) -> bool:
    """Write files of a chapter, all or none; whether that went well."""
    try:
        replace(texts)
    except OSError as error:
        text = f"could not be written ({error.strerror}), so the chapter's notebooks stay as they were"
        work.problems.append(Problem(f"chapters/{{ja,en}}/{name}.ipynb", text))
        return False
    return True


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_bytes() == text.encode()


def shown_problems(root: Path, name: str, kept: list[nbformat.NotebookNode]) -> list[Problem]:
    """What is wrong with the outputs of a chapter's two notebooks, Japanese first."""
    problems = []
    for language, notebook in zip(LANGUAGES, kept, strict=True):
        where = notebook_path(root, name, language).relative_to(root).as_posix()
        problems += output_problems(root, where, notebook)
    return problems + difference_problems(f"chapters/{{ja,en}}/{name}.ipynb", *kept)


def text_of(notebook: nbformat.NotebookNode) -> str:
    """The file of a notebook. Raises nbformat.ValidationError if it is not sound."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"
