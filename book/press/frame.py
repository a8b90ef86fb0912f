"""What a host of static pages needs beside the editions: a page for what is lost, and a map of the site."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from book.press.layout import LANGUAGES, repository_url

GITHUB = re.compile(r"https://github\.com/([^/]+)/([^/]+?)(?:\.git)?/?")


def site_address(root: Path) -> str:
    """Where the book is published, with a closing slash: BOOK_ADDRESS, or the repository's own pages."""
    if "BOOK_ADDRESS" in os.environ:
        return os.environ["BOOK_ADDRESS"].rstrip("/") + "/"
    url = repository_url(root)
    found = GITHUB.fullmatch(url)
    return f"https://{found[1].lower()}.github.io/{found[2]}/" if found else url.rstrip("/") + "/"


def write_frame(root: Path, html: Path) -> None:
    """Write `sitemap.xml` and `404.html` into the built book."""
    address = site_address(root)
    (html / "sitemap.xml").write_text(sitemap(html, address), encoding="utf8")
    lost = root / "book" / "front" / "404.html"
    if lost.is_file():
        text = lost.read_text(encoding="utf8").replace("{root}", urlsplit(address).path)
        (html / "404.html").write_text(text, encoding="utf8")


def sitemap(html: Path, address: str) -> str:
    """Every page with its twin in the other language."""
    pages = sorted(path.name for path in (html / LANGUAGES[0]).glob("*.html") if path.name != "search.html")
    entries = "".join(_entry(f"{lang}/{page}", page, address) for page in pages for lang in LANGUAGES)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
        f"<url><loc>{escape(address)}</loc></url>\n{entries}</urlset>\n"
    )


def _entry(place: str, page: str, address: str) -> str:
    twins = "".join(
        f'<xhtml:link rel="alternate" hreflang="{lang}" href="{escape(address)}{lang}/{page}"/>'
        for lang in LANGUAGES
    )
    return f"<url><loc>{escape(address)}{place}</loc>{twins}</url>\n"
