"""The cards of the front page: the right part, and a figure that a chapter shows."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from book.extension.parts import WIDTH, figure, part_of

ROOT = Path(__file__).resolve().parents[2]


def test_a_part_has_its_caption_in_the_language_and_its_chapters() -> None:
    assert part_of(ROOT, "outliers", "ja") == ("回帰", ["gaussian", "outliers", "tails", "quantiles", "counts"])
    assert part_of(ROOT, "outliers", "en")[0] == "Regression"
    with pytest.raises(ValueError, match=r"no part of _toc\.yml holds the chapter 'nowhere'"):
        part_of(ROOT, "nowhere", "en")


def test_a_figure_is_small_and_described_in_the_language() -> None:
    address, alt = figure(ROOT, "outliers", "ja", 1)
    image = base64.b64decode(address.partition(",")[2])
    assert int.from_bytes(image[16:20], "big") == WIDTH
    assert not alt.isascii()


def test_a_figure_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chapters" / "en").mkdir(parents=True)
    shutil.copy(ROOT / "chapters/en/outliers.ipynb", tmp_path / "chapters/en")
    cells = json.loads((tmp_path / "chapters/en/outliers.ipynb").read_text(encoding="utf-8"))["cells"]
    count = sum("image/png" in o.get("data", {}) for c in cells for o in c.get("outputs", []))
    with pytest.raises(ValueError, match=f"has {count} figures; there is no figure {count + 1}"):
        figure(tmp_path, "outliers", "en", count + 1)
