"""The checks themselves: each must see the fault it is there for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from . import soundness, test_pages
from .accessibility import violations
from .length import length
from .visit import Site, Visit
from .weight import weight

Check = Callable[[Visit], list[str]]
light: Check = partial(soundness.contrast, scheme="light")
japanese: Check = partial(soundness.language, lang="ja")
english: Check = partial(soundness.language, lang="en")

FAULTS: list[tuple[Check, str, str]] = [
    (soundness.formulas, "<span class='tex'>x^2</span>", "x^2"),
    (
        soundness.formulas,
        "<span class='tex'><span class='katex'></span></span><i class='katex-error'>bad</i>",
        "bad",
    ),
    (soundness.formulas, "<span class='tex'><span class='katex'><b>x</b></span></span>", "without MathML"),
    (
        soundness.formulas,
        "<span class='katex'>x<span class='frac-line' style='border: none'>y</span></span>",
        "without a bar",
    ),
    (
        soundness.formulas,
        "<div class='tex-block' style='overflow-y: hidden; height: 1rem'><p>x</p><p>x</p></div>",
        "cut off",
    ),
    (soundness.formulas, r"価格は $\frac12$ です", "frac"),
    (soundness.formulas, r"\(x\)", "x"),
    (soundness.glyphs, "&#x0378;", "U+0378"),
    (soundness.one_of_each, "<input type='search'>", "search field"),
    (soundness.one_of_each, "<header>x</header>", "header"),
    (soundness.pictures, "<img src='data:,'>", "image"),
    (soundness.pictures, "<img src='data:,' alt='../_images/a.png'>", "image"),
    (soundness.pictures, "<div class='cell_output'><img src='data:,' alt='x'></div>", "without its size"),
    (soundness.ids, "<i id='same'></i><b id='same'></b>", "same"),
    (soundness.icons, "<i class='fa-solid fa-bomb'></i>", "fa-bomb"),
    (soundness.contents, "<style>.bd-sidebar-secondary a { width: 3000px }</style>", "cut off"),
    (soundness.width, "<div style='width: 3000px'>x</div>", "scrolls sideways"),
    (soundness.header, "<style>.bd-header-article .btn { min-width: 4rem }</style>", "cut off in the header"),
    (length, "<div class='opening' style='height: 20000px'>x</div>", "pixels long"),
    (soundness.dark, "<p style='color: #222'>x</p>", "faint in dark"),
    (soundness.dark, "<p class='cell_output'><img style='background: none !important'></p>", "figure"),
    (light, "<p style='color: #ccc'>x</p>", "faint in light"),
    (
        light,
        "<p style='color: #ccc'><span class='katex'><span class='katex-html'>x</span></span></p>",
        "faint",
    ),
    (soundness.paper, "<p class='headerlink' style='display: block !important'>x</p>", "navigation"),
    (japanese, "<button title='Copy to clipboard'>x</button>", "Copy to clipboard"),
    (japanese, "<summary>Show code cell source</summary>", "Show code cell source"),
    (english, "", "html lang"),
    (violations, "<button></button>", "button-name"),
    (violations, "<style>.bd-sidebar-primary a { color: #ccc !important }</style>", "color-contrast"),
]
PUT = """(html) => {
  const before = new Set(document.querySelector('article').childNodes);
  document.querySelector('article').insertAdjacentHTML('beforeend', html);
  window.takeOut = () =>
    [...document.querySelector('article').childNodes].forEach((n) => before.has(n) || n.remove());
}"""
SPOILT = {
    soundness.colophon: "() => document.querySelector('.book-colophon').replaceChildren()",
    soundness.description: "() => document.querySelector('meta[name=description]').remove()",
    weight: "async () => { const r = await fetch('_static/search-data.js'); await r.text(); }",
}


@pytest.fixture(scope="module")
def opened(site: Site) -> Iterator[Visit]:
    """One page for all faults; each is taken out again."""
    with site.open("ja/index.html", color_scheme="light") as visit:
        yield visit


@pytest.fixture(scope="module")
def clean() -> set[object]:
    """The checks that have found nothing wrong with the page as it is."""
    return set()


@pytest.mark.parametrize(("check", "fault", "sign"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_is_seen(opened: Visit, clean: set[object], check: Check, fault: str, sign: str) -> None:
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    opened.page.emulate_media(color_scheme="light")
    opened.page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    if fault and check not in clean:
        assert not check(opened)
        clean.add(check)
        opened.page.set_viewport_size({"width": 1280, "height": 900})
        opened.page.emulate_media(color_scheme="light")
        opened.page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    opened.ask(PUT, fault)
    try:
        assert sign in "\n".join(check(opened))
    finally:
        opened.ask("() => takeOut()")


@pytest.mark.parametrize("check", SPOILT, ids=lambda check: check.__name__)
def test_what_is_missing_or_too_much_is_seen(site: Site, check: Check) -> None:
    with site.open("ja/index.html", fresh=True) as visit:
        assert not check(visit)
        visit.ask(SPOILT[check])
        assert check(visit)


@pytest.mark.parametrize(
    ("script", "sign"),
    [
        ("fetch('https://example.org/x').catch(() => 0)", "request to another place"),
        ("fetch('no-such-file').then(() => 0)", "404"),
        ("console.error('oh')", "console: oh"),
        (
            "new Promise((done) => { setTimeout(done, 50); setTimeout(() => { throw Error('oh') }); })",
            "script error",
        ),
    ],
)
def test_trouble_is_noted(site: Site, script: str, sign: str) -> None:
    with site.open("ja/index.html") as visit:
        assert not visit.problems
        visit.ask(script)
        assert sign in "\n".join(visit.problems)


HEAD = (
    '<link rel="alternate" hreflang="ja" href="../ja/a.html"/>'
    '<link rel="alternate" hreflang="en" href="../en/a.html"/>'
    '<link rel="alternate" hreflang="x-default" href="../en/a.html"/>'
)
SWITCH = '<a data-language="{twin}" href="../{twin}/a.html">x</a>'
SECTION = '<section id="claim"></section>'


@pytest.mark.parametrize(
    ("check", "ja", "sign"),
    [
        (test_pages.alternates, HEAD + SWITCH.format(twin="en"), ""),
        (test_pages.alternates, HEAD + SWITCH.format(twin="ja"), "language switch"),
        (test_pages.alternates, SWITCH.format(twin="en"), "alternates"),
        (test_pages.addresses, SECTION, ""),
        (test_pages.addresses, '<section id="claim-2"></section>', "one language only"),
        (test_pages.addresses, '<section id="s-1-2"></section>', "named by its place"),
        (test_pages.links, '<a href="a.html#claim">x</a>' + SECTION, ""),
        (test_pages.links, '<a href="b.html">x</a>', "b.html"),
        (test_pages.links, '<a href="#claims">x</a>' + SECTION, "#claims"),
        (
            test_pages.notebook,
            '<a class="dropdown-item" href="https://mybinder.org/v2/chapters/ja/b.ipynb">x</a>',
            "launches",
        ),
        (test_pages.notebook, "<p>x</p>", ""),
    ],
)
def test_a_fault_in_a_file_is_seen(
    tmp_path: Path, check: Callable[[Path, str], list[str]], ja: str, sign: str
) -> None:
    for lang, text in (("ja", ja), ("en", HEAD + SECTION)):
        (tmp_path / lang).mkdir()
        (tmp_path / lang / "a.html").write_text(text, encoding="utf8")
    found = "\n".join(check(tmp_path, "ja/a.html"))
    assert sign in found
    assert bool(found) == bool(sign)
