"""Every page of both editions, found by walking the built book."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag

from bs4 import BeautifulSoup

from . import soundness
from .conftest import pages
from .visit import Site


def twin_of(page: str) -> str:
    """The address of the same page in the other language."""
    lang, rest = page.split("/", 1)
    return ("en/" if lang == "ja" else "ja/") + rest


@cache
def soup(path: Path) -> BeautifulSoup:
    """A built page, parsed."""
    return BeautifulSoup(path.read_text(encoding="utf8"), "html.parser")


@cache
def places(path: Path) -> set[str]:
    """Every id on a built page."""
    return {str(element["id"]) for element in soup(path).select("[id]")}


def test_the_book_has_pages_in_both_languages(html: Path) -> None:
    found = set(pages())
    assert {"ja/index.html", "en/index.html"} <= found
    assert found == {twin_of(page) for page in found}


def test_page_is_sound(site: Site, page: str) -> None:
    with site.open(page) as visit:
        problems = [
            *soundness.formulas(visit),
            *soundness.glyphs(visit),
            *soundness.one_of_each(visit),
            *soundness.pictures(visit),
            *soundness.language(visit, page[:2]),
            *soundness.ids(visit),
            *soundness.contents(visit),
            *soundness.contrast(visit, "light"),
            *soundness.paper(visit),
            *soundness.dark(visit),
            *soundness.width(visit),
            *visit.problems,
        ]
    assert not problems, "\n".join(problems)


def test_page_switches_to_its_twin_and_back(site: Site, page: str) -> None:
    with site.open(page) as visit:
        for address in (twin_of(page), page):
            visit.page.click("a.language-switch")
            visit.page.wait_for_url(site.base + address, wait_until="commit")
        assert not visit.problems


def test_page_names_its_alternates(html: Path, page: str) -> None:
    links = {
        link["hreflang"]: (html / page).parent.joinpath(str(link["href"])).resolve()
        for link in soup(html / page).select("link[rel=alternate]")
    }
    assert set(links) == {"ja", "en", "x-default"}
    assert links[page[:2]] == (html / page).resolve()
    assert links[twin_of(page)[:2]] == (html / twin_of(page)).resolve()
    assert links["x-default"].is_file()


def test_sections_have_the_same_address_in_both_languages(html: Path, page: str) -> None:
    here, there = ([s["id"] for s in soup(html / p).select("section[id]")] for p in (page, twin_of(page)))
    assert here == there


def test_links_inside_the_book_lead_somewhere(html: Path, page: str) -> None:
    links = [str(link["href"]) for link in soup(html / page).select("a[href]")]
    broken = [href for href in links if not leads_somewhere(html / page, href)]
    assert not broken, f"{page} links to what does not exist: {broken}"


def leads_somewhere(page: Path, href: str) -> bool:
    """Whether a link leads out of the book, or to a file and a place in it that exist."""
    address, fragment = urldefrag(href)
    if address.startswith(("http://", "https://", "mailto:")):
        return True
    target = page.parent.joinpath(unquote(address.split("?")[0])) if address else page
    if not target.is_file():
        return False
    return not fragment or target.suffix != ".html" or unquote(fragment) in places(target)
