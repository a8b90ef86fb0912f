"""Whether a notebook still belongs to the source, the package and the lock it was made from."""

import hashlib
from pathlib import Path

import nbformat

from book.press.layout import notebook_path, source_path
from book.press.problems import stop


def hashes(root: Path, name: str) -> dict[str, str]:
    """What a notebook of chapter ``name`` depends on: hashes of source, package and lock."""
    return {
        "source": _digest([source_path(root, name)], root),
        "package": package_hash(root),
        "lock": _digest([root / "requirements.lock"], root),
    }


def package_hash(root: Path) -> str:
    """The state of the package: a hash of its sources."""
    return _digest(sorted((root / "src" / "lossbook").rglob("*.py")), root)


def _digest(paths: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        where = path.relative_to(root).as_posix()
        try:
            content = path.read_bytes().replace(b"\r\n", b"\n")
        except FileNotFoundError:
            raise stop(where, "is missing; restore it from the repository") from None
        digest.update(f"{where}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def stored(root: Path, name: str, language: str) -> nbformat.NotebookNode | None:
    """The committed notebook, or None if there is none. Raises PressError if it cannot be read."""
    path = notebook_path(root, name, language)
    if not path.exists():
        return None
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        where = path.relative_to(root).as_posix()
        raise stop(where, f"is not a notebook; delete it and run make notebooks: {error}") from None


def changed(notebook: nbformat.NotebookNode, now: dict[str, str]) -> list[str]:
    """Which of source, package and lock changed since ``notebook`` was made."""
    then = notebook.metadata.get("lossbook", {})
    return [part for part, digest in now.items() if then.get(part) != digest]
