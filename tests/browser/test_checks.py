"""The checks themselves: each must see the fault it is there for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from . import soundness
from .test_accessibility import violations
from .visit import Site, Visit

FAULTS: list[tuple[Callable[[Visit], list[str]], str, str]] = [
    (soundness.formulas, "<span class='tex'>x^2</span>", "x^2"),
    (
        soundness.formulas,
        "<span class='tex'><span class='katex'></span></span><i class='katex-error'>bad</i>",
        "bad",
    ),
    (soundness.formulas, r"価格は $\frac12$ です", "frac"),
    (soundness.formulas, r"\(x\)", "x"),
    (soundness.glyphs, "&#x0378;", "U+0378"),
    (soundness.one_of_each, "<input type='search'>", "search field"),
    (soundness.one_of_each, "<header>x</header>", "header"),
    (soundness.pictures, "<img src='data:,'>", "image"),
    (soundness.pictures, "<img src='data:,' alt='../_images/a.png'>", "image"),
    (soundness.ids, "<i id='same'></i><b id='same'></b>", "same"),
    (soundness.contents, "<style>.bd-sidebar-secondary a { width: 3000px }</style>", "cut off"),
    (soundness.width, "<div style='width: 3000px'>x</div>", "scrolls sideways"),
    (soundness.dark, "<p style='color: #222'>x</p>", "faint in dark"),
    (soundness.dark, "<p class='cell_output'><img style='background: none !important'></p>", "figure"),
    (lambda v: soundness.contrast(v, "light"), "<p style='color: #ccc'>x</p>", "faint in light"),
    (soundness.paper, "<p class='headerlink' style='display: block !important'>x</p>", "navigation"),
    (
        lambda v: soundness.language(v, "ja"),
        "<button title='Copy to clipboard'>x</button>",
        "Copy to clipboard",
    ),
    (
        lambda v: soundness.language(v, "ja"),
        "<summary>Show code cell source</summary>",
        "Show code cell source",
    ),
    (lambda v: soundness.language(v, "en"), "", "html lang"),
    (violations, "<button></button>", "button-name"),
    (violations, "<style>.bd-sidebar-primary a { color: #ccc !important }</style>", "color-contrast"),
]


@pytest.mark.parametrize(("check", "fault", "sign"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_is_seen(site: Site, check: Callable[[Visit], list[str]], fault: str, sign: str) -> None:
    with site.open("ja/index.html") as visit:
        if fault:
            assert not check(visit)
        visit.ask("(html) => document.querySelector('article').insertAdjacentHTML('beforeend', html)", fault)
        assert sign in "\n".join(check(visit))


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
