"""Staging an edition: what is derived from the one list and the one configuration, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from book.press import build
from book.press.layout import LANGUAGES, read_yaml
from book.press.problems import PressError
from book.press.stage import edition_config, page_names, stage

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small book with this book's own configuration and two pages in each language."""
    shutil.copy(ROOT / "_config.yml", tmp_path)
    for lang in LANGUAGES:
        (tmp_path / "book" / lang).mkdir(parents=True)
        (tmp_path / "chapters" / lang).mkdir(parents=True)
        (tmp_path / "book" / lang / "index.md").write_text(f"# Index {lang}\n", encoding="utf8")
        (tmp_path / "chapters" / lang / "noise.ipynb").write_text("{}", encoding="utf8")
    (tmp_path / "book" / "references.bib").write_text("", encoding="utf8")
    write(tmp_path / "book" / "en" / "edition.yml", {"title": "Losses", "captions": {"回帰": "Regression"}})
    write(tmp_path / "_toc.yml", toc("chapters/ja/noise"))
    return tmp_path


def toc(*files: str) -> dict[str, object]:
    """A table of contents with one part."""
    chapters = [{"file": file} for file in files]
    return {
        "format": "jb-book",
        "root": "book/ja/index",
        "parts": [{"caption": "回帰", "chapters": chapters}],
    }


def write(path: Path, data: object) -> None:
    """Write YAML."""
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf8")


def test_editions_have_the_same_pages_flat(tree: Path) -> None:
    for lang in LANGUAGES:
        target = stage(tree, lang)
        assert {"index.md", "noise.ipynb"} <= {path.name for path in target.iterdir()}
        assert f"Index {lang}" in (target / "index.md").read_text(encoding="utf8")
        assert page_names(read_yaml(target, "_toc.yml")) == {"index": "index", "noise": "noise"}


def test_captions_speak_the_language_of_the_edition(tree: Path) -> None:
    captions = [read_yaml(stage(tree, lang), "_toc.yml")["parts"][0]["caption"] for lang in LANGUAGES]
    assert captions == ["回帰", "Regression"]


def test_configuration_differs_only_where_the_language_does(tree: Path) -> None:
    first, second = (read_yaml(stage(tree, lang), "_config.yml") for lang in LANGUAGES)
    assert {key for key in first if first[key] != second[key]} == {"title", "repository", "sphinx"}
    assert (
        first["repository"]["url"]
        == second["repository"]["url"]
        == read_yaml(ROOT, "_config.yml")["repository"]["url"]
    )
    assert second["repository"]["path_to_book"] == "chapters/en"
    assert second["sphinx"]["config"]["language"] == "en"
    assert second["sphinx"]["config"]["book_twin"] == "ja"


def test_a_page_taken_off_the_list_leaves_the_stage(tree: Path) -> None:
    assert (stage(tree, "ja") / "noise.ipynb").exists()
    write(tree / "_toc.yml", toc())
    assert not (stage(tree, "ja") / "noise.ipynb").exists()


def test_a_changed_page_is_staged_again_and_an_unchanged_one_left_alone(tree: Path) -> None:
    staged = stage(tree, "ja") / "index.md"
    before = staged.stat().st_mtime_ns
    stage(tree, "ja")
    assert staged.stat().st_mtime_ns == before
    (tree / "book" / "ja" / "index.md").write_text("# changed\n", encoding="utf8")
    stage(tree, "ja")
    assert "changed" in staged.read_text(encoding="utf8")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda t: (t / "chapters/en/noise.ipynb").unlink(),
            r"no chapters/en/noise.ipynb .* run `make notebooks`",
        ),
        (lambda t: (t / "book/en/index.md").unlink(), r"no book/en/index.ipynb .* write book/en/index.md"),
        (lambda t: write(t / "_toc.yml", toc("chapters/ja/noise", "book/ja/noise")), "same page `noise`"),
        (lambda t: write(t / "_toc.yml", toc("chapters/noise")), "must lie in a folder `ja`"),
        (
            lambda t: write(t / "book/en/edition.yml", {"captions": {}}),
            "`回帰` has no entry under `captions`",
        ),
        (lambda t: (t / "_toc.yml").unlink(), "_toc.yml: is missing"),
        (lambda t: (t / "_toc.yml").write_text("a: [", encoding="utf8"), "not valid YAML"),
        (lambda t: (t / "_toc.yml").write_text("- a", encoding="utf8"), "must hold a mapping .* found list"),
    ],
)
def test_what_cannot_be_staged_is_refused(tree: Path, spoil: Callable[[Path], object], message: str) -> None:
    spoil(tree)
    with pytest.raises(PressError, match=message):
        assert [stage(tree, lang) for lang in LANGUAGES]


def test_build_says_what_is_wrong_and_fails(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "chapters/en/noise.ipynb").unlink()
    assert build.main(tree) == 1
    assert "The book was not built" in capsys.readouterr().err


def test_this_book_can_be_staged() -> None:
    names = page_names(read_yaml(ROOT, "_toc.yml"))
    assert "index" in names
    captions = read_yaml(ROOT, "book/en/edition.yml")["captions"]
    assert {part["caption"] for part in read_yaml(ROOT, "_toc.yml")["parts"]} <= set(captions)
    for lang in LANGUAGES:
        edition_config(ROOT, ROOT / "_build" / "stage" / lang, {}, lang)
