"""The guide by problem: what a reader would say, and the loss that answers it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.press.layout import read_yaml

ROOT = Path(__file__).resolve().parents[2]
PROBLEMS = "book/problems.yml"
READ_ON = {"ja": "詳しくは", "en": "Read on"}
LIMITS = {"ja": "限界", "en": "Limits"}


@cache
def problems() -> list[dict[str, Any]]:
    """The rows of the guide, in their order."""
    return list(read_yaml(ROOT, PROBLEMS))


class Problems(SphinxDirective):
    """Every problem as a line that opens: ``{problem-guide}``."""

    def run(self) -> list[nodes.Node]:
        """One folded entry for each row."""
        self.env.note_dependency(str(ROOT / PROBLEMS))
        lang = str(self.config.language)
        return self.parse_text_to_nodes("\n\n".join(entry(row, lang) for row in problems()))


def entry(row: dict[str, Any], lang: str) -> str:
    """One problem in Markdown: its words and losses, and folded the lines that run and the limits."""
    names = ", ".join(f"`{name}`" for name in row["losses"])
    api = " · ".join(f"[`{name}`](#lossbook.losses.{name})" for name in row["losses"])
    return "\n".join(
        [
            f":::{{dropdown}} {row[lang]} → {names}",
            f":name: problem-{row['id']}",
            "",
            "```python",
            row["code"].rstrip(),
            "```",
            "",
            f"**{LIMITS[lang]}**: {row['limits'][lang]}",
            "",
            f"{READ_ON[lang]}: {{ref}}`{row['see']}` · {api}",
            ":::",
        ]
    )


def register(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("problem-guide", Problems)
