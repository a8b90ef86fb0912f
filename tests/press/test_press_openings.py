"""What a chapter opens and closes with: three lines, two links, the same places in both languages."""

from collections.abc import Callable
from pathlib import Path

import pytest

from book.press.markdown import parser
from book.press.openings import opening_problems
from book.press.source import read

from .conftest import EN, JA

Edit = Callable[[str, str], None]
BOXES = """
:::{opening}
:needs: near far-claim
- one
- two
- three
:::

:::{onward}
- {ref}`near`: why
- {ref}`the far one <far>`: why
:::

"""


def findings(project: Path, edit: Edit, ja: str, en: str) -> list[str]:
    edit(JA, ja + JA)
    edit(f"{EN}\n```{{code", f"{en}{EN}\n```{{code")
    source = read(project, project / "chapters" / "sample.md")
    return [str(problem) for problem in opening_problems(source, parser(project))]


def test_sound_boxes_have_no_findings(project: Path, edit: Edit) -> None:
    assert findings(project, edit, BOXES, BOXES) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- three\n", "", "opening has 2 lines of what the reader will learn; write 3"),
        ("- three\n", "- three\n- four\n", "opening has 4 lines"),
        ("`near`: why", "`far`: why", "onward links to 1 places; name at least 2"),
        ("- {ref}`near`: why\n", "", "onward links to 1 places"),
    ],
)
def test_a_box_that_lacks_something_is_found_in_each_language(
    project: Path, edit: Edit, old: str, new: str, message: str
) -> None:
    broken = BOXES.replace(old, new)
    found = findings(project, edit, broken, broken)
    assert len(found) == 2
    assert all(message in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [("near far-claim", "near"), ("the far one <far>", "the far one <farther>"), (BOXES, "")],
)
def test_twins_that_lead_to_different_places_are_found(project: Path, edit: Edit, old: str, new: str) -> None:
    found = findings(project, edit, BOXES, BOXES.replace(old, new))
    assert len(found) == 1
    assert "opening and onward lead to" in found[0]
