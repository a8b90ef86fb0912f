"""What a second build makes is what a build from nothing makes, and it says what is stale."""

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from book.press import build
from book.press.layout import LANGUAGES
from book.press.stage import stage

from .conftest import ROOT

TOC = """\
format: jb-book
root: book/ja/index
chapters:
  - file: book/ja/more
  - file: book/ja/glossary
  - file: chapters/ja/sums
"""
PAGES = {
    "index": "(top)=\n# First\n\nA sentence. {ref}`there`\n",
    "more": "(there)=\n# More\n\nAnother sentence.\n\n$$\na\n$$ (eq-a)\n",
    "glossary": "# Words\n\n```{glossary-list}\n```\n",
}
SUMS = "(sums)=\n# Sums\n\n```{exercise} Add\n:label: ex-add\nOne and one.\n```\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small book with this book's configuration and extension."""
    shutil.copy(ROOT / "_config.yml", tmp_path)
    skipped = shutil.ignore_patterns("*.md", "__pycache__")
    shutil.copytree(ROOT / "book", tmp_path / "book", ignore=skipped)
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    for lang in LANGUAGES:
        for name, text in PAGES.items():
            (tmp_path / "book" / lang / f"{name}.md").write_text(text, encoding="utf-8")
        cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="1\n")])
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(SUMS, id="a"), cell])
        cell.id = "b"
        (tmp_path / "chapters" / lang).mkdir(parents=True)
        nbformat.write(notebook, tmp_path / "chapters" / lang / "sums.ipynb")
    return tmp_path


def edit(path: str, old: str, new: str) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new), encoding="utf-8")

    return apply


def add_page(root: Path) -> None:
    for lang in LANGUAGES:
        (root / "book" / lang / "new.md").write_text("# New\n", encoding="utf-8")
    edit("_toc.yml", "  - file: book/ja/more\n", "  - file: book/ja/more\n  - file: book/ja/new\n")(root)


def kept(root: Path, strict: bool = False) -> bool:
    """Whether the press keeps what it made of the English edition."""
    made = build.outcome(root, "en") / "page.html"
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_text("made", encoding="utf-8")
    now = build.prepare(root, "en", stage(root, "en"), strict)
    (build.outcome(root, "en") / build.PRINT).write_text(now, encoding="utf-8")
    return made.exists()


FROM_NOTHING = {
    "the glossary": edit("book/glossary.yml", "likelihood", "likeliness"),
    "a title": edit("book/en/more.md", "# More", "# Much more"),
    "the title of an exercise": edit("chapters/en/sums.ipynb", "{exercise} Add", "{exercise} Sum"),
    "a label": edit("book/en/more.md", "(there)=", "(here)="),
    "a formula more": edit("book/en/more.md", "sentence.", "sentence. $$b$$"),
    "a citation": edit("book/en/more.md", "sentence.", "sentence {cite:p}`huber1964`."),
    "a new page": add_page,
    "a page removed": edit("_toc.yml", "  - file: book/ja/more\n", ""),
    "the configuration": edit("_config.yml", "use_sidenotes: false", "use_sidenotes: true"),
    "the extension": edit("book/extension/lists.py", "done", "solved"),
    "a style": edit("book/static/book.css", "{", " {"),
}
SENTENCES = {
    "a sentence": edit("book/en/more.md", "Another sentence.", "One more."),
    "a printed text": edit("chapters/en/sums.ipynb", '"1\\n"', '"2\\n"'),
}


@pytest.mark.parametrize("change", FROM_NOTHING.values(), ids=FROM_NOTHING)
def test_what_other_pages_show_makes_all_pages_again(tree: Path, change: Callable[[Path], None]) -> None:
    assert not kept(tree)
    assert kept(tree)
    change(tree)
    assert not kept(tree)


@pytest.mark.parametrize("change", SENTENCES.values(), ids=SENTENCES)
def test_sentences_make_their_own_page_again(tree: Path, change: Callable[[Path], None]) -> None:
    kept(tree)
    change(tree)
    assert kept(tree)
    assert not kept(tree, strict=True)


def test_a_build_that_was_interrupted_begins_from_nothing(tree: Path) -> None:
    kept(tree)
    build.prepare(tree, "en", stage(tree, "en"), strict=False)
    assert not kept(tree)


def contents(root: Path) -> dict[str, bytes]:
    """The English edition, after a build of it."""
    now = build.prepare(root, "en", folder := stage(root, "en"), strict=False)
    assert build.finish("en", build.start(root, folder, build.outcome(root, "en"), strict=False))
    (build.outcome(root, "en") / build.PRINT).write_text(now, encoding="utf-8")
    html = build.outcome(root, "en") / "_build" / "html"
    return {
        path.relative_to(html).as_posix(): path.read_bytes() for path in html.rglob("*") if path.is_file()
    }


def test_a_second_build_equals_a_build_from_nothing(tree: Path) -> None:
    first = contents(tree)
    for change in SENTENCES.values():
        change(tree)
    edit("book/en/index.md", "A sentence.", "Words that no page had: zymurgy.")(tree)
    second = contents(tree)
    shutil.rmtree(tree / "_build")
    third = contents(tree)
    assert second != first
    assert set(second) == set(third)
    assert [name for name in third if second[name] != third[name]] == []


def test_a_removed_page_is_gone_with_its_source(tree: Path) -> None:
    (html := tree / "_build" / "html").mkdir(parents=True)
    (html / "old.html").write_text("old", encoding="utf-8")
    for lang in LANGUAGES:
        (made := build.outcome(tree, lang) / "_build" / "html").mkdir(parents=True)
        (made / "index.html").write_text("new", encoding="utf-8")
    build.assemble(tree)
    assert not (html / "old.html").exists()
    assert (html / "en" / "index.html").read_text(encoding="utf-8") == "new"


def test_a_build_says_which_notebooks_are_stale(printed: Path) -> None:
    assert build.stale(printed) == []
    (printed / "src" / "lossbook" / "language.py").write_text("def use(one): pass\n", encoding="utf-8")
    (line,) = build.stale(printed)
    assert line.startswith(
        "WARNING chapters/sample.md: is stale (src/lossbook/language.py changed); run make"
    )
    (printed / "requirements.lock").unlink()
    assert build.stale(printed) == ["WARNING requirements.lock: is missing; restore it from the repository"]
