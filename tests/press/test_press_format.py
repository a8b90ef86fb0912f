"""Ruff rewrites the code of a source, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from book.press.format import format_sources
from book.press.layout import source_path
from book.press.problems import PressError

from .conftest import CHAPTER

Edit = Callable[[str, str], None]


def test_only_the_code_that_needs_it_changes(project: Path, edit: Edit) -> None:
    edit("x = 1\n", "import os\nimport math\nx=math.floor( 1.5 )\n")
    assert format_sources(project) == ["sample"]
    expected = CHAPTER.replace("x = 1\n", "import math\n\nx = math.floor(1.5)\n", 1)
    assert source_path(project, "sample").read_text(encoding="utf-8") == expected


def test_formatted_code_stays(project: Path) -> None:
    assert format_sources(project) == []
    assert source_path(project, "sample").read_text(encoding="utf-8") == CHAPTER


def test_a_cell_with_several_leading_blank_lines_keeps_its_fence(project: Path, edit: Edit) -> None:
    edit("x = 1\n", "\n\nx=1\n")
    format_sources(project)
    text = source_path(project, "sample").read_text(encoding="utf-8")
    assert text.count("```") == CHAPTER.count("```")
    assert "x = 1\nprint(x + 1)\n```" in text


def test_magics_survive(project: Path, edit: Edit) -> None:
    edit("x = 1\n", "%matplotlib inline\nx=1\n")
    format_sources(project)
    assert "%matplotlib inline\nx = 1\n" in source_path(project, "sample").read_text(encoding="utf-8")


def test_a_malformed_source_is_refused(project: Path, edit: Edit) -> None:
    edit("x = 1\n", "x = \n")
    with pytest.raises(PressError, match="not valid Python"):
        format_sources(project)
