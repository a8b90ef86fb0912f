"""The facts of every loss: the card of each family of the package, in the order of the families' names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from book.press.layout import read_mapping
from book.press.problems import stop

FAMILIES = Path("src/lossbook/families")


@dataclass(frozen=True)
class Family:
    """A folder of the package: its name, its title in each language, and the facts of its losses."""

    name: str
    title: dict[str, str]
    losses: list[dict[str, Any]]


@cache
def families(root: Path) -> list[Family]:
    """Every family of the package below ``root``, read once.

    Raises PressError if a family has no card, or its card no title or losses.
    """
    return [_family(root, path.parent) for path in sorted((root / FAMILIES).glob("*/losses.py"))]


def facts(root: Path) -> dict[str, dict[str, Any]]:
    """The facts of each loss, by its name. Raises PressError if two cards describe one loss."""
    found: dict[str, dict[str, Any]] = {}
    for family in families(root):
        for loss in family.losses:
            if loss["name"] in found:
                raise stop(_card(family.name), f"describes {loss['name']}, as another card does; keep one")
            found[loss["name"]] = loss
    return found


def _family(root: Path, folder: Path) -> Family:
    where = _card(folder.name)
    card = read_mapping(root, where)
    for field, kind in (("title", dict), ("losses", list)):
        if not isinstance(card.get(field), kind):
            raise stop(where, f"must have `{field}`, as the cards of the other families do")
    return Family(folder.name, card["title"], card["losses"])


def _card(family: str) -> str:
    return (FAMILIES / family / "card.yml").as_posix()
