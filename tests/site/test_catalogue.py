"""The table of losses agrees with the code: which there are, how to call them, what 'mean' divides by."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest
import torch
import torch.nn.functional as torch_functional

from book.extension.catalogue import DIVISORS, catalogue
from book.extension.lists import exercises_of, title_of
from book.press.source import parse
from lossbook import losses
from lossbook.checks import SPECS

ROWS = {row["name"]: row for row in catalogue()["losses"]}
CALLED = sorted(ROWS)


def call(row: dict[str, Any], functions: Any, **options: Any) -> torch.Tensor:
    """What the written call gives on the loss's proof cases, with further options."""
    written = ast.parse(row["call"], mode="eval").body
    assert isinstance(written, ast.Call)
    names = [argument.id for argument in written.args if isinstance(argument, ast.Name)]
    values = dict(zip(names, SPECS[row["name"]].arguments(), strict=True))

    def chosen(*args: Any, **kwargs: Any) -> Any:
        return getattr(functions, row["name"])(*args, **{**kwargs, **options})

    return eval(row["call"], {"F": type("F", (), {row["name"]: staticmethod(chosen)}), **values})


def test_every_loss_of_the_package_that_a_page_teaches_is_listed() -> None:
    assert ROWS.keys() == set(SPECS)
    assert ROWS.keys() <= set(losses.__all__)


@pytest.mark.parametrize("name", [name for name in CALLED if hasattr(torch_functional, name)])
def test_a_written_call_equals_torch(name: str) -> None:
    torch.testing.assert_close(call(ROWS[name], losses), call(ROWS[name], torch_functional))


@pytest.mark.parametrize("name", CALLED)
def test_mean_divides_by_what_the_table_says(name: str) -> None:
    row = ROWS[name]
    if row["mean"] == "batch":
        assert "reduction" not in inspect.signature(getattr(losses, name)).parameters
        assert call(row, losses).shape == ()
        return
    each = call(row, losses, reduction="none")
    if row["mean"] == "lengths":
        lengths = SPECS[name].arguments()[-1].clamp(min=1)
        torch.testing.assert_close(call(row, losses, reduction="mean"), (each / lengths).mean())
        return
    divisor = call(row, losses, reduction="sum") / call(row, losses, reduction="mean")
    if row["mean"] == "events":
        assert divisor.item() == pytest.approx(SPECS[name].arguments()[2].sum().item())
        return
    samples = len(SPECS[name].arguments()[0])
    expected = {"elements": each.numel(), "samples": samples, "weights": each.numel()}[row["mean"]]
    assert round(divisor.item(), 3) == expected


def test_every_entry_says_everything_in_both_languages() -> None:
    for row in ROWS.values():
        assert row["target"] in catalogue()["targets"]
        assert row["mean"] in DIVISORS
        for field in ("input", "use", "avoid"):
            assert set(row[field]) == {"ja", "en"}, f"{row['name']}: {field}"
            assert all(row[field].values()), f"{row['name']}: {field}"


def test_exercises_and_title_are_read_from_a_source() -> None:
    text = (
        '+++ {"lang": "ja"}\n\n(x)=\n# 題\n\n```{exercise} 問\n:label: x-one\n本文\n```\n\n'
        '+++ {"lang": "en"}\n\n(x)=\n# Title\n\n```{exercise} Question\n:label: x-one\nText\n```\n'
    )
    source = parse("chapters/x.md", text)
    assert title_of(source, "ja") == "題"
    assert [(found.label, found.title) for found in exercises_of(source, "en")] == [("x-one", "Question")]
