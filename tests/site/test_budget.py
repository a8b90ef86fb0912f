"""The budget of a chapter that its source shows; the length of its page is measured in tests/browser."""

from pathlib import Path

import pytest

from book.press.layout import chapter_names, source_path
from book.press.source import read

ROOT = Path(__file__).resolve().parents[2]
MOST_CELLS = 30


def cells(root: Path, name: str) -> int:
    """The code cells of a chapter; 0 for a page, which is free."""
    source = read(root, source_path(root, name))
    return sum(cell.kind == "code" for cell in source.cells) * (source.kind == "chapter")


@pytest.mark.parametrize("name", chapter_names(ROOT))
def test_a_chapter_has_few_code_cells(name: str) -> None:
    assert cells(ROOT, name) <= MOST_CELLS


def test_its_pitfalls_are_few() -> None:
    """At most four, each with a heading of its own."""
    many = {}
    for name in chapter_names(ROOT):
        source, block, found = read(ROOT, source_path(ROOT, name)), "", 0
        for cell in source.cells if source.kind == "chapter" else []:
            if cell.language != "ja":
                continue
            block = cell.metadata.get("block", block)
            found += (block == "pitfalls") * ("\n" + cell.text).count("\n### ")
        if found > 4:
            many[name] = found
    assert not many
