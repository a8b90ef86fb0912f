"""The parts of the extension, one by one: formulas, light pages, addresses, search, levels, colophon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from docutils import nodes
from PIL import Image

import lossbook
from book.extension import anchors, colophon, formulas, lighten, lists, reference, search
from book.press import frame
from book.press.families import families, family_pages, page_of, with_families
from book.press.layout import package_version

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def press(tmp_path: Path) -> formulas.Press:
    return formulas.Press(tmp_path / "formulas.json")


def test_a_formula_is_drawn_for_the_eye_and_the_ear(press: formulas.Press) -> None:
    html = press.draw(r"\frac{\text{確率}}{\sigma^2}", display=True)
    assert '<annotation encoding="application/x-tex">\\frac{\\text{確率}}{\\sigma^2}</annotation>' in html
    assert 'class="katex-display"' in html
    assert "mfrac" in html
    assert "mord" not in html  # a class without a rule


def test_a_slim_formula_has_the_same_text() -> None:
    long = '<span class="katex"><span class="katex-html"><span class="mord"><span class="mord mathnormal" '
    long += 'style="margin-right:0.0359em;">y</span><span class="mrel">=</span></span></span></span>'
    assert formulas.slim(long) == (
        '<span class="katex"><span class=katex-html><span><span class="mathnormal k3">y</span>='
        "</span></span></span>"
    )
    assert ".katex .k3{margin-right:0.0359em}" in formulas.frequent_rules()


def test_formulas_are_remembered_and_a_damaged_memory_is_none(press: formulas.Press) -> None:
    html = press.draw("x", display=False)
    press.save()
    again = formulas.Press(press.memory)
    again.load()
    again.__dict__["engine"] = None  # nothing needs to be drawn
    assert again.draw("x", display=False) == html
    for damaged in ("{", "[]", json.dumps({"drawn by": "another", "drawn": {"Ix": "old"}})):
        press.memory.write_text(damaged, encoding="utf8")
        again.load()
        assert again.drawn == {}


def test_a_malformed_formula_says_what_is_wrong(press: formulas.Press) -> None:
    with pytest.raises(ValueError, match=r"KaTeX parse error.*\\fraq"):
        press.draw(r"\fraq12", display=False)


CSS = """
/* a note */ .used, .unused > .used { color: red; } .unused { color: blue }
@media print { .unused { color: blue } .used:not(.unused) { content: "}" } }
.fa-bomb:before { content: "x" } @font-face { font-family: "Font Awesome 6 Free"; src: url(x) }
@font-face { font-family: KaTeX; src: url(fonts/a.woff2) } #known:hover { color: red } #other { color: red }
main > p:is(.unused, .used) { margin: 0 }
"""


def test_a_style_sheet_keeps_the_rules_that_can_match() -> None:
    kept = lighten.used_rules(CSS, {".used", "#known", ".fa-bomb"})
    assert kept == (
        '.used{color: red}@media print{.used:not(.unused){content: "}"}}'
        "@font-face{font-family: KaTeX; src: url(fonts/a.woff2)}#known:hover{color: red}"
        "main > p:is(.unused, .used){margin: 0}"
    )


def test_classes_are_known_with_and_without_quotes() -> None:
    known = lighten.known_names(['<i class="a b" id="c"><span class=mfrac><span class=k2 style=top:0>'])
    assert {".a", ".b", ".mfrac", ".k2", "#c"} <= known


def test_a_bundle_moves_addresses_takes_in_imports_and_keeps_the_books_own_rules(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "a.css").write_text(
        '@import "../b.css"; .a { src: url(f.woff2) }', encoding="utf8"
    )
    (tmp_path / "b.css").write_text(".b { font-display: block } .gone { color: red }", encoding="utf8")
    (tmp_path / "book.css").write_text(".made-by-a-script { color: red }", encoding="utf8")
    css = lighten.bundle(tmp_path, ["vendor/a.css", "book.css"], {".a", ".b"})
    assert '.a{src: url("vendor/f.woff2")}' in css
    assert ".b{font-display:swap}" in css
    assert ".gone" not in css
    assert ".made-by-a-script" in css


def test_a_page_loses_what_colours_nothing_and_its_figures_gain_sizes(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "figure.png")
    Image.new("RGB", (30, 20), "white").save(tmp_path / "lines.png")
    body = (
        '<pre><span></span><span class="n">x</span><span class="o">=</span></pre>'
        '<dt><span class="n">x</span></dt><script>kernelName = "x"</script>'
        '<img alt="a" src="_images/hash.png"/><img alt="b" src="_images/lines.png"/>'
    )
    assert lighten.lighter(body, {"hash.png": "figure.png", "lines.png": "lines.png"}, tmp_path) == (
        '<pre>x<span class="o">=</span></pre><dt><span class="n">x</span></dt>'
        '<img alt="a" src="_images/hash.png" width="30" height="20" loading="lazy"/>'
        '<img alt="b" src="_images/lines.png" width="30" height="20" loading="lazy" class="line-art"/>'
    )


def test_an_address_is_made_of_the_words_of_the_english_heading() -> None:
    assert anchors.slug("“PoissonNLLLoss computes $x-y$” and [more](x.md) `log_input`") == (
        "poissonnllloss-computes-and-more-log-input"
    )
    assert anchors.slug("What a reader's eye sees first of all things") == "what-a-readers-eye-sees-first"
    assert anchors.slug("0.1.0") == "v-0-1-0"
    assert anchors.free("claim", {"claim", "claim-2"}) == "claim-3"


def test_headings_are_found_outside_what_is_fenced() -> None:
    text = "# One\n\n```{code-cell}\n# no heading\n```\n\n:::{note}\n## inside\n:::\n\n## Two\n"
    assert anchors.headings(text) == ["One", "Two"]


def test_a_section_is_found_by_what_a_reader_sees() -> None:
    body = (
        '<section id="a"><h1>Title<a class="headerlink" href="#a">#</a></h1><p>Text '
        '<span class="tex"><span class="katex"><span class="katex-mathml">\\sigma</span></span></span>.</p>'
        '<details class="admonition hide above-input"><pre>find_spec</pre></details>'
        '<section id="b"><h2>Part</h2><pre>code</pre><p>more</p></section></section>'
    )
    assert list(search.sections(body)) == [("a", "Title", "Text … .", ""), ("b", "Part", "more", "code")]


def test_the_words_of_readers_lead_to_pages_of_the_book() -> None:
    pages = {path.stem for path in (ROOT / "chapters").glob("*.md")}
    assert {entry["page"] for entry in search.answers(pages)} >= {"categorical", "outliers", "focal"}
    assert search.answers(set()) == []
    assert any("クロスエントロピー" in words and "cross entropy" in words for words in search.synonyms())


EXERCISES = """
```{exercise} Easy
:class: level-1
:label: x-one
Text
```

:::{exercise} Hard
:label: x-two
:class: wide level-3
Text
:::

```{exercise} Plain
:label: x-three
```
"""


def test_an_exercise_says_how_hard_it_is() -> None:
    from book.press.source import parse

    source = parse("chapters/x.md", '+++ {"lang": "en"}\n\n(x)=\n# Title\n' + EXERCISES)
    assert [(e.label, e.level) for e in lists.exercises_of(source, "en")] == [
        ("x-one", 1),
        ("x-two", 3),
        ("x-three", None),
    ]
    assert lists.stars(2, "ja").endswith("★★☆</span> 標準</span>")
    html = '<div class="level-2 exercise admonition">\n<p class="admonition-title">Exercise 1 (A)</p></div>'
    shown = lists.ON_PAGE.sub(lambda m: f"{m[1]}{m[3]} {lists.stars(int(m[2]), 'en')}{m[4]}", html)
    assert "Exercise 1 (A) " in shown
    assert "★★☆</span> standard</span></p>" in shown


def test_a_description_is_whole_sentences() -> None:
    text = "One sentence. " * 30
    short = colophon.shortened(text)
    assert len(short) <= colophon.LENGTH
    assert short.endswith("sentence.")
    assert colophon.shortened("文です。" * 60).endswith("。")
    paragraph = nodes.paragraph("", "", nodes.Text("a "), nodes.math("", r"\sigma"), nodes.Text("b"))
    assert colophon.plain(paragraph) == "a b"


def test_the_colophon_can_be_dated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert colophon.built("en").startswith("built 1970-01-01 with torch 2.")
    assert package_version(ROOT) == lossbook.__version__


def test_every_family_has_a_page_in_both_languages() -> None:
    found = families(ROOT)
    assert {"binary", "counts", "regression"} <= set(found)
    for lang in ("ja", "en"):
        pages = family_pages(ROOT, lang)
        assert set(pages) == {page_of(family) for family in found}
        assert all(text.startswith(f"({page})=\n# API") for page, text in pages.items())
    toc = {"parts": [{"chapters": [{"file": "choose"}, {"file": "api"}]}]}
    assert with_families(toc, ["api-x"])["parts"][0]["chapters"] == [
        {"file": "choose"},
        {"file": "api", "sections": [{"file": "api-x"}]},
    ]


def test_the_families_pages_hold_all_that_a_face_offers() -> None:
    from lossbook import losses

    listed = [name for family in [*families(ROOT), None] for name in reference.offered("losses", family)]
    assert sorted(listed) == sorted(losses.__all__ if hasattr(losses, "__all__") else dir(losses))
    assert "poisson_nll_loss" in reference.offered("losses", "counts")
    assert "PoissonNLLLoss" in reference.offered("modules", "counts")


def test_the_map_of_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for lang in ("ja", "en"):
        (tmp_path / lang).mkdir()
        (tmp_path / lang / "a.html").touch()
    text = frame.sitemap(tmp_path, "https://example.org/book/")
    assert "<loc>https://example.org/book/en/a.html</loc>" in text
    assert text.count('hreflang="ja" href="https://example.org/book/ja/a.html"') == 2
    monkeypatch.setenv("BOOK_ADDRESS", "https://example.org/x")
    assert frame.site_address(ROOT) == "https://example.org/x/"
    monkeypatch.delenv("BOOK_ADDRESS")
    assert frame.site_address(ROOT).endswith(".github.io/losses-from-likelihood/")


def test_synonyms_are_words_that_a_reader_may_type() -> None:
    words = [word for group in search.synonyms() for word in group]
    assert "ゆう度" in words
    assert all(isinstance(word, str) and not word.startswith("/") for word in words)
