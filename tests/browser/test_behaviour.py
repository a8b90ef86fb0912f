"""What a reader does with the book: choose a language, search, read in the dark, by keyboard, on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from .visit import Site, Visit


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


# The section at the top of the window, and how many pixels of it lie above.
READING = """() => {
  const sections = [...document.querySelectorAll('article section[id]')];
  const read = sections.filter((s) => s.getBoundingClientRect().top <= 122).at(-1);
  return [read.id, 122 - read.getBoundingClientRect().top];
}"""


@pytest.mark.parametrize("fragment", [True, False])
def test_switch_keeps_the_section_and_how_far_in_it(site: Site, fragment: bool) -> None:
    with site.open("ja/outliers.html") as visit:
        ids = visit.ask("() => [...document.querySelectorAll('article section[id]')].map((s) => s.id)")
        anchor = ids[len(ids) // 2]
        if fragment:
            visit.page.goto(f"{site.base}ja/outliers.html#{anchor}")
        visit.ask("(id) => document.getElementById(id).scrollIntoView({ behavior: 'instant' })", anchor)
        visit.ask("() => scrollBy({ top: 150, behavior: 'instant' })")
        anchor, down = visit.ask(READING)
        assert down > 20
        # Playwright's own click would scroll the header, which sticks to the window, into view.
        visit.ask("() => document.querySelector('a.language-switch').click()")
        visit.page.wait_for_url(f"{site.base}en/outliers.html#{anchor}", wait_until="load")
        visit.page.wait_for_function("scrollY > 0")
        visit.page.wait_for_timeout(200)
        now, down = visit.ask(READING)
        assert now == anchor
        assert down > 20  # not at its heading


def test_switch_leads_to_the_top_from_the_top(site: Site) -> None:
    with site.open("ja/outliers.html") as visit:
        visit.page.click("a.language-switch")
        visit.page.wait_for_url(f"{site.base}en/outliers.html", wait_until="load")
        assert visit.ask("() => scrollY") == 0


def test_text_comes_before_scripts_fonts_and_figures(site: Site) -> None:
    held: list[Route] = []

    def hold(page: Page) -> None:
        page.route(re.compile(r"\.(js|woff2|png|svg)(\?|$)"), lambda route: held.append(route))

    context = site.browser.new_context()
    try:
        page = context.new_page()
        hold(page)
        page.goto(site.base + "en/outliers.html", wait_until="commit")
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
        assert page.locator("article h1").is_visible()
        assert page.locator("article .katex").first.is_visible()
        assert held
        for route in held:
            route.abort()
    finally:
        context.close()


def test_nothing_jumps_while_a_page_loads(site: Site) -> None:
    def watch(page: Page) -> None:
        page.add_init_script(
            "window.jumps = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => {"
            " if (!e.hadRecentInput) window.jumps += e.value; }))"
            ".observe({ type: 'layout-shift', buffered: true });"
        )

    with site.open("en/outliers.html", prepare=watch) as visit:
        visit.page.wait_for_timeout(300)
        assert visit.ask("() => jumps") < 0.05


def test_formulas_are_drawn_without_scripts(site: Site) -> None:
    with site.open("ja/outliers.html", java_script_enabled=False) as visit:
        assert visit.page.locator("article .tex .katex-html").count() > 30


def test_a_copied_formula_is_tex(site: Site) -> None:
    with site.open("en/outliers.html") as visit:
        copied = visit.ask(
            """() => {
              const all = [...document.querySelectorAll('article p')];
              const paragraph = all.find((p) => p.querySelector('.katex'));
              getSelection().selectAllChildren(paragraph);
              const clipboardData = new DataTransfer();
              const event = new ClipboardEvent('copy', { clipboardData, cancelable: true });
              document.dispatchEvent(event);
              const tex = paragraph.querySelector('annotation').textContent;
              return [event.clipboardData.getData('text/plain'), tex];
            }"""
        )
        assert f"${copied[1]}$" in copied[0]


def test_code_is_copied(site: Site) -> None:
    with site.open("ja/outliers.html", permissions=["clipboard-read", "clipboard-write"]) as visit:
        button = visit.page.locator(".cell_input .copybtn:visible").first
        button.hover()
        button.click()
        visit.page.wait_for_selector(".copybtn.success[data-tooltip='コピーしました']")
        code = visit.page.locator(".cell_input:has(.copybtn:visible) pre").first.text_content()
        copied = visit.ask("() => navigator.clipboard.readText()")
        assert copied.strip()
        assert copied.strip() == (code or "").strip()


def test_menus_open_and_close_by_keyboard(site: Site) -> None:
    with site.open("en/outliers.html") as visit:
        button = visit.page.locator(".dropdown-launch-buttons > button")
        button.focus()
        visit.page.keyboard.press("ArrowDown")
        assert visit.page.locator(".dropdown-launch-buttons .dropdown-menu").is_visible()
        assert "Binder" in visit.ask("() => document.activeElement.textContent")
        visit.page.keyboard.press("Escape")
        assert not visit.page.locator(".dropdown-launch-buttons .dropdown-menu").is_visible()
        assert visit.ask("() => document.activeElement.getAttribute('aria-expanded')") == "false"


def test_search_opens_by_its_keys(site: Site) -> None:
    with site.open("en/outliers.html") as visit:
        visit.page.keyboard.press("Control+k")
        visit.page.keyboard.type("huber")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**/en/search.html?q=huber")


def test_contents_open_on_a_phone(site: Site) -> None:
    with site.open("en/outliers.html", viewport={"width": 390, "height": 800}) as visit:
        visit.page.set_viewport_size({"width": 390, "height": 800})
        visit.page.click(".primary-toggle")
        assert visit.page.locator("#pst-primary-sidebar-modal a[href='counts.html']").is_visible()
        visit.page.keyboard.press("Escape")
        assert not visit.page.locator("#pst-primary-sidebar-modal").is_visible()
        assert visit.page.locator("#pst-primary-sidebar a[href='counts.html']").count() == 1


def test_a_figure_opens_at_its_full_size(site: Site) -> None:
    with site.open("en/outliers.html") as visit:
        visit.page.set_viewport_size({"width": 390, "height": 800})
        figure = visit.page.locator(".cell_output img").first
        figure.scroll_into_view_if_needed()
        small = figure.bounding_box()
        figure.click()
        large = visit.page.locator("dialog.enlarged img").bounding_box()
        assert small
        assert large
        assert large["width"] > 2 * small["width"]
        visit.page.keyboard.press("Escape")
        assert not visit.page.locator("dialog.enlarged").is_visible()


def test_what_scrolls_shows_that_it_does(site: Site) -> None:
    with site.open("en/outliers.html") as visit:
        visit.page.set_viewport_size({"width": 320, "height": 640})
        visit.page.wait_for_selector(".tex-block > .tex.wide", state="attached")
        visit.ask("() => { document.querySelector('.tex-block > .tex.wide').id = 'it'; }")
        assert "gradient" in visit.ask(
            "() => getComputedStyle(document.getElementById('it')).backgroundImage"
        )
        assert visit.ask("() => document.getElementById('it').tabIndex") == 0
        visit.ask("() => { document.getElementById('it').scrollLeft = 9999; }")
        visit.page.wait_for_function("!document.getElementById('it').classList.contains('wide')")


def test_what_is_folded_is_printed(site: Site) -> None:
    with site.open("en/outliers.html") as visit:
        closed = "() => document.querySelectorAll('article details:not([open]):not(.above-input)').length"
        before = visit.ask(closed)
        assert before > 0
        visit.ask("() => dispatchEvent(new Event('beforeprint'))")
        assert visit.ask(closed) == 0
        visit.ask("() => dispatchEvent(new Event('afterprint'))")
        assert visit.ask(closed) == before


def test_the_home_page_has_one_title(site: Site) -> None:
    with site.open("en/index.html") as visit:
        assert visit.page.title() == "Losses from Likelihood"
        assert visit.page.locator("h1:visible").all_inner_texts() == ["Losses from Likelihood#"] or (
            visit.page.locator("h1:visible").count() == 1
        )


def test_what_is_not_found_leads_back_in_both_languages(site: Site, html: Path) -> None:
    with site.open("404.html") as visit:
        assert not visit.problems
        for lang in ("ja", "en"):
            link = visit.page.locator(f"a[hreflang={lang}]")
            assert link.evaluate("(a) => a.href") == f"{site.base}{lang}/index.html"
            assert (html / lang / "index.html").is_file()


def test_the_map_of_the_site_names_every_page(html: Path) -> None:
    text = (html / "sitemap.xml").read_text(encoding="utf8")
    for path in html.glob("*/*.html"):
        address = f"/{path.parent.name}/{path.name}</loc>"
        assert (address in text) == (path.name != "search.html"), address


RESULTS = """
<table class="results"><caption>5 runs</caption>
<thead><tr><th scope="col">Loss</th><th>MAE</th><th>RMSE</th><th>NLL</th></tr></thead>
<tbody><tr><th scope="row">a loss with a very long name</th>
<td>43.5 ± 0.2</td><td>60.1 ± 0.3</td><td>2.31 ± 0.01</td></tr></tbody>
<tfoot><tr class="checked"><th scope="row">checked range</th>
<td>38 to 49</td><td>50 to 70</td><td>2 to 3</td></tr></tfoot></table>
"""


def test_a_table_of_results_scrolls_on_a_phone_and_shows_what_was_checked(site: Site) -> None:
    with site.open("en/outliers.html") as visit:
        visit.page.set_viewport_size({"width": 320, "height": 640})
        found = visit.ask(
            """(html) => {
              const table = `<div class="table-box">${html}</div>`;
              document.querySelector('article').insertAdjacentHTML('beforeend', table);
              const style = (s) => getComputedStyle(document.querySelector(`table.results ${s}`));
              const box = document.querySelector('article > .table-box');
              const root = document.documentElement;
              return [style('tfoot td').borderTopWidth, style('tbody td').textAlign,
                box.scrollWidth > box.clientWidth, root.scrollWidth <= root.clientWidth];
            }""",
            RESULTS,
        )
        assert found == ["2px", "right", True, True]


def test_dark_mode_can_be_chosen_and_stays(site: Site) -> None:
    with site.open("ja/index.html", color_scheme="light") as visit:
        for _ in range(3):
            if visit.ask("() => document.documentElement.dataset.theme") == "dark":
                break
            visit.page.locator(".theme-switch-button:visible").first.click()
        assert brightness(visit) < 60
        visit.page.reload()
        assert brightness(visit) < 60


def test_figures_of_lines_follow_the_page_into_the_dark(site: Site) -> None:
    with site.open("en/outliers.html", color_scheme="dark") as visit:
        filters = visit.ask(
            "() => [...document.querySelectorAll('.cell_output img')]"
            ".map((e) => [e.classList.contains('line-art'), getComputedStyle(e).filter])"
        )
        assert any(line for line, _ in filters)
        assert all((filter != "none") == line for line, filter in filters)


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
