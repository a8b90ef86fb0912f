"""What the last run of each chapter used and showed, and whether that is still so.

``chapters/made.lock`` holds one line a chapter: its name, then ``what:digest`` for its code (``code``), the
lock, the outputs that each notebook stored (``ja``, ``en``), and every file of the package that the run used.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4.rwbase import rejoin_lines

from book.press.layout import LANGUAGES, notebook_path, release
from book.press.problems import PressError, Problem, stop, taken
from book.press.project import SET_UP, Projection, match_problems, projections
from book.press.source import read_all

RECORD = "chapters/made.lock"
HEAD = "# Made by make notebooks: what the last run of each chapter used and showed. Do not edit.\n"
LOCK = "requirements.lock"
LINE = re.compile(r"[a-z][a-z0-9_-]*(?: \S+:[0-9a-f]{12})+")
REMEDY = "run make notebooks"
SHOWN_FILES = 3

Entry = dict[str, str]  # digests by what they are of
Projections = dict[tuple[str, str], Projection]


@dataclass
class State:
    """Why a chapter has to run again (``run``), and where only its words have to be copied (``copy``)."""

    run: list[Problem] = field(default_factory=list)
    copy: list[Problem] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        """All findings."""
        return self.run + self.copy


def digest(content: bytes) -> str:
    """Twelve digits that stand for ``content``; line endings do not count."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()[:12]


def files(root: Path) -> Entry:
    """The digest of the lock and of every file of the package, by its path below ``src``."""
    try:
        found = {LOCK: digest((root / LOCK).read_bytes())}
    except FileNotFoundError:
        raise stop(LOCK, "is missing; restore it from the repository") from None
    source = root / "src"
    for path in sorted((source / "lossbook").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found[path.relative_to(source).as_posix()] = digest(path.read_bytes())
    return found


def code_digest(made: Projections, name: str) -> str:
    """What a run of chapter ``name`` executes; its prose and how its cells are folded do not count."""
    parts = [SET_UP]
    for cell, origin in zip(
        made[name, "ja"].notebook.cells, made[name, "ja"].origins, strict=True
    ):  # the same in English
        if origin is not None and cell.cell_type == "code":
            parts += [cell.source, str("raises-exception" in origin.tags)]
    return digest("\0".join(parts).encode())


def shown_digest(notebook: nbformat.NotebookNode) -> str:
    """The outputs and counts of the code cells."""
    shown = [[cell.execution_count, cell.outputs] for cell in notebook.cells if cell.cell_type == "code"]
    return digest(json.dumps(shown, sort_keys=True).encode())


def entry(
    made: Projections, name: str, notebooks: Iterable[nbformat.NotebookNode], used: Iterable[str], now: Entry
) -> Entry:
    """The line of a chapter that ran and used the paths ``used`` below ``src``, in the state ``now``."""
    shown = {lang: shown_digest(notebook) for lang, notebook in zip(LANGUAGES, notebooks, strict=True)}
    own = {"code": code_digest(made, name), LOCK: now[LOCK], **shown}
    return own | {path: now[path] for path in sorted(used) if path in now}


def read_record(root: Path) -> dict[str, Entry]:
    """The lines of the record. What cannot be read, or stands twice, is left out: that chapter runs again."""
    try:
        lines = (root / RECORD).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return {}
    words = [line.split(" ") for line in lines if LINE.fullmatch(line)]
    names = [name for name, *_ in words]
    return {
        name: dict(part.rsplit(":", 1) for part in parts) for name, *parts in words if names.count(name) == 1
    }


def record_text(root: Path, names: Iterable[str], new: dict[str, Entry]) -> str:
    """The record brought up to date with ``new``; only the chapters ``names`` keep a line."""
    entries = read_record(root) | new
    lines = [_line(name, entries[name]) for name in sorted(set(names) & set(entries))]
    return HEAD + "".join(lines)


def _line(name: str, digests: Entry) -> str:
    return " ".join([name, *(f"{what}:{digits}" for what, digits in digests.items())]) + "\n"


def stored(root: Path, name: str, language: str) -> nbformat.NotebookNode | None:
    """The committed notebook, or None if there is none. Raises PressError if it is no notebook."""
    path = notebook_path(root, name, language)
    taken(path.relative_to(root).as_posix())
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        notebook = nbformat.from_dict(data)
        if notebook.nbformat != 4:
            raise ValueError(f"nbformat {notebook.nbformat}, expected 4")
        nbformat.validate(notebook)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, AttributeError, nbformat.ValidationError) as error:
        where, found = path.relative_to(root).as_posix(), str(error).strip().split("\n")[0]
        raise stop(where, f"is not a notebook ({found}); {REMEDY}, which makes it again") from None
    return rejoin_lines(notebook)


def state(root: Path, name: str, made: Projections, record: dict[str, Entry], now: Entry) -> State:
    """What chapter ``name`` needs: to run, to have its words copied, or nothing."""
    found = State(run=_used_problems(root, name, made, record.get(name), now))
    for language in LANGUAGES:
        where = notebook_path(root, name, language).relative_to(root).as_posix()
        try:
            notebook = stored(root, name, language)
        except PressError as error:
            found.run += error.problems
            continue
        if notebook is None:
            found.run.append(Problem(where, f"is missing; {REMEDY}"))
            continue
        if name in record and record[name].get(language) != shown_digest(notebook):
            found.run.append(Problem(where, f"shows other outputs than its last run did; {REMEDY}"))
        found.copy += match_problems(made[name, language], notebook, where)
    return found


def states(root: Path, names: Iterable[str]) -> dict[str, State]:
    """The state of each chapter of ``names``. Raises PressError if a source is malformed."""
    made, record, now = projections(read_all(root, names), release(root)), read_record(root), files(root)
    return {name: state(root, name, made, record, now) for name in names}


def _used_problems(root: Path, name: str, made: Projections, then: Entry | None, now: Entry) -> list[Problem]:
    """What changed of the code, the lock and the package since the run that ``then`` records."""
    where = f"chapters/{name}.md"
    if then is None:
        return [Problem(where, f"has no line in {RECORD}; {REMEDY}")]
    changed = [] if then.get("code") == code_digest(made, name) else ["its code"]
    paths = [path for path in then if path not in {"code", *LANGUAGES} and now.get(path) != then[path]]
    changed += [path if path == LOCK else f"src/{path}" for path in paths[:SHOWN_FILES]]
    if len(paths) > SHOWN_FILES:
        changed.append(f"{len(paths) - SHOWN_FILES} more files")
    return [Problem(where, f"is stale ({', '.join(changed)} changed); {REMEDY}")] if changed else []


def describe(problem: Problem) -> str:
    """A finding in a line about what is being done, without the remedy."""
    return f"{problem.where} {problem.text}".split(f"; {REMEDY}")[0]
