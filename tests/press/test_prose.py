"""The Japanese prose reaches textlint line by line, and nothing else does; textlint finds what it should."""

import re
import shutil
from pathlib import Path

import pytest

from book.press import textlint
from book.press.markdown import parser
from book.press.problems import PressError
from book.press.prose import chapter, extracts, page, plain, words
from book.press.textlint import PACKAGES, RULES, findings, prose

ROOT = Path(__file__).resolve().parents[2]
MARKDOWN = parser(ROOT)
INSTALLED = (ROOT / PACKAGES / "textlint").exists() and textlint.find_node() is not None
needs_textlint = pytest.mark.skipif(not INSTALLED, reason="textlint is not installed; make prose installs it")

CHAPTER = """\
---
kernelspec:
  display_name: Python 3
  name: python3
---

+++ {"lang": "ja"}

(sample)=
# 見本

残差 $r = y - \\mu$ を、二乗します {cite:p}`huber1964`。

+++ {"lang": "en"}

(sample)=
# Sample

We square the residual 残差.

```{code-cell} ipython3
print("日本語の出力")
```

+++ {"lang": "ja"}

最後の段落です。
"""


def paragraphs(extract: str) -> list[str]:
    return [block.replace("\n", "") for block in re.split(r"\n{2,}", extract.strip())]


def test_what_a_button_says_is_no_sentence() -> None:
    button = ":::{button-ref} near\n:color: primary\nはじめから読む\n:::\n\n文です。"
    assert paragraphs(page(button, MARKDOWN)) == ["文です。"]


def test_a_chapter_yields_its_japanese_cells_on_their_lines() -> None:
    lines = chapter("chapters/sample.md", CHAPTER, MARKDOWN).splitlines()
    source = CHAPTER.splitlines()
    assert len(lines) == len(source)
    assert {n: text for n, text in enumerate(lines) if text} == {
        source.index("# 見本"): "# 見本",
        next(n for n, line in enumerate(source) if line.startswith("残差")): "残差 `x` を、二乗します。",
        source.index("最後の段落です。"): "最後の段落です。",
    }


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("幅 $a_{`b`}$ です", "幅 `x` です"),
        ("値段 $a\n+b$ です", "値段 `x`\n です"),
        ("`$HOME` は式ではありません", "`$HOME` は式ではありません"),
        ("{ref}`尤度から <foundations>`へ", "尤度からへ"),
        ("{ref}`foundations`の章", "見出しの章"),
        ("[](#foundations)の章", "見出しの章"),
        ("[基礎](#foundations)の章", "[基礎](#foundations)の章"),
        ("{term}`尤度`を", "尤度を"),
        ("{math}`x^2` です", "`x` です"),
        ("示した人 {footcite:p}`nix1994` が、", "示した人が、"),
        ("`mse_loss` {footcite:p}`nix1994` は", "`mse_loss` は"),
        ("これは {footcite:p}`nix1994` `mse_loss` です", "これは `mse_loss` です"),
    ],
)
def test_roles_formulas_and_citations_become_what_a_reader_sees(source: str, seen: str) -> None:
    assert plain(source) == seen


def test_a_sentence_runs_through_a_displayed_formula() -> None:
    text = "損失は\n\n$$\nr^2\n$$\n\nです。\n\n次です。\n\n$$r$$\n\n終わりです。\n"
    extract = page(text, MARKDOWN)
    assert paragraphs(extract) == ["損失は`xxxxx`です。", "次です。", "終わりです。"]
    assert extract.count("\n") == text.count("\n")


def test_a_sentence_may_end_with_a_displayed_formula_before_a_list() -> None:
    lines = page("損失は\n\n```{math}\n:label: eq\nr^2\n```\n\n- 項目です。\n", MARKDOWN).splitlines()
    assert lines == ["損失は", "`x", "x", "x", "x", "x`", "", "- 項目です。"]


def test_of_a_directive_the_title_and_the_body_are_prose_on_their_lines() -> None:
    text = """\
````{exercise} 手を動かす $x$
:label: ex-one
:class: 日本語の種類

書いてください。

```{dropdown} ヒント
平均です。
```
````

```python
x = "コード"
```

```{eval-rst}
.. 日本語::
```
"""
    lines = page(text, MARKDOWN).splitlines()
    expected = {1: "###### 手を動かす `x`", 5: "書いてください。", 7: "###### ヒント", 8: "平均です。"}
    assert {n: line for n, line in enumerate(lines, 1) if line} == expected


def test_a_table_stays_a_table_and_a_block_without_japanese_is_left_out() -> None:
    text = "| 記号 | 意味 |\n|---|---|\n| $x$ | 特徴量 |\n\nOnly English.\n"
    assert page(text, MARKDOWN) == "| 記号 | 意味 |\n|---|---|\n| `x` | 特徴量 |\n\n\n"


def test_of_the_glossary_the_definitions_are_prose_and_the_forms_to_avoid_are_not() -> None:
    text = """\
- ja: 尤度
  en: likelihood
  avoid_ja: [ゆう度, ライクリフッド]
  def_ja: データを固定したときの、$p$ です。
  def_en: "The probability 確率."
- {ja: 損失, en: loss}
"""
    lines = words(text).splitlines()
    assert lines == ["- 尤度", "", "", "- データを固定したときの、`x` です。", "", "- 損失"]


def test_every_source_of_the_book_yields_its_own_number_of_lines() -> None:
    texts = extracts(ROOT)
    others = {"README.md", "book/glossary.yml", "src/lossbook/families/binary/card.yml", "book/ja/index.md"}
    assert others <= set(texts)
    assert {f"chapters/{path.name}" for path in (ROOT / "chapters").glob("*.md")} <= set(texts)
    for where, text in texts.items():
        assert text.count("\n") == len((ROOT / where).read_text(encoding="utf-8").splitlines()), where


@pytest.fixture
def linted(tmp_path: Path) -> Path:
    """An empty project with the book's rules and its textlint."""
    shutil.copytree((ROOT / RULES).parent, tmp_path / "book" / "textlint")
    (tmp_path / PACKAGES).parent.mkdir(parents=True)
    (tmp_path / PACKAGES).symlink_to(ROOT / PACKAGES, target_is_directory=True)
    return tmp_path


MISTAKES = {
    "損失を求めるである。": "no-mix-dearu-desumasu",
    "勾配は損失は大きくします。": "no-doubled-joshi",
    "平均に分散に近づけます。": "no-doubled-joshi",
    "値は、平均は、分散は、勾配は、残差は大きいです。": "max-ten",
    "小さい値も食べれます。": "no-dropping-the-ra",
    "平均することができます。": "ja-no-redundant-expression",
    "平均かもしれません。": "ja-no-weak-phrase",
    "平均平均を取ります。": "ja-no-successive-word",
    "文の終わりがありません": "ja-no-mixed-period",
    "本当ですか？": "no-exclamation-question-mark",
    "ﾃｽﾄです。": "no-hankaku-kana",
    "か\u3099です。": "no-nfd",
    "(閉じません。": "no-unmatched-pair",
    "正規分布標準偏差推定値です。": "max-kanji-continuous-len",
    "一つの値です。": "arabic-kanji-numbers",
    "関数`mse_loss` です。": "ja-space-around-code",
    "平均 です。": "ja-no-space-between-full-width",
    "結果を見て下さい。": "2.2.1.ひらがなと漢字の使い分け",
    "１２です。": "2.1.8.算用数字",
    "平均,分散です。": "1.2.1.句点(。)と読点(、)",
    "殆どの点です。": "2.1.2.漢字",
    "例えば平均です。": "prh",
    "メモリの量を量ります。": "prh",
    "繰り返し数は100です。": "prh",
    "書体を設定します。": "prh",
    f"{'とても長い' * 24}文です。": "sentence-length",
}
FINE = [
    "**C1** 二乗誤差は、正規分布の負の対数尤度です。",
    "`mse_loss` も `l1_loss` も、残差 `x` だけを見ます。",
    "「損失は距離である」という説もあります。",
    "何百回も三つ組を選びます。",
    "質量と分量を測り、反復回数を数えます。",
    "平均は1点のために無限大になります。",
    "「簡単な例は重要ではない」という主張は(狭い範囲では)正しいです。",
]


@needs_textlint
def test_textlint_finds_each_mistake_on_the_line_of_its_source(linted: Path) -> None:
    sentences = [*MISTAKES, *FINE]
    text = "\n\n".join(sentences) + "\n"
    found = {(problem.where, rule(problem.text)) for problem in findings(linted, {"chapters/a.md": text})}
    for number, mistake in enumerate(MISTAKES):
        assert (f"chapters/a.md:{2 * number + 1}", MISTAKES[mistake]) in found, mistake
    fine = {f"chapters/a.md:{2 * sentences.index(sentence) + 1}" for sentence in FINE}
    assert not [problem for problem in found if problem[0] in fine]


def rule(text: str) -> str:
    return re.findall(r"\[([^\[\]]+)\] … ", text)[-1]


@needs_textlint
def test_a_claim_of_the_list_may_be_blunt_and_a_verdict_may_not(linted: Path) -> None:
    text = "- **A1** 損失は距離である。\n- **A1 誤り。** 損失は距離である。\n- 短い項目です。\n"
    assert [problem.where for problem in findings(linted, {"book/words.yml": text})] == ["book/words.yml:2"]


@needs_textlint
def test_what_textlint_remembers_hides_no_new_mistake(linted: Path) -> None:
    good, bad = {"a.md": "平均です。\n"}, {"a.md": "本当ですか？\n"}
    assert [len(findings(linted, texts)) for texts in (good, bad, bad, good)] == [0, 1, 1, 0]


@needs_textlint
def test_a_rule_that_changes_is_applied_to_what_textlint_remembers(linted: Path) -> None:
    texts = {"a.md": "みなさんの平均です。\n"}
    assert not findings(linted, texts)
    path = linted / RULES
    path.write_text(path.read_text(encoding="utf-8").replace("max: 120", "max: 5"), encoding="utf-8")
    assert findings(linted, texts)


@needs_textlint
def test_rules_that_textlint_cannot_read_are_named(linted: Path) -> None:
    (linted / RULES).write_text("rules: {no-such-rule: true}\n", encoding="utf-8")
    with pytest.raises(PressError, match=r"book/textlint/rules.yml: textlint could not run"):
        findings(linted, {"a.md": "平均です。\n"})


def test_without_node_or_textlint_the_remedy_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PressError, match="holds no textlint; run make prose"):
        prose(project)
    monkeypatch.setattr(textlint, "find_node", lambda: None)
    with pytest.raises(PressError, match=r"node: is not installed; .*requirements-dev.txt"):
        prose(project)
