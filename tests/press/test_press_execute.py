"""The press runs notebooks for real: what it stores, what it skips, what a failure leaves behind."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from book.press.check import check
from book.press.execute import notebooks
from book.press.layout import notebook_path, source_path
from book.press.problems import PressError

from .conftest import CHAPTER, ROOT

Edit = Callable[[str, str], None]


def line_of(passage: str) -> int:
    return CHAPTER[: CHAPTER.index(passage)].count("\n") + 1


def stored(root: Path) -> dict[str, bytes]:
    return {language: notebook_path(root, "sample", language).read_bytes() for language in ("ja", "en")}


def nbval(root: Path) -> subprocess.CompletedProcess[str]:
    (root / "chapters" / "conftest.py").write_bytes((ROOT / "chapters" / "conftest.py").read_bytes())
    options = ["-n", "2", "--dist", "loadfile", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", *options, "chapters"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_notebooks_run_pass_the_check_and_nbval_sees_one_changed_digit(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert notebooks(project) == 1
    assert "sample: ja " in capsys.readouterr().out
    check(project)

    first = stored(project)
    assert notebooks(project, ["sample"]) == 0
    assert capsys.readouterr().out == "sample: up to date\n"
    assert stored(project) == first
    assert not list(project.rglob("*.draft"))

    path = notebook_path(project, "sample", "en")
    path.write_text(path.read_text(encoding="utf-8").replace('"2\\n"', '"3\\n"'), encoding="utf-8")
    result = nbval(project)
    assert "1 failed, 7 passed" in result.stdout, result.stdout + result.stderr
    assert "FAILED chapters/en/sample.ipynb::Cell 1" in result.stdout


def test_a_failing_cell_is_named_and_the_old_notebooks_stay(printed: Path, edit: Edit) -> None:
    before = stored(printed)
    edit("print(x + 1)", "raise ValueError('too far out')")
    with pytest.raises(PressError) as caught:
        notebooks(printed)
    assert stored(printed) == before
    for problem, language in zip(caught.value.problems, ("ja", "en"), strict=True):
        assert problem.where == f"chapters/sample.md:{line_of('print(x + 1)')}"
        assert problem.text.startswith(f"chapters/{language}/sample.ipynb, cell 3 failed")
        assert "ValueError: too far out" in problem.text
        assert "\x1b" not in problem.text


def test_an_unknown_chapter_is_refused(project: Path) -> None:
    with pytest.raises(PressError, match=r"chapters/other.md: does not exist; the chapters are sample"):
        notebooks(project, ["other"])


def test_nothing_runs_if_a_source_is_malformed(project: Path) -> None:
    source_path(project, "bad").write_text("no front matter\n", encoding="utf-8")
    with pytest.raises(PressError, match=r"chapters/bad.md:1: has no front matter"):
        notebooks(project)
    assert not notebook_path(project, "sample", "ja").exists()


def test_a_stored_notebook_is_valid(printed: Path) -> None:
    nbformat.validate(nbformat.read(notebook_path(printed, "sample", "ja"), as_version=4))
