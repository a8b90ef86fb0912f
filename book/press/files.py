"""Write files in one step: a reader, a full disk or Ctrl-C never leaves half a file."""

import os
from collections.abc import Mapping
from pathlib import Path


def replace(contents: Mapping[Path, str]) -> None:
    """Store all of ``contents`` or nothing: drafts beside the files, renamed when every one is on the disk.

    Raises OSError if one cannot be written; the files are then as they were.
    """
    drafts: dict[Path, Path] = {}
    kept = {path: path.read_bytes() if path.exists() else None for path in contents}
    renamed: list[Path] = []
    try:
        for path, text in contents.items():
            drafts[path] = path.with_name(f".{path.name}.draft")
            _write(drafts[path], text.encode())
        for path, draft in drafts.items():
            os.replace(draft, path)
            renamed.append(path)
    except BaseException:
        for path in renamed:
            _restore(path, kept[path])
        raise
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)
