"""The press runs notebooks for real: what it stores, what it skips, what a failure leaves behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from book.press import kernel, layout
from book.press.check import check
from book.press.execute import Run, joined, run
from book.press.freshness import read_record
from book.press.layout import notebook_path, release, source_path
from book.press.problems import PressError
from book.press.project import projections
from book.press.refresh import notebooks
from book.press.source import read

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
    said = capsys.readouterr().out
    assert "sample: runs, as chapters/sample.md has no line in chapters/made.lock\n" in said
    assert "sample: ja " in said
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
    for problem, language in zip(caught.value.problems, ("en", "ja"), strict=True):
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


@pytest.fixture(params=["forked", "ordinary"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both kinds of kernel: without a server the stand-in of a forked one becomes an ordinary one."""
    if request.param == "ordinary":
        monkeypatch.setattr(kernel, "server_address", lambda: "/nowhere")


def fill(root: Path, code: str) -> Run:
    """Run the Japanese notebook of the sample chapter with ``code`` in its first cell."""
    source = source_path(root, "sample")
    source.write_text(CHAPTER.replace("x = 1\nprint(x + 1)", code), encoding="utf-8")
    made = projections([read(root, source)], release(root))["sample", "ja"]
    kernel.enter(root)
    return run(root, "sample", "ja", made)


def shown(result: Run) -> str:
    """What the first cell of a run printed."""
    cell = [cell for cell in result.notebook.cells if cell.cell_type == "code"][1]
    return "".join(output.text for output in cell.outputs)


READS = """\
import lossbook.losses
from importlib import resources
print(resources.files("lossbook").joinpath("families/table.txt").read_text())"""


def test_a_run_tells_what_it_used_of_the_package(project: Path, kind: None) -> None:
    files = ("__init__.py", "families/near.py", "families/table.txt", "language.py", "losses.py")
    assert fill(project, READS).used == [f"lossbook/{file}" for file in files]


def test_a_package_from_elsewhere_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(project / "src" / "lossbook")
    monkeypatch.setattr(layout, "package_version", lambda root: "1.2.3")
    with pytest.raises(PressError, match="took lossbook from elsewhere than src/lossbook"):
        fill(project, "x = 1")


LEAK = """\
import sys
import matplotlib
print("mine" in globals(), matplotlib.rcParams["lines.linewidth"], "_lossbook_read" in globals())"""


def test_the_authors_own_settings_stay_out(
    project: Path, kind: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    startup = home / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("mine = 1\n")
    (home / "matplotlibrc").write_text("lines.linewidth: 7\n")
    for name, value in {"HOME": home, "IPYTHONDIR": home / ".ipython", "MPLCONFIGDIR": home}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("MATPLOTLIBRC", str(home / "matplotlibrc"))
    assert shown(fill(project, LEAK)) == "False 1.5 False\n"


@pytest.mark.parametrize("writable", [True, False])
def test_matplotlib_has_looked_for_fonts_before_a_notebook_needs_them(project: Path, writable: bool) -> None:
    if not writable:
        (project / "_build").write_text("in the way", encoding="utf-8")
    kernel.enter(project)
    assert list(Path(os.environ["MPLCONFIGDIR"]).glob("fontlist-*.json"))
    assert (project in Path(os.environ["MPLCONFIGDIR"]).parents) is writable


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("import os\nos._exit(3)", "cell 3 ended its kernel"),
        ("print('x' * 400_000)", "cell 3 shows 400,001 characters of text, and a page takes 20,000"),
        ("while True:\n    print('x' * 10_000)", "cell 3 shows more than 2,000,000 characters"),
    ],
)
def test_a_cell_that_cannot_be_stored_is_named(project: Path, code: str, text: str) -> None:
    with pytest.raises(PressError) as caught:
        fill(project, code)
    (problem,) = caught.value.problems
    assert problem.where == f"chapters/sample.md:{line_of('x = 1')}"
    assert problem.text.startswith(f"chapters/ja/sample.ipynb, {text}")


def test_a_set_up_cell_that_ends_its_kernel_is_named(project: Path) -> None:
    (project / "src" / "lossbook" / "language.py").write_text("import os\nos._exit(3)\n", encoding="utf-8")
    with pytest.raises(
        PressError, match=r"chapters/ja/sample.ipynb, cell 1: \(the set-up cell\) ended its kernel"
    ):
        fill(project, "x = 1")


def test_streams_are_joined_where_they_began_and_lines_written_over_are_gone() -> None:
    pieces = [("stderr", "a"), ("stdout", "1\r2"), ("stderr", "b"), ("stdout", "\r\n3")]
    outputs = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in pieces]
    assert [(one.name, one.text) for one in joined(outputs)] == [("stdout", "2\n3"), ("stderr", "ab")]


SLOW = "import os, time\nfrom pathlib import Path\nPath('pid').write_text(str(os.getpid()))\ntime.sleep(600)"


def test_ctrl_c_keeps_what_is_complete_and_leaves_no_kernel(project: Path) -> None:
    slow = CHAPTER.replace("sample", "slow").replace("x = 1\nprint(x + 1)", SLOW)
    source_path(project, "slow").write_text(slow, encoding="utf-8")
    source_path(project, "unbegun").write_text(slow.replace("slow", "unbegun"), encoding="utf-8")
    code = "import sys; from book.press.__main__ import *; sys.exit(main(['notebooks'], Path(sys.argv[1])))"
    press = subprocess.Popen(
        [sys.executable, "-c", code, str(project)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert press.stdout is not None
    while not press.stdout.readline().startswith("sample: ja"):
        assert press.poll() is None
    files = [project / "chapters" / language / "pid" for language in ("ja", "en")]
    while not all(file.exists() and file.read_text() for file in files):
        time.sleep(0.05)
    press.send_signal(signal.SIGINT)
    _, complained = press.communicate(timeout=60)
    assert complained == "stopped; what is complete is stored, not made: slow, unbegun\n"
    assert press.returncode == 130
    assert list(read_record(project)) == ["sample"]
    for file in files:
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.read_text()), 0)
