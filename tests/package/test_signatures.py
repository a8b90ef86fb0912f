"""Every loss and module of torch is here, with the names, order and defaults of its arguments."""

import inspect

import pytest
import torch.nn.functional as F
from torch import nn

from lossbook import losses, modules

ENDS = ("_loss", "cross_entropy", "with_logits")
FUNCTIONS = sorted(n for n in dir(F) if n.endswith(ENDS) or n == "kl_div")
CLASSES = sorted(n for n in dir(nn) if n.endswith("Loss"))


def arguments(function):
    """Names, defaults and kinds, in order, but for what torch has deprecated."""
    found = inspect.signature(function).parameters.values()
    return [(p.name, p.default, p.kind) for p in found if p.name not in ("size_average", "reduce")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_torchs_arguments(name):
    assert arguments(getattr(losses, name)) == arguments(getattr(F, name))


@pytest.mark.parametrize("name", [*CLASSES, "AdaptiveLogSoftmaxWithLoss"])
def test_a_module_has_torchs_arguments(name):
    ours, theirs = (arguments(getattr(module, name)) for module in (modules, nn))
    assert [a[:2] for a in ours] == [a[:2] for a in theirs]
