"""What a reader does with the book: choose a language, search, read in the dark, by keyboard, on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from book.extension.search import BilingualSearch

from .test_pages import soup
from .visit import Site, Visit

QUERIES = [("ja", word) for word in ("尤度", "損失関数", "ロジット", "損失", "差", "PyTorch")] + [
    ("en", word) for word in ("likelihood", "losses", "logit", "PyTorch", "noise")
]


@pytest.mark.parametrize(("locale", "lang"), [("ja-JP", "ja"), ("en-GB", "en"), ("fr-FR", "en")])
def test_front_page_follows_the_browser_the_first_time(site: Site, locale: str, lang: str) -> None:
    with site.open("index.html", locale=locale) as visit:
        visit.page.wait_for_url(f"{site.base}{lang}/index.html", wait_until="commit")
        assert not visit.problems


def test_front_page_remembers_the_choice(site: Site) -> None:
    with site.open("ja/index.html", locale="ja-JP") as visit:
        visit.page.click("a.language-switch")
        visit.page.wait_for_url(f"{site.base}en/index.html", wait_until="commit")
        visit.page.goto(site.base + "index.html")
        visit.page.wait_for_url(f"{site.base}en/index.html", wait_until="commit")


def test_front_page_offers_both_when_asked(site: Site) -> None:
    with site.open("index.html?choose", locale="en-GB") as visit:
        visit.page.click("a[data-language=ja]")
        visit.page.wait_for_url(f"{site.base}ja/index.html", wait_until="commit")
        visit.page.goto(site.base + "index.html")
        visit.page.wait_for_url(f"{site.base}ja/index.html", wait_until="commit")


def test_front_page_works_without_scripts(site: Site) -> None:
    with site.open("index.html", java_script_enabled=False) as visit:
        assert visit.page.locator("a[data-language]").count() == 2
        visit.page.click("a[data-language=en]")
        assert visit.page.url == f"{site.base}en/index.html"


def test_switch_keeps_the_section(site: Site) -> None:
    with site.open("ja/index.html") as visit:
        anchor = visit.ask("() => [...document.querySelectorAll('section[id]')].at(-1).id")
        visit.page.goto(f"{site.base}ja/index.html#{anchor}")
        visit.page.click("a.language-switch")
        visit.page.wait_for_url(f"{site.base}en/index.html#{anchor}", wait_until="commit")
        visit.page.locator(f"[id='{anchor}']").wait_for(state="attached")


@pytest.mark.parametrize(("lang", "word"), QUERIES)
def test_search_finds_every_page_that_says_the_word(site: Site, html: Path, lang: str, word: str) -> None:
    expected = {path.name for path in (html / lang).glob("*.html") if says(path, word)}
    with site.open(f"{lang}/search.html?q={word}") as visit:
        visit.page.wait_for_function("document.querySelector('.search-summary').innerText !== ''")
        visit.page.wait_for_function(
            "(count) => document.querySelectorAll('ul.search li').length >= count", arg=len(expected)
        )
        found = {href.split("?")[0].split("#")[0] for href in links(visit)}
        assert expected <= found
        assert all(excerpt.strip() for excerpt in visit.page.locator("ul.search p.context").all_inner_texts())
        assert not visit.problems


def says(path: Path, word: str) -> bool:
    """Whether the article of a built page contains the word; English words as whole words."""
    article = soup(path).find("article")
    generated = path.name in ("search.html", "genindex.html")
    text = article.get_text() if article and not generated else ""
    pattern = rf"\b{word}\b" if word.isascii() else word
    return re.search(pattern, text, re.IGNORECASE) is not None


def links(visit: Visit) -> list[str]:
    """Where the results of a search lead."""
    return visit.ask(
        "() => [...document.querySelectorAll('ul.search li > a')].map((a) => a.getAttribute('href'))"
    )


def test_search_marks_the_whole_word(site: Site) -> None:
    with site.open("ja/search.html?q=損失関数") as visit:
        visit.page.locator("ul.search li > a").first.click()
        visit.page.wait_for_selector("article .highlighted")
        assert "損失関数" in visit.page.locator("article .highlighted").all_inner_texts()


def test_search_says_when_there_is_nothing(site: Site) -> None:
    with site.open("ja/search.html?q=鬱蒼") as visit:
        visit.page.wait_for_function("document.querySelector('.search-summary').innerText !== ''")
        assert links(visit) == []


@pytest.mark.parametrize(
    "text", ["損失関数 loss", "smooth_l1 の値", "ﾛｼﾞｯﾄ", "Ｈｕｂｅｒ損失", "π/2、β=1.5!", "一"]
)
def test_browser_splits_a_query_as_the_index_was_split(site: Site, text: str) -> None:
    with site.open("ja/search.html") as visit:
        asked = visit.ask("(text) => splitQuery(text)", text)
    indexed = BilingualSearch({}).split(text)
    assert asked
    assert set(asked) <= set(indexed)


def test_dark_mode_can_be_chosen_and_stays(site: Site) -> None:
    with site.open("ja/index.html", color_scheme="light") as visit:
        for _ in range(3):
            if visit.ask("() => document.documentElement.dataset.theme") == "dark":
                break
            visit.page.locator(".theme-switch-button:visible").first.click()
        assert brightness(visit) < 60
        visit.page.reload()
        assert brightness(visit) < 60


def brightness(visit: Visit) -> float:
    """The mean of red, green and blue of the page's background."""
    color = visit.ask("() => getComputedStyle(document.body).backgroundColor")
    return sum(map(float, re.findall(r"[\d.]+", color)[:3])) / 3


def test_keyboard_reaches_the_text_first_and_shows_where_it_is(site: Site) -> None:
    with site.open("ja/index.html") as visit:
        visit.page.keyboard.press("Tab")
        focus = "() => ((e) => [e.textContent, getComputedStyle(e).outlineStyle])(document.activeElement)"
        text, outline = visit.ask(focus)
        assert "本文" in text
        visit.page.keyboard.press("Enter")
        assert visit.page.url.endswith("#main-content")
        visit.page.keyboard.press("Tab")
        assert visit.ask(focus)[1] == outline == "solid"


def test_notebook_pages_offer_their_notebook(site: Site, html: Path, page: str) -> None:
    built = soup(html / page)
    if not built.select(".dropdown-launch-buttons"):
        pytest.skip("not a notebook")
    lang, name = page.split("/")
    notebook = f"chapters/{lang}/{name.replace('.html', '.ipynb')}"
    launch = [str(a["href"]) for a in built.select(".dropdown-launch-buttons a")]
    assert len(launch) == 2
    assert all(href.endswith(notebook) for href in launch)
    download = built.select_one("a.btn-download-source-button")
    assert download is not None
    assert (html / page).parent.joinpath(str(download["href"])).is_file()
