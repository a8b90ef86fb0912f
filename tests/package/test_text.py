"""Text as numbers, the network that reads it, and the memory that a step takes."""

import sys

import pytest
import torch

from lossbook import data, memory, models

PAGES = tuple(torch.tensor(page) for page in ([0, 1, 2, 3], [4, 5], [6, 7, 8]))
TEXT = data.Text(tuple("abcdefghi"), PAGES, "")


def test_words_are_numbered_by_falling_frequency():
    text = data.python_help()
    counts = torch.bincount(torch.cat(text.pages), minlength=len(text.words))
    assert len(counts) == len(set(text.words)) == len(text.words)
    assert (counts.diff() <= 0).all()
    assert counts.min() >= 1
    assert {"the", "yield", "("} <= set(text.words)


def test_the_text_is_the_same_under_every_python():
    text = data.python_help()
    assert (len(text.pages), len(text.words), len(text)) == (79, 3533, 98_604)


def test_contexts_never_cross_the_edge_of_a_page():
    rows = TEXT.contexts(2)
    assert rows.x.tolist() == [[0, 1], [1, 2], [6, 7]]
    assert rows.y.tolist() == [2, 3, 8]


def test_a_split_deals_out_whole_pages():
    parts = TEXT.split(1 / 3, 2 / 3, seed=1)
    dealt = sorted(page.tolist() for part in parts for page in part.pages)
    assert [len(part.pages) for part in parts] == [1, 2]
    assert dealt == [page.tolist() for page in PAGES]
    assert sum(map(len, parts)) == len(TEXT) == 9


@pytest.mark.parametrize("length", [0, 4])
def test_contexts_of_impossible_length_are_refused(length):
    with pytest.raises(ValueError, match=f"length must be from 1 to 3, .*found {length}"):
        TEXT.contexts(length)


def test_the_order_of_the_words_matters_to_the_network():
    torch.manual_seed(0)
    model = models.NextWord(9, length=2, width=4, head=torch.nn.Linear(4, 9))
    there, back = model(torch.tensor([[1, 2], [2, 1]]))
    assert there.shape == (4,)
    assert not torch.allclose(there, back)
    assert "head.weight" in model.state_dict()


def test_peak_counts_what_is_held_at_once():
    mebibyte = torch.ones(2**18)

    def one_after_the_other():
        for _ in range(3):
            mebibyte + 1

    assert memory.peak(one_after_the_other) == pytest.approx(1, abs=0.01)
    assert memory.peak(lambda: [mebibyte + 1 for _ in range(3)]) == pytest.approx(3, abs=0.01)


def test_measuring_says_nothing(capfd):
    memory.peak(lambda: torch.ones(4) + 1)
    print("still heard", file=sys.stderr)
    assert capfd.readouterr().err == "still heard\n"
