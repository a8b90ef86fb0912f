"""The strict mode: refuse what torch accepts silently."""

from collections.abc import Iterator
from contextlib import contextmanager

_strict = False


@contextmanager
def strict() -> Iterator[None]:
    """Refuse, inside the ``with`` block, what torch accepts silently and answers with a meaningless number.

    Outside of it a loss agrees with torch even there. What is refused is written in each loss under *Strict*.

    >>> import torch
    >>> from lossbook import losses
    >>> with losses.strict():
    ...     losses.mse_loss(torch.zeros(3, 1), torch.zeros(3))
    Traceback (most recent call last):
        ...
    ValueError: all shapes must be equal in strict mode, found input (3, 1), target (3,)
    """
    global _strict
    before, _strict = _strict, True
    try:
        yield
    finally:
        _strict = before


def is_strict() -> bool:
    """Whether the code runs inside a ``with strict():`` block."""
    return _strict
