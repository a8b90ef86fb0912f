"""A new chapter is one file and one line."""

import os
from pathlib import Path

import pytest

from book.press.__main__ import main
from book.press.layout import listed_files, source_path
from book.press.new import new
from book.press.parity import parity_problems
from book.press.problems import PressError
from book.press.source import read


def test_the_skeleton_is_a_sound_source(project: Path) -> None:
    new(project, "l1-loss", "L1損失", "L1 loss")
    source = read(project, source_path(project, "l1-loss"))
    assert parity_problems(project, [source]) == []
    assert source.cells[0].text.split("\n")[1] == "# L1損失"


def test_its_line_follows_the_last_chapter_and_the_rest_stays(project: Path) -> None:
    before = (project / "_toc.yml").read_text(encoding="utf-8")
    new(project, "huber")
    after = (project / "_toc.yml").read_text(encoding="utf-8")
    assert after == before + "      - file: chapters/ja/huber\n"
    assert listed_files(project) == ["chapters/ja/sample", "chapters/ja/huber"]


def test_a_chapter_that_is_listed_already_gets_no_second_line(project: Path) -> None:
    source_path(project, "sample").unlink()
    before = (project / "_toc.yml").read_text(encoding="utf-8")
    new(project, "sample")
    assert (project / "_toc.yml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("name", ["Huber", "a b", "../x", "", "1x", "外れ値"])
def test_a_malformed_name_is_refused(project: Path, name: str) -> None:
    with pytest.raises(PressError, match="is not small letters, digits"):
        new(project, name)


def test_a_name_that_is_taken_is_refused(project: Path) -> None:
    with pytest.raises(PressError, match=r"chapters/sample.md: exists already"):
        new(project, "sample")


@pytest.mark.parametrize(
    ("toc", "message"),
    [
        ("format: jb-book\nroot: book/ja/index\n", "lists no chapter yet"),
        ("root: x\nnote: |\n  - file: chapters/ja/a\n", "is not laid out one file a line"),
    ],
)
def test_a_table_without_a_place_is_left_alone(project: Path, toc: str, message: str) -> None:
    (project / "_toc.yml").write_text(toc, encoding="utf-8")
    with pytest.raises(PressError, match=message):
        new(project, "huber")
    assert (project / "_toc.yml").read_text(encoding="utf-8") == toc
    assert not source_path(project, "huber").exists()


NESTED = """\
format: jb-book
root: book/ja/index
parts:
  - caption: 第1部
    chapters:
      - file: chapters/ja/sample
        title: 見本
        sections:
          - file: chapters/ja/deeper # a section

          # and more
      - file: book/ja/choose
"""


def test_its_line_follows_the_sections_of_the_last_chapter(project: Path) -> None:
    (project / "_toc.yml").write_text(NESTED, encoding="utf-8")
    new(project, "huber")
    lines = (project / "_toc.yml").read_text(encoding="utf-8").splitlines()
    assert lines[lines.index("      - file: chapters/ja/huber") - 1] == "          # and more"
    assert lines[-1] == "      - file: book/ja/choose"


@pytest.mark.parametrize("name", ["index", "search", "genindex", "choose", "glossary"])
def test_a_name_of_a_page_is_refused(project: Path, name: str) -> None:
    (project / "_toc.yml").write_text(NESTED, encoding="utf-8")
    (project / "book" / "ja").mkdir()
    (project / "book" / "ja" / "glossary.md").write_text("# a", encoding="utf-8")
    with pytest.raises(PressError, match=f"name '{name}' belongs to a page"):
        new(project, name)


def test_a_full_disk_leaves_neither_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (project / "_toc.yml").read_bytes()
    real = os.replace

    def full(source: Path, target: Path) -> None:
        if target.name == "_toc.yml":
            raise OSError(28, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    assert main(["new", "huber"], project) == 1
    assert (project / "_toc.yml").read_bytes() == before
    assert not source_path(project, "huber").exists()
    assert not list(project.rglob("*.draft"))
