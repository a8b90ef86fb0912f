"""The cases on which each loss is proven, one file per part of the book, by the loss's name."""

import pkgutil
from importlib import import_module

from lossbook.checks.spec import Spec

SPECS: dict[str, Spec] = {
    name: spec
    for part in pkgutil.iter_modules(__path__)
    for name, spec in import_module(f"{__name__}.{part.name}").SPECS.items()
}
