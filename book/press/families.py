"""The API reference has one page per family of losses; the package's folders are the only list of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from book.press import cards

API = "api"  # the page of the table of contents below which the families' pages stand
FACES = ("losses", "modules", "gradients", "likelihoods")
HEADINGS = {
    "losses": {"ja": "損失", "en": "Losses"},
    "modules": {"ja": "モジュール", "en": "Modules"},
    "gradients": {"ja": "手計算の勾配", "en": "Gradients by hand"},
    "likelihoods": {"ja": "尤度", "en": "Likelihoods"},
}
TITLES = {"ja": "APIの説明", "en": "API"}
ENGLISH = "引数の一覧は、コードの中の説明そのものなので英語です。"


def families(root: Path) -> dict[str, dict[str, str]]:
    """Each family of the package with its title in both languages, by name."""
    return {family.name: family.title for family in cards.families(root)}


def page_of(family: str) -> str:
    """The name of a family's page."""
    return f"{API}-{family}"


def family_pages(root: Path, lang: str) -> dict[str, str]:
    """The pages of all families in one language, by name."""
    return {page_of(name): _page(name, title[lang], lang) for name, title in families(root).items()}


def _page(family: str, title: str, lang: str) -> str:
    parts = [f"({page_of(family)})=\n# {TITLES[lang]}: {title}"]
    parts.append(f"```{{api-family}} {family}\n```")
    if lang == "ja":
        parts.insert(1, ENGLISH)
    return "\n\n".join(parts) + "\n"


def with_families(toc: Any, pages: list[str]) -> Any:
    """A flat table of contents with the families' pages below the API's."""
    if isinstance(toc, list):
        return [with_families(entry, pages) for entry in toc]
    if not isinstance(toc, dict):
        return toc
    found = {key: with_families(value, pages) for key, value in toc.items()}
    if pages and found.get("file") == API:
        found["sections"] = [{"file": page} for page in pages]
    return found
