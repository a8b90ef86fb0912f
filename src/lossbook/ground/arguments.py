"""The checks of arguments that all losses share, and how a loss warns.

Errors have the type that ``torch.nn.functional`` raises for the same mistake; the message names the argument
and the value found.
"""

import sys
import warnings

import torch
from torch import Tensor

from lossbook.ground.strictness import is_strict


def check_floating(**tensors: Tensor) -> None:
    """Raise ``NotImplementedError`` for a tensor whose dtype has no real numbers, naming the argument."""
    for name, tensor in tensors.items():
        if not tensor.dtype.is_floating_point:
            raise NotImplementedError(f"{name} must be a floating-point tensor, found dtype {tensor.dtype}")


def check_real(**tensors: Tensor) -> None:
    """Raise ``NotImplementedError`` for a complex tensor, naming the argument."""
    for name, tensor in tensors.items():
        if tensor.is_complex():
            raise NotImplementedError(f"{name} must be real, found dtype {tensor.dtype}")


def check_broadcast(**tensors: Tensor) -> None:
    """Raise ``RuntimeError`` unless the shapes broadcast; in strict mode ``ValueError`` unless they agree."""
    shapes = [tuple(tensor.shape) for tensor in tensors.values()]
    if is_strict() and len(set(shapes)) > 1:
        raise ValueError(f"all shapes must be equal in strict mode, found {_shapes(tensors)}")
    try:
        torch.broadcast_shapes(*shapes)
    except RuntimeError as error:
        raise RuntimeError(f"the shapes must broadcast, found {_shapes(tensors)}") from error


def _shapes(tensors: dict[str, Tensor]) -> str:
    # Called for errors only: torch 2.13 cannot compile it for shapes that vary.
    return ", ".join(f"{name} {tuple(tensor.shape)}" for name, tensor in tensors.items())


def warn_if_broadcast(input: Tensor, target: Tensor) -> None:
    """Warn, as torch's regression losses do, when ``target`` broadcasts; raise if it cannot or must not."""
    check_broadcast(input=input, target=target)
    if input.shape != target.shape:
        # A compiler may not know the sizes.
        found = (
            "" if torch.compiler.is_compiling() else f", found {_shapes({'input': input, 'target': target})}"
        )
        warn(
            f"Using a target size that is different to the input size{found}: the loss is computed over the "
            "broadcast shape, which is rarely meant. Give both the same shape."
        )


def warn(message: str) -> None:
    """Warn whoever called this package; a compiler warns while it traces."""
    level = 1
    while sys._getframe(level).f_globals.get("__name__", "").startswith(("lossbook.", "torch.")):
        level += 1
    warnings.warn(message, stacklevel=level + 1)


# What torch.compiler.assume_constant_result does, without loading the compiler, which takes as long as torch.
warn._dynamo_marked_constant = True  # type: ignore[attr-defined]


def check_weight(weight: Tensor, input: Tensor) -> None:
    """Raise ``ValueError`` unless the elementwise ``weight`` has the shape of ``input``."""
    if weight.shape != input.shape:
        raise ValueError(
            f"weight must have the same size as input, found {tuple(weight.shape)} for {tuple(input.shape)}"
        )
