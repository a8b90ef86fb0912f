"""Search: every word ends with an answer, the best one first; without storage, without a server too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Page

from .visit import Site, Visit

WORDS = {
    "ja": ("尤度", "損失関数", "ロジット", "損失", "差", "PyTorch", "ﾛｼﾞｯﾄ", "Ｈｕｂｅｒ"),
    "en": ("likelihood", "losses", "logit", "PyTorch", "noise"),
}
FIRST = [
    ("ja", "外れ値", "outliers"),
    ("ja", "クロスエントロピー", "categorical"),
    ("en", "cross entropy", "categorical"),
    ("en", "outliers", "outliers"),
    ("en", "class imbalance", "focal"),
    ("ja", "クラス不均衡", "focal"),
    ("ja", "過分散", "counts"),
    ("en", "ctc", "ctc"),
]
ANSWERED = [
    ("ja", "分位点"),
    ("ja", "欠損"),
    ("ja", "過分散"),
    ("ja", "クラス不均衡"),
    ("en", "class imbalance"),
]
PROPERTIES = ("constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", "prototype")
LOOK = "(query) => bookSearching.look(query, bookSearch).found.map((r) => [r.page, r.anchor, r.text])"
ANSWER = "document.querySelector('.search-summary').innerText.trim() !== ''"


@pytest.fixture(scope="module")
def searching(site: Site) -> Iterator[dict[str, Visit]]:
    """The page of results of both editions, with the data loaded."""
    with site.open("ja/search.html?q=尤度") as ja, site.open("en/search.html?q=noise") as en:
        for visit in (ja, en):
            visit.page.wait_for_function(ANSWER)
        yield {"ja": ja, "en": en}


@pytest.mark.parametrize(("lang", "word"), [(lang, word) for lang, words in WORDS.items() for word in words])
def test_every_page_that_says_the_word_is_found(
    searching: dict[str, Visit], html: Path, lang: str, word: str
) -> None:
    expected = {path.stem for path in (html / lang).glob("*.html") if says(path, word)}
    found = {page for page, _, _ in searching[lang].ask(LOOK, word)}
    assert expected
    assert expected <= found


@cache
def text_of(path: Path) -> str:
    """The article of a built page as a reader sees it: without folded drawing code and formulas."""
    body = re.search(r"<article.*?</article>", path.read_text(encoding="utf8"), re.DOTALL)
    text = body[0] if body and path.stem not in ("search", "genindex") else ""
    for hidden in (r'<details class="admonition hide above-input">.*?</details>', r"<math.*?</math>"):
        text = re.sub(hidden, "", text, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "", text))


def says(path: Path, word: str) -> bool:
    """Whether a page contains the word; English words as whole words."""
    plain = {"ﾛｼﾞｯﾄ": "ロジット", "Ｈｕｂｅｒ": "Huber"}.get(word, word)
    return re.search(rf"\b{plain}\b" if plain.isascii() else plain, text_of(path), re.IGNORECASE) is not None


@pytest.mark.parametrize(("lang", "query", "chapter"), FIRST)
def test_the_chapter_of_the_subject_comes_first(
    searching: dict[str, Visit], lang: str, query: str, chapter: str
) -> None:
    assert searching[lang].ask(LOOK, query)[0][0] == chapter


@pytest.mark.parametrize(("lang", "query"), ANSWERED)
def test_words_that_readers_use_are_answered(searching: dict[str, Visit], lang: str, query: str) -> None:
    assert searching[lang].ask(LOOK, query)


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("query", PROPERTIES)
def test_a_property_of_every_object_is_a_word_like_others(
    searching: dict[str, Visit], lang: str, query: str
) -> None:
    found = searching[lang].ask(LOOK, query)
    assert isinstance(found, list)


@pytest.mark.parametrize("query", ["constructor", "__proto__"])
def test_such_a_word_ends_with_an_answer_on_the_page(site: Site, query: str) -> None:
    with site.open(f"ja/search.html?q={query}") as visit:
        visit.page.wait_for_function(ANSWER)
        assert not visit.problems


def test_the_set_up_cell_is_not_searched(searching: dict[str, Visit]) -> None:
    assert searching["en"].ask(LOOK, "find_spec") == []
    assert searching["ja"].ask(LOOK, "find_spec") == []


def test_excerpts_hold_no_tex(searching: dict[str, Visit]) -> None:
    texts = [
        text
        for lang in ("ja", "en")
        for text in searching[lang].ask(
            "() => bookSearch.pages.flatMap((p) => p.sections.map((s) => `${s[1]} ${s[2]}`))"
        )
    ]
    assert len(texts) > 500
    raw = [text for text in texts if re.search(r"\\(frac|sigma|log|mu|begin|ell|mathbb)\b|\$[^$ ]+\$", text)]
    assert raw == []


def test_results_have_excerpts_and_lead_to_marks_that_can_be_hidden(site: Site) -> None:
    with site.open("ja/search.html?q=損失関数") as visit:
        visit.page.wait_for_function(ANSWER)
        texts = visit.page.locator("ul.search p.context").all_inner_texts()
        assert texts
        assert all(text.strip() for text in texts)
        visit.page.locator("ul.search li > a").first.click()
        visit.page.wait_for_selector("article .highlighted")
        assert "損失関数" in visit.page.locator("article .highlighted").all_inner_texts()
        assert visit.page.locator(".hide-matches").count() == 1
        visit.page.click("a.right-next, .bd-links a >> nth=3")
        visit.page.wait_for_load_state()
        assert visit.page.locator(".hide-matches, .highlighted").count() == 0
        visit.page.go_back()
        visit.page.wait_for_selector("article .highlighted")
        visit.page.click(".hide-matches")
        assert visit.page.locator(".hide-matches, .highlighted").count() == 0
        assert "highlight" not in visit.page.url
        assert not visit.problems


def test_search_says_when_there_is_nothing(site: Site) -> None:
    with site.open("ja/search.html?q=鬱蒼") as visit:
        visit.page.wait_for_function(ANSWER)
        assert visit.page.locator("ul.search li").count() == 0


def without_storage(page: Page) -> None:
    """As in a browser that forbids a site to keep anything."""
    page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });"
    )


def test_search_needs_no_storage(site: Site) -> None:
    with site.open("ja/search.html?q=尤度", prepare=without_storage) as visit:
        visit.page.wait_for_function(ANSWER)
        assert visit.page.locator("ul.search li").count() > 5
        visit.page.locator(".theme-switch-button:visible").first.click()
        visit.page.locator("ul.search li > a").first.click()
        visit.page.wait_for_selector("article .highlighted")
        assert not visit.problems


def test_search_works_from_disk(site: Site, html: Path) -> None:
    with site.open((html / "ja" / "search.html").as_uri() + "?q=外れ値") as visit:
        visit.page.wait_for_function(ANSWER)
        assert visit.page.locator("ul.search p.context").count() > 5
        visit.page.locator("ul.search li > a").first.click()
        visit.page.wait_for_selector("article .highlighted")
        assert not visit.problems
