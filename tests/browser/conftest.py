"""The finished book in a real browser, with the network closed.

Pages are found by walking `_build/html` (or the folder in BOOK_HTML): a new page is covered once it is built.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from book.press.chromium import find_chromium

from .visit import Site, serve

HTML = Path(os.environ.get("BOOK_HTML", Path(__file__).parents[2] / "_build" / "html"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def pages() -> list[str]:
    """Every page of both editions, as an address below the root of the book."""
    found = (
        path.relative_to(HTML).as_posix() for lang in ("ja", "en") for path in (HTML / lang).rglob("*.html")
    )
    return sorted(address for address in found if "_static/" not in address)


def missing(what: str) -> None:
    """Without what the tests need: fail in CI, skip on a reader's machine."""
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `page` runs once for every page of the book."""
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", pages() or ["ja/index.html"])


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the built book."""
    if not (HTML / "index.html").is_file():
        missing(f"The book is not built: {HTML} has no index.html. Run `make book` first.")
    return HTML


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, from the environment variable CHROMIUM or the search path."""
    path = find_chromium()
    if path is None:
        missing(
            "No Chromium found. Run `make browser`, or `apt-get install chromium fonts-noto-cjk`, "
            "or set CHROMIUM to the path of an installed one."
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(html: Path, browser: Browser) -> Iterator[Site]:
    """The book, served from a sub-path as a project page would be."""
    with serve(html) as base:
        yield Site(base, browser, browser.new_context())
