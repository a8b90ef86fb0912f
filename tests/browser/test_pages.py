"""Every page of both editions, found by walking the built book; each is visited once, for all questions."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urldefrag

from book.extension.orientation import explored

from . import soundness
from .accessibility import violations
from .conftest import pages
from .length import length
from .visit import Site
from .weight import weight

CHAPTERS = Path(__file__).parents[2] / "chapters"
MADE = ("search.html", "genindex.html")  # pages that no source describes
TAG = re.compile(r"<(?!/|!)([a-z][a-z0-9]*)\b([^>]*)>")
ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')


def twin_of(page: str) -> str:
    """The address of the same page in the other language."""
    lang, rest = page.split("/", 1)
    return ("en/" if lang == "ja" else "ja/") + rest


@cache
def tags(path: Path) -> list[tuple[str, dict[str, str]]]:
    """The elements of a built page, formulas aside, with their attributes."""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", path.read_text(encoding="utf8"), flags=re.DOTALL)
    found = ((name, rest) for name, rest in TAG.findall(text) if '="' in rest)
    return [(name, {key: unescape(value) for key, value in ATTRIBUTE.findall(rest)}) for name, rest in found]


@cache
def places(path: Path) -> set[str]:
    """Every id on a built page."""
    return {values["id"] for _, values in tags(path) if "id" in values}


def test_the_book_has_pages_in_both_languages(html: Path) -> None:
    found = set(pages())
    assert {"ja/index.html", "en/index.html"} <= found
    assert found == {twin_of(page) for page in found}


def test_page_is_sound(site: Site, html: Path, page: str) -> None:
    problems = [*alternates(html, page), *addresses(html, page), *links(html, page), *notebook(html, page)]
    with site.open(page, fresh=True) as visit:
        problems += [
            *weight(visit),
            *length(visit),
            *soundness.formulas(visit),
            *soundness.glyphs(visit),
            *soundness.one_of_each(visit),
            *soundness.pictures(visit),
            *soundness.language(visit, page[:2]),
            *soundness.ids(visit),
            *soundness.icons(visit),
            *soundness.contents(visit),
            *soundness.colophon(visit),
            *([] if page.endswith(MADE) else soundness.description(visit)),
            *soundness.contrast(visit, "light"),
            *violations(visit),
            *soundness.paper(visit),
            *soundness.dark(visit),
            *soundness.width(visit),
            *soundness.header(visit),
            *visit.problems,
        ]
    assert not problems, "\n".join(problems)


def alternates(html: Path, page: str) -> list[str]:
    """A page that does not name itself and its twin, or whose switch leads elsewhere."""
    here, there = (html / page).resolve(), (html / twin_of(page)).resolve()
    found = {
        values["hreflang"]: (html / page).parent.joinpath(values["href"]).resolve()
        for name, values in tags(html / page)
        if name == "link" and values.get("rel") == "alternate"
    }
    switch = [
        (html / page).parent.joinpath(values["href"]).resolve()
        for name, values in tags(html / page)
        if name == "a" and "data-language" in values
    ]
    wrong = [] if switch == [there] else [f"the language switch leads to {switch}"]
    good = set(found) == {"ja", "en", "x-default"} and found["x-default"].is_file()
    if not good or found[page[:2]] != here or found[twin_of(page)[:2]] != there:
        wrong.append(f"alternates: {found}")
    return wrong


def addresses(html: Path, page: str) -> list[str]:
    """Sections that the twin has under another address, or that are named by their place alone."""
    here, there = (
        [v["id"] for n, v in tags(html / p) if n == "section" and "id" in v] for p in (page, twin_of(page))
    )
    wrong = [] if here == there else [f"sections {set(here) ^ set(there)} are in one language only"]
    return wrong + [
        f"section {name} is named by its place" for name in here if re.fullmatch(r"s(-\d+)+|id\d+", name)
    ]


def links(html: Path, page: str) -> list[str]:
    """Links inside the book that lead nowhere."""
    found = {values["href"] for name, values in tags(html / page) if name == "a" and "href" in values}
    return [
        f"links to what does not exist: {href}" for href in found if not leads_somewhere(html / page, href)
    ]


def leads_somewhere(page: Path, href: str) -> bool:
    """Whether a link leads out of the book, or to a file and a place in it that exist."""
    address, fragment = urldefrag(href)
    if address.startswith(("http://", "https://", "mailto:")):
        return True
    target = page.parent.joinpath(unquote(address.split("?")[0])) if address else page
    if not target.is_file():
        return False
    if target.name == "explorer.html" and "loss=" in fragment:
        asked = [value for key, value in parse_qsl(fragment) if key == "loss"]
        return all(name in explored() for names in asked for name in names.split(","))
    return not fragment or target.suffix != ".html" or unquote(fragment) in places(target)


def notebook(html: Path, page: str) -> list[str]:
    """A chapter that does not offer its notebook, to download and to open elsewhere."""
    lang, name = page.split("/")
    anchors = [v for n, v in tags(html / page) if n == "a" and "dropdown-item" in v.get("class", "")]
    launch = [v["href"] for v in anchors if re.search(r"//(mybinder|colab)\b", v["href"])]
    if not launch:
        return ["no launch buttons"] * (CHAPTERS / lang / name.replace(".html", ".ipynb")).is_file()
    place = f"chapters/{lang}/{name.replace('.html', '.ipynb')}"
    wrong = [href for href in launch if not href.endswith(place)]
    download = [v["href"] for v in anchors if "btn-download-source-button" in v["class"]]
    there = len(download) == 1 and (html / page).parent.joinpath(download[0]).is_file()
    return (
        [f"launches {href}" for href in wrong]
        + [f"{len(launch)} ways to launch"] * (len(launch) != 2)
        + ["no download"] * (not there)
    )
