"""Loss functions derived from likelihoods, in PyTorch's contract: the package of *Losses from Likelihood*.

:mod:`lossbook.losses` holds the functions and :mod:`lossbook.modules` the classes; :mod:`lossbook.gradients`
and :mod:`lossbook.likelihoods` what they are derived from; :mod:`lossbook.checks` proves them. These need
torch and nothing else. What the chapters of the book need besides comes with ``pip install lossbook[book]``.
"""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

__version__ = "0.2.0"

_MODULES = sorted(found.name for found in iter_modules(__path__))


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)


def __dir__() -> list[str]:
    return [*_MODULES, "__doc__", "__version__"]
