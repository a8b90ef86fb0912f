"""Minimising a function of a few parameters."""

import pytest
import torch

from lossbook import training


def test_it_finds_the_minimum_of_a_curved_valley():
    x = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    least = training.minimise(lambda: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, x)
    assert least < 1e-8
    assert torch.allclose(x.detach(), torch.ones(2, dtype=torch.float64), atol=1e-3)


def test_a_start_without_a_finite_value_is_named():
    x = torch.tensor([1.0], requires_grad=True)
    with pytest.raises(FloatingPointError, match="must be finite at the start, found nan"):
        training.minimise(lambda: (x * float("nan")).sum(), x)
