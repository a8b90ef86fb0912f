"""A malformed source is refused, with its line and the remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from book.press.layout import source_path
from book.press.problems import PressError
from book.press.source import BLOCKS, read

from .conftest import CHAPTER

Edit = Callable[[str, str], None]


def line_of(passage: str, text: str = CHAPTER) -> int:
    return text[: text.index(passage)].count("\n") + 1


def refusal(project: Path) -> str:
    with pytest.raises(PressError) as caught:
        read(project, source_path(project, "sample"))
    return str(caught.value)


def test_a_sound_source_is_read_with_the_lines_of_its_cells(project: Path) -> None:
    source = read(project, source_path(project, "sample"))
    lines = CHAPTER.splitlines()
    for cell in source.cells:
        assert lines[cell.line - 1] == cell.text.splitlines()[0]
    assert [ja.metadata["block"] for ja, _ in source.pairs() if "block" in ja.metadata] == list(BLOCKS)


def title_of(lang: str) -> str:
    """The cell that a chapter begins with in a language."""
    begin = CHAPTER.index(f'+++ {{"lang": "{lang}"}}')
    return CHAPTER[begin : CHAPTER.index("\n+++", begin) + 1]


MISTAKES = [
    (title_of("en"), "", "Japanese block has no English twin"),
    (title_of("ja"), "", "English block has no Japanese twin"),
    ('{"lang": "ja", "block": "claim"}', '{"lang": "fr", "block": "claim"}', "unknown language"),
    ('+++ {"lang": "ja"}\n\n(sample)=', "(sample)=", "Markdown without a language"),
    ("print(x + 1)\n```\n", "print(x + 1)\n```\n\nBetween.\n", "Markdown without a language"),
    (":tags: [first]", ":lang: ja", 'code cell carries "lang"'),
    ('"lang": "ja", "block": "proof"', '"lang": "ja", "blok": "proof"', "unknown key 'blok'"),
    ('"lang": "ja", "block": "proof"', '"lang": "ja"', "twins differ in block"),
    ("x = 1\n", "x = \n", "not valid Python"),
    ("x = 1\n", "x = 1\n" * 21, "22 lines; at most 20"),
    ("print(x + 1)\n```\n", "print(x + 1)\n```\n\n```{code-cell} ipython3\ny = 2\n```\n", "no prose since"),
    ("  name: python3", "  name: julia", "no front matter with kernelspec"),
    (
        '+++ {"lang": "ja"}\n\n(sample)=',
        '```{code-cell} ipython3\nx = 1\n```\n\n+++ {"lang": "ja"}\n(sample)=',
        "title",
    ),
    ("```{code-cell} ipython3\n:tags", "```{raw-cell}\n:tags", "raw cell"),
    ('+++ {"lang": "ja"}\n\n(sample)=', "+++ {lang: ja}\n\n(sample)=", "is not followed by JSON"),
    ("---\ntags: [exercise]", "---\ntags: [exercise", "are not valid YAML"),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[message for *_, message in MISTAKES])
def test_a_mistake_is_named_with_the_file(
    project: Path, edit: Edit, old: str, new: str, message: str
) -> None:
    edit(old, new)
    text = refusal(project)
    assert message in text
    assert text.startswith("chapters/sample.md")


HEADERS = [
    ("kernelspec:\n", "- kernelspec:\n", 6, "front matter is not valid YAML"),
    ("  display_name: Python 3\n  language: python\n  name: python3\n", "", 6, "kernelspec is empty"),
    (
        "kernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n",
        "kernelspec: python3\n",
        6,
        "kernelspec is a word ('python3'), expected display_name, language and name below it",
    ),
    ("kernelspec:\n", "lossbook:\nkernelspec:\n", 6, "lossbook is empty, expected kind: chapter or"),
    (
        "tags: [exercise]",
        "tags: exercise",
        None,
        "tags are a word ('exercise'), expected a list; write [exercise]",
    ),
    (":tags: [first]", ":tags: first", None, "tags are a word ('first'), expected a list; write [first]"),
    ('"block": "claim"}', '"block": "claim", "tags": "x"}', None, "tags are a word ('x'), expected a list"),
    ('{"lang": "ja", "block": "claim"}', "[1]", None, "+++ is followed by a list ([1])"),
    ("---\ntags: [exercise]\n---\n", "---\ntags: [exercise]\n", None, "begin with --- and do not end"),
    (
        "---\ntags: [exercise]\n---\n",
        "---\n- exercise\n---\n",
        None,
        "are a list (['exercise']), expected key",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), HEADERS, ids=[header[3] for header in HEADERS])
def test_a_malformed_header_is_named_with_its_line(
    project: Path, edit: Edit, old: str, new: str, line: int | None, message: str
) -> None:
    edit(old, new)
    text = refusal(project)
    assert message in text
    if line:
        assert text.startswith(f"chapters/sample.md:{line}: ")


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("- a", "chapters/sample.md:2: front matter is a list (['a']), expected key: value lines"),
        ("word", "chapters/sample.md:2: front matter is a word ('word'), expected key: value lines"),
        ("a: 1\n\tb: 2", "chapters/sample.md:3: front matter is not valid YAML"),
    ],
)
def test_front_matter_that_is_no_mapping_is_named(project: Path, front: str, message: str) -> None:
    source_path(project, "sample").write_text(f"---\n{front}\n---\n\n# a\n", encoding="utf-8")
    assert refusal(project).startswith(message)


def test_the_line_of_a_mistake_is_the_line_in_the_file(project: Path, edit: Edit) -> None:
    edit("print(x + 1)", "print(x +)")
    assert f"chapters/sample.md:{line_of('print(x + 1)')}: code cell is not valid" in refusal(project)


def test_markdown_without_a_language_is_found_at_its_line(project: Path, edit: Edit) -> None:
    edit("print(x + 1)\n```\n", "print(x + 1)\n```\n\nBetween.\n")
    assert refusal(project).startswith(f"chapters/sample.md:{line_of('print(x + 1)') + 3}: ")


def test_a_hidden_cell_needs_no_prose(project: Path, edit: Edit) -> None:
    hidden = "\n```{code-cell} ipython3\n:tags: [hide-cell]\n\ny = 2\n```\n"
    edit("print(x + 1)\n```\n", f"print(x + 1)\n```\n{hidden}")
    read(project, source_path(project, "sample"))


def renamed(edit: Edit, block: str, to: str) -> None:
    for language in ("ja", "en"):
        edit(f'"lang": "{language}", "block": "{block}"', f'"lang": "{language}", "block": "{to}"')


def test_an_unknown_block_is_named(project: Path, edit: Edit) -> None:
    renamed(edit, "proof", "poof")
    assert "unknown block 'poof'; the blocks are claim, derivation" in refusal(project)


def test_a_missing_block_is_named(project: Path, edit: Edit) -> None:
    for language in ("ja", "en"):
        edit(f'"lang": "{language}", "block": "stable"', f'"lang": "{language}"')
    assert "has no block 'stable'" in refusal(project)


def test_a_block_out_of_order_is_named(project: Path, edit: Edit) -> None:
    renamed(edit, "stable", "kept")
    renamed(edit, "gradient", "stable")
    renamed(edit, "kept", "gradient")
    assert "block 'stable' is out of order" in refusal(project)


def test_a_block_that_comes_twice_is_named(project: Path, edit: Edit) -> None:
    for language in ("ja", "en"):
        edit(
            f'+++ {{"lang": "{language}"}}\n\n(sample)',
            f'+++ {{"lang": "{language}", "block": "claim"}}\n\n(sample)',
        )
    assert "block 'claim' is out of order or comes twice" in refusal(project)


def test_a_source_that_is_not_utf8_is_named_with_its_line(project: Path) -> None:
    data = CHAPTER.encode().replace("見本".encode(), "見本".encode("euc-jp"))
    source_path(project, "sample").write_bytes(data)
    assert refusal(project).startswith(f"chapters/sample.md:{line_of('# 見本')}: is not UTF-8 (byte 0xb8)")


def test_a_page_needs_no_blocks_and_only_a_page(project: Path, edit: Edit) -> None:
    edit('"lang": "ja", "block": "proof"', '"lang": "ja"')
    edit('"lang": "en", "block": "proof"', '"lang": "en"')
    assert "has no block 'proof'" in refusal(project)
    edit("kernelspec:\n", "lossbook:\n  kind: page\nkernelspec:\n")
    assert read(project, source_path(project, "sample")).kind == "page"
    edit("kind: page", "kind: leaf")
    assert "unknown lossbook kind 'leaf'" in refusal(project)
