"""The table of losses agrees with the code: which there are, how to call them, what 'mean' divides by."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as torch_functional

from book.extension.catalogue import DIVISORS, catalogue
from book.extension.lists import exercises_of, title_of
from book.press.source import parse
from lossbook import losses

GENERATOR = torch.Generator().manual_seed(0)
N, C = 6, 5


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR)


LABELS = torch.tensor([0, 1, 2, 3, 4, 0])
HIDDEN = {
    "mu": normal(N), "y": normal(N), "var": normal(N).exp(), "log_rate": normal(N), "counts": LABELS.float(),
    "z": normal(N), "t": (normal(N) > 0).float(), "p": normal(N).sigmoid(), "s": normal(N).sign(),
    "logits": normal(N, C), "labels": LABELS, "log_p": normal(N, C).log_softmax(1),
    "t_soft": normal(N, C).softmax(1), "z_multi": normal(N, C), "t_multi": (normal(N, C) > 0).float(),
    "index_multi": torch.tensor([[0, 2, -1, 0, 0]] * N), "distance": normal(N).abs(),
    "a": normal(N, 3), "b": normal(N, 3), "c": normal(N, 3), "s1": normal(N), "s2": normal(N),
    "log_frames": normal(9, N, C).log_softmax(2), "symbols": torch.tensor([[1, 2, 3]] * N),
    "frame_lengths": torch.full((N,), 9), "symbol_lengths": torch.tensor([1, 2, 3, 1, 2, 3]),
    "hidden": normal(N, 4), "matrix": normal(C, 4), "words": LABELS,
}  # fmt: skip
ROWS = {row["name"]: row for row in catalogue()["losses"]}
CALLED = sorted(name for name, row in ROWS.items() if "call" in row)


def call(row: dict[str, Any], functions: Any, **options: Any) -> torch.Tensor:
    """What the written call gives, with further options."""

    def chosen(*args: Any, **kwargs: Any) -> Any:
        return getattr(functions, row["name"])(*args, **{**kwargs, **options})

    return eval(row["call"], {"F": type("F", (), {row["name"]: staticmethod(chosen)}), **HIDDEN})


def test_every_loss_of_the_package_that_a_page_teaches_is_listed() -> None:
    assert len(ROWS) == len(catalogue()["losses"]), "no loss is listed twice"
    functions = {name for name in losses.__all__ if hasattr(torch_functional, name)}
    assert functions <= ROWS.keys()
    assert {name for name in ROWS if hasattr(losses, name)} == ROWS.keys()


@pytest.mark.parametrize("name", CALLED)
def test_a_written_call_runs_and_equals_torch(name: str) -> None:
    torch.testing.assert_close(call(ROWS[name], losses), call(ROWS[name], torch_functional))


@pytest.mark.parametrize("name", CALLED)
def test_mean_divides_by_what_the_table_says(name: str) -> None:
    row = ROWS[name]
    if row["mean"] == "lengths":
        each = call(row, losses, reduction="none") / HIDDEN["symbol_lengths"]
        torch.testing.assert_close(call(row, losses, reduction="mean"), each.mean())
        return
    divisor = call(row, losses, reduction="sum") / call(row, losses, reduction="mean")
    elements = call(row, losses, reduction="none").numel()
    expected = {"elements": elements, "samples": N, "weights": N}[row["mean"]]
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
    assert exercises_of(source, "en") == [("x-one", "Question")]
