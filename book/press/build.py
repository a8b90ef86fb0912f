"""Build both editions of the book, side by side, into `_build/html`.

Nothing is executed here: the notebooks come with their outputs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from book.press.frame import write_frame
from book.press.layout import LANGUAGES
from book.press.problems import PressError
from book.press.proofs import proofs
from book.press.stage import stage


def main(root: Path, strict: bool = False) -> int:
    """Build both editions and the front page; return the exit status.

    With `strict` every page is read afresh, and a warning or an unresolved reference fails the build.
    """
    root = root.resolve()
    try:
        staged = {lang: stage(root, lang) for lang in LANGUAGES}
    except PressError as error:
        print(f"The book was not built. {error}", file=sys.stderr)
        return 1
    if (root / "src" / "lossbook").is_dir():
        proofs(root)  # once, before two processes want them
    running = {lang: start(folder, outcome(root, lang), strict) for lang, folder in staged.items()}
    failed = [lang for lang, process in running.items() if not finish(lang, process)]
    if failed:
        print(f"The book was not built: see the messages of {', '.join(failed)} above.", file=sys.stderr)
        return 1
    page = assemble(root)
    print(f"The book is ready. Open {page.relative_to(root)} in a browser:\n  {page.as_uri()}")
    return 0


def outcome(root: Path, lang: str) -> Path:
    """Where jupyter-book keeps what it made of one edition: pages and cached documents."""
    return root / "_build" / "editions" / lang


def start(folder: Path, output: Path, strict: bool) -> subprocess.Popen[str]:
    """Start jupyter-book on a staged edition."""
    program = "from jupyter_book.cli.main import main; main()"
    options = ["-W", "-n", "--keep-going", "--all"] if strict else []
    arguments = ["build", str(folder), "--path-output", str(output), "-q", *options]
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf8",
        env=os.environ | {"PYTHONUTF8": "1"},
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
    html = root / "_build" / "html"
    shutil.rmtree(html, ignore_errors=True)
    for lang in LANGUAGES:
        shutil.copytree(outcome(root, lang) / "_build" / "html", html / lang)
    write_frame(root, html)
    return Path(shutil.copy2(root / "book" / "front" / "index.html", html / "index.html"))
