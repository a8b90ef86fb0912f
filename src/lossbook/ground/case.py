"""What a proof needs to know about a loss: inputs to try, options to try, and where it must not break."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator

from lossbook.ground.reduction import REDUCTIONS

Options = dict[str, Any]


def grid(**values: Iterable[Any]) -> tuple[Options, ...]:
    """Every combination of the given option values.

    >>> grid(delta=(1.0, 2.0), weight=(None,))
    ({'delta': 1.0, 'weight': None}, {'delta': 2.0, 'weight': None})
    """
    names = tuple(values)
    return tuple(dict(zip(names, row, strict=True)) for row in itertools.product(*values.values()))


@dataclass(frozen=True)
class Spec:
    """The cases on which one loss is proven.

    Attributes:
        inputs: takes a seeded ``torch.Generator`` and returns the positional arguments, in float64, away from
            kinks of the loss.
        wrt: positions of the differentiable inputs.
        target: position of the observation, of which :mod:`lossbook.likelihoods` gives the distribution.
        options: option combinations, each tried with every reduction; see :func:`grid`.
        extremes: ``(arguments, options)`` at which neither the value nor a gradient may be nan.
        reductions: what ``reduction`` may be, if the loss takes it.
        twice: whether the second derivative exists almost everywhere and is compared (``gradgradcheck``).
        dtypes: precisions compared with float64.
        reference: what the loss is compared with, where that is not torch's function of the same name.
        products: whether the loss has matrix products of its own, which autocast has in low precision.
        held: where the loss stops a part of its gradient, which then is no slope of its value: takes the
            arguments and options, and returns the loss with that part held at what it is there. Finite
            differences are those of this function.
        rows: positions of the arguments with one entry for each row; by default every tensor, ``()`` for a
            loss that cannot take many rows.
    """

    inputs: Callable[[Generator], tuple[Any, ...]]
    wrt: tuple[int, ...] = (0,)
    target: int = 1
    options: Sequence[Options] = ({},)
    extremes: Sequence[tuple[tuple[Any, ...], Options]] = ()
    reductions: tuple[str, ...] = REDUCTIONS
    twice: bool = True
    dtypes: tuple[torch.dtype, ...] = field(default=(torch.float32, torch.bfloat16, torch.float16))
    reference: Callable[..., Any] | None = None
    products: bool = False
    held: Callable[..., Callable[..., Any]] | None = None
    rows: tuple[int, ...] | None = None

    def arguments(self, seed: int = 0) -> tuple[Any, ...]:
        """The positional arguments made from ``seed``."""
        return self.inputs(torch.Generator().manual_seed(seed))
