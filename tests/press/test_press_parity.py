"""The two languages of a source hold the same things, in the glossary's words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from book.press.check import check
from book.press.glossary import rules
from book.press.layout import LANGUAGES, source_path
from book.press.markdown import content, exercises, normalised, parser
from book.press.parity import parity_problems
from book.press.problems import PressError
from book.press.source import read

from .conftest import EN, JA

Edit = Callable[[str, str], None]


def findings(project: Path) -> list[str]:
    sources = [read(project, path) for path in sorted((project / "chapters").glob("*.md"))]
    return [str(problem) for problem in parity_problems(project, sources)]


def test_a_sound_chapter_has_no_findings(project: Path) -> None:
    assert findings(project) == []


# Each breaks the English twin, and is found as what it is.
BREAKS = [
    ("r = y - \\mu", "r = \\mu - y", "display formula only in"),
    ("r^2", "r^3", "display formula only in"),
    ("$$ (eq-residual)", "$$", "label only in Japanese: 'eq-residual'"),
    (":label: eq-square", ":label: eq-other", "label only in English: 'eq-other'"),
    ("{cite:t}`huber1964`", "Huber", "citation only in Japanese: 'huber1964'"),
    ("{cite:t}`huber1964`", "{cite:p}`huber1964,girshick2015`", "citation only in English: 'girshick2015'"),
    ("![residual](picture.png)", "", "figure only in Japanese"),
    (
        ":::{exercise} residual\n:label: ex-one\nresidual\n:::",
        "",
        "exercise only in Japanese: 'exercise ex-one'",
    ),
    ("{cite:t}", "## More\n\n{cite:t}", "heading levels [] in Japanese, [2] in English"),
    ("{cite:t}", "(more)=\n{cite:t}", "label only in English: 'more'"),
    ("{cite:t}", "\\begin{align}\na\n\\end{align}\n\n{cite:t}", "display formula only in English"),
    ("{cite:t}", "```{figure} a.png\n```\n\n{cite:t}", "figure only in English: 'figure'"),
]


@pytest.mark.parametrize(("old", "new", "message"), BREAKS, ids=[f"{new[:20]}-{m}" for _, new, m in BREAKS])
def test_a_twin_that_differs_is_found(project: Path, edit: Edit, old: str, new: str, message: str) -> None:
    assert old in EN
    edit(EN, EN.replace(old, new, 1))
    found = findings(project)
    assert any(message in line for line in found), found
    assert all(line.startswith("chapters/sample.md:") for line in found)


def test_a_formula_twice_in_one_language_is_found(project: Path, edit: Edit) -> None:
    edit(EN, f"{EN}\n$$\nr^2\n$$\n")
    assert any("display formula only in English: 'r^2'" in line for line in findings(project))


def test_the_message_names_the_lines_of_both_twins(project: Path, edit: Edit) -> None:
    text = source_path(project, "sample").read_text(encoding="utf-8")
    ja, en = (text[: text.index(twin)].count("\n") + 1 for twin in (JA, EN))
    edit(EN, EN.replace("{cite:t}`huber1964`", ""))
    message = (
        f"chapters/sample.md:{ja}: citation only in Japanese: 'huber1964'; add it to the twin at line {en}"
    )
    assert message in findings(project)


def test_inline_formulas_are_not_compared(project: Path, edit: Edit) -> None:
    edit(EN, f"{EN}\nHere $r$ is inline.\n")
    assert findings(project) == []


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("a \\text{残差}", "a  \\text{residual}\n", True),
        ("a \\text{残差 $\\frac{1}{2}$}", "a \\text{half $\\frac{1}{2}$}", True),
        ("a \\text{残差}", "b \\text{残差}", False),
        ("\\mathrm{a}", "\\mathrm{b}", False),
    ],
)
def test_only_words_and_spacing_may_differ_in_a_formula(left: str, right: str, same: bool) -> None:
    assert (normalised(left) == normalised(right)) is same


def test_content_of_nested_directives_is_seen(project: Path) -> None:
    text = "::::{admonition} A title\n:name: outer\n:::{note}\n(inner)=\n\n$$\nx\n$$\n:::\n::::\n"
    found = content(text, parser(project))
    assert set(found.labels) == {"outer", "inner"}
    assert found.formulas == {"x": 1}


def test_a_label_set_twice_in_a_chapter_is_found(project: Path, edit: Edit) -> None:
    for _ in LANGUAGES:
        edit("(sample-proof)=", "(sample-claim)=")
    found = findings(project)
    assert len(found) == 1
    assert "duplicate label 'sample-claim', set at chapters/sample.md:" in found[0]


def test_a_label_set_in_two_chapters_is_found(project: Path) -> None:
    text = source_path(project, "sample").read_text(encoding="utf-8")
    source_path(project, "second").write_text(text, encoding="utf-8")
    assert any("second.md" in line and "duplicate label 'eq-residual'" in line for line in findings(project))


def test_a_chapter_has_one_title(project: Path, edit: Edit) -> None:
    edit("## 証明" if "## 証明" in JA else "## 検証", "# 検証")
    edit("## Proof", "# Proof")
    assert any("has 2 headings of level 1" in line for line in findings(project))


def test_a_form_the_glossary_avoids_is_found_at_its_line(project: Path, edit: Edit) -> None:
    edit(JA, f"{JA}\nこのロス関数は\nはずれ値に弱い。\n")
    text = source_path(project, "sample").read_text(encoding="utf-8")
    line = text[: text.index("このロス関数")].count("\n") + 1
    assert findings(project) == [
        f"chapters/sample.md:{line}: 'ロス関数': the glossary's word is '損失関数'",
        f"chapters/sample.md:{line + 1}: 'はずれ値': the glossary's word is '外れ値'",
    ]


def test_an_english_form_is_found_across_a_line_break_and_in_a_directive(project: Path, edit: Edit) -> None:
    edit(EN, f"{EN}\n:::{{note}} Regularization\nThe Log\nLikelihood.\n:::\n")
    assert [line.split(": ", 1)[1] for line in findings(project)] == [
        "'Regularization': the glossary's word is 'regularisation'",
        "'Log\\nLikelihood': the glossary's word is 'log-likelihood'",
    ]


@pytest.mark.parametrize(
    "harmless",
    [
        "`cost function`",
        "$\\text{cost function}$",
        "[cost function](https://example.org)",
        "The boost functions.",
        "```python\ncost function\n```",
    ],
)
def test_code_formulas_and_links_are_free(project: Path, edit: Edit, harmless: str) -> None:
    edit(EN, f"{EN}\n{harmless}\n")
    assert findings(project) == []


def test_a_glossary_that_contradicts_itself_is_refused(project: Path) -> None:
    entry = "- {ja: 損失関数, en: loss, avoid_ja: [損失], avoid_en: [], label: loss, def_ja: あ, def_en: a}\n"
    (project / "book" / "glossary.yml").write_text(entry, encoding="utf-8")
    with pytest.raises(PressError, match=r"avoids '損失', which is part of its own term '損失関数'"):
        rules(project)


def test_a_glossary_entry_without_a_key_is_refused(project: Path) -> None:
    (project / "book" / "glossary.yml").write_text("- {ja: 損失, en: loss}\n", encoding="utf-8")
    with pytest.raises(PressError, match=r"glossary.yml, entry 1: needs exactly the keys avoid_en"):
        rules(project)


def test_check_reports_parity(printed: Path, edit: Edit) -> None:
    edit(EN, EN.replace("r^2", "r^3"))
    with pytest.raises(PressError, match="display formula only in English"):
        check(printed)


@pytest.mark.parametrize(
    "text",
    [
        "```{exercise} Add\n:label: ex-add\nOne.\n```",
        ":::{exercise} Add\n:label: ex-add\nOne.\n:::",
        "::::{exercise} Add\n:class: dropdown\n:label: ex-add\n\n:::{note}\nOne.\n:::\n::::",
        "`````{exercise} Add\n---\nlabel: ex-add\n---\nOne.\n`````",
        "::::{note}\n:::{exercise} Add\n:label: ex-add\nOne.\n:::\n::::",
    ],
)
def test_an_exercise_is_one_whichever_fence_it_has(project: Path, text: str) -> None:
    assert exercises(text, parser(project)) == [("ex-add", "Add")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":label: ex-one\n", "", "exercise '残差' has no label; add it"),
        (":::{exercise} 残差", ":::{exercise}", "exercise 'ex-one' has no title; add it"),
    ],
)
def test_an_exercise_that_cannot_be_listed_is_found(
    project: Path, edit: Edit, old: str, new: str, message: str
) -> None:
    edit(old, new)
    assert any(message in line for line in findings(project))
