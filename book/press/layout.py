"""Where things lie in the project, and the settings the press reads there."""

import re
from pathlib import Path
from typing import Any

import yaml

from book.press.problems import stop, taken

LANGUAGES = ("ja", "en")
VERSION = re.compile(r'^__version__ = "(.+)"$', re.M)
NAME = re.compile(r"[a-z][a-z0-9_-]*")


def source_path(root: Path, name: str) -> Path:
    """The bilingual source of chapter ``name``."""
    return root / "chapters" / f"{name}.md"


def notebook_path(root: Path, name: str, language: str) -> Path:
    """The executed notebook of chapter ``name`` in ``language``."""
    return root / "chapters" / language / f"{name}.ipynb"


def chapter_names(root: Path) -> list[str]:
    """The names of all chapters, sorted. Raises PressError if there is none."""
    names = sorted(path.stem for path in (root / "chapters").glob("*.md"))
    if not names:
        raise stop("chapters", "holds no source NAME.md; make new NAME=... begins one")
    return names


def read_yaml(root: Path, name: str) -> Any:
    """The parsed YAML file ``name``. Raises PressError if it is missing or malformed."""
    return parse_yaml(name, read_text(root, name))


def read_text(root: Path, name: str) -> str:
    """The text of the file ``name``. Raises PressError if it is missing or not UTF-8."""
    try:
        return (root / taken(name)).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise stop(name, "is missing; restore it from the repository") from None
    except UnicodeDecodeError as error:
        found = f"byte 0x{error.object[error.start]:02x}"
        raise stop(
            f"{name}:{error.object.count(10, 0, error.start) + 1}", f"is not UTF-8 ({found}); save it so"
        ) from None


def parse_yaml(name: str, text: str) -> Any:
    """The data in ``text``, the content of the file ``name``. Raises PressError if it is malformed."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark, found = getattr(error, "problem_mark", None), getattr(error, "problem", None) or error
        where = f"{name}:{mark.line + 1}" if mark else name
        raise stop(where, f"is not valid YAML ({found}); correct it") from None


def read_mapping(root: Path, name: str) -> dict[str, Any]:
    """As :func:`read_yaml`, but raises PressError also if the file holds no mapping."""
    data = read_yaml(root, name)
    if not isinstance(data, dict):
        raise stop(name, f"must hold a mapping (`key: value` lines), found {type(data).__name__}")
    return data


def repository_url(root: Path) -> str:
    """The one setting that names the repository."""
    try:
        return read_yaml(root, "_config.yml")["repository"]["url"]
    except (KeyError, TypeError):
        raise stop(
            "_config.yml", "has no repository.url; add it: the set-up cell installs from there"
        ) from None


def release(root: Path) -> str:
    """What pip installs the package from: the repository at the tag of the package's version."""
    return f"lossbook[book] @ git+{repository_url(root)}@v{package_version(root)}"


def package_version(root: Path) -> str:
    """The one line that names the version. Raises PressError if there is none."""
    where = "src/lossbook/__init__.py"
    path = root / where
    found = VERSION.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    if found is None:
        raise stop(where, 'has no line __version__ = "..."; add it: the set-up cell installs that release')
    return found.group(1)


def listed_files(root: Path) -> list[str]:
    """Every ``file`` of ``_toc.yml``, in order."""
    return files_in(read_yaml(root, "_toc.yml"))


def files_in(node: Any, keys: tuple[str, ...] = ("file",)) -> list[str]:
    """Every ``file`` of a parsed table of contents, in order; ``keys`` may ask for its ``root`` too."""
    if isinstance(node, list):
        return [file for value in node for file in files_in(value, keys)]
    if not isinstance(node, dict):
        return []
    own = [str(node[key]) for key in keys if key in node]
    return own + [file for value in node.values() for file in files_in(value, keys)]
