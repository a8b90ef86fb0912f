"""What the factory of the modules does for all of them; each loss's own tests cover its module."""

import inspect
import pickle
import typing

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from lossbook import modules

REFUSED = {
    "p of 3": ("MultiMarginLoss", {"p": 3}, "p must be 1 or 2, found 3"),
    "matrix of weights": ("MultiMarginLoss", {"weight": torch.ones(2, 2)}, r"found shape \(2, 2\)"),
    "no margin": ("TripletMarginLoss", {"margin": 0}, "margin must be greater than 0, found 0"),
    "negative margin": ("TripletMarginWithDistanceLoss", {"margin": -1.0}, r"margin .* found -1\.0"),
    "list of weights": ("NLLLoss", {"weight": [1.0, 2.0]}, "'list' object to buffer 'weight'"),
    "unknown option": ("L1Loss", {"weight": torch.ones(2)}, "weight"),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_torchs_constructor_refuses_ours_refuses(mistake):
    name, options, match = REFUSED[mistake]
    with pytest.raises((TypeError, ValueError)) as expected:
        getattr(nn, name)(**options)
    with pytest.raises(expected.type, match=match):
        getattr(modules, name)(**options)


def test_options_that_are_tensors_move_with_the_module():
    module = modules.BCEWithLogitsLoss(pos_weight=torch.ones(3)).to(torch.float64)
    assert module.pos_weight.dtype == torch.float64
    assert module.weight is None
    module.weight = torch.ones(3)
    assert set(module.state_dict()) == {"weight", "pos_weight"}


def inputs_of(cls):
    return list(inspect.signature(cls.forward).parameters)


@pytest.mark.parametrize("name", [name for name in modules.__all__ if hasattr(nn, name)])
def test_forward_has_the_arguments_of_torchs(name):
    theirs = [p.rstrip("_") for p in inputs_of(getattr(nn, name))]
    assert inputs_of(getattr(modules, name)) == theirs


def test_forward_says_what_it_takes_and_gives():
    assert typing.get_type_hints(modules.GaussianNLLLoss.forward) == {
        "input": torch.Tensor,
        "target": torch.Tensor,
        "var": torch.Tensor | float,
        "return": torch.Tensor,
    }


def test_inputs_may_be_keywords():
    z, y = torch.zeros(2, 3), torch.tensor([0, 1])
    assert_close(modules.CrossEntropyLoss()(input=z, target=y), torch.tensor(3.0).log())
    assert modules.PoissonNLLLoss()(log_input=torch.zeros(2), target=torch.zeros(2)) == 1
    with pytest.raises(TypeError, match="inputs"):
        modules.MSELoss()(inputs=z, target=z)


def test_what_comes_with_each_batch_is_an_input_and_no_option():
    z, t = torch.randn(3, 4), torch.eye(3, 4)
    mask = torch.rand(3, 4) > 0.5
    for name in ("AsymmetricLoss", "ZLPRLoss", "BPMLLLoss"):
        cls = getattr(modules, name)
        assert inputs_of(cls) == ["self", "input", "target", "mask"]
        assert typing.get_type_hints(cls.forward)["mask"] == torch.Tensor | None
        loss, function = cls(reduction="sum"), cls.function
        assert not loss.state_dict()
        assert_close(loss(z, t, mask), function(z, t, mask=mask, reduction="sum"))
        assert_close(loss(z, t), function(z, t, reduction="sum"))
        with pytest.raises(TypeError, match="mask"):
            cls(mask=mask)
    program = torch.export.export(modules.ZLPRLoss(), (z, t, mask)).module()
    assert_close(program(z, t, ~mask), modules.ZLPRLoss()(z, t, ~mask))


class Scored(nn.Module):
    def __init__(self, loss):
        super().__init__()
        self.loss = loss

    def forward(self, z, y):
        return self.loss(2 * z, y)


@pytest.mark.parametrize("loss", [modules.CrossEntropyLoss(), modules.LinearCrossEntropyLoss(3, 4)])
def test_a_module_is_one_node_for_fx(loss):
    program = torch.fx.symbolic_trace(Scored(loss))
    assert [node.op for node in program.graph.nodes].count("call_module") == 1
    z, y = torch.randn(2, 3), torch.tensor([0, 1])
    assert_close(program(z, y), loss(2 * z, y))
    assert type(pickle.loads(pickle.dumps(loss))) is type(loss)


def test_export_takes_the_dynamic_shapes_of_each_argument():
    rows = torch.export.Dim("rows", min=2)
    shapes = {"input": {0: rows}, "target": {0: rows}}
    module, y = modules.CrossEntropyLoss(), torch.tensor([0, 1, 2, 0])
    program = torch.export.export(module, (torch.zeros(4, 3), y), dynamic_shapes=shapes).module()
    z = torch.randn(6, 3)
    assert_close(program(z, y.repeat(2)[:6]), module(z, y.repeat(2)[:6]))
