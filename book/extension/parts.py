"""The parts of the book on its front page, each with a figure from one of its chapters."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.press.layout import notebook_path, read_yaml

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 480  # pixels of a picture on a card


class Parts(SphinxDirective):
    """One card per part; each line of the content is ``CHAPTER NUMBER``: its picture, counted from 1.

    Four more numbers cut out a part that can be read when small: left, right, top, bottom, in percent.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        """A grid of cards in the order of the content."""
        try:
            cards = "\n".join(self._card(*line.split()) for line in self.content if line.strip())
        except ValueError as error:
            raise self.error(f"book-parts: {error}") from error
        return self.parse_text_to_nodes(f"::::{{grid}} 1 2 2 2\n:gutter: 3\n\n{cards}\n::::\n")

    def _card(self, chapter: str, number: str, *box: str) -> str:
        lang = str(self.config.language)
        caption, chapters = part_of(ROOT, chapter, lang)
        picture, alt = figure(ROOT, chapter, lang, int(number), *map(int, box))
        listed = "\n".join(f"- {{ref}}`{name}`" for name in chapters)
        options = f":img-top: {picture}\n:img-alt: {alt}\n:class-img-top: part-picture"
        return f":::{{grid-item-card}} {caption}\n{options}\n\n{listed}\n:::"


def part_of(root: Path, chapter: str, lang: str) -> tuple[str, list[str]]:
    """The caption of the part that holds ``chapter``, in one language, and all its chapters.

    Raises ValueError if no part holds it.
    """
    captions = read_yaml(root, "book/en/edition.yml")["captions"] if lang == "en" else {}
    for part in read_yaml(root, "_toc.yml")["parts"]:
        names = [Path(entry["file"]).name for entry in part["chapters"]]
        if chapter in names:
            return captions.get(part["caption"], part["caption"]), names
    raise ValueError(f"no part of _toc.yml holds the chapter {chapter!r}")


def figure(
    root: Path,
    chapter: str,
    lang: str,
    number: int,
    left: int = 0,
    right: int = 100,
    top: int = 0,
    bottom: int = 100,
) -> tuple[str, str]:
    """The ``number``-th figure of a chapter's notebook, small, as a data address; and its description.

    What lies outside ``left`` to ``right`` and ``top`` to ``bottom``, in percent, is cut off.

    Raises ValueError if the chapter has fewer figures.
    """
    cells = json.loads(notebook_path(root, chapter, lang).read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    found = [output for output in outputs if "image/png" in output.get("data", {})]
    if not 1 <= number <= len(found):
        raise ValueError(f"{chapter} has {len(found)} figures; there is no figure {number}")
    chosen = found[number - 1]
    image = Image.open(io.BytesIO(base64.b64decode(chosen["data"]["image/png"]))).convert("RGB")
    wide, high = image.width / 100, image.height / 100
    image = image.crop((left * wide, top * high, right * wide, bottom * high))
    image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    small = io.BytesIO()
    image.quantize(64).save(small, "PNG", optimize=True)
    address = "data:image/png;base64," + base64.b64encode(small.getvalue()).decode()
    return address, chosen["metadata"]["image/png"]["alt"]


def register(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("book-parts", Parts)
