"""A small project with one chapter, on disk but not executed: its outputs are filled in by hand."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from book.press.execute import tidy
from book.press.freshness import RECORD, entry, files, read_record, record_text, shown_digest
from book.press.layout import LANGUAGES, notebook_path, release, source_path
from book.press.new import CODE, skeleton
from book.press.project import projections
from book.press.refresh import text_of
from book.press.source import read

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """\
repository:
  url: https://example.org/book
parse:
  myst_enable_extensions: [amsmath, colon_fence, dollarmath, attrs_inline]
"""
TOC = """\
# one list
format: jb-book
root: book/ja/index
parts:
  - caption: 第1部
    chapters:
      - file: chapters/ja/sample # the last one
"""
TWIN = """\
$$
r = y - \\mu \\quad \\text{%(word)s}
$$ (eq-residual)

```{math}
:label: eq-square
r^2
```

{cite:t}`huber1964` ![%(word)s](picture.png)

:::{exercise} %(word)s
:label: ex-one
%(word)s
:::
"""
JA, EN = TWIN % {"word": "残差"}, TWIN % {"word": "residual"}
CELLS = f"""
```{{code-cell}} ipython3
:tags: [first]

x = 1
print(x + 1)
```

+++ {{"lang": "ja"}}

{JA}
+++ {{"lang": "en"}}

{EN}
```{{code-cell}} ipython3
---
tags: [exercise]
---
# --- your answer
answer = 3
# --- end
print("exercise ex-one:", "open" if answer is ... else "solved")
```
"""
PACKAGE = {
    "__init__.py": "",
    "language.py": "def use(language): pass\n",
    "losses.py": "from lossbook.families import near\n\nLOSS = near.LOSS\n",
    "families/near.py": "LOSS = 2\n",
    "families/far.py": "LOSS = 3\n",
    "families/table.txt": "1\n",
}
USED = ("lossbook/__init__.py", "lossbook/language.py")
CHAPTER = skeleton("sample", "見本", "Sample").replace(CODE, CELLS)


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """What the press does to this process's environment does not outlive a test."""
    kept = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The root of a project with the chapter ``sample``, without notebooks."""
    for directory in ("book", "chapters/ja", "chapters/en", "src/lossbook/families"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "_config.yml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    (tmp_path / "requirements.lock").write_text("torch==2.13.0\n", encoding="utf-8")
    for path, text in PACKAGE.items():
        (tmp_path / "src" / "lossbook" / path).write_text(text, encoding="utf-8")
    with (tmp_path / "src/lossbook/__init__.py").open("a", encoding="utf-8") as package:
        package.write('__version__ = "1.2.3"\n')
    shutil.copy(ROOT / "chapters" / "nbval.cfg", tmp_path / "chapters")
    shutil.copy(ROOT / "book" / "glossary.yml", tmp_path / "book")
    source_path(tmp_path, "sample").write_text(CHAPTER, encoding="utf-8")
    return tmp_path


@pytest.fixture
def printed(project: Path) -> Path:
    """The same with both notebooks, as an execution would have left them."""
    made = projections([read(project, source_path(project, "sample"))], release(project))
    notebooks = [made["sample", language].notebook for language in LANGUAGES]
    for language, notebook in zip(LANGUAGES, notebooks, strict=True):
        shown = iter(["", "2\n", "exercise ex-one: open\n", "exercise ex-one: solved\n"])
        for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
            cell.execution_count = number + 1
            text = next(shown)
            cell.outputs = [nbformat.v4.new_output("stream", text=text)] if text else []
        tidy(notebook, language)
        write(project, language, notebook)
    line = entry(made, "sample", notebooks, USED, files(project))
    record(project, {"sample": line})
    return project


def record(root: Path, lines: dict[str, dict[str, str]]) -> None:
    """Store lines of the record."""
    (root / RECORD).write_text(record_text(root, lines, lines), encoding="utf-8")


def write(root: Path, language: str, notebook: nbformat.NotebookNode) -> None:
    """Store a notebook of the sample chapter."""
    path = notebook_path(root, "sample", language)
    path.write_text(text_of(notebook), encoding="utf-8", newline="\n")


@pytest.fixture
def edit(project: Path) -> Callable[[str, str], None]:
    """Replace one passage of the chapter's source."""

    def replace(old: str, new: str) -> None:
        path = source_path(project, "sample")
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in the sample chapter"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


@pytest.fixture
def change(printed: Path) -> Callable[[str, Callable[[nbformat.NotebookNode], None]], None]:
    """Apply a function to the stored notebook of a language, as if a run had left it like that."""

    def apply(language: str, function: Callable[[nbformat.NotebookNode], None]) -> None:
        notebook = nbformat.read(notebook_path(printed, "sample", language), as_version=4)
        function(notebook)
        write(printed, language, notebook)
        line = read_record(printed)["sample"] | {language: shown_digest(notebook)}
        record(printed, {"sample": line})

    return apply
