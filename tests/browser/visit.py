"""Serve the book on this machine only, and open its pages with every other host out of reach."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

PREFIX = "/losses-from-likelihood"


class Handler(SimpleHTTPRequestHandler):
    """Serves the book below PREFIX and nothing elsewhere, so that an absolute link is a 404."""

    def translate_path(self, path: str) -> str:
        """The file of an address below PREFIX."""
        return super().translate_path(
            path[len(PREFIX) :] if path.startswith(PREFIX + "/") else "/no-such-file"
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve `folder` on a free port of 127.0.0.1; yield its address, with a closing slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}/"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Visit:
    """One open page, and what went wrong while it loaded."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def ask(self, script: str, argument: object = None) -> Any:
        """What a piece of JavaScript says about the page."""
        return self.page.evaluate(script, argument)


@dataclass
class Site:
    """The served book, the browser that reads it, and a profile that the visits share for its cache."""

    base: str
    browser: Browser
    shared: BrowserContext

    @contextmanager
    def open(
        self,
        address: str,
        prepare: Callable[[Page], object] | None = None,
        fresh: bool = False,
        **profile: Any,
    ) -> Iterator[Visit]:
        """Open a page; with options of Playwright's (locale, color_scheme, ...) in a profile of its own.

        An address of another place (a file) is opened as it is. `prepare` sees the page before anything is
        loaded. With `fresh` nothing comes from a cache, as at a first visit.
        """
        context = self.browser.new_context(**profile) if profile or prepare or fresh else self.shared
        visit = Visit(context.new_page())
        if prepare:
            prepare(visit.page)
        visit.page.set_default_timeout(20_000)
        visit.page.set_viewport_size({"width": 1280, "height": 900})
        visit.page.on("request", lambda request: self._note_outside(visit, request.url))
        visit.page.on("console", lambda m: m.type == "error" and visit.problems.append(f"console: {m.text}"))
        visit.page.on("pageerror", lambda error: visit.problems.append(f"script error: {error}"))
        visit.page.on("response", lambda r: r.status >= 400 and visit.problems.append(f"{r.status}: {r.url}"))
        try:
            visit.page.goto(address if ":" in address else self.base + address, wait_until="load")
            visit.ask("() => document.fonts.ready.then(() => true)")
            yield visit
        finally:
            (visit.page if context is self.shared else context).close()

    def _note_outside(self, visit: Visit, url: str) -> None:
        """Note a request that would leave this machine; the browser knows no other host's address."""
        if not url.startswith((self.base, "data:", "blob:", "file:")):
            visit.problems.append(f"request to another place: {url}")
