"""No page has a serious accessibility violation, as axe-core finds them."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

from .visit import Site, Visit

SERIOUS = {"serious", "critical"}
ONLY = {"resultTypes": ["violations"]}  # what passes is not listed: a long page has thousands of those
# Contrast takes most of the time; that of the article is held to more, light and dark, by soundness.contrast.
RUNS: tuple[dict[str, Any], ...] = (
    {"options": ONLY | {"rules": {"color-contrast": {"enabled": False}}}},
    {"options": ONLY | {"runOnly": ["color-contrast"]}, "context": {"exclude": ["main article"]}},
)


def violations(visit: Visit) -> list[str]:
    """What axe-core finds on a page: rule, help, and the first elements."""
    found = [rule for run in RUNS for rule in Axe().run(visit.page, **run).response["violations"]]
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {[node['target'] for node in rule['nodes'][:3]]}"
        for rule in found
        if rule["impact"] in SERIOUS
    ]


def test_page_is_accessible(site: Site, page: str) -> None:
    with site.open(page) as visit:
        problems = violations(visit)
    assert not problems, "\n".join(problems)
