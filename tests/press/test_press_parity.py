"""The two languages of a source hold the same things, in the glossary's words."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from book.press.check import check
from book.press.glossary import breaches, rules, spoken
from book.press.layout import LANGUAGES, source_path
from book.press.markdown import content, exercises, normalised, parser
from book.press.parity import parity_problems
from book.press.problems import PressError
from book.press.source import read

from .conftest import EN, JA, ROOT

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


def test_a_definition_in_a_word_to_avoid_is_refused(project: Path) -> None:
    path = project / "book" / "glossary.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Bernoulli分布、Poisson分布など", "ベルヌーイ分布など"), encoding="utf-8")
    with pytest.raises(PressError, match=r"exponential-family: 'ベルヌーイ': the glossary's word"):
        rules(project)


# A sentence with each word to avoid, and what to write.
WRONG = {
    "ja": {
        "使用時には何もしません。": "推論時",
        "慣性つきのSGDです。": "モメンタム",
        "計算装置を選びます。": "デバイス",
        "数百歩だけ訓練します。": "ステップ",
        "歩数を増やします。": "ステップ",
        "種を置きます。": "シードを固定",
        "乱数の種です。": "乱数のシード",
        "3つのコードを比べます。": "実装",
        "ベクトルの長さです。": "ノルム",
        "余りの寄与は0です。": "余分な項",
        "隣をくじで選びます。": "ランダム",
        "似た組だけを使います。": "正例ペア",
        "似ていない組を離します。": "負例ペア",
        "尤度を持つ双子です。": "対応する尤度モデル",
        "2つの山のある分布です。": "モード",
        "ラベルの点数です。": "スコア",
        "クラスの偏りに備えます。": "クラスの不均衡",
        "余白を広く取ります。": "マージン",
        "ターゲットは±1です。": "目標",
        "ベルヌーイ分布です。": "Bernoulli分布",
        "sigmoidを通します。": "シグモイド",
        "狭義固有です。": "狭義適正",
        "正直に分類すると、こうです。": "位置づけ",
        "**判定: 場合による。**": "誤り、不正確、正しいのどれか",
    },
    "en": {
        "Alike pairs come together.": "positive pairs",
        "In use it does nothing.": "at inference",
        "The data are lopsided.": "imbalanced",
        "A target with two humps.": "mode",
        "We compare four codes.": "implementations",
        "The neighbour is drawn by lot.": "by sampling or at random",
        "A point without fellows.": "same-class",
        "Strangers are pushed away.": "other-class",
        "Wins that go in circles.": "are cyclic",
        "It learns labels by heart.": "memorise",
        "Nothing is learnt.": "learned",
        "To be honest about its status, it is a bound.": "status",
        "**Verdict: it depends.**": "wrong, imprecise or right",
    },
}
FINE = {
    "ja": [
        "浮動小数点数です。",
        "あと一歩です。",
        "1000枚余りです。",
        "くじらの絵です。",
        "**判定: 誤り。**",
        "`sigmoid` です。",
    ],
    "en": ["A learned model, used once.", "Source code.", "**Verdict: imprecise.**", "An honest forecast."],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_word_to_avoid_is_found_and_named_with_the_word_to_write(project: Path, language: str) -> None:
    for text, word in WRONG[language].items():
        prose = content(text, parser(project)).prose
        found = [sentence for _, sentence in breaches(prose, rules(project)[language])]
        assert any(sentence.endswith(f"word is {word!r}") for sentence in found), (text, found)
    for text in FINE[language]:
        assert breaches(content(text, parser(project)).prose, rules(project)[language]) == [], text


def test_the_words_that_code_shows_are_found_on_their_lines() -> None:
    code = 'x = 1\nplt.title(tr("余白", "margin"))\nprint(tr(f"{x}つの目標", f"{x} targets"), "by lot")\n'
    found = {language: [(line, text) for line, text in spoken(code)[language]] for language in LANGUAGES}
    assert found == {"ja": [(1, "余白"), (2, "つの目標")], "en": [(1, "margin"), (2, " targets")]}


def test_figures_and_outputs_of_the_book_use_its_words() -> None:
    terms, problems = rules(ROOT), []
    for path in sorted((ROOT / "chapters").glob("*.md")):
        for cell in read(ROOT, path).cells:
            if cell.kind == "code" and "tr(" in cell.text:
                for language, words in spoken(cell.text).items():
                    problems += [
                        f"chapters/{path.name}:{cell.line + line}: {text}"
                        for line, text in breaches(words, terms[language])
                    ]
    assert problems == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_pages_use_the_books_words(language: str) -> None:
    terms = rules(ROOT)[language]
    for path in sorted((ROOT / "book" / language).glob("*.md")):
        prose = content(path.read_text(encoding="utf-8"), parser(ROOT)).prose
        assert breaches(prose, terms) == [], path


# A claim in both languages, its folded cell, its folded verdict in both languages.
MYTH = r"""
- \*\*NAME\*\* [^\n]+

\+\+\+ {"lang": "en"}
.*?- \*\*NAME\*\* [^\n]+

```{code-cell} ipython3
:tags: \[hide-cell\]
(?P<code>.*?)```

\+\+\+ {"lang": "ja"}

```{dropdown} 判定
\*\*(?P<ja>誤り|不正確|正しい)。\*\*.*?
\+\+\+ {"lang": "en"}

```{dropdown} Verdict
\*\*(?P<en>Wrong|Imprecise|Right)\.\*\*"""


def test_each_myth_has_one_folded_cell_and_one_verdict_in_both_languages() -> None:
    words = {"wrong": "誤り", "imprecise": "不正確", "right": "正しい"}
    text = (ROOT / "chapters" / "myths.md").read_text(encoding="utf-8")
    verdicts = re.findall(r'judge\(\s*"([A-J]\d+) (\w+)"', text)
    assert len(verdicts) > 50
    for name, verdict in verdicts:
        found = re.search(MYTH.replace("NAME", name), text, re.DOTALL)
        assert found, name
        assert (found["ja"], found["en"].lower()) == (words[verdict], verdict), name
        assert found["code"].count("judge(") == 1, name


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
