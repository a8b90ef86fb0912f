"""Whatever goes wrong, the press ends with a sentence: which file, what was found, what to do."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from book.press import proofs as module
from book.press import refresh
from book.press.__main__ import main
from book.press.layout import notebook_path


def said(root: Path, capsys: pytest.CaptureFixture[str], *verb: str) -> str:
    assert main(list(verb or ["check"]), root) == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"format: jb-book\nparts:\n\t- a\n", "_toc.yml:3: is not valid YAML (found character '\\t' that"),
        ("format: jb-book\n".encode("utf-16"), "_toc.yml:1: is not UTF-8 (byte 0xff); save it so"),
    ],
)
@pytest.mark.parametrize("verb", [["check"], ["new", "huber"]])
def test_a_table_that_cannot_be_read_is_named(
    printed: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str, verb: list[str]
) -> None:
    (printed / "_toc.yml").write_bytes(content)
    assert said(printed, capsys, *verb).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- ja: 尤度\n", "- ja:\n", "book/glossary.yml, entry 1: ja holds None, expected words"),
        (
            "- ja: 尤度\n",
            "- ja: 5\n",
            "book/glossary.yml, entry 1: ja holds 5, expected words; put numbers in",
        ),
        ("avoid_en: []", "avoid_en: [1]", "book/glossary.yml, entry 1: avoid_en holds 1, expected a list of"),
        (
            "avoid_en: []",
            "avoid_en: x",
            "book/glossary.yml, entry 1: avoid_en is 'x', expected a list; write [x]",
        ),
        ("- ja: 尤度\n", "- \n- ja: 尤度\n", "book/glossary.yml, entry 1: needs exactly the keys"),
    ],
)
def test_a_malformed_glossary_is_named(
    printed: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    path = printed / "book" / "glossary.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert said(printed, capsys).startswith(message)


def test_all_that_is_wrong_is_said_at_once(printed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook_path(printed, "sample", "ja").write_text("<<<<<<<", encoding="utf-8")
    notebook_path(printed, "sample", "en").write_text("[]", encoding="utf-8")
    found = said(printed, capsys)
    assert found.count("is not a notebook (") == 2
    assert "2 problem(s)" in found


def refuse(error: Exception) -> Callable[..., None]:
    def raising(*arguments: object) -> None:
        raise error

    return raising


def test_what_the_machine_refuses_is_named(
    printed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_bytes", refuse(PermissionError(13, "Permission denied", "chapters/x.md")))
    assert said(printed, capsys) == (
        "check: chapters/x.md could not be read or written (Permission denied); mend that and run it again\n"
    )


def test_what_nobody_foresaw_names_the_verb_and_the_file_and_asks_for_a_report(
    printed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "read_record", refuse(KeyError("odd")))
    assert said(printed, capsys, "notebooks") == (
        "notebooks: stopped with chapters/sample.md in hand at something it does not know (KeyError: 'odd'). "
        "This is a fault of the press: please report it, with _build/press-fault.txt\n"
    )
    assert "Traceback" in (printed / "_build" / "press-fault.txt").read_text(encoding="utf-8")


@pytest.fixture
def recorded(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Proofs that only count how often they are made."""
    made: list[str] = []

    def record(device: str) -> dict[str, object]:
        made.append(device)
        return {"losses": {"mse_loss": {"value": 1}}}

    monkeypatch.setitem(__import__("sys").modules, "lossbook.checks.record", SimpleNamespace(record=record))
    return made


def prove(root: Path) -> None:
    module.proofs.cache_clear()
    assert module.proofs(root)["losses"]


def test_proofs_are_kept_and_a_damaged_record_is_made_again(project: Path, recorded: list[str]) -> None:
    kept = project / "_build" / "proofs.json"
    prove(project)
    prove(project)
    assert len(recorded) == 1
    whole = kept.read_text(encoding="utf-8")
    for number, text in enumerate((whole[:-5], "[]", "", json.dumps({"losses": []})), 2):
        kept.write_text(text, encoding="utf-8")
        prove(project)
        assert len(recorded) == number


@pytest.mark.parametrize("what", ["torch", "numpy", "package", "lock"])
def test_proofs_are_made_again_when_what_they_depend_on_changes(
    project: Path, recorded: list[str], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove(project)
    if what == "package":
        (project / "src" / "lossbook" / "families" / "far.py").write_text("LOSS = 9\n", encoding="utf-8")
    elif what == "lock":
        (project / "requirements.lock").write_text("torch==3\n", encoding="utf-8")
    else:
        monkeypatch.setattr(module, "version", lambda name: "0" if name == what else "1")
    prove(project)
    assert len(recorded) == 2
