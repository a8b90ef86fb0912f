"""What the tests of the losses share: one call, made to this package's function and to torch's."""

import copy
import pickle

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.testing import assert_close

from lossbook import losses, modules

REDUCTIONS = ("none", "mean", "sum")
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
INF, NAN = float("inf"), float("nan")


def at(*values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype)


def rand(*shape, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype)


def both(name):
    return getattr(losses, name), getattr(F, name)


def with_gradients(loss, arguments, options, wrt):
    """The loss, then the gradient of its weighted sum with respect to each argument in ``wrt``."""
    arguments = [
        a.detach().clone().requires_grad_(i in wrt) if i in wrt else a for i, a in enumerate(arguments)
    ]
    value = loss(*arguments, **options)
    weight = torch.linspace(1, 2, value.numel()).reshape(value.shape).to(value)
    inputs = [arguments[i] for i in wrt]
    return (value.detach(), *torch.autograd.grad((weight * value).sum(), inputs, materialize_grads=True))


def assert_equal(name, *arguments, wrt=(0,), **options):
    """Value, shape, dtype and gradients are torch's."""
    ours, theirs = (with_gradients(f, arguments, options, wrt) for f in both(name))
    assert_close(ours, theirs, equal_nan=True)


def assert_same_mistake(name, match, *arguments, **options):
    """Both refuse the call. Who catches torch's exception catches ours; its message says what was found."""
    ours, theirs = both(name)
    with pytest.raises(Exception) as expected:  # noqa: PT011  (whatever torch raises)
        theirs(*arguments, **options)
    with pytest.raises(Exception, match=match) as found:
        ours(*arguments, **options)
    assert issubclass(found.type, expected.type), f"{found.type.__name__} is no {expected.type.__name__}"


def assert_refused_if_strict(name, match, *arguments, **options):
    """Torch's value as long as it is not strict; a ``ValueError`` in strict mode."""
    ours, theirs = both(name)
    assert_close(ours(*arguments, **options), theirs(*arguments, **options), equal_nan=True)
    with losses.strict(), pytest.raises(ValueError, match=match):
        ours(*arguments, **options)


def assert_compiles(name, *arguments, wrt=(0,), **options):
    """Traced as one graph, value and gradients are those of the plain function."""
    loss = getattr(losses, name)
    torch._dynamo.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    ours, theirs = (with_gradients(f, arguments, options, wrt) for f in (compiled, loss))
    assert_close(ours, theirs)


def assert_transforms(name, *arguments, **options):
    """``vmap`` over ``grad`` of single elements, and forward mode, agree with reverse mode on the batch."""
    loss = getattr(losses, name)
    batch = torch.func.grad(lambda x: loss(x, *arguments[1:], reduction="sum", **options))(arguments[0])
    one = torch.func.grad(lambda *a: loss(*a, reduction="sum", **options))
    assert_close(torch.vmap(one)(*arguments), batch)
    direction = torch.ones_like(arguments[0])
    _, slope = torch.func.jvp(
        lambda x: loss(x, *arguments[1:], reduction="sum", **options), (arguments[0],), (direction,)
    )
    assert_close(slope, batch.sum())


def assert_module(cls, *arguments, shown, **options):
    """The module form gives the function's value, is copied whole, and shows its options."""
    module = getattr(modules, cls)(**options)
    if hasattr(torch.nn, cls):
        assert_close(module(*arguments), getattr(torch.nn, cls)(**options)(*arguments))
    for again in (pickle.loads(pickle.dumps(module)), copy.deepcopy(module)):
        assert_close(again(*arguments), module(*arguments))
    buffers = {name for name, value in options.items() if isinstance(value, Tensor)}
    assert set(module.state_dict()) == buffers
    assert repr(module) == f"{cls}({shown})"
