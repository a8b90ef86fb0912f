"""Begin a chapter: a source with the nine blocks, and its line in the table of contents."""

import re
from pathlib import Path

import yaml

from book.press.files import replace
from book.press.layout import NAME, files_in, parse_yaml, read_text, read_yaml, source_path
from book.press.problems import stop

# Block, Japanese heading, English heading, and what belongs there in each language.
BLOCKS = [
    (
        "claim",
        "主張",
        "Claim",
        "いつもの損失がうまくいかない実データの図と、ノイズについての主張を1文で示します。",
        "A picture of real data on which the usual loss goes wrong; the claim about noise in one sentence.",
    ),
    (
        "derivation",
        "導出",
        "Derivation",
        "尤度から負の対数をとって損失にたどり着くまでを、1歩ずつ説明します。",
        "From the likelihood through its negative logarithm to the loss, every step justified.",
    ),
    (
        "gradient",
        "勾配",
        "Gradient",
        "1つのデータ点がパラメータに及ぼす力を、損失と勾配の曲線で見ます。",
        "What one data point does to the parameters: the curves of loss and gradient beside each other.",
    ),
    (
        "stable",
        "安定な形",
        "Stable form",
        "素朴な式を実行して失敗させ、直します。",
        "The naive form, executed and failing, then fixed.",
    ),
    (
        "scratch",
        "自分で書く",
        "From scratch",
        "パッケージのソースを表示し、1行ずつ読みます。",
        "The package's own source, read line by line.",
    ),
    (
        "proof",
        "検証",
        "Proof",
        "すべてのreductionとオプションについて、PyTorchと一致することを表で確かめます。",
        "The table that compares every reduction and option with PyTorch.",
    ),
    (
        "training",
        "訓練",
        "Training",
        "小さなモデルを実データで訓練し、競合する損失と自明な基準と比べます。",
        "A small model on real data, against the rival loss and a trivial baseline.",
    ),
    (
        "pitfalls",
        "落とし穴と俗説",
        "Pitfalls and myths",
        "広く出回っている説を実行し、判定します。",
        "Claims that circulate, executed, with the verdict.",
    ),
    (
        "exercises",
        "演習",
        "Exercises",
        "自動で採点される演習を2問から4問置きます。",
        "Two to four exercises that mark themselves.",
    ),
    (
        "summary",
        "まとめ",
        "Summary",
        "式、勾配、入力の約束、平均の分母、使うときと使わないときをまとめます。",
        "Formula, gradient, input contract, what the mean divides by, when to use it and when not.",
    ),
]
FRONT = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""
OPENING = """\

:::{{opening}}
:needs: foundations
- {0}
- {0}
- {0}
:::"""
LEARN = ("この章で学ぶことの1つ", "one thing the reader will learn")
ONWARD = """\

:::{{onward}}
- {{ref}}`foundations`: {0}
- {{ref}}`training`: {0}
:::"""
NEXT = ("そこへ進む理由", "why one goes there next")
QUIZ = """\
:::{quiz}
:::

"""
RESERVED = {"index", "search", "genindex", "py-modindex"}  # pages that are made, whatever the contents list
CODE = """
```{code-cell} ipython3
import torch

residuals = torch.linspace(-2, 2, 5)
print(residuals.tolist())
```
"""


def new(root: Path, name: str, title_ja: str | None = None, title_en: str | None = None) -> str:
    """Write ``chapters/NAME.md`` and list it; return what to do next.

    Raises PressError if the name is malformed or taken, or ``_toc.yml`` has no place for it.
    """
    path = source_path(root, name)
    if not NAME.fullmatch(name):
        raise stop("new", f"name {name!r} is not small letters, digits, - and _, beginning with a letter")
    if path.exists():
        raise stop(f"chapters/{name}.md", "exists already; choose another name")
    if name in RESERVED | pages(root):
        raise stop("new", f"name {name!r} belongs to a page of the book; choose another")
    text = skeleton(name, title_ja or name, title_en or name)
    replace({path: text, root / "_toc.yml": listed(root, name)})
    return f"chapters/{name}.md is ready to write, and listed last in _toc.yml; then: make notebooks"


def pages(root: Path) -> set[str]:
    """The names of the pages that are not chapters: all lie in one folder when the book is built."""
    files = files_in(read_yaml(root, "_toc.yml"), ("root", "file"))
    listed = {file.rsplit("/", 1)[-1] for file in files if not file.startswith("chapters/")}
    return listed | {path.stem for path in (root / "book" / "ja").glob("*.md")}


def skeleton(name: str, title_ja: str, title_en: str) -> str:
    """The text of a new source: title, the nine blocks and the summary in both languages, one code cell."""
    titles = (
        f"({name})=\n# {title}\n{OPENING.format(line)}"
        for title, line in zip((title_ja, title_en), LEARN, strict=True)
    )
    parts = [FRONT, _twins({}, *titles)]
    for block, *words in BLOCKS:
        label, onward = f"({name}-{block})=", ""
        if block == "summary":
            label, onward = QUIZ + label, "\n" + ONWARD
        texts = (
            f"{label}\n## {head}\n\n{text}{onward.format(why)}"
            for head, text, why in zip(words[:2], words[2:], NEXT, strict=True)
        )
        parts.append(_twins({"block": block}, *texts))
        parts.append(CODE if block == "claim" else "")
    return "".join(parts)


def _twins(metadata: dict[str, str], ja: str, en: str) -> str:
    return _cell({"lang": "ja", **metadata}, ja) + _cell({"lang": "en", **metadata}, en)


def _cell(metadata: dict[str, str], text: str) -> str:
    pairs = ", ".join(f'"{key}": "{value}"' for key, value in metadata.items())
    return f"\n+++ {{{pairs}}}\n\n{text}\n"


def listed(root: Path, name: str) -> str:
    """The text of ``_toc.yml`` with one line more, comments and order kept."""
    text, file = read_text(root, "_toc.yml"), f"chapters/ja/{name}"
    if file in files_in(parse_yaml("_toc.yml", text)):
        return text
    lines = text.splitlines()
    at = _place(lines)
    if at is None:
        raise stop("_toc.yml", f"lists no chapter yet; add the line - file: {file} to a part yourself")
    indent = lines[at].split("-")[0]
    lines.insert(_end_of_entry(lines, at), f"{indent}- file: {file}")
    text = "\n".join(lines) + "\n"
    try:
        good = files_in(yaml.safe_load(text)).count(file) == 1
    except yaml.YAMLError:
        good = False
    if not good:
        raise stop("_toc.yml", f"is not laid out one file a line; add the line - file: {file} yourself")
    return text


def _place(lines: list[str]) -> int | None:
    """The last chapter that is no section of another."""
    places = [at for at, line in enumerate(lines) if re.match(r"\s*- file: chapters/ja/", line)]
    outermost = min((lines[at].index("-") for at in places), default=0)
    return max((at for at in places if lines[at].index("-") == outermost), default=None)


def _end_of_entry(lines: list[str], at: int) -> int:
    """The line after a chapter's own: its title and its sections are indented deeper than its dash."""
    depth, end = lines[at].index("-"), at + 1
    for number, line in enumerate(lines[at + 1 :], at + 2):
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            break
        end = number if line.strip() else end
    return end
