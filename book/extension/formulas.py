"""Formulas, drawn as the book is built: KaTeX from this repository, run by an engine that pip installs.

What a reader's browser gets is finished HTML for the eye and MathML for the ear, with the TeX in it to copy.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

KATEX = Path(__file__).resolve().parents[1] / "vendor" / "katex" / "katex.min.js"

KATEX_CSS = Path(__file__).resolve().parents[1] / "static" / "vendor" / "katex" / "katex.min.css"

# Sphinx numbers equations itself; KaTeX would number these environments a second time.
NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|alignat|gather)\}")
# Characters of Japanese in \text have no metrics in KaTeX's fonts, and need none.
QUIET = {"throwOnError": True, "strict": "ignore", "output": "htmlAndMathml"}


STYLED = frozenset(re.findall(r"\.([a-zA-Z][\w-]*)", KATEX_CSS.read_text(encoding="utf8")))
CLASS = re.compile(r'<span class="([^"]*)"')
BARE = re.compile(r'<span class="">([^<]*)</span>')
STYLE = re.compile(r'<span(?: class="([^"]*)")? style="([^"]*);"')
QUOTED = re.compile(r' (class|style)="([^" =\'<>`]+)"')
# Spaces and heights that KaTeX writes by the thousand; as classes they take a third of the bytes.
FREQUENT = {
    style: f"k{number}"
    for number, style in enumerate(
        (
            "margin-right:0.2778em",
            "margin-right:0.2222em",
            "margin-right:0.1667em",
            "margin-right:0.0359em",
            "margin-right:0.0139em",
            "margin-right:0.044em",
            "margin-right:0.1389em",
            "margin-right:0.0315em",
            "height:2.7em",
            "height:3em",
            "height:2.5em",
            "height:3.05em",
            "height:0.15em",
            "height:0.1514em",
            "height:0.2861em",
            "height:0.3117em",
            "height:0.8141em",
            "height:1em;vertical-align:-0.25em",
            "top:-2.55em;margin-left:0em;margin-right:0.05em",
            "top:-3.063em;margin-right:0.05em",
            "top:-3.113em;margin-right:0.05em",
            "top:-3em",
            "top:-3.23em",
            "top:-3.677em",
            "top:-2.314em",
            "top:-2.655em",
            "border-bottom-width:0.04em",
        )
    )
}


def frequent_rules() -> str:
    """The rules of the classes that stand for frequent styles."""
    return "".join(f".katex .{name}{{{style}}}" for style, name in FREQUENT.items())


def slim(html: str) -> str:
    """What KaTeX drew, in three quarters of the bytes: no class without a rule, no span of mere text."""
    spoken, mark, seen = html.partition('<span class="katex-html"')
    seen = CLASS.sub(
        lambda c: f'<span class="{" ".join(n for n in c[1].split() if n in STYLED)}"', mark + seen
    )
    while (fewer := BARE.sub(r"\1", seen)) != seen:
        seen = fewer

    def styled(span: re.Match[str]) -> str:
        name = FREQUENT.get(span[2])
        classes = " ".join(filter(None, (span[1], name)))
        return (f'<span class="{classes}"' if classes else "<span") + ("" if name else f' style="{span[2]}"')

    return spoken + QUOTED.sub(r" \1=\2", STYLE.sub(styled, seen).replace(' class=""', ""))


class Press:
    """Draws formulas, and remembers them from one build to the next in a file."""

    def __init__(self, memory: Path) -> None:
        self.memory = memory
        self.drawn: dict[str, str] = {}

    @cached_property
    def engine(self) -> Any:
        """A JavaScript engine with KaTeX in it; started only for a formula that is new."""
        from py_mini_racer import MiniRacer

        engine = MiniRacer()
        engine.eval(KATEX.read_text(encoding="utf8"))
        return engine

    @cached_property
    def drawer(self) -> str:
        """What the drawings depend on besides the TeX: KaTeX and this file."""
        parts = (KATEX.read_bytes(), KATEX_CSS.read_bytes(), Path(__file__).read_bytes())
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def load(self) -> None:
        """Read what an earlier build drew; a damaged file, or one of another KaTeX, is as good as none."""
        try:
            kept = json.loads(self.memory.read_text(encoding="utf8"))
            self.drawn = kept["drawn"] if kept["drawn by"] == self.drawer else {}
        except (OSError, ValueError, KeyError, TypeError):
            self.drawn = {}

    def save(self) -> None:
        """Keep what was drawn."""
        kept = {"drawn by": self.drawer, "drawn": self.drawn}
        draft = self.memory.with_suffix(".draft")
        draft.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf8")
        os.replace(draft, self.memory)

    def draw(self, tex: str, display: bool) -> str:
        """The HTML and MathML of a formula. Raises ValueError with KaTeX's words if it is malformed."""
        key = ("D" if display else "I") + tex
        if key not in self.drawn:
            from py_mini_racer import JSEvalException

            options = json.dumps({**QUIET, "displayMode": display})
            try:
                html = self.engine.eval(f"katex.renderToString({json.dumps(tex)}, {options})")
            except JSEvalException as error:
                first = str(error).splitlines()
                raise ValueError(next((line for line in first if "KaTeX" in line), first[0])) from error
            self.drawn[key] = slim(str(html))
        return self.drawn[key]


def drawn(self: HTML5Translator, node: nodes.Node, tex: str, display: bool) -> str:
    """A formula as HTML; one that KaTeX refuses is a warning that names the line, and stays TeX."""
    try:
        return str(self.builder.app.book_formulas.draw(tex, display))  # type: ignore[attr-defined]
    except ValueError as error:
        from sphinx.util import logging

        logging.getLogger(__name__).warning(f"a formula cannot be drawn: {error}", location=node)
        return f'<span class="katex-error">{escape(tex)}</span>'


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    # The theme styles the class `math` for MathJax, so this book uses its own.
    self.body.append(self.starttag(node, "span", "", CLASS="tex notranslate nohighlight"))
    self.body.append(drawn(self, node, node.astext(), display=False) + "</span>")
    raise nodes.SkipNode


def visit_display(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a display formula with its number and link."""
    self.body.append(self.starttag(node, "div", "", CLASS="tex-block notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    # A wide formula scrolls inside its box, which a keyboard must be able to reach.
    self.body.append(
        f'<div class="tex" tabindex="0">{drawn(self, node, display_tex(node), True)}</div></div>\n'
    )
    raise nodes.SkipNode


def display_tex(node: nodes.math_block) -> str:
    """The TeX of a display formula, unnumbered; blank lines separate rows, as in LaTeX's own `align`."""
    tex = NUMBERED.sub(r"\\\1{\2*}", node.astext())
    if node.get("nowrap"):
        return tex
    rows = [row for row in tex.split("\n\n") if row.strip()]
    rows = [f"\\begin{{split}}{row}\\end{{split}}" if r"\\" in row else row for row in rows]
    return rows[0] if len(rows) == 1 else "\\begin{aligned}" + r"\\".join(rows) + "\\end{aligned}"


def start(app: Sphinx) -> None:
    """Set up the press, with its memory beside the cached documents."""
    app.book_formulas = Press(Path(app.doctreedir) / "formulas.json")  # type: ignore[attr-defined]
    app.book_formulas.load()  # type: ignore[attr-defined]


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Remember the formulas, whatever became of the build."""
    if hasattr(app, "book_formulas"):
        app.book_formulas.save()


def register(app: Sphinx) -> None:
    """Register the renderer (`html_math_renderer: katex`) and its style sheet."""
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.connect("builder-inited", start)
    app.connect("build-finished", finish)
    app.add_css_file("vendor/katex/katex.min.css")
