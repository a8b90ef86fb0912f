"""The cards of the front page: the right part, and a figure that a chapter shows."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from book.extension import paths
from book.extension.parts import WIDTH, figure, part_of
from book.press.layout import read_yaml, source_path

ROOT = Path(__file__).resolve().parents[2]


def test_a_part_has_its_caption_in_the_language_and_its_chapters() -> None:
    chapters = ["gaussian", "outliers", "tails", "quantiles", "angles"]
    assert part_of(ROOT, "outliers", "ja") == ("回帰", chapters)
    assert part_of(ROOT, "outliers", "en")[0] == "Regression"
    with pytest.raises(ValueError, match=r"no part of _toc\.yml holds the chapter 'nowhere'"):
        part_of(ROOT, "nowhere", "en")


def test_a_figure_is_small_and_described_in_the_language() -> None:
    address, alt = figure(ROOT, "outliers", "ja", 1)
    image = base64.b64decode(address.partition(",")[2])
    assert int.from_bytes(image[16:20], "big") == WIDTH
    assert not alt.isascii()


def test_a_part_of_a_figure_can_be_cut_out() -> None:
    whole, part = (
        Image.open(
            io.BytesIO(base64.b64decode(figure(ROOT, "foundations", "en", 1, *box)[0].partition(",")[2]))
        )
        for box in ((), (0, 50, 0, 100))
    )
    assert part.width == whole.width == WIDTH
    assert part.height == pytest.approx(2 * whole.height, abs=2)


def test_a_way_through_the_book_has_the_minutes_of_its_chapters() -> None:
    for lang, minute in (("ja", r"\((\d+)分\)"), ("en", r"\((\d+) min\)")):
        for path in read_yaml(ROOT, paths.PATHS):
            text = paths.card(path, lang)
            times = [int(found) for found in re.findall(minute, text)]
            assert f"{sum(times)}" in text.splitlines()[0]
            chapters = [name for name in path["pages"] if source_path(ROOT, name).exists()]
            assert len(times) == len(chapters) >= 5
            assert re.findall(r"\{ref\}`([\w-]+)`", text) == path["pages"]


def test_a_figure_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chapters" / "en").mkdir(parents=True)
    shutil.copy(ROOT / "chapters/en/outliers.ipynb", tmp_path / "chapters/en")
    cells = json.loads((tmp_path / "chapters/en/outliers.ipynb").read_text(encoding="utf-8"))["cells"]
    count = sum("image/png" in o.get("data", {}) for c in cells for o in c.get("outputs", []))
    with pytest.raises(ValueError, match=f"has {count} figures; there is no figure {count + 1}"):
        figure(tmp_path, "outliers", "en", count + 1)
