"""Both notebooks get the same code; only prose and the name of the language differ."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from book.press.layout import release, source_path
from book.press.problems import PressError
from book.press.project import SET_UP, Projection, blank
from book.press.project import project as projection_of
from book.press.source import Cell, read

from .conftest import CHAPTER

Edit = Callable[[str, str], None]
RELEASE = "lossbook"


def both(project: Path) -> list[Projection]:
    source = read(project, source_path(project, "sample"))
    return [projection_of(source, language, RELEASE) for language in ("ja", "en")]


def code(projection: Projection) -> list[str]:
    return [cell.source for cell in projection.notebook.cells if cell.cell_type == "code"]


def test_code_is_identical_but_for_the_line_that_names_the_language(project: Path) -> None:
    ja, en = map(code, both(project))
    assert ja[1:] == en[1:]
    differing = [
        pair for pair in zip(ja[0].splitlines(), en[0].splitlines(), strict=True) if pair[0] != pair[1]
    ]
    assert differing == [('lossbook.language.use("ja")', 'lossbook.language.use("en")')]


def test_the_set_up_cell_comes_right_after_the_title_and_installs_a_release(project: Path) -> None:
    made = projection_of(read(project, source_path(project, "sample")), "ja", release(project))
    assert made.notebook.cells[0].source.splitlines()[1] == "# 見本"
    pinned = "lossbook[book] @ git+https://example.org/book@v1.2.3"
    assert f'%pip install -q "{pinned}"' in made.notebook.cells[1].source


@pytest.mark.parametrize(
    ("present", "done"),
    [
        ({"lossbook", "distutils"}, []),
        ({"distutils"}, ["pip"]),
        ({"lossbook"}, ["setuptools"]),
        (set(), ["pip", "setuptools"]),
    ],
)
def test_the_set_up_cell_brings_what_is_missing(
    present: set[str], done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []
    language = SimpleNamespace(use=lambda lang: None)
    package = SimpleNamespace(language=language)

    found = SimpleNamespace(util=importlib.util, import_module=did.append)

    def bring(name: str, *rest: object) -> object:
        return package if name.startswith("lossbook") else found

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in present or None)
    shell = SimpleNamespace(run_line_magic=lambda name, line: did.append(name))
    code = TransformerManager().transform_cell(SET_UP.format(release="x", language="ja"))
    names = {"get_ipython": lambda: shell, "__builtins__": {"__import__": bring}}
    exec(code, names)
    assert did == done


def test_a_project_without_a_version_is_refused(project: Path) -> None:
    (project / "src/lossbook/__init__.py").write_text("", encoding="utf-8")
    with pytest.raises(PressError, match=r"src/lossbook/__init__.py: has no line __version__"):
        release(project)


def test_each_notebook_has_the_prose_of_its_language_only(project: Path) -> None:
    ja, en = both(project)
    titles = [cell.source for p in (ja, en) for cell in p.notebook.cells if "(sample-proof)=" in cell.source]
    assert [title.split("\n")[1] for title in titles] == ["## 検証", "## Proof"]
    assert not any("lang" in cell.metadata for p in (ja, en) for cell in p.notebook.cells)


def test_each_cell_remembers_where_it_comes_from(project: Path) -> None:
    lines = CHAPTER.splitlines()
    ja, _ = both(project)
    assert len(ja.origins) == len(ja.notebook.cells)
    for cell, origin in zip(ja.notebook.cells, ja.origins, strict=True):
        if origin is not None:
            assert lines[origin.line - 1] == cell.source.splitlines()[0]


def test_ids_are_unique_and_one_change_leaves_the_others(project: Path, edit: Edit) -> None:
    before = [cell.id for cell in both(project)[0].notebook.cells]
    edit("print(x + 1)", "print(x + 2)")
    after = [cell.id for cell in both(project)[0].notebook.cells]
    assert len(set(before)) == len(before)
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def test_an_exercise_becomes_a_blank_and_a_hidden_solution(project: Path) -> None:
    ja, _ = both(project)
    empty, solved = [c for c in ja.notebook.cells if c.cell_type == "code"][-2:]
    assert empty.metadata.tags == ["exercise"]
    assert solved.metadata.tags == ["hide-cell", "solution"]
    assert "answer = ..." in empty.source
    assert "answer = 3" not in empty.source
    assert "answer = 3" in solved.source
    assert empty.source.splitlines()[-1] == solved.source.splitlines()[-1]
    assert "exercise ex-one:" in empty.source


def exercise(answer: str) -> Cell:
    return Cell("code", f"# --- your answer\n{answer}\n# --- end\nmark()", {"tags": ["exercise"]}, 10)


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("a = 1", "a = ..."),
        ("a, b = 1, 2", "a = ...\nb = ..."),
        ("a: int = 1", "a = ..."),
        ("def f(x):\n    return x", "f = ..."),
        ("import math\na = math.pi\na = a + 1", "import math\n\na = ..."),
        ("class C:\n    pass", "C = ..."),
        ("print(1)\na = 1", "a = ..."),
    ],
)
def test_the_blank_keeps_the_names_of_the_answer(answer: str, left: str) -> None:
    assert blank(exercise(answer), "x.md") == f"# --- your answer\n{left}\n# --- end\nmark()"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1", "x.md:10: exercise has no answer block"),
        ("# --- end\n# --- your answer", "x.md:10: exercise has no answer block"),
        ("y = 2\n# --- your answer\nprint(1)\n# --- end", "x.md:12: answer block binds no name"),
        ("# --- your answer\na = 1\nb = (\n# --- end\n)", "x.md:12: answer block is no Python of its own"),
        ("# --- your answer\n%time a = 1\n# --- end", "x.md:11: answer block is no Python of its own"),
    ],
)
def test_an_exercise_without_an_answer_is_refused(text: str, message: str) -> None:
    with pytest.raises(PressError, match=message):
        blank(Cell("code", text, {"tags": ["exercise"]}, 10), "x.md")
