"""Stage one language's edition: its pages flat in one folder, with a table of contents and a configuration.

The root `_toc.yml` and `_config.yml` are the only lists; everything here is derived from them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import yaml

from book.press.families import API, families, family_pages, page_of, with_families
from book.press.layout import LANGUAGES, files_in, read_mapping
from book.press.problems import stop

SUFFIXES = (".ipynb", ".md", ".rst")


def other(lang: str) -> str:
    """The language that `lang` is not: each page has exactly one twin."""
    return LANGUAGES[1 - LANGUAGES.index(lang)]


def stage(root: Path, lang: str) -> Path:
    """Write the edition of `lang` to `_build/stage/LANG` and return that folder.

    Raises PressError when the table of contents names a page that an edition lacks, two pages have one name,
    or a part's caption has no English form.
    """
    target = root / "_build" / "stage" / lang
    target.mkdir(parents=True, exist_ok=True)
    toc = read_mapping(root, "_toc.yml")
    pages = {name: find_page(root, entry, lang) for name, entry in page_names(toc).items()}
    generated = family_pages(root, lang) if API in pages else {}
    remove_strangers(target, {path.name for path in pages.values()} | {f"{name}.md" for name in generated})
    for name, text in generated.items():
        write_if_changed(target / f"{name}.md", text)
    for path in pages.values():
        copy_if_newer(path, target / path.name)
    copy_if_newer(root / "book" / "references.bib", target / "references.bib")
    shutil.rmtree(target / "book", ignore_errors=True)
    if (root / "book" / "figures").is_dir():
        shutil.copytree(root / "book" / "figures", target / "book" / "figures", dirs_exist_ok=True)
    write_yaml(target / "_toc.yml", edition_toc(root, lang))
    write_yaml(target / "_config.yml", edition_config(root, target, edition_of(root, lang), lang))
    return target


def edition_of(root: Path, lang: str) -> dict[str, Any]:
    """What an edition says otherwise than the root files, which are those of the first language."""
    return read_mapping(root, f"book/{lang}/edition.yml") if lang != LANGUAGES[0] else {}


def edition_toc(root: Path, lang: str) -> Any:
    """The table of contents of an edition: flat names, its own captions, the pages of the families."""
    flat = flat_toc(read_mapping(root, "_toc.yml"), edition_of(root, lang).get("captions"), lang)
    return with_families(flat, [page_of(family) for family in families(root)])


def write_yaml(path: Path, data: dict[str, Any]) -> None:
    """Write a mapping as YAML, keys in the order given."""
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf8")


def page_names(toc: Any) -> dict[str, str]:
    """Flat page name -> entry of the table of contents, in reading order."""
    names: dict[str, str] = {}
    for entry in files_in(toc, ("root", "file")):
        name = entry.rsplit("/", 1)[-1]
        if name in names:
            both = f"`{names[name]}` and `{entry}`"
            raise stop("_toc.yml", f"{both} would be the same page `{name}`; rename one file")
        names[name] = entry
    return names


def find_page(root: Path, entry: str, lang: str) -> Path:
    """The file of one entry in the edition of `lang`: `chapters/ja/x` is `chapters/en/x.ipynb` in English."""
    parts = entry.split("/")
    if LANGUAGES[0] not in parts[:-1]:
        raise stop("_toc.yml", f"`{entry}` must lie in a folder `{LANGUAGES[0]}`, such as chapters/ja")
    local = "/".join(lang if part == LANGUAGES[0] else part for part in parts)
    for suffix in SUFFIXES:
        path = root / f"{local}{suffix}"
        if path.is_file():
            return path
    remedy = "run `make notebooks`" if local.startswith("chapters/") else f"write {local}.md"
    raise stop("_toc.yml", f"lists `{entry}`, but there is no {local}.ipynb or {local}.md; {remedy}")


def flat_toc(node: Any, captions: dict[str, str] | None, lang: str) -> Any:
    """The table of contents with flat page names and, where `captions` is given, translated captions."""
    if isinstance(node, list):
        return [flat_toc(child, captions, lang) for child in node]
    if not isinstance(node, dict):
        return node
    return {key: flat_value(key, value, captions, lang) for key, value in node.items()}


def flat_value(key: str, value: Any, captions: dict[str, str] | None, lang: str) -> Any:
    """One value of the table of contents, flattened or translated as its key asks."""
    if key in ("root", "file"):
        return str(value).rsplit("/", 1)[-1]
    if key in ("caption", "title") and captions is not None:
        if value not in captions:
            where = f"book/{lang}/edition.yml"
            raise stop("_toc.yml", f"{key} `{value}` has no entry under `captions` in {where}; add it")
        return captions[value]
    return flat_toc(value, captions, lang)


def edition_config(root: Path, target: Path, edition: dict[str, Any], lang: str) -> dict[str, Any]:
    """The root configuration with what differs in this edition: title, language, paths."""
    config = read_mapping(root, "_config.yml")
    config["title"] = edition.get("title", config["title"])
    config["exclude_patterns"] = []
    config["bibtex_bibfiles"] = ["references.bib"]
    # Colab and Binder open the notebook where the repository keeps it, not where it is staged.
    config["repository"]["path_to_book"] = f"chapters/{lang}"
    config["sphinx"]["local_extensions"] = {"book.extension": os.path.relpath(root, target)}
    config["sphinx"]["config"] |= {"language": lang, "book_twin": other(lang)}
    return config


def remove_strangers(target: Path, wanted: set[str]) -> None:
    """Delete pages of an earlier stage that the table of contents no longer lists."""
    for path in target.iterdir():
        if path.suffix in SUFFIXES and path.name not in wanted:
            path.unlink()


def write_if_changed(path: Path, text: str) -> None:
    """Write a page that is made here, unless it is there already: Sphinx goes by the time of the file."""
    if not path.is_file() or path.read_text(encoding="utf8") != text:
        path.write_text(text, encoding="utf8")


def copy_if_newer(source: Path, target: Path) -> None:
    """Copy with the modification time, so that Sphinx rebuilds only what changed."""
    if not target.exists() or target.stat().st_mtime_ns != source.stat().st_mtime_ns:
        shutil.copy2(source, target)
