"""An EPUB holds every page, well-formed, with formulas as MathML, and no link that leads nowhere."""

import posixpath
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from book.press.epub import contents, epub
from book.press.layout import LANGUAGES, listed_files
from book.press.problems import PressError

ROOT = Path(__file__).resolve().parents[2]
MATHML = "{http://www.w3.org/1998/Math/MathML}math"
XHTML = "{http://www.w3.org/1999/xhtml}"
TOC = """\
root: book/ja/index
parts:
  - caption: 第1部
    chapters: [{file: chapters/ja/first}, {file: book/ja/explorer}]
"""
CONFIG = """\
title: 見本
author: authors
repository: {url: "https://example.org/book"}
"""
EDITION = "title: Sample\ncaptions: {第1部: Part one}\n"
PAGE = """<!doctype html><html><body><nav>menu</nav><article class="bd-article"><h1 id="top">{name}<a
class="headerlink" href="#top">#</a></h1><p><a href="index.html#top">there</a>
<a href="index.html#lost">page</a>
<a href="explorer.html">gone</a> <a href="https://example.org/">away</a><br></p>
<span class=katex><span class=katex-mathml><math
xmlns="http://www.w3.org/1998/Math/MathML"><mi>y</mi></math></span>
<span class=katex-html>y drawn</span></span><details class="above-input"><pre>plot()</pre></details>
<details id=more><summary>proof</summary>folded</details>
<img src="_images/a.png" alt="a picture"></article></html>"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A project whose editions are built, of two pages and one that an EPUB leaves out."""
    files = {"_toc.yml": TOC, "_config.yml": CONFIG, "book/en/edition.yml": EDITION}
    files["src/lossbook/__init__.py"] = '__version__ = "1.2.3"\n'
    for lang in LANGUAGES:
        for name in ("index", "first", "explorer"):
            files[f"_build/html/{lang}/{name}.html"] = PAGE.format(name=name)
        files[f"_build/html/{lang}/_images/a.png"] = "picture"
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def opened(path: Path) -> dict[str, Any]:
    """By name in its folder, the parsed pages of a book, and the bytes of the rest."""
    with zipfile.ZipFile(path) as book:
        assert book.namelist()[0] == "mimetype"
        found = {posixpath.basename(name): book.read(name) for name in book.namelist()}
    return {
        name: etree.fromstring(it) if name.endswith((".xhtml", ".opf")) else it for name, it in found.items()
    }


def test_each_edition_holds_its_pages_in_its_language(built: Path) -> None:
    assert epub(built) == [(built / "_build" / "epub" / f"{lang}.epub", 2) for lang in LANGUAGES]
    for lang, title, part in (("ja", "見本", "第1部"), ("en", "Sample", "Part one")):
        book = opened(built / "_build" / "epub" / f"{lang}.epub")
        assert {"index.xhtml", "first.xhtml", "a.png"} <= set(book)
        assert "explorer.xhtml" not in book
        assert title in book["content.opf"].xpath("string()")
        assert part in book["nav.xhtml"].xpath("string()")
        assert book["first.xhtml"].get("lang") == lang


def test_a_page_has_mathml_and_nothing_folded_or_lost(built: Path) -> None:
    epub(built)
    page = opened(built / "_build" / "epub" / "en.epub")["first.xhtml"]
    text = page.xpath("string()")
    assert len(list(page.iter(MATHML))) == 1
    assert "folded" in text
    assert "gone" in text
    for absent in ("menu", "drawn", "plot()", "#"):
        assert absent not in text
    assert not list(page.iter(f"{XHTML}details"))
    to = [link.get("href") for link in page.iter(f"{XHTML}a")]
    assert to == ["index.xhtml#top", "index.xhtml", "https://example.org/"]
    assert [urlsplit(image.get("src")).path for image in page.iter(f"{XHTML}img")] == ["_images/a.png"]


def test_a_book_that_is_not_built_is_named(built: Path) -> None:
    (built / "_build/html/en/first.html").unlink()
    with pytest.raises(PressError, match=r"_build/html/en/first.html: is missing; run make book first"):
        epub(built)


def test_every_chapter_of_this_book_is_in_the_contents() -> None:
    names = {name for _, pages in contents(ROOT, "en") for name in pages}
    assert {Path(file).name for file in listed_files(ROOT) if file.startswith("chapters/")} <= names
