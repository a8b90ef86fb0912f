"""A loss works where there are no values to look at: on meta, on fake tensors, traced, exported, compiled."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.testing import assert_close

from lossbook import losses, modules

ARGUMENTS = {
    "cross_entropy": lambda: (torch.randn(4, 3), torch.tensor([0, 2, 1, -100])),
    "nll_loss": lambda: (torch.randn(4, 3).log_softmax(1), torch.tensor([0, 2, 1, -100])),
    "binary_cross_entropy": lambda: (torch.rand(4), torch.rand(4)),
    "gaussian_nll_loss": lambda: (torch.randn(4), torch.randn(4), torch.rand(4)),
    "negative_binomial_nll_loss": lambda: (torch.randn(4), torch.arange(4.0), torch.rand(4)),
    "multi_margin_loss": lambda: (torch.randn(4, 3), torch.tensor([0, 2, 1, 1])),
    "multilabel_margin_loss": lambda: (torch.randn(2, 3), torch.tensor([[0, -1, 0], [2, 1, -1]])),
    "nca_loss": lambda: (torch.randn(4, 3), torch.tensor([0, 1, 0, 1])),
    "ctc_loss": lambda: (
        torch.randn(6, 2, 4).log_softmax(-1),
        torch.tensor([1, 2, 3]),
        torch.tensor([6, 5]),
        torch.tensor([2, 1]),
    ),
}


@pytest.mark.parametrize("strictly", [False, True])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_shape_is_known_without_data(name, strictly):
    loss, arguments = getattr(losses, name), ARGUMENTS[name]()
    blocks = [losses.strict()] if strictly else []
    for block in blocks:
        block.__enter__()
    try:
        on_meta = loss(*(a.to("meta") for a in arguments))
        with FakeTensorMode() as mode:
            fake = loss(*(mode.from_tensor(a) for a in arguments))
    finally:
        for block in blocks:
            block.__exit__(None, None, None)
    assert on_meta.is_meta
    assert {t.shape for t in (on_meta, fake)} == {()}


@pytest.mark.parametrize("mode", ["real", "fake", "symbolic"])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_loss_is_traced(name, mode):
    loss, arguments = getattr(losses, name), ARGUMENTS[name]()
    if name == "ctc_loss" and mode != "real":
        pytest.skip("the recursion is traced for one length")
    traced = make_fx(lambda *inputs: loss(*inputs), tracing_mode=mode)(*arguments)
    assert_close(traced(*arguments), loss(*arguments))


def test_the_tree_is_computed_whole_where_no_target_can_be_read():
    module, h, y = modules.AdaptiveLogSoftmaxWithLoss(4, 7, [3, 5]), torch.randn(8, 4), torch.arange(8) % 7
    expected = module(h, y)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    assert_close(compiled(h, y), expected)
    exported = torch.export.export(module, (h, y)).module()
    assert_close(exported(h, y), expected)
    assert module.to("meta")(h.to("meta"), y.to("meta")).output.shape == (8,)


@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy", "multi_margin_loss"])
def test_the_weight_of_a_single_label_is_not_read(name):
    loss, weight = getattr(losses, name), torch.tensor([1.0, 2.0, 3.0])
    z, y = torch.randn(3), torch.tensor(2)
    assert loss(z.to("meta"), y.to("meta"), weight=weight.to("meta")).shape == ()
    compiled = torch.compile(loss, fullgraph=True, backend="eager")
    assert_close(compiled(z, y, weight=weight), loss(z, y, weight=weight))
