"""Run the projected notebooks and store what they show."""

import asyncio
import os
import re
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets import default

from book.press.freshness import changed, hashes, stored
from book.press.layout import LANGUAGES, chapter_names, notebook_path, repository_url, source_path
from book.press.problems import PressError, Problem, stop
from book.press.project import KERNEL, Projection, match_problems, projections, with_alt
from book.press.source import read

# One thread and no bars: the same numbers and the same text on every machine, in nbval as in the press.
ENVIRONMENT = {
    "LOSSBOOK_PROGRESS": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
}
CELL_SECONDS = 600
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class ThisPython(KernelSpecManager):
    """Every notebook runs in the Python that runs the press, whatever kernels the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel of this Python."""
        return KernelSpec(resource_dir="", **get_kernel_dict())


class Kernel(AsyncKernelManager):
    """A kernel that nbclient starts and stops, in this Python."""

    @default("kernel_spec_manager")
    def _this_python(self) -> KernelSpecManager:
        return ThisPython()


def notebooks(root: Path, names: Iterable[str] = (), force: bool = False, workers: int | None = None) -> int:
    """Refresh the notebooks of ``names`` (default: all chapters) where something changed; say how many ran.

    Both notebooks of a chapter are replaced together, and only when both ran through.
    Raises PressError if a source is malformed or a cell failed.
    """
    chosen = _chosen(root, names)
    made = projections([read(root, source_path(root, name)) for name in chosen], repository_url(root))
    stale = [name for name in chosen if force or reasons(root, name, made)]
    for name in chosen:
        if name not in stale:
            print(f"{name}: up to date", flush=True)
    os.environ.update(ENVIRONMENT)
    problems: list[Problem] = []
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        runs = {name: [_submit(pool, root, name, language, made) for language in LANGUAGES] for name in stale}
        for name, futures in runs.items():
            problems += _finish(root, name, futures)
    if problems:
        raise PressError(problems)
    return len(stale)


def _chosen(root: Path, names: Iterable[str]) -> list[str]:
    known = chapter_names(root)
    chosen = list(names) or known
    for name in chosen:
        if name not in known:
            raise stop(f"chapters/{name}.md", f"does not exist; the chapters are {', '.join(known)}")
    return chosen


def reasons(root: Path, name: str, made: dict[tuple[str, str], Projection]) -> list[Problem]:
    """Why the notebooks of chapter ``name`` have to run again; empty if they are up to date."""
    now, found = hashes(root, name), []
    for language in LANGUAGES:
        where = notebook_path(root, name, language).relative_to(root).as_posix()
        notebook = stored(root, name, language)
        if notebook is None:
            found.append(Problem(where, "is missing; run make notebooks"))
            continue
        found += match_problems(made[name, language], notebook, where)
        parts = changed(notebook, now)
        if parts:
            found.append(Problem(where, f"is stale ({', '.join(parts)} changed); run make notebooks"))
    return found


def _submit(
    pool: ThreadPoolExecutor, root: Path, name: str, language: str, made: dict[tuple[str, str], Projection]
) -> "Future[tuple[nbformat.NotebookNode, float]]":
    return pool.submit(run, root, name, language, made[name, language])


def _finish(
    root: Path, name: str, futures: "list[Future[tuple[nbformat.NotebookNode, float]]]"
) -> list[Problem]:
    """Wait for a chapter's two runs; store both, or report why not."""
    results, problems = [], []
    for future in futures:
        try:
            results.append(future.result())
        except PressError as error:
            problems += error.problems
    if problems:
        print(f"{name}: failed, its notebooks stay as they were", flush=True)
        return problems
    for language, (notebook, _) in zip(LANGUAGES, results, strict=True):
        write(notebook_path(root, name, language), notebook)
    times = ", ".join(f"{lang} {result[1]:.1f} s" for lang, result in zip(LANGUAGES, results, strict=True))
    print(f"{name}: {times}", flush=True)
    return []


def run(root: Path, name: str, language: str, projection: Projection) -> tuple[nbformat.NotebookNode, float]:
    """Execute a projection and return the notebook to store, with the seconds it took.

    Raises PressError with the cell, its line in the source and the traceback if a cell fails.
    """
    path = notebook_path(root, name, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook, now, began = projection.notebook, hashes(root, name), time.perf_counter()
    try:
        asyncio.run(_client(notebook, path.parent).async_execute())
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise PressError([_failure(root, path, name, projection, error)]) from None
    tidy(notebook, {"language": language, **now})
    return notebook, time.perf_counter() - began


def _client(notebook: nbformat.NotebookNode, directory: Path) -> NotebookClient:
    return NotebookClient(
        notebook,
        kernel_manager_class=Kernel,
        extra_arguments=["--log-level=ERROR"],
        timeout=CELL_SECONDS,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(directory)}},
    )


def _failure(root: Path, path: Path, name: str, projection: Projection, error: Exception) -> Problem:
    """The sentence for a cell that failed: chapter, cell, line of the source, traceback."""
    number = _failed_cell(projection.notebook)
    trace = COLOUR.sub("", str(error)).strip()
    where = f"{path.relative_to(root).as_posix()}, cell {number}"
    origin = projection.origins[number]
    if origin is None:
        return Problem(where, f"the set-up cell failed; is lossbook installed?\n{trace}")
    line = origin.line
    inside = re.search(r"Cell In\[\d+\], line (\d+)", trace)
    if inside and projection.notebook.cells[number].source == origin.text:
        line += int(inside.group(1)) - 1
    return Problem(f"chapters/{name}.md:{line}", f"{where} failed; correct it there\n{trace}")


def _failed_cell(notebook: nbformat.NotebookNode) -> int:
    ran = [n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code" and _touched(cell)]
    return ran[-1] if ran else 0


def _touched(cell: nbformat.NotebookNode) -> bool:
    return bool(cell.execution_count or cell.outputs)


def tidy(notebook: nbformat.NotebookNode, stamp: dict[str, str]) -> None:
    """Keep nothing that differs between machines; put a picture's alt text where MyST-NB reads it."""
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "lossbook": stamp}
    notebook.metadata = nbformat.from_dict(metadata)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
        cell.metadata = nbformat.from_dict(with_alt(cell.metadata, cell.get("outputs", [])))


def write(path: Path, notebook: nbformat.NotebookNode) -> None:
    """Store ``notebook`` at ``path`` in one step, so that a reader never meets half a file."""
    nbformat.validate(notebook)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    os.replace(draft, path)
