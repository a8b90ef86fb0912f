"""Stored notebooks belong to their sources, ran completely, and say the same in both languages."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from book.press.__main__ import main
from book.press.check import check
from book.press.freshness import RECORD
from book.press.layout import notebook_path, source_path
from book.press.outputs import promises
from book.press.problems import PressError

Node = nbformat.NotebookNode
Change = Callable[[str, Callable[[Node], None]], None]
PICTURE = {"image/png": "AAAA", "text/plain": "a picture"}


def findings(root: Path) -> list[str]:
    with pytest.raises(PressError) as caught:
        check(root)
    return [str(problem) for problem in caught.value.problems]


def printing(notebook: Node) -> Node:
    return next(cell for cell in notebook.cells if "print(x" in cell.source)


def marking(notebook: Node, tag: str) -> Node:
    return next(cell for cell in notebook.cells if tag in cell.metadata.get("tags", []))


def picture(alt: str | None) -> Node:
    metadata = {"image/png": {"alt": alt}} if alt else {}
    return nbformat.v4.new_output("display_data", data=PICTURE, metadata=metadata)


def test_a_sound_book_passes(printed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"], printed) == 0
    assert capsys.readouterr().out.startswith("1 chapters, ")


def test_a_problem_ends_with_status_one_and_no_traceback(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"], project) == 1
    assert "chapters/ja/sample.ipynb: is missing; run make notebooks" in capsys.readouterr().err


def test_no_chapter_is_no_pass(project: Path) -> None:
    source_path(project, "sample").unlink()
    assert findings(project) == ["chapters: holds no source NAME.md; make new NAME=... begins one"]


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("src/lossbook/language.py", "src/lossbook/language.py"),
        ("requirements.lock", "requirements.lock"),
    ],
)
def test_a_stale_notebook_is_named_with_what_changed(printed: Path, file: str, part: str) -> None:
    with (printed / file).open("a", encoding="utf-8") as stream:
        stream.write("\n")
    assert findings(printed) == [f"chapters/sample.md: is stale ({part} changed); run make notebooks"]


@pytest.mark.parametrize("file", ["families/near.py", "families/table.txt", "more.py"])
def test_a_part_of_the_package_that_no_chapter_used_may_change(printed: Path, file: str) -> None:
    (printed / "src" / "lossbook" / file).write_text("LOSS = 5\n", encoding="utf-8")
    check(printed)


def test_a_chapter_that_was_never_recorded_is_stale(printed: Path) -> None:
    (printed / RECORD).unlink()
    assert findings(printed) == ["chapters/sample.md: has no line in chapters/made.lock; run make notebooks"]


@pytest.mark.parametrize(
    "spoil", [lambda t: t.replace("code:", "<<<<<<< HEAD code:"), lambda t: t + t.splitlines()[-1] + "\n"]
)
def test_a_spoilt_record_is_no_record(printed: Path, spoil: Callable[[str], str]) -> None:
    path = printed / RECORD
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert "has no line in chapters/made.lock" in findings(printed)[0]


def test_an_output_edited_by_hand_is_found(printed: Path) -> None:
    for language in ("ja", "en"):
        path = notebook_path(printed, "sample", language)
        path.write_text(path.read_text(encoding="utf-8").replace('"2\\n"', '"3\\n"'), encoding="utf-8")
    assert findings(printed) == [
        f"chapters/{language}/sample.ipynb: shows other outputs than its last run did; run make notebooks"
        for language in ("ja", "en")
    ]


def test_line_endings_do_not_make_a_notebook_stale(printed: Path) -> None:
    path = source_path(printed, "sample")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    check(printed)


def drop_last(notebook: Node) -> None:
    notebook.cells.pop()


def edit_code(notebook: Node) -> None:
    printing(notebook).source += "  # edited"


def edit_prose(notebook: Node) -> None:
    notebook.cells[0].source += "!"


def edit_tags(notebook: Node) -> None:
    printing(notebook).metadata["tags"] = []


@pytest.mark.parametrize("function", [drop_last, edit_code, edit_prose, edit_tags])
def test_a_notebook_edited_by_hand_is_found(printed: Path, change: Change, function: Callable) -> None:
    change("en", function)
    found = findings(printed)
    assert found[0].startswith("chapters/en/sample.ipynb")
    assert "projects to" in found[0]


def never_ran(notebook: Node) -> None:
    printing(notebook).execution_count = None


def lost_output(notebook: Node) -> None:
    printing(notebook).outputs = []


def error(notebook: Node) -> None:
    failed = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
    printing(notebook).outputs.append(failed)


def stderr(notebook: Node) -> None:
    printing(notebook).outputs.append(nbformat.v4.new_output("stream", name="stderr", text="w"))


def blind_picture(notebook: Node) -> None:
    printing(notebook).outputs.append(picture(None))


def two_pictures(notebook: Node) -> None:
    printing(notebook).outputs += [picture("one"), picture("two")]


def solved_blank(notebook: Node) -> None:
    marking(notebook, "exercise").outputs[0].text = "exercise ex-one: solved\n"


def wrong_solution(notebook: Node) -> None:
    marking(notebook, "solution").outputs[0].text = "exercise ex-one: wrong\n"


BREAKS = [
    (never_ran, "has never run"),
    (lost_output, "promises an output and stores none"),
    (error, "stores an error"),
    (stderr, "wrote to stderr"),
    (blind_picture, "picture without alt text"),
    (two_pictures, "shows 2 pictures"),
    (solved_blank, "is tagged exercise and must print 'open'"),
    (wrong_solution, "is tagged solution and must print 'solved'"),
]


@pytest.mark.parametrize(("function", "message"), BREAKS, ids=[message for _, message in BREAKS])
def test_a_broken_output_is_found(printed: Path, change: Change, function: Callable, message: str) -> None:
    change("ja", function)
    assert any(message in line and "chapters/ja/sample.ipynb, cell" in line for line in findings(printed))


def test_a_path_of_this_machine_is_found(printed: Path, change: Change) -> None:
    def store_path(notebook: Node) -> None:
        printing(notebook).outputs[0].text = f"{printed}/chapters\n"

    for language in ("ja", "en"):
        change(language, store_path)
    assert len(findings(printed)) == 2
    assert "stores the path" in findings(printed)[0]


def test_text_that_differs_between_the_languages_is_found(printed: Path, change: Change) -> None:
    def other_digit(notebook: Node) -> None:
        printing(notebook).outputs[0].text = "3\n"

    change("en", other_digit)
    assert len(findings(printed)) == 1
    assert "shows ['2\\n'] in Japanese, ['3\\n'] in English; print the same" in findings(printed)[0]


def test_alt_text_may_differ_and_is_expected_where_the_page_reads_it(printed: Path, change: Change) -> None:
    def described(alt: str) -> Callable[[Node], None]:
        def apply(notebook: Node) -> None:
            cell = printing(notebook)
            cell.outputs.append(picture(alt))
            cell.metadata["mystnb"] = {"image": {"alt": alt}}

        return apply

    change("ja", described("残差の図"))
    change("en", described("residuals"))
    check(printed)
    change("en", lambda notebook: printing(notebook).metadata.pop("mystnb"))
    assert "is not what the source projects to" in findings(printed)[0]


def test_a_notebook_without_a_source_is_found(printed: Path) -> None:
    kept = notebook_path(printed, "sample", "en")
    notebook_path(printed, "old", "en").write_bytes(kept.read_bytes())
    assert findings(printed) == ["chapters/en/old.ipynb: has no source chapters/old.md; delete it"]


def test_a_notebook_that_is_not_one_is_named(printed: Path) -> None:
    notebook_path(printed, "sample", "en").write_text("{", encoding="utf-8")
    assert "chapters/en/sample.ipynb: is not a notebook (" in findings(printed)[0]


def test_the_table_of_contents_lists_the_chapters(printed: Path) -> None:
    toc = printed / "_toc.yml"
    toc.write_text(toc.read_text(encoding="utf-8").replace("ja/sample", "ja/other"), encoding="utf-8")
    missing, dangling = findings(printed)
    assert missing.startswith("_toc.yml: does not list chapters/ja/sample; add the line")
    assert dangling.startswith("_toc.yml: lists chapters/ja/other, which has no source")


@pytest.mark.parametrize(
    ("code", "promised"),
    [
        ("print(1)", True),
        ("plots.show(fig, alt='x')", True),
        ("for k in range(2):\n    expect('k', k, (0, 2))", True),
        ("%pip list\ntable()", True),
        ("rows = table()", False),
        ("def f():\n    print(1)", False),
        ("x = 1", False),
    ],
)
def test_a_call_that_shows_promises_an_output(code: str, promised: bool) -> None:
    assert promises(code) is promised
