"""What the proofs find on this machine, once for both editions."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from book.press.freshness import digest, files
from book.press.problems import stop


@cache
def proofs(root: Path) -> dict[str, Any]:
    """The record of :mod:`lossbook.checks.record`, kept in ``_build`` for as long as the package is the same.

    Raises PressError if a proof fails: no book shows a matrix with a hole.
    """
    kept, fresh = root / "_build" / "proofs.json", digest(repr(files(root)).encode())
    if kept.exists():
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["package"] == fresh:
            return dict(found)
    from lossbook.checks.record import record

    found = {**record("cpu"), "package": fresh}
    failed = {name: message for name, message in found["losses"].items() if isinstance(message, str)}
    if failed:
        raise stop("src/lossbook", f"proofs fail, so there is no matrix to show: {failed}")
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found
