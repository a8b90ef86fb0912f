"""What depends on the values in a tensor: checks of their range, products where 0 times infinity is 0, kinks.

A compiler keeps a mask of booleans for the backward pass, and inductor lets a processor read and write those
one by one, which takes longer than all the rest. So kinks are numbers there: it reads those in bulk.
"""

import math

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

from lossbook.ground.strictness import is_strict

_TRACING = torch._C._TorchDispatchModeKey.PROXY

# The slope of torch's clamp(min=0) where its argument is 0. Torch's own losses changed with it.
CLAMP_SLOPE = 0 if torch.__version__ >= "2.14" else 1


def can_look_at(tensor: Tensor) -> bool:
    """Whether ``tensor`` shows its values: not on the meta device, while compiling or in ``vmap``."""
    functorch = torch._C._functorch
    if torch.compiler.is_compiling() or torch._C._get_dispatch_mode(_TRACING) is not None:
        return False
    while functorch.is_functorch_wrapped_tensor(tensor):
        if functorch.is_batchedtensor(tensor):
            return False
        tensor = functorch.get_unwrapped(tensor)
    return not (tensor.is_meta or isinstance(tensor, FakeTensor))


def check_values(
    name: str, tensor: Tensor, valid: Tensor, expected: str, error: type[Exception] = RuntimeError
) -> None:
    """Raise ``error`` with the first value of ``tensor`` for which ``valid`` is false.

    On a GPU the device asserts, as for torch's own losses, so that the program need not wait for it. Where
    values cannot be looked at, nothing is checked.
    """
    if not can_look_at(valid):
        return
    if valid.is_cuda:
        torch._assert_async(valid.all(), f"{name} must be {expected}")
    elif not valid.all():
        raise error(f"{name} must be {expected}, found {tensor.expand(valid.shape)[~valid][0].item():.6g}")


def check_values_if_strict(name: str, tensor: Tensor, valid: Tensor, expected: str) -> None:
    """In strict mode, raise ``ValueError`` with the first value for which ``valid`` is false."""
    if is_strict():
        check_values(name, tensor, valid, f"{expected} in strict mode", ValueError)


def check_signs(target: Tensor) -> None:
    """In strict mode, raise ``ValueError`` unless every element of ``target`` is 1 or -1."""
    check_values_if_strict("target", target, (target == 1) | (target == -1), "1 or -1")


def check_expands(name: str, tensor: Tensor, input: Tensor) -> None:
    """Raise ``RuntimeError`` unless ``tensor`` broadcasts to the shape of ``input``."""
    sizes = zip(reversed(tensor.shape), reversed(input.shape), strict=False)
    if tensor.ndim > input.ndim or any(size not in (1, wanted) for size, wanted in sizes):
        raise RuntimeError(
            f"{name} must broadcast to the shape of input, {tuple(input.shape)}, found {tuple(tensor.shape)}"
        )


def at(values: Tensor, index: Tensor) -> Tensor:
    """``values[index]``; without data too, where an index without dimensions would be read."""
    return values.gather(0, index.reshape(-1)).reshape(index.shape)


def times(a: Tensor, b: Tensor) -> Tensor:
    """The product ``a * b``, with 0 times infinity equal to 0: what cannot happen costs nothing.

    There the gradient by ``a`` is 0 too.
    """
    product = a * b
    if not b.is_floating_point() or (b.is_cpu and can_look_at(product) and not product.sum().isnan()):
        return product  # most often so, and several times as fast
    return a * torch.where((a == 0) & (b.abs() == math.inf), 0, b)


def softplus(x: Tensor) -> Tensor:
    """``log(1 + e^x)``, exact in every dtype: beyond 40 it is ``x`` to the last digit."""
    return torch.nn.functional.softplus(x, threshold=40)


def positive_part(x: Tensor, slope_at_zero: int) -> Tensor:
    """``max(0, x)``, with the slope 0 or ``CLAMP_SLOPE`` where ``x`` is 0."""
    if torch.compiler.is_compiling():
        kept = (x.detach().sign() + slope_at_zero).clamp(0, 1)
        return kept * (x.clamp(min=-torch.finfo(x.dtype).max) if x.is_floating_point() else x)
    return x.clamp(min=0) if slope_at_zero else torch.relu(x)


def clamp_slope(x: Tensor) -> Tensor:
    """The slope of ``x.clamp(min=0)``, as this version of torch has it."""
    return torch.heaviside(x, x.new_tensor(CLAMP_SLOPE))


def unless(value: int, target: Tensor, x: Tensor) -> Tensor:
    """``x``, but 0 where ``target`` has ``value``; compiled, a nan stays nan all the same."""
    if torch.compiler.is_compiling():
        return times((target.to(x.dtype) - value).sign().abs(), x)
    return torch.where(target != value, x, 0)
