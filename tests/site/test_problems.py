"""The guide by problem: every row's lines run, name losses of the package and a section that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from book.extension.problems import entry, problems
from lossbook import losses

ROOT = Path(__file__).resolve().parents[2]
LABELS = {
    label
    for path in (ROOT / "chapters").glob("*.md")
    for label in re.findall(r"^\(([a-z-]+)\)=", path.read_text(encoding="utf-8"), re.M)
}


@pytest.mark.parametrize("row", problems(), ids=lambda row: row["id"])
def test_the_lines_of_a_row_run_and_give_a_finite_loss(row: dict[str, Any]) -> None:
    torch.manual_seed(0)
    body = ast.parse(row["code"]).body
    assert len(body) <= 4
    names: dict[str, Any] = {"torch": torch, "F": losses}
    found = []
    for statement in body:
        if isinstance(statement, ast.Expr):
            found.append(eval(compile(ast.Expression(statement.value), row["id"], "eval"), names))
        else:
            exec(compile(ast.Module([statement], []), row["id"], "exec"), names)
    found.append(names.get("loss", found[0] if found else None))
    assert all(torch.isfinite(value).all() for value in found if isinstance(value, torch.Tensor))
    assert any(isinstance(value, torch.Tensor) and value.ndim == 0 for value in found)


@pytest.mark.parametrize("row", problems(), ids=lambda row: row["id"])
def test_a_row_promises_only_what_the_book_holds(row: dict[str, Any]) -> None:
    assert set(row["losses"]) <= set(losses.__all__)
    assert any(name in row["code"] or name.startswith("adaptive") for name in row["losses"])
    assert row["see"] in LABELS, f"{row['id']}: no chapter has the section {row['see']}"
    for lang in ("ja", "en"):
        assert row[lang] in entry(row, lang)
        assert row["limits"][lang]


def test_no_problem_stands_twice() -> None:
    ids = [row["id"] for row in problems()]
    assert len(set(ids)) == len(ids)
    assert len(ids) >= 20
