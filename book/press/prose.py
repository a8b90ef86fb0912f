"""The Japanese prose of the pages, as Markdown for textlint; line N of an extract is line N of its source."""

import re
from pathlib import Path

import yaml
from markdown_it import MarkdownIt

from book.press.cards import FAMILIES
from book.press.layout import chapter_names, parse_yaml, read_text, source_path
from book.press.markdown import DIRECTIVE, FIGURES, VERBATIM, directive_options, parser
from book.press.source import parse

JAPANESE = re.compile("[ぁ-ヿ一-鿿]")
CITED = r"\{(?:foot)?cite(?::p)?\}`[^`]*`"
CITATION = re.compile(rf" ?{CITED}(?= [`$])|(?<=[`$]) {CITED}(?= )| ?{CITED} ?")
INLINE = re.compile(
    r"(?:\{(?P<role>[\w:+.-]+)\})?(?P<ticks>`+)(?P<text>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|(?<![\\$])\$(?P<formula>[^$]+)\$"
    r"|(?P<link>\[\]\(#[^)]*\))",
    re.DOTALL,
)
TITLED = re.compile(r"(.+?)\s*<[^<>]+>", re.DOTALL)
ENDED = re.compile(r"[。.:：?？!！]\s*$|^\s*#|^\s*\|")
NEW_BLOCK = re.compile(r"\s*(?:#|\||[-*+] |\d+\. )")
FORMULA = "`x`"
TITLE = "見出し"  # stands for the title that a reference without words shows
LABELS = {"button-ref"}  # directives whose words are no sentence
NO_PROSE = {"en", "def_en", "avoid_ja", "avoid_en"}  # keys of the YAML files


def extracts(root: Path) -> dict[str, str]:
    """The extract of each source with Japanese prose, by the source's path below ``root``."""
    markdown = parser(root)
    found = {}
    for name in chapter_names(root):
        path = source_path(root, name)
        where = path.relative_to(root).as_posix()
        found[where] = chapter(where, read_text(root, where), markdown)
    book = root / "book"
    cards = (root / FAMILIES).glob("*/card.yml")
    for path in sorted([*root.glob("README.md"), *book.glob("*.yml"), *(book / "ja").glob("*"), *cards]):
        where = path.relative_to(root).as_posix()
        text = read_text(root, where)
        if path.suffix == ".yml":
            parse_yaml(where, text)  # for its sentence, if it is malformed
        found[where] = words(text) if path.suffix == ".yml" else page(text, markdown)
    return found


def chapter(where: str, text: str, markdown: MarkdownIt) -> str:
    """The prose of the Japanese cells of a chapter's source."""
    out = [""] * len(text.splitlines())
    for cell in parse(where, text).cells:
        if cell.language == "ja":
            lines = page(cell.text, markdown).splitlines()
            out[cell.line - 1 : cell.line - 1 + len(lines)] = lines
    return _joined(out)


def page(text: str, markdown: MarkdownIt) -> str:
    """The prose of a Markdown page: code, formulas, labels, options and citations are blanked or masked."""
    out = [""] * len(text.splitlines())
    formulas: list[tuple[int, int]] = []
    _keep(text, 0, markdown, out, formulas)
    for start, end in formulas:
        _bridge(start, end, text.splitlines(), out)
    return _joined(out)


def words(text: str) -> str:
    """The Japanese values of a YAML file, as list items; English and forms to avoid are left out."""
    out = [""] * len(text.splitlines())
    _values(yaml.compose(text), out)
    return _joined(out)


def plain(text: str) -> str:
    """Markdown without citations, with formulas as ``FORMULA`` and roles as the words that a reader sees."""
    return INLINE.sub(_seen, CITATION.sub("", text))


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _seen(match: re.Match[str]) -> str:
    if match["formula"] or match["role"] == "math":
        seen = FORMULA
    elif match["link"]:
        seen = TITLE
    elif match["role"]:
        titled = TITLED.fullmatch(match["text"])
        words = titled.group(1) if titled else match["text"]
        seen = words if JAPANESE.search(words) else TITLE
    else:
        return match.group()
    return seen + "\n" * (match.group().count("\n") - seen.count("\n"))


def _keep(
    text: str, offset: int, markdown: MarkdownIt, out: list[str], formulas: list[tuple[int, int]]
) -> None:
    """Copy what is prose of ``text``, which begins at line ``offset``, to its lines in ``out``."""
    lines = text.splitlines()
    for token in markdown.parse(text):
        if not token.map:
            continue
        start, end = token.map
        if token.type in {"inline", "table_open"} and JAPANESE.search("\n".join(lines[start:end])):
            out[offset + start : offset + end] = plain("\n".join(lines[start:end])).split("\n")
        elif token.type in {"math_block", "math_block_label", "amsmath"} or token.info == "{math}":
            formulas.append((offset + start, offset + end))
        elif token.type in {"fence", "colon_fence"} and (match := DIRECTIVE.match(token.info)):
            name, title = match.groups()
            if name in VERBATIM | LABELS:
                continue
            if name not in FIGURES and JAPANESE.search(title):
                out[offset + start] = f"###### {plain(title)}"
            _, body, skipped = directive_options(token.content)
            _keep(body, offset + start + 1 + skipped, markdown, out, formulas)


def _bridge(start: int, end: int, source: list[str], out: list[str]) -> None:
    """Let a sentence run through the displayed formula on lines ``start`` to ``end``: it becomes one word."""
    before, after = start - 1, end
    while before >= 0 and not source[before].strip():
        before -= 1
    while after < len(source) and not source[after].strip():
        after += 1
    if before < 0 or not out[before] or ENDED.search(out[before]):
        return
    goes_on = after < len(source) and out[after] and not NEW_BLOCK.match(out[after])
    first, last = before + 1, (after if goes_on else end) - 1
    out[first : last + 1] = ["x"] * (last + 1 - first)
    out[first] = f"`{out[first]}"
    out[last] = f"{out[last]}`"


def _values(node: yaml.Node, out: list[str]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value not in NO_PROSE:
                _values(value, out)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _values(value, out)
    elif JAPANESE.search(node.value):
        line = node.start_mark.line
        out[line] = f"{out[line]} {plain(node.value)}" if out[line] else f"- {plain(node.value)}"
