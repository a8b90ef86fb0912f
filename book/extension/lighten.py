"""Light pages: what a page asks for is what it uses.

The theme and the other extensions bring style sheets for everything they can do, and scripts for as much.
Here one style sheet is made of all of them, with the rules that some page of this book can use; the scripts
are the book's own. Marks that no rule colours leave the code; pictures say their size, so that no text jumps.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image, ImageChops
from sphinx.application import Sphinx

from book.extension.formulas import frequent_rules

BUNDLE = "styles.css"
THEME = ("styles/theme.css", "styles/pydata-sphinx-theme.css")
# The one script that others would write into a page and that this book wants: its words.
WORDS = "window.bookWords"

# What the scripts of this book add to a page; and what a browser knows without one.
ADDED = (
    *(
        "copybtn",
        "o-tooltip--left",
        "success",
        "table-box",
        "wide",
        "highlighted",
        "show",
        "active",
        "scrolled",
    ),
    *("dropdown-menu-dark", "pst-sidebar-hidden", "bd-sidebar-primary", "bd-sidebar-secondary", "search"),
    *("context", "search-summary"),
)

MOSTLY = 0.8  # of the area of a figure of lines is white

THEBE = re.compile(
    r'<script type="text/x-thebe-config">.*?</script>|<script>kernelName = .*?</script>', re.DOTALL
)
CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
PLAIN = re.compile(r'<span class="(?:n|p|w|x|esc|g)">([^<]*)</span>')
IMAGE = re.compile(r'<img ([^>]*)src="([^"]*_images/([^"/]+))"([^>]*)>')


def lighten_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Leave out the scripts and marks that no page uses, and give pictures their sizes."""
    context["script_files"] = [script for script in context["script_files"] if is_ours(script)]
    if "body" in context:
        sources = {name: path for path, name in app.builder.images.items()}
        context["body"] = lighter(context["body"], sources, Path(app.srcdir))


def is_ours(script: Any) -> bool:
    """Whether a script belongs to the book rather than to an extension."""
    name, body = getattr(script, "filename", None), getattr(script, "attributes", {}).get("body", "")
    if not name:
        return WORDS in body
    return (OURS / str(name).removeprefix("_static/")).is_file()


def lighter(body: str, sources: dict[str, str], root: Path) -> str:
    """The body of a page without thebe's settings and plain marks, with sizes on its pictures."""
    body = THEBE.sub("", body)
    body = CODE.sub(lambda code: PLAIN.sub(r"\1", code[0].replace("<span></span>", "")), body)

    def sized(image: re.Match[str]) -> str:
        size = size_of(root / sources[image[3]]) if image[3] in sources else None
        if size is None or "width=" in image[0]:
            return image[0]
        kind = ' class="line-art"' if is_line_art(root / sources[image[3]]) else ""
        told = f'width="{size[0]}" height="{size[1]}" loading="lazy"{kind}'
        return f'<img {image[1]}src="{image[2]}" {told}{image[4]}>'

    return IMAGE.sub(sized, body)


def is_line_art(path: Path) -> bool:
    """Whether a picture is mostly white paper: curves and points, which may be drawn light on dark.

    What has filled areas, such as a heat map or photographs, keeps its colours: there they mean something.
    """
    if path.suffix == ".svg":
        return False
    with Image.open(path) as image:
        small = image.convert("RGB").resize((160, 120), Image.Resampling.NEAREST)
        darkest = ImageChops.darker(ImageChops.darker(*small.split()[:2]), small.split()[2])
        return sum(darkest.histogram()[240:]) > MOSTLY * 160 * 120


def size_of(path: Path) -> tuple[int, int] | None:
    """Width and height of a picture in pixels, as a browser lays it out; None where they cannot be told."""
    try:
        if path.suffix == ".svg":
            head = path.read_text(encoding="utf8")[:2000]
            found = [re.search(rf'\b{side}="([\d.]+)(pt|px)?"', head) for side in ("width", "height")]
            if not all(found):
                return None
            width, height = (float(m[1]) * (4 / 3 if m[2] == "pt" else 1) for m in found if m)
            return round(width), round(height)
        with Image.open(path) as image:
            return image.size
    except OSError:
        return None


# Style sheets


def rules(css: str) -> Iterator[tuple[str, str | None]]:
    """The rules of a style sheet: what stands before the brace, and what stands in it (None: a statement)."""
    at, start, depth, opened = 0, 0, 0, 0
    while at < len(css):
        c = css[at]
        if css.startswith("/*", at):
            end = css.find("*/", at + 2)
            end = len(css) if end < 0 else end + 2
            if depth == 0:
                css = css[:at] + css[end:]
            else:
                at = end
            continue
        if c in "\"'":
            at += 1
            while at < len(css) and css[at] != c:
                at += 2 if css[at] == "\\" else 1
        elif c == "\\":
            at += 1
        elif css.startswith("url(", at) and css[at + 4] not in "\"'":
            at = css.index(")", at)
        elif c == "{":
            if depth == 0:
                opened = at
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : at]
                start = at + 1
        elif c == ";" and depth == 0:
            yield css[start : at + 1].strip(), None
            start = at + 1
        at += 1


NESTED = ("@media", "@supports", "@layer", "@container")
NAME = re.compile(r"([.#])(-?[_a-zA-Z](?:[\w-]|\\.)*)")
NEGATED = re.compile(r":not\((?:[^()]|\([^()]*\))*\)")
# Font Awesome's own rules; book/static/icons.css draws the few icons of the frame.
ICON = re.compile(r"\.(?:fa|fas|far|fab|fal|fad|sr-only-focusable|fa-[\w-]+|svg-inline--fa)(?![\w-])")
FONT = re.compile(r"font-family\s*:\s*[\"']?(?:Font ?Awesome|FontAwesome)", re.IGNORECASE)


def used_rules(css: str, known: set[str]) -> str:
    """The rules that can match a page whose classes, ids and elements are all in ``known``."""
    kept = []
    for head, body in rules(css):
        if body is None:
            if not head.startswith("@charset"):
                kept.append(head)
        elif head.startswith(NESTED):
            inner = used_rules(body, known)
            if inner:
                kept.append(f"{head}{{{inner}}}")
        elif head.startswith("@font-face"):
            if not FONT.search(body):
                kept.append(f"{head}{{{compact(body)}}}")
        elif head.startswith("@keyframes fa-"):
            continue
        elif head.startswith("@"):
            kept.append(f"{head}{{{body}}}")
        else:
            selectors = [s for s in split_list(head) if can_match(s, known)]
            if selectors and body.strip():
                kept.append(f"{','.join(selectors)}{{{compact(body)}}}")
    return "".join(kept)


def compact(body: str) -> str:
    """Declarations without comments and the space between them."""
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "", body).strip().rstrip(";")


def compact_sheet(css: str) -> str:
    """A style sheet of this book: every rule, without comments and line breaks."""
    return re.sub(r"\s*\n\s*", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)).strip()


def split_list(head: str) -> list[str]:
    """The selectors of a list, split at the commas outside brackets."""
    found, depth, start = [], 0, 0
    for at, c in enumerate(head):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            found.append(head[start:at].strip())
            start = at + 1
    return [*found, head[start:].strip()]


def can_match(selector: str, known: set[str]) -> bool:
    """Whether every class, id and element that a selector asks for occurs somewhere in the book."""
    plain = NEGATED.sub("", selector)
    if ":is(" in plain or ":where(" in plain or ":has(" in plain:
        plain = re.sub(r":(?:is|where|has)\((?:[^()]|\([^()]*\))*\)", "", plain)
    if ICON.search(plain):
        return False
    return all((mark + name.replace("\\", "")) in known for mark, name in NAME.findall(plain))


CLASSES = re.compile(r'\bclass="([^"]*)"')
IDS = re.compile(r'\bid="([^"]*)"')


def known_names(pages: Iterable[str]) -> set[str]:
    """Every class and id that occurs on a page, or that a script may add."""
    known = {f".{name}" for name in ADDED}
    for page in pages:
        for text in set(CLASSES.findall(page)):
            known.update(f".{name}" for name in text.split())
        known.update(f"#{name}" for name in IDS.findall(page))
    return known


OURS = Path(__file__).resolve().parents[1] / "static"
IMPORT = re.compile(r'@import\s+(?:url\()?"([^":]+)"\)?;')
URL = re.compile(r"url\((?![\"']?(?:data:|https?:|#))([\"']?)([^)\"']+)\1\)")


def moved(css: str, folder: str) -> str:
    """A style sheet whose addresses hold from the folder above it."""
    return URL.sub(lambda url: f'url("{folder}{url[2]}")', css) if folder else css


def imported(sheet: Path, css: str) -> str:
    """A style sheet with those that it imports in the place of the import."""
    return IMPORT.sub(lambda file: (sheet.parent / file[1]).read_text(encoding="utf8"), css)


def bundle(static: Path, names: Iterable[str], known: set[str]) -> str:
    """One style sheet for the whole book, in the order in which the pages would load them."""
    parts = []
    for name in names:
        css = (static / name).read_text(encoding="utf8")
        css = imported(static / name, css)
        css = re.sub(r"font-display:\s*block", "font-display:swap", css)  # text first
        folder = name.rpartition("/")[0]
        css = moved(css, folder + "/" if folder else "")
        parts.append(compact_sheet(css) if (OURS / name).is_file() and not folder else used_rules(css, known))
    return "\n".join([*parts, frequent_rules()])


def write_bundle(app: Sphinx, exception: Exception | None) -> None:
    """Make the style sheet from what the finished pages use, and give its address the hash of its content."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = {path: path.read_text(encoding="utf8") for path in sorted(out.rglob("*.html"))}
    named = [str(sheet.filename) for sheet in sheets(app)]
    names = [*THEME, *(name.removeprefix("_static/").split("?")[0] for name in named)]
    css = bundle(
        out / "_static", [n for n in names if (out / "_static" / n).is_file()], known_names(pages.values())
    )
    (out / "_static" / BUNDLE).write_text(css, encoding="utf8")
    version = hashlib.sha256(css.encode()).hexdigest()[:12]
    address = re.compile(rf"(_static/{re.escape(BUNDLE)})\?v=[\w-]*")
    for path, text in pages.items():
        fresh = address.sub(rf"\1?v={version}", text)
        if fresh != text:
            path.write_text(fresh, encoding="utf8")


def sheets(app: Sphinx) -> list[Any]:
    """The style sheets of every page, by priority."""
    found = app.builder._css_files  # type: ignore[attr-defined]
    return sorted((sheet for sheet in found if sheet.filename), key=lambda sheet: sheet.priority)


def register(app: Sphinx) -> None:
    """Register what makes pages light."""
    app.add_css_file("icons.css", priority=890)
    app.connect("html-page-context", lighten_page, priority=950)
    app.connect("build-finished", write_bundle, priority=900)
