"""Each built edition as one EPUB: every page in reading order, formulas as MathML, nothing folded away."""

from __future__ import annotations

import posixpath
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from ebooklib import epub as format

from book.press.layout import LANGUAGES, package_version, read_yaml
from book.press.problems import stop
from book.press.stage import edition_of, edition_toc, page_names

LEFT_OUT = {"explorer"}  # nothing but a figure that needs scripts
KINDS = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}
# Of no use without a browser: links to where one is, code that only draws, what only scripts move.
IDLE = "a.headerlink, script, style, button, svg, details.above-input, .explorable, .katex-html"
STYLE = """
body { line-height: 1.6; }
pre { white-space: pre-wrap; font-size: 0.85em; background: #f3f4f5; padding: 0.5em; }
img { max-width: 100%; height: auto; } table { border-collapse: collapse; font-size: 0.85em; }
td, th { border-bottom: 1px solid #999; padding: 0.2em 0.5em; text-align: left; }
.unfolded, .opening, .onward, .admonition, .loss-card { border-left: 3px solid #888; padding-left: 0.8em; }
.unfolded-title, .admonition-title { font-weight: bold; } figcaption, caption { font-style: italic; }
"""


def epub(root: Path) -> list[tuple[Path, int]]:
    """Write ``_build/epub/LANG.epub`` for each edition; return the paths and their numbers of pages.

    Raises PressError if the book is not built.
    """
    return [_edition(root, lang) for lang in LANGUAGES]


def _edition(root: Path, lang: str) -> tuple[Path, int]:
    html, target = root / "_build" / "html" / lang, root / "_build" / "epub" / f"{lang}.epub"
    book, parts = begin(root, lang), contents(root, lang)
    names = [name for _, pages in parts for name in pages]
    pages = {name: Page(html / f"{name}.html", root) for name in names}
    anchors = {name: page.anchors for name, page in pages.items()}
    for page in pages.values():
        page.lead(anchors)
        book.add_item(page.chapter(lang))
    for path in dict.fromkeys(path for page in pages.values() for path in page.pictures()):
        book.add_item(picture(html, path))
    book.spine = ["nav", *(f"page-{name}" for name in names)]
    book.toc = [
        entry for caption, inner in parts for entry in _part(caption, [pages[n].link() for n in inner])
    ]
    book.add_item(format.EpubNcx())
    book.add_item(format.EpubNav(title={"ja": "目次", "en": "Contents"}[lang]))
    target.parent.mkdir(parents=True, exist_ok=True)
    format.write_epub(str(target), book, {"raise_exceptions": True})
    return target, len(names)


def _part(caption: str, links: list[format.Link]) -> list[object]:
    return [(format.Section(caption), links)] if caption else list(links)


def begin(root: Path, lang: str) -> format.EpubBook:
    """An empty book with its title, language, author and style."""
    config = read_yaml(root, "_config.yml")
    book = format.EpubBook()
    book.set_identifier(f"{config['repository']['url']}/{package_version(root)}/{lang}")
    book.set_title(edition_of(root, lang).get("title", config["title"]))
    book.set_language(lang)
    book.add_author(str(config["author"]))
    book.add_metadata("DC", "rights", "CC BY 4.0")
    book.add_item(format.EpubItem("style", "style.css", "text/css", STYLE.encode()))
    return book


def contents(root: Path, lang: str) -> list[tuple[str, list[str]]]:
    """The parts in reading order: caption, and the names of the pages."""
    toc = edition_toc(root, lang)
    listed = [("", {"root": toc["root"]}), *((part["caption"], part["chapters"]) for part in toc["parts"])]
    return [
        (caption, [name for name in page_names(inner) if name not in LEFT_OUT]) for caption, inner in listed
    ]


class Page:
    """One built page, turned into what an EPUB reader can show."""

    def __init__(self, source: Path, root: Path) -> None:
        if not source.is_file():
            raise stop(source.relative_to(root).as_posix(), "is missing; run make book first")
        self.source, self.name = source, source.stem
        soup = BeautifulSoup(source.read_text(encoding="utf-8"), "html.parser")
        self.article: Tag = soup.select_one("article") or soup
        tidy(self.article, soup)
        self.title = self.article.find("h1").get_text().strip()  # type: ignore[union-attr]

    @property
    def anchors(self) -> set[str]:
        """The places that links may lead to."""
        return {str(tag["id"]) for tag in self.article.select("[id]")}

    def lead(self, anchors: dict[str, set[str]]) -> None:
        """Let links to other pages of the book lead there; what is not in it is plain text."""
        for link in self.article.select("a[href]"):
            to = urlsplit(str(link["href"]))
            name = posixpath.splitext(to.path)[0] or self.name
            if to.scheme:
                continue
            if name not in anchors:
                link.unwrap()
            else:
                place = f"#{to.fragment}" if to.fragment in anchors[name] else ""
                link["href"] = f"{name}.xhtml{place}"

    def chapter(self, lang: str) -> format.EpubHtml:
        """The page as an item of the book."""
        item = format.EpubHtml(
            uid=f"page-{self.name}", title=self.title, file_name=f"{self.name}.xhtml", lang=lang
        )
        item.set_content(f"<html><body>{self.article.decode(formatter='minimal')}</body></html>")
        item.add_link(href="style.css", rel="stylesheet", type="text/css")
        if self.article.find("math"):
            item.properties.append("mathml")
        return item

    def pictures(self) -> list[str]:
        """The files of the pictures that the page shows."""
        shown = (str(image["src"]) for image in self.article.select("img[src]"))
        return [path for path in shown if not path.startswith("data:")]

    def link(self) -> format.Link:
        """The page's line in the contents."""
        return format.Link(f"{self.name}.xhtml", self.title, f"toc-{self.name}")


def picture(html: Path, path: str) -> format.EpubItem:
    """A picture as an item of the book."""
    return format.EpubItem(
        posixpath.basename(path), path, KINDS[Path(path).suffix], (html / path).read_bytes()
    )


def tidy(article: Tag, soup: BeautifulSoup) -> None:
    """Remove what only a browser needs; open what is folded; leave each formula as MathML alone."""
    for idle in article.select(IDLE):
        idle.decompose()
    for formula in article.select(".katex-mathml, .katex"):
        formula.unwrap()
    for fold in article.select("details"):
        fold.name, fold.attrs = "div", {"class": "unfolded", **({"id": fold["id"]} if fold.get("id") else {})}
    for summary in article.select("summary"):
        summary.name, summary.attrs = "p", {"class": "unfolded-title"}
    for tag in article.select("[tabindex]"):
        del tag["tabindex"]
