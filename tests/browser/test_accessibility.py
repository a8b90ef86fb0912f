"""No page has a serious accessibility violation, as axe-core finds them."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from .visit import Site

SERIOUS = {"serious", "critical"}
ONLY = {"resultTypes": ["violations"]}  # what passes is not listed: a long page has thousands of those


def violations(site: Site, page: str) -> list[str]:
    """What axe-core finds on a page: rule, help, and the first elements."""
    with site.open(page) as visit:
        found = Axe().run(visit.page, options=ONLY).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {[node['target'] for node in rule['nodes'][:3]]}"
        for rule in found
        if rule["impact"] in SERIOUS
    ]


def test_page_is_accessible(site: Site, page: str) -> None:
    problems = violations(site, page)
    assert not problems, "\n".join(problems)
