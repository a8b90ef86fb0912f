"""Build both editions of the book, side by side, into `_build/html`.

Nothing is executed here: the notebooks come with their outputs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from book.press.cards import FAMILIES
from book.press.files import replace
from book.press.fingerprint import fingerprint
from book.press.frame import write_frame
from book.press.freshness import states
from book.press.layout import LANGUAGES, chapter_names
from book.press.problems import PressError
from book.press.proofs import proofs
from book.press.stage import stage

PRINT = "fingerprint.txt"


def main(root: Path, strict: bool = False) -> int:
    """Build both editions and the front page; return the exit status.

    With `strict` every page is read afresh, and a warning or an unresolved reference fails the build.
    """
    root = root.resolve()
    for line in stale(root):
        print(line, file=sys.stderr)
    try:
        staged = {lang: stage(root, lang) for lang in LANGUAGES}
    except PressError as error:
        print(f"The book was not built. {error}", file=sys.stderr)
        return 1
    if (root / FAMILIES).is_dir():
        proofs(root)  # once, before two processes want them
    kept = {lang: prepare(root, lang, folder, strict) for lang, folder in staged.items()}
    running = {lang: start(root, folder, outcome(root, lang), strict) for lang, folder in staged.items()}
    failed = [lang for lang, process in running.items() if not finish(lang, process)]
    for lang in set(LANGUAGES) - set(failed):
        replace({outcome(root, lang) / PRINT: kept[lang]})
    if failed:
        print(f"The book was not built: see the messages of {', '.join(failed)} above.", file=sys.stderr)
        return 1
    page = assemble(root)
    print(f"The book is ready. Open {page.relative_to(root)} in a browser:\n  {page.as_uri()}")
    return 0


def outcome(root: Path, lang: str) -> Path:
    """Where jupyter-book keeps what it made of one edition: pages and cached documents."""
    return root / "_build" / "editions" / lang


def stale(root: Path) -> list[str]:
    """What is not up to date of the notebooks: the book shows them as they are, and the build says so."""
    if not list((root / "chapters").glob("*.md")):
        return []
    try:
        found = states(root, chapter_names(root)).values()
    except PressError as error:
        return [f"WARNING {problem}" for problem in error.problems]
    problems = [problem for state in found for problem in state.problems]
    return [f"WARNING {problem}; the book shows it as it is" for problem in problems]


def prepare(root: Path, lang: str, folder: Path, strict: bool) -> str:
    """Begin an edition from nothing unless only sentences changed since the last one; return its fingerprint.

    Sphinx reads again the pages that changed, and no others. So what it read is kept only while all that one
    page shows of another, and of the files that are no pages, is the same.
    """
    output, now = outcome(root, lang), fingerprint(root, folder)
    kept = output / PRINT
    if strict or not kept.exists() or kept.read_text(encoding="utf-8") != now:
        shutil.rmtree(output, ignore_errors=True)
    shutil.rmtree(output / "_build" / "html", ignore_errors=True)  # every page is written, few are read
    output.mkdir(parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)  # whoever interrupts this build leaves none
    return now


def start(root: Path, folder: Path, output: Path, strict: bool) -> subprocess.Popen[str]:
    """Start jupyter-book on a staged edition."""
    program = "from jupyter_book.cli.main import main; main()"
    options = ["-W", "-n", "--keep-going", "--all"] if strict else []
    own = [str(root), str(root / "src")]  # this book's extension and package, whatever else is installed
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    arguments = ["build", str(folder), "--path-output", str(output), "-q", *options]
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf8",
        env=os.environ | {"PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join([*own, *others])},
    )


def finish(lang: str, process: subprocess.Popen[str]) -> bool:
    """Wait for one edition; pass on its warnings, or all it said if it failed; tell whether it succeeded."""
    said, _ = process.communicate()
    good = process.returncode == 0
    for line in said.splitlines():
        if not good or "WARNING" in line or "ERROR" in line:
            print(f"[{lang}] {line}", file=sys.stderr)
    return good


def assemble(root: Path) -> Path:
    """Put the editions and the front page together in `_build/html`; return the front page."""
    html, draft = root / "_build" / "html", root / "_build" / "html.draft"
    shutil.rmtree(draft, ignore_errors=True)
    for lang in LANGUAGES:
        shutil.copytree(outcome(root, lang) / "_build" / "html", draft / lang)
    write_frame(root, draft)
    shutil.copy2(root / "book" / "front" / "index.html", draft / "index.html")
    shutil.rmtree(html, ignore_errors=True)
    draft.rename(html)
    return html / "index.html"
