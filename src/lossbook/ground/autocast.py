"""Mixed precision: under ``torch.autocast`` a loss is computed in float32, as torch computes its own."""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor
from torch.autograd import Function

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_around = threading.local()  # in how many losses, around which autocast is on, the thread is


def full_precision(loss: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """``loss``, but under ``torch.autocast`` with its inputs in float32, float64 as it is, and autocast off.

    >>> import torch
    >>> halved = full_precision(lambda x: x / 2)
    >>> with torch.autocast("cpu"):
    ...     halved(torch.ones(1, dtype=torch.bfloat16)).dtype
    torch.float32
    """

    @wraps(loss)
    def computed(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        device = _autocast_device((*args, *kwargs.values()))
        if device is None:
            return loss(*args, **kwargs)
        _around.losses = getattr(_around, "losses", 0) + 1
        try:
            with torch.autocast(device, enabled=False):
                wide: dict[str, Any] = {name: _widened(value) for name, value in kwargs.items()}
                return loss(*map(_widened, args), **wide)
        finally:
            _around.losses -= 1

    # A compiler counts what it compiles by the code object: each loss has its own.
    own: Any = computed
    own.__code__ = own.__code__.replace(co_name=own.__name__)
    return computed


def loss_dtype(input: Tensor) -> torch.dtype:
    """The dtype of a loss of ``input``: its own, but under autocast not below float32."""
    return input.dtype if _autocast_device([input]) is None else _widened(input).dtype


def lowered(*tensors: Tensor | None) -> list[Any]:
    """``tensors`` in the dtype that autocast has matrix products in, where it is on; float64 as it is."""
    device = _autocast_device(tensors)
    if device is None:
        return list(tensors)
    dtype = torch.get_autocast_dtype(device)
    return [x if x is None or x.dtype == torch.float64 else x.to(dtype) for x in tensors]


def product(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b``, whose gradients too keep full precision where a compiler makes them under autocast.

    It makes a backward pass under the autocast that was on around the loss.
    """
    compiled = torch.compiler.is_compiling() and getattr(_around, "losses", 0) > 0
    return _Product.apply(a, b) if compiled else a @ b


class _Product(Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return a @ b

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        with autocast_off(upstream):
            return upstream @ b.mT, a.mT @ upstream


def autocast_off(tensor: Tensor) -> AbstractContextManager[Any]:
    """A block in which products keep the dtype of ``tensor``, whatever autocast says."""
    device = tensor.device.type
    return torch.autocast(device, enabled=False) if _has_autocast(device) else nullcontext()


def _autocast_device(values: Iterable[Any]) -> str | None:
    # The device type of the first tensor, if autocast is on for it.
    for value in values:
        if isinstance(value, Tensor):
            device = value.device.type
            return device if _has_autocast(device) and torch.is_autocast_enabled(device) else None
    return None


def _has_autocast(device: str) -> bool:
    return device != "meta" and torch.amp.is_autocast_available(device)


def _widened(value: Any) -> Any:
    low = isinstance(value, Tensor) and value.is_floating_point() and value.dtype != torch.float64
    return value.float() if low else value
