"""The strict mode: refuse what torch accepts silently."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch

# In how many blocks the running thread or task is. A compiler cannot trace a ContextVar; it reads the same
# number by thread, where it can guard it, so that compiled code knows where it is called from.
_blocks: ContextVar[int] = ContextVar("blocks of strict mode", default=0)
_traced = threading.local()


@contextmanager
def strict() -> Iterator[None]:
    """Refuse, inside the ``with`` block, what torch accepts silently and answers with a meaningless number.

    Outside of it a loss agrees with torch even there. What is refused is written in each loss under *Strict*.
    Other threads and tasks are not concerned.

    >>> import torch
    >>> from lossbook import losses
    >>> with losses.strict():
    ...     losses.mse_loss(torch.zeros(3, 1), torch.zeros(3))
    Traceback (most recent call last):
        ...
    ValueError: all shapes must be equal in strict mode, found input (3, 1), target (3,)
    """
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def is_strict() -> bool:
    """Whether the code runs inside a ``with strict():`` block."""
    if torch.compiler.is_compiling():
        return getattr(_traced, "blocks", 0) > 0
    return _blocks.get() > 0


def _count(change: int) -> None:
    _traced.blocks = getattr(_traced, "blocks", 0) + change
    if not torch.compiler.is_compiling():
        _blocks.set(_blocks.get() + change)
