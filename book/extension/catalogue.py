"""Tables made from what is true: the catalogue of losses, and what the proofs find as the book is built."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.press.cards import FAMILIES, facts, families
from book.press.layout import listed_files, read_mapping
from book.press.proofs import proofs

ROOT = Path(__file__).resolve().parents[2]
GPU_RECORD = ROOT / "book" / "records" / "cuda.json"

# What 'mean' divides by, in words; tests/site measures each.
DIVISORS = {
    "elements": {"ja": "要素数", "en": "the number of elements"},
    "samples": {"ja": "サンプル数", "en": "the number of samples"},
    "weights": {
        "ja": "数える目標の個数(重みがあれば、その重みの和)",
        "en": "the number of targets that count (with weights, their sum)",
    },
    "lengths": {
        "ja": "各系列を目標の長さで割り、サンプル数で割る",
        "en": "each sequence by its target's length, then the number of samples",
    },
    "events": {"ja": "イベントの数", "en": "the number of events"},
    "batch": {"ja": "なし(バッチ全体で1つの値)", "en": "nothing: one number for the whole batch"},
}
WORDS = {
    "loss": {"ja": "損失", "en": "Loss"},
    "formula": {"ja": "式", "en": "Formula"},
    "gradient": {"ja": "勾配", "en": "Gradient"},
    "status": {"ja": "位置づけと章", "en": "Status and page"},
    "noise": {"ja": "ノイズ", "en": "Noise"},
    "estimates": {"ja": "推定するもの", "en": "Estimates"},
    "input": {"ja": "入力", "en": "Input"},
    "mean": {"ja": "`'mean'` の分母", "en": "`'mean'` divides by"},
    "kind": {"ja": "位置づけ", "en": "Status"},
    "use": {"ja": "使うとき", "en": "Use it when"},
    "avoid": {"ja": "避けるとき", "en": "Not when"},
    "value": {"ja": "値", "en": "Value"},
    "gradient by hand": {"ja": "手計算の勾配", "en": "Gradient by hand"},
    "finite differences": {"ja": "数値微分", "en": "Finite differences"},
    "likelihood": {"ja": "尤度", "en": "Likelihood"},
    "extremes": {"ja": "極端な入力", "en": "Extreme inputs"},
    "precision": {"ja": "低精度", "en": "Low precision"},
    "autocast": {"ja": "自動混合精度", "en": "Autocast"},
    "meta and export": {"ja": "値なし・書き出し", "en": "Meta and export"},
    "float16 mean of many": {"ja": "多数のfloat16の平均", "en": "Float16 mean of many"},
    "anomaly": {"ja": "異常検知", "en": "Anomaly"},
    "gpu": {"ja": "GPU", "en": "GPU"},
}


@cache
def catalogue() -> dict[str, Any]:
    """What the tables are made from: the kinds of ``targets``, and all ``losses`` in the book's order."""
    order = [Path(file).name for file in listed_files(ROOT)]
    losses = sorted(facts(ROOT).values(), key=lambda loss: order.index(loss["where"]))
    return {"targets": read_mapping(ROOT, "book/targets.yml"), "losses": losses}


class Guide(SphinxDirective):
    """The losses for one kind of target: ``{loss-guide} count``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """One folded card of facts per loss."""
        target, lang = self.arguments[0], str(self.config.language)
        if target not in catalogue()["targets"]:
            known = ", ".join(catalogue()["targets"])
            raise self.error(f"loss-guide: target must be one of {known}, found {target!r}")
        chosen = [loss for loss in catalogue()["losses"] if loss["target"] == target]
        folded = (f":::{{dropdown}} `{loss['call']}`\n\n{_guide_entry(loss, lang)}\n:::" for loss in chosen)
        return self.parse_text_to_nodes("\n\n".join(folded))


class Cards(SphinxDirective):
    """The summary of a chapter: ``{loss-cards}``, the facts of its losses, or of those named, one a line."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """One card for each loss."""
        lang, known = str(self.config.language), facts(ROOT)
        for family in families(ROOT):
            self.env.note_dependency(str(ROOT / FAMILIES / family.name / "card.yml"))
        chapter = self.env.docname.rpartition("/")[2]
        named = [line.strip() for line in self.content if line.strip()]
        unknown = [name for name in named if name not in known]
        chosen = named or [name for name, loss in known.items() if loss["where"] == chapter]
        if unknown or not chosen:
            raise self.error(f"loss-cards: no card has {', '.join(unknown) or f'a loss of {chapter}'}")
        cards = [
            nodes.container(
                "", *self.parse_text_to_nodes(_guide_entry(known[name], lang, chapter)), classes=["loss-card"]
            )
            for name in chosen
        ]
        return [nodes.container("", *cards, classes=["loss-cards"])]


class Table(SphinxDirective):
    """Every loss with status, page, formula and gradient: ``{loss-table}``."""

    def run(self) -> list[nodes.Node]:
        """One table."""
        lang = str(self.config.language)
        head = ("loss", "status", "formula", "gradient")
        rows = [
            (
                _api(loss["name"]),
                f"{_status(loss['name'], lang)} · {_page(loss['where'])}",
                f"${loss['formula']}$",
                f"${loss['gradient']}$",
            )
            for loss in catalogue()["losses"]
        ]
        table = self.parse_text_to_nodes(_table([WORDS[name][lang] for name in head], rows))
        return [nodes.container("", *table, classes=["loss-table"])]


class Matrix(SphinxDirective):
    """The verification matrix, found while the book is built: ``{verification-matrix}``."""

    def run(self) -> list[nodes.Node]:
        """One table; a cell is the number of cases that agreed, and leads to the proof on its page."""
        lang, found = str(self.config.language), proofs(ROOT)
        names = [*next(iter(found["losses"].values()))]
        gpu = json.loads(GPU_RECORD.read_text(encoding="utf-8")) if GPU_RECORD.exists() else None
        head = [WORDS["loss"], *(WORDS[name] for name in names), WORDS["gpu"]]
        rows = [
            (
                _api(loss["name"]),
                *(_cell(found["losses"][loss["name"]][name], loss["where"]) for name in names),
                _gpu_cell(gpu, loss["name"]),
            )
            for loss in catalogue()["losses"]
        ]
        return self.parse_text_to_nodes(_table([word[lang] for word in head], rows) + _origin(gpu, lang))


def _guide_entry(loss: dict[str, Any], lang: str, page: str = "") -> str:
    """The facts of a loss in Markdown, with a link to its chapter unless that is the ``page`` itself."""
    lines = "\n".join(f"- {name}: {fact}" for name, fact in _facts(loss, lang))
    chapter = "" if loss["where"] == page else f" · {_page(loss['where'])}"
    return f"**{_api(loss['name'])}** `{loss['call']}`{chapter}\n\n{lines}"


def _facts(loss: dict[str, Any], lang: str) -> list[tuple[str, str]]:
    """What a card says of a loss, line by line. Not every loss has a noise model or estimates something."""
    said = {
        field: loss[field][lang] for field in ("noise", "estimates", "input", "use", "avoid") if field in loss
    }
    lines = {
        "formula": f"${loss['formula']}$",
        "gradient": f"${loss['gradient']}$",
        "noise": said.get("noise"),
        "estimates": said.get("estimates"),
        "input": said["input"],
        "mean": DIVISORS[loss["mean"]][lang],
        "use": said["use"],
        "avoid": said["avoid"],
        "kind": _status(loss["name"], lang),
    }
    return [(WORDS[name][lang], line) for name, line in lines.items() if line]


def _api(name: str) -> str:
    return f"[`{name}`](#lossbook.losses.{name})"


def _page(where: str) -> str:
    return f"{{ref}}`{where}`"


def _status(name: str, lang: str) -> str:
    from lossbook import checks, language, losses

    before = language.current()
    language.use(lang)
    try:
        return checks.report.status_in_words(checks.status(getattr(losses, name)))
    finally:
        language.use(before)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [" | ".join(head)]
    lines.append(" | ".join("---" for _ in lines[0].split(" | ")))
    lines += [" | ".join(row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(cases: int | None, where: str) -> str:
    return "—" if cases is None else f"[✓ {cases}](#{where}-proof)"


def _gpu_cell(gpu: dict[str, Any] | None, name: str) -> str:
    found = (gpu or {"losses": {}})["losses"].get(name)
    return f"✓ {sum(n or 0 for n in found.values())}" if isinstance(found, dict) else "—"


def _origin(gpu: dict[str, Any] | None, lang: str) -> str:
    found = proofs(ROOT)
    cpu = f"torch {found['torch']}, Python {found['python']}, CPU ({found['machine']})"
    if gpu:
        other = f"torch {gpu['torch']}, {gpu['machine']}"
    else:
        other = {"ja": "まだ実行していません", "en": "not run yet"}[lang]
    label = {"ja": "この表を組んだ環境", "en": "Found while this page was built, on"}[lang]
    return f"\n\n{label}: {cpu}. GPU: {other}."


def register(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("loss-guide", Guide)
    app.add_directive("loss-cards", Cards)
    app.add_directive("loss-table", Table)
    app.add_directive("verification-matrix", Matrix)
