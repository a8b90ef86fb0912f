"""Formulas without a network: KaTeX from this repository, rendered by the reader's browser."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

# Sphinx numbers equations itself; KaTeX would number these environments a second time.
NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|alignat|gather)\}")


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula as the TeX it is; book.js has KaTeX draw it."""
    # The theme styles the class `math` for MathJax, so this book uses its own.
    self.body.append(self.starttag(node, "span", "", CLASS="tex notranslate nohighlight"))
    self.body.append(self.encode(node.astext()) + "</span>")
    raise nodes.SkipNode


def visit_display(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a display formula with its number and link; book.js has KaTeX draw it."""
    self.body.append(self.starttag(node, "div", "", CLASS="tex-block notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    # A wide formula scrolls inside its box, which a keyboard must be able to reach.
    self.body.append(f'<div class="tex" tabindex="0">{self.encode(display_tex(node))}</div></div>\n')
    raise nodes.SkipNode


def display_tex(node: nodes.math_block) -> str:
    """The TeX of a display formula, unnumbered; blank lines separate rows, as in LaTeX's own `align`."""
    tex = NUMBERED.sub(r"\\\1{\2*}", node.astext())
    if node.get("nowrap"):
        return tex
    rows = [row for row in tex.split("\n\n") if row.strip()]
    rows = [f"\\begin{{split}}{row}\\end{{split}}" if r"\\" in row else row for row in rows]
    return rows[0] if len(rows) == 1 else "\\begin{aligned}" + r"\\".join(rows) + "\\end{aligned}"


def register(app: Sphinx) -> None:
    """Register the renderer (`html_math_renderer: katex`) and its files."""
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.add_css_file("vendor/katex/katex.min.css")
    app.add_js_file("vendor/katex/katex.min.js", loading_method="defer")
