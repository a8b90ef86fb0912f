"""Only what changed runs, the press says why, and what it cannot store it leaves alone."""

import io
import os
from base64 import b64encode
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import nbformat
import pytest
from PIL import Image

from book.press import refresh
from book.press.__main__ import main
from book.press.check import check
from book.press.execute import Run, tidy
from book.press.freshness import RECORD, read_record
from book.press.layout import LANGUAGES, notebook_path, source_path
from book.press.problems import PressError
from book.press.refresh import notebooks

from .conftest import CHAPTER, USED

Edit = Callable[[str, str], None]
Change = Callable[[str, Callable[[nbformat.NotebookNode], None]], None]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run cells in this process, without a kernel; the list tells which notebooks ran."""
    names: list[str] = []

    def run(root: Path, name: str, language: str, projection: Any, runs: Any = None) -> Run:
        names.append(f"{name} {language}")
        space: dict[str, Any] = {}
        for number, cell in enumerate(c for c in projection.notebook.cells if c.cell_type == "code"):
            said = io.StringIO()
            with redirect_stdout(said):
                exec(cell.source if number else "", space)
            text = said.getvalue()
            cell.outputs = [nbformat.v4.new_output("stream", text=text)] if text else []
            cell.execution_count = number + 1
        tidy(projection.notebook, language)
        return Run(projection.notebook, [*USED, "lossbook/families/near.py"], 0.1)

    monkeypatch.setattr(refresh, "run", run)
    monkeypatch.setattr(refresh.kernel, "enter", lambda root: None)
    return names


def stored(root: Path) -> dict[str, bytes]:
    paths = [root / RECORD, *(root / "chapters").glob("*/*.ipynb")]
    return {path.name + path.parent.name: path.read_bytes() for path in paths if path.exists()}


def second(root: Path) -> None:
    """A chapter ``other`` beside ``sample``."""
    source_path(root, "other").write_text(CHAPTER.replace("sample", "other"), encoding="utf-8")


def test_nothing_runs_twice(project: Path, ran: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert notebooks(project) == 1
    first = stored(project)
    capsys.readouterr()
    assert notebooks(project) == 0
    assert capsys.readouterr().out == "sample: up to date\n"
    assert sorted(ran) == ["sample en", "sample ja"]
    assert stored(project) == first
    check(project)


@pytest.mark.parametrize(
    ("file", "runs"), [("near.py", True), ("far.py", False), ("new.py", False), ("table.txt", False)]
)
def test_an_edit_of_one_family_runs_what_used_it(
    project: Path, ran: list[str], file: str, runs: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    notebooks(project)
    (project / "src" / "lossbook" / "families" / file).write_text("LOSS = 7\n", encoding="utf-8")
    assert notebooks(project) == runs
    because = f"runs, as chapters/sample.md is stale (src/lossbook/families/{file} changed)"
    assert (because in capsys.readouterr().out) is runs


def test_a_run_that_shows_the_same_changes_its_line_only(project: Path, ran: list[str]) -> None:
    notebooks(project)
    first = stored(project)
    (project / "src" / "lossbook" / "families" / "near.py").write_text("LOSS = 7\n", encoding="utf-8")
    notebooks(project)
    changed = {name for name, content in stored(project).items() if content != first[name]}
    assert changed == {"made.lockchapters"}
    check(project)


def test_measured_digits_are_kept_and_others_are_not(project: Path, ran: list[str], edit: Edit) -> None:
    edit("print(x + 1)", "import builtins\n\nprint(f'MAE   {builtins.measured}   (checked: 1 to 5)')")
    import builtins

    builtins.measured = 2.5  # type: ignore[attr-defined]
    notebooks(project)
    first = stored(project)
    builtins.measured = 2.6  # type: ignore[attr-defined]
    notebooks(project, force=True)
    assert stored(project) == first
    builtins.measured = 2.9  # type: ignore[attr-defined]  # no two machines differ by so much
    notebooks(project, force=True)
    assert stored(project) != first
    first = stored(project)
    builtins.measured = "many"  # type: ignore[attr-defined]
    notebooks(project, force=True)
    assert stored(project) != first


def test_a_chapter_whose_code_changed_shows_what_it_measures_now(
    project: Path, ran: list[str], edit: Edit
) -> None:
    edit("print(x + 1)", "import builtins\n\nprint(f'MAE   {builtins.measured}   (checked: 1 to 5)')")
    import builtins

    builtins.measured = 2.5  # type: ignore[attr-defined]
    notebooks(project)
    edit("import builtins", "import builtins  # anew")
    builtins.measured = 2.6  # type: ignore[attr-defined]
    notebooks(project)
    assert any("2.6" in content for content in map(str, stored(project).values()))


def picture(colour: int, level: int) -> str:
    stream = io.BytesIO()
    Image.new("L", (2, 2), colour).save(stream, format="png", compress_level=level)
    return b64encode(stream.getvalue()).decode()


def test_pictures_are_the_same_if_their_pixels_are() -> None:
    def cell(data: str) -> nbformat.NotebookNode:
        outputs = [nbformat.v4.new_output("display_data", data={"image/png": data})]
        return nbformat.v4.new_code_cell(outputs=outputs)

    assert picture(7, 0) != picture(7, 9)
    assert refresh.alike(cell(picture(7, 0)), cell(picture(7, 9)), [])
    assert not refresh.alike(cell(picture(7, 0)), cell(picture(8, 0)), [])
    assert not refresh.alike(cell("AAAA"), cell("AAAB"), [])


def test_an_edit_of_words_runs_nothing(
    printed: Path, ran: list[str], edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("# Sample", "# The sample")
    edit(":tags: [first]", ":tags: [hide-input]")
    record = (printed / RECORD).read_bytes()
    assert notebooks(printed) == 0
    assert ran == []
    assert capsys.readouterr().out == "sample: its words are copied; no code changed, so nothing ran\n"
    assert "# The sample" in notebook_path(printed, "sample", "en").read_text(encoding="utf-8")
    assert (printed / RECORD).read_bytes() == record
    check(printed)


def test_an_edit_of_code_runs(printed: Path, ran: list[str], edit: Edit, capsys: Any) -> None:
    edit("print(x + 1)", "print(x + 2)")
    assert notebooks(printed) == 1
    assert "sample: runs, as chapters/sample.md is stale (its code changed)\n" in capsys.readouterr().out
    check(printed)


def clear(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def edit_digit(notebook: nbformat.NotebookNode) -> None:
    next(cell for cell in notebook.cells if cell.get("outputs")).outputs[0].text = "3\n"


def forget_count(notebook: nbformat.NotebookNode) -> None:
    next(cell for cell in notebook.cells if cell.get("outputs")).execution_count = None


def edit_code(notebook: nbformat.NotebookNode) -> None:
    next(cell for cell in notebook.cells if cell.get("outputs")).source += "  # edited"


def edit_metadata(notebook: nbformat.NotebookNode) -> None:
    notebook.metadata["kernelspec"] = {"name": "mine", "display_name": "Mine"}


def drop_cell(notebook: nbformat.NotebookNode) -> None:
    del notebook.cells[0]


SPOILT = ["", "{", "[]", '"text"', '{"nbformat": 5}', "<<<<<<< HEAD\n", "\x00"]
HANDS = [clear, edit_digit, forget_count, edit_code, edit_metadata, drop_cell]


@pytest.mark.parametrize("languages", [["ja"], ["ja", "en"]])
@pytest.mark.parametrize("function", HANDS)
def test_what_check_refuses_notebooks_repairs(
    printed: Path, ran: list[str], function: Callable[[nbformat.NotebookNode], None], languages: list[str]
) -> None:
    first = stored(printed)
    for language in languages:
        path = notebook_path(printed, "sample", language)
        notebook = nbformat.read(path, as_version=4)
        function(notebook)
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    with pytest.raises(PressError, match="run make notebooks"):
        check(printed)
    notebooks(printed)
    check(printed)
    mended = stored(printed)
    assert {name: text for name, text in mended.items() if "ipynb" in name} == {
        name: text for name, text in first.items() if "ipynb" in name
    }


@pytest.mark.parametrize("text", SPOILT)
def test_a_spoilt_notebook_is_named_and_made_again(printed: Path, ran: list[str], text: str) -> None:
    path = notebook_path(printed, "sample", "en")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        PressError, match=r"chapters/en/sample.ipynb: is not a notebook \(.*run make notebooks"
    ):
        check(printed)
    assert notebooks(printed) == 1
    check(printed)


def test_an_output_without_data_is_no_notebook(printed: Path, ran: list[str]) -> None:
    path = notebook_path(printed, "sample", "en")
    text = path.read_text(encoding="utf-8").replace(
        '"output_type": "stream"', '"output_type": "display_data"'
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PressError, match="is not a notebook"):
        check(printed)
    notebooks(printed)
    check(printed)


def test_a_removed_chapter_leaves_the_record(printed: Path, ran: list[str]) -> None:
    second(printed)
    notebooks(printed, ["other"])
    assert list(read_record(printed)) == ["other", "sample"]
    source_path(printed, "sample").unlink()
    notebooks(printed, force=True)
    assert list(read_record(printed)) == ["other"]


def test_force_runs_what_is_up_to_date(printed: Path, ran: list[str], capsys: Any) -> None:
    assert main(["notebooks", "--force"], printed) == 0
    assert sorted(ran) == ["sample en", "sample ja"]
    assert "sample: runs, as --force asks\n" in capsys.readouterr().out


def test_a_chapter_that_cannot_be_written_leaves_both_notebooks_and_the_others_go_on(
    printed: Path, ran: list[str], edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    second(printed)
    edit("print(x + 1)", "print(x + 2)")
    first = stored(printed)
    real = os.replace

    def full(source: Path, target: Path) -> None:
        if target == notebook_path(printed, "sample", "en"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(PressError) as caught:
        notebooks(printed)
    assert [str(problem) for problem in caught.value.problems] == [
        "chapters/{ja,en}/sample.ipynb: could not be written (No space left on device), so the chapter's "
        "notebooks stay as they were"
    ]
    now = stored(printed)
    assert all(now[name] == first[name] for name in first if name.startswith("sample"))
    assert "other" in read_record(printed)
    assert not list(printed.rglob("*.draft"))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(13, "Permission denied", "chapters/ja"),
            "could not run: chapters/ja: Permission denied",
        ),
        (KeyError("odd"), "could not run (KeyError: 'odd'). This is a fault of the press: please report it"),
    ],
)
def test_whatever_fails_in_one_chapter_the_others_are_stored(
    printed: Path, ran: list[str], edit: Edit, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    second(printed)
    edit("print(x + 1)", "print(x + 2)")
    quick = refresh.run

    def failing(root: Path, name: str, *rest: Any) -> Run:
        if name == "sample":
            raise error
        return quick(root, name, *rest)

    monkeypatch.setattr(refresh, "run", failing)
    with pytest.raises(PressError) as caught:
        notebooks(printed)
    assert [str(problem) for problem in caught.value.problems] == [
        f"chapters/{language}/sample.ipynb: {message}" for language in ("en", "ja")
    ]
    assert "other" in read_record(printed)


def test_what_a_run_leaves_wrong_is_said_at_once(printed: Path, ran: list[str], edit: Edit) -> None:
    edit("print(x + 1)", "print()\nshow = print\nshow('a', end='')  # residual")
    edit(
        'print("exercise ex-one:", "open" if answer is ... else "solved")',
        'print("exercise ex-one:", "lost")',
    )
    with pytest.raises(PressError, match="is tagged exercise and must print 'open'"):
        notebooks(printed)
    assert notebooks(printed) == 0
    assert all(language in read_record(printed)["sample"] for language in LANGUAGES)
