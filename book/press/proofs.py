"""What the proofs find on this machine, once for both editions."""

import json
import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from book.press.files import replace
from book.press.freshness import digest, files
from book.press.problems import stop


@cache
def proofs(root: Path) -> dict[str, Any]:
    """The record of :mod:`lossbook.checks.record`, kept in ``_build`` while what it depends on stays.

    Raises PressError if a proof fails: no book shows a matrix with a hole.
    """
    kept, depends = root / "_build" / "proofs.json", dependencies(root)
    found = _kept(kept)
    if found is not None and found.get("depends") == depends:
        return found
    from lossbook.checks.record import record

    found = {**record("cpu"), "depends": depends}
    failed = {name: message for name, message in found["losses"].items() if isinstance(message, str)}
    if failed:
        raise stop("src/lossbook", f"proofs fail, so there is no matrix to show: {failed}")
    kept.parent.mkdir(exist_ok=True)
    replace({kept: json.dumps(found)})
    return found


def dependencies(root: Path) -> dict[str, str]:
    """What the proofs depend on: the package, the lock, and what is installed on this machine."""
    return {
        "files": digest(repr(files(root)).encode()),
        "torch": version("torch"),
        "numpy": version("numpy"),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.environ.get('OMP_NUM_THREADS', os.cpu_count())} threads",
    }


def _kept(path: Path) -> dict[str, Any] | None:
    """The record at ``path``; None if there is none, or it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("losses"), dict) else None
