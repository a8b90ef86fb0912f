"""Follow the built book's links to other places. CI has no network, so this is a command of its own."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from book.press.problems import stop

LINK = re.compile(r'href="(https?://[^"#]+)')
BROWSER = {"User-Agent": "Mozilla/5.0 (link check of a book)"}
ANSWERS = {401, 403, 405, 418, 429}  # a place that exists, but does not talk to programs
SECONDS = 20


def dead_links(root: Path) -> list[str]:
    """Every address of another place that does not answer, with the reason and one page that links to it.

    Raises PressError if the book is not built.
    """
    linked: dict[str, str] = {}
    for page in sorted((root / "_build" / "html").rglob("*.html")):
        for address in LINK.findall(page.read_text(encoding="utf-8")):
            linked.setdefault(unescape(address), page.relative_to(root).as_posix())
    if not linked:
        raise stop("_build/html", "holds no page with links; run make book first")
    with ThreadPoolExecutor(16) as pool:
        reasons = pool.map(fault, linked)
    return [f"{a}: {why} (on {linked[a]})" for a, why in zip(linked, reasons, strict=True) if why]


def fault(address: str) -> str | None:
    """Why an address does not answer; None if it does."""
    try:
        with urlopen(Request(address, headers=BROWSER), timeout=SECONDS):
            return None
    except HTTPError as error:
        return None if error.code in ANSWERS else f"answers {error.code}"
    except (URLError, TimeoutError, OSError) as error:
        return f"does not answer ({error})"
