"""Run one projected notebook in a kernel of its own."""

import asyncio
import json
import re
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets import default

from book.press.kernel import specification
from book.press.layout import notebook_path
from book.press.problems import PressError, Problem
from book.press.project import Projection, metadata_of, with_words

CELL_SECONDS = 600
LONGEST_TEXT = 20_000  # characters that a cell may show; a page is no place for more
LARGEST_OUTPUT = 2_000_000  # characters of one cell's messages, pictures included
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Both run silently, outside the notebook's own names. The first notes which data of the package are read.
WATCH = """exec('''
import sys
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith({package!r}):
        note.read.add(arguments[0])
note.read = sys.__dict__.setdefault("_lossbook_read", set())
sys.addaudithook(note)
''', dict())"""
REPORT = """exec('''
import json, os, sys
found = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
found = [path for path in found if path and path.startswith({package!r})]
found += [path for path in sys._lossbook_read if not path.endswith((".py", ".pyi", ".pyc"))]
with open({answer!r}, "w", encoding="utf-8") as stream:
    json.dump(sorted(os.path.relpath(path, {source!r}).replace(os.sep, "/") for path in set(found)), stream)
''', dict())"""


@dataclass(frozen=True)
class Run:
    """An executed notebook, what of the package it used (paths below ``src``), and how long it took."""

    notebook: nbformat.NotebookNode
    used: list[str]
    seconds: float


class ThisPython(KernelSpecManager):
    """Every notebook runs in the Python that runs the press, whatever kernels the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel of this Python."""
        return KernelSpec(resource_dir="", **specification())


class Kernel(AsyncKernelManager):
    """A kernel that nbclient starts and stops, in this Python."""

    @default("kernel_spec_manager")
    def _this_python(self) -> KernelSpecManager:
        return ThisPython()


class Client(NotebookClient):
    """nbclient, with an eye on which cell runs, how much it shows, and what of the package it uses."""

    at = 0  # the cell that runs
    shown = 0  # characters that it has shown
    before = after = ""  # code to run silently around the notebook

    async def async_execute_cell(self, cell: Any, cell_index: int, *args: Any, **options: Any) -> Any:
        """Execute one cell, and around the first and the last what watches the package."""
        self.at, self.shown = cell_index, 0
        if cell_index == 0:
            await self._quietly(self.before)
        done = await super().async_execute_cell(cell, cell_index, *args, **options)
        if cell_index == len(self.nb.cells) - 1:
            await self._quietly(self.after)
        return done

    async def _quietly(self, code: str) -> None:
        assert self.kc is not None
        await self.async_wait_for_reply(self.kc.execute(code, silent=True, store_history=False))

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Take in one message of the kernel; end a cell that shows without end."""
        content = msg["content"]
        pieces = [content.get("text", ""), *content.get("data", {}).values()]
        self.shown += sum(len(piece) for piece in pieces if isinstance(piece, str))
        if self.shown > LARGEST_OUTPUT:
            assert self.task_poll_for_reply is not None
            self.task_poll_for_reply.cancel()
            return None
        return super().process_message(msg, cell, cell_index)


class Runs:
    """The notebooks that run now, so that all can be stopped."""

    def __init__(self) -> None:
        self._tasks: set[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = set()
        self._lock = threading.Lock()
        self.stopped = False

    async def join(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do ``work`` unless everything is being stopped."""
        mine = (asyncio.get_running_loop(), asyncio.ensure_future(work))
        with self._lock:
            self._tasks.add(mine)
        if self.stopped:
            mine[1].cancel()
        try:
            await mine[1]
        finally:
            with self._lock:
                self._tasks.discard(mine)

    def stop(self) -> None:
        """End every notebook that runs, with its kernel."""
        self.stopped = True
        with self._lock:
            for loop, task in self._tasks:
                loop.call_soon_threadsafe(task.cancel)


def run(root: Path, name: str, language: str, projection: Projection, runs: Runs | None = None) -> Run:
    """Execute a projection.

    Raises PressError with the cell, its line in the source and the traceback if a cell fails.
    """
    path = notebook_path(root, name, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    began, runs = time.perf_counter(), runs or Runs()
    with tempfile.TemporaryDirectory(prefix="lossbook-") as folder:
        client = _client(projection.notebook, path.parent, root, Path(folder) / "used.json")
        fail: Callable[[str], PressError] = lambda text: PressError(  # noqa: E731
            [_failure(root, path, name, projection, client.at, text)]
        )
        try:
            asyncio.run(runs.join(client.async_execute()))
        except CellExecutionError as error:
            raise fail(f"failed; correct it there\n{COLOUR.sub('', str(error)).strip()}") from None
        except CellTimeoutError:
            raise fail(f"ran for more than {CELL_SECONDS} s; make it do less") from None
        except (DeadKernelError, asyncio.CancelledError, RuntimeError) as error:
            raise fail(_death(client, error)) from None
        used = json.loads((Path(folder) / "used.json").read_text(encoding="utf-8"))
    if "lossbook/__init__.py" not in used:
        text = "took lossbook from elsewhere than src/lossbook, so nobody could say when it is stale"
        raise PressError([Problem(path.relative_to(root).as_posix(), text)])
    tidy(projection.notebook, language)
    _limit(root, path, name, projection)
    return Run(projection.notebook, used, time.perf_counter() - began)


def _death(client: Client, error: BaseException) -> str:
    if client.shown > LARGEST_OUTPUT:
        return f"shows more than {LARGEST_OUTPUT:,} characters, pictures included; show less"
    return f"ended its kernel ({error or 'stopped'}): it crashed, was killed, or ran out of memory"


def _client(notebook: nbformat.NotebookNode, directory: Path, root: Path, answer: Path) -> Client:
    client = Client(
        notebook,
        kernel_manager_class=Kernel,
        extra_arguments=["--log-level=ERROR"],
        timeout=CELL_SECONDS,
        record_timing=False,
        store_widget_state=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(directory)}},
    )
    source = root.resolve() / "src"
    package = str(source / "lossbook") + "/"
    client.before = WATCH.format(package=package)
    client.after = REPORT.format(package=package, source=str(source), answer=str(answer))
    return client


def _failure(root: Path, path: Path, name: str, projection: Projection, number: int, text: str) -> Problem:
    """The sentence for a cell that failed: chapter, cell, line of the source, what happened."""
    where = f"{path.relative_to(root).as_posix()}, cell {number}"
    origin = projection.origins[number]
    if origin is None:
        return Problem(where, f"(the set-up cell) {text}")
    line = origin.line
    inside = re.search(r"Cell In\[\d+\], line (\d+)", text)
    if inside and projection.notebook.cells[number].source == origin.text:
        line += int(inside.group(1)) - 1
    return Problem(f"chapters/{name}.md:{line}", f"{where} {text}")


def _limit(root: Path, path: Path, name: str, projection: Projection) -> None:
    problems = []
    for number, cell in enumerate(projection.notebook.cells):
        size = sum(len(text) for output in cell.get("outputs", []) for text in _texts(output))
        if size > LONGEST_TEXT:
            text = f"shows {size:,} characters of text, and a page takes {LONGEST_TEXT:,} a cell; show less"
            problems.append(_failure(root, path, name, projection, number, text))
    if problems:
        raise PressError(problems)


def _texts(output: nbformat.NotebookNode) -> list[str]:
    texts = [output.get("text", ""), *output.get("data", {}).values()]
    pictures = {output.get("data", {}).get("image/png")}
    return [text for text in texts if isinstance(text, str) and text not in pictures]


def tidy(notebook: nbformat.NotebookNode, language: str) -> None:
    """Keep nothing that differs between machines; put a picture's words where MyST-NB reads them."""
    notebook.metadata = nbformat.from_dict(metadata_of(language))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
        cell.metadata = nbformat.from_dict(with_words(cell.metadata, cell.get("outputs", [])))


def _last_written(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2]


def joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The outputs with each stream in one piece, where it began, stdout before stderr; a line that a carriage
    return writes over is gone."""
    streams: dict[str, list[str]] = {}
    kept = []
    for output in outputs:
        if output.output_type != "stream":
            kept.append(output)
            continue
        if output.name not in streams:
            kept.append(output)
        streams.setdefault(output.name, []).append(output.text)
    for output in kept:
        if output.output_type == "stream":
            output.text = "\n".join(map(_last_written, "".join(streams[output.name]).split("\n")))
    places = [at for at, output in enumerate(kept) if output.output_type == "stream"]
    ordered = sorted((kept[at] for at in places), key=lambda output: output.name != "stdout")
    for at, output in zip(places, ordered, strict=True):
        kept[at] = output
    return kept
