import math

import pytest
import torch
from torch.testing import assert_close

from lossbook.ground.values import CLAMP_SLOPE, positive_part, unless

ODD = [-math.inf, -2.0, -0.0, 0.0, 3.0, math.inf, math.nan]


def value_and_slope(function):
    x = torch.tensor(ODD, requires_grad=True)
    value = function(x)
    return value, torch.autograd.grad(value.sum(), x)[0]


@pytest.mark.parametrize("slope", {0, CLAMP_SLOPE})
def test_a_compiled_positive_part_is_the_eager_one(slope):
    compiled = torch.compile(lambda x: positive_part(x, slope), fullgraph=True, backend="aot_eager")
    value, gradient = value_and_slope(compiled)
    expected = value_and_slope(lambda x: positive_part(x, slope))
    assert_close(value, expected[0], equal_nan=True)
    assert_close(gradient[:-1], expected[1][:-1])
    assert gradient[2:4].tolist() == [slope, slope]


def test_a_compiled_positive_part_takes_integers():
    compiled = torch.compile(lambda x: positive_part(x, 0), fullgraph=True, backend="aot_eager")
    assert compiled(torch.tensor([-2, 0, 3])).tolist() == [0, 0, 3]


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.uint8])
def test_a_compiled_choice_is_the_eager_one(dtype):
    target = torch.tensor([1, 0, 1, 2, 0, 1, 0]).to(dtype)

    def chosen(x):
        return unless(1, target, x)

    compiled = value_and_slope(torch.compile(chosen, fullgraph=True, backend="aot_eager"))
    # A nan that should not count stays nan in a compiled loss.
    assert_close([part[:-1] for part in compiled], [part[:-1] for part in value_and_slope(chosen)])
    assert compiled[0][:-1].tolist() == [0, -2, 0, 0, 3, 0]
