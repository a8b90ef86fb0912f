"""What a Markdown cell holds that its twin must hold too, and its prose."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from book.press.layout import read_yaml
from book.press.problems import stop

DIRECTIVE = re.compile(r"\{([^}]+)\}\s*(.*)")
OPTION = re.compile(r":([\w-]+):\s*(.*)")
TEXT = re.compile(r"\\text(?:bf|it|rm|sf|tt|normal)?\{(?:[^{}]|\{[^{}]*\})*\}")
FIGURES = {"figure", "image", "glue:figure"}
VERBATIM = {"code", "code-block", "literalinclude", "bibliography", "eval-rst", "contents", "tableofcontents"}


@dataclass
class Content:
    """Counts of what a twin must share, and the prose as (line within the cell, text)."""

    headings: list[int] = field(default_factory=list)
    formulas: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    exercises: Counter[str] = field(default_factory=Counter)
    citations: Counter[str] = field(default_factory=Counter)
    prose: list[tuple[int, str]] = field(default_factory=list)


def exercises(text: str, markdown: MarkdownIt) -> list[tuple[str, str]]:
    """The exercises of a Markdown text, each its label and its title, written with whichever fence."""
    found = []
    for name, title, options, body in directives(text, markdown):
        if name == "exercise":
            found.append((options.get("label", ""), title))
        elif name not in VERBATIM:
            found += exercises(body, markdown)
    return found


def directives(text: str, markdown: MarkdownIt) -> Iterator[tuple[str, str, dict[str, str], str]]:
    """The outermost directives of a text, with whichever fence: name, argument, options, body."""
    for token in markdown.parse(text):
        match = DIRECTIVE.match(token.info) if token.type in {"fence", "colon_fence"} else None
        if match:
            options, body, _ = directive_options(token.content)
            yield match.group(1), match.group(2).strip(), options, body


def parser(root: Path) -> MarkdownIt:
    """The Markdown parser of the book, with the extensions of ``_config.yml``."""
    try:
        names = read_yaml(root, "_config.yml")["parse"]["myst_enable_extensions"]
    except (KeyError, TypeError):
        raise stop(
            "_config.yml", "has no parse.myst_enable_extensions; add it: formulas need dollarmath"
        ) from None
    return _parser(frozenset(names))


@cache
def _parser(names: frozenset[str]) -> MarkdownIt:
    return create_md_parser(MdParserConfig(enable_extensions=set(names)), RendererHTML)


def content(text: str, markdown: MarkdownIt) -> Content:
    """What the Markdown ``text`` holds, directives and their bodies included."""
    found = Content()
    _collect(text, 0, markdown, found)
    return found


def _collect(text: str, offset: int, markdown: MarkdownIt, found: Content) -> None:
    for token in markdown.parse(text):
        line = offset + (token.map[0] if token.map else 0)
        identifier = token.attrGet("id")
        if identifier:
            found.labels[str(identifier)] += 1
        if token.type == "heading_open":
            found.headings.append(int(token.tag[1]))
        elif token.type == "myst_target":
            found.labels[token.content] += 1
        elif token.type in {"math_block", "math_block_label", "amsmath"}:
            _formula(token.content, token.info if token.type == "math_block_label" else "", found)
        elif token.type in {"fence", "colon_fence"}:
            _directive(token, line, markdown, found)
        elif token.type == "inline":
            _inline(token, line, found)


def _formula(tex: str, label: str, found: Content) -> None:
    found.formulas[normalised(tex)] += 1
    found.labels.update([label] if label else [])
    found.labels.update(re.findall(r"\\label\{([^}]*)\}", tex))


def normalised(tex: str) -> str:
    r"""A formula without what may differ between languages: spacing and the words inside ``\text{...}``."""
    return re.sub(r"\s+", " ", TEXT.sub(r"\\text{}", tex)).strip()


def _directive(token: Token, line: int, markdown: MarkdownIt, found: Content) -> None:
    match = DIRECTIVE.match(token.info)
    if not match:
        return
    name, argument = match.group(1), match.group(2).strip()
    options, body, skipped = directive_options(token.content)
    label = options.get("label") or options.get("name") or ""
    if name == "math":
        return _formula(f"{argument}\n{body}", label, found)
    found.labels.update([label] if label else [])
    if name in FIGURES:
        found.figures[name] += 1
    elif name.startswith(("exercise", "solution", "prf:")):
        found.exercises[f"{name} {label or argument}"] += 1
    if name not in VERBATIM:
        if name not in FIGURES and argument:
            _collect(argument, line, markdown, found)
        _collect(body, line + 1 + skipped, markdown, found)
    return None


def directive_options(text: str) -> tuple[dict[str, str], str, int]:
    """The options of a directive, its body, and how many lines the options take."""
    lines = text.splitlines()
    if lines and lines[0].startswith("---") and "---" in lines[1:]:
        end = lines.index("---", 1)
        options = yaml.safe_load("\n".join(lines[1:end])) or {}
        return {key: str(value) for key, value in options.items()}, "\n".join(lines[end + 1 :]), end + 1
    count = 0
    options = {}
    while count < len(lines) and (match := OPTION.match(lines[count].strip())):
        options[match.group(1)] = match.group(2).strip()
        count += 1
    return options, "\n".join(lines[count:]), count


def _inline(token: Token, line: int, found: Content) -> None:
    words, in_link = [], 0
    for child in token.children or []:
        in_link += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type == "image":
            found.figures["image"] += 1
        elif child.type == "myst_role" and child.meta["name"].startswith("cite"):
            found.citations.update(key.strip() for key in child.content.split(","))
        identifier = child.attrGet("id")
        found.labels.update([str(identifier)] if identifier else [])
        if child.type == "text" and not in_link:
            words.append(child.content)
        elif child.type == "softbreak":
            words.append("\n")
        elif child.type in {"math_inline", "code_inline", "myst_role", "image", "link_open"}:
            words.append("\ufffc")
    found.prose.append((line, "".join(words)))
