"""How the flat faces, :mod:`lossbook.losses` and its siblings, find what the package offers.

A face shows every public function and class that the families define in the file of its name, and loads a
family when one of its names is used; :mod:`lossbook.data` shows what the files of its own folder define. The
folders are the only list. What an editor or a type checker reads is a stub, written from the same list:
``python -m lossbook.faces``.
"""

import difflib
import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent
FACES = ("losses", "gradients", "likelihoods", "modules", "data")
# What is public starts with a letter: a function, a class, or a class that module() makes.
DEFINITION = re.compile(r"^(?:def|class) ([A-Za-z]\w*)|^([A-Z]\w*) = module\(", re.M)


@cache
def families() -> tuple[str, ...]:
    """The names of the families, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in PACKAGE.glob("families/*/losses.py")))


@cache
def origins(face: str) -> dict[str, str]:
    """The names that ``face`` shows, each with the module that defines it; nothing is imported.

    Raises:
        ImportError: two modules define the same name.

    >>> origins("losses")["huber_loss"]
    'lossbook.families.regression.losses'
    """
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.glob("data/[a-z]*.py" if face == "data" else f"families/*/{face}.py")):
        module = ".".join(("lossbook", *path.relative_to(PACKAGE).with_suffix("").parts))
        for match in DEFINITION.finditer(path.read_text(encoding="utf-8")):
            name = match.group(1) or match.group(2)
            if name in found:
                raise ImportError(f"{found[name]} and {module} both define {name}")
            found[name] = module
    return dict(sorted(found.items()))


def drawer(family: str, name: str) -> Any:
    """The module ``name`` of a family: ``drawer("regression", "cases")``."""
    return import_module(f"lossbook.families.{family}.{name}")


def family_of(loss: str) -> str:
    """The family of a loss of :mod:`lossbook.losses`; ``KeyError`` if there is no such loss.

    >>> family_of("huber_loss")
    'regression'
    """
    return origins("losses")[loss].split(".")[-2]


def open_face(namespace: dict[str, Any], *own: str) -> None:
    """Give a module, by its ``globals()``, the names of its face; ``own`` are names it defines itself."""
    module = namespace["__name__"]
    face = module.rpartition(".")[2]
    shown = sorted({*own, *origins(face)})

    def __getattr__(name: str) -> Any:
        origin = origins(face).get(name)
        if origin is None:
            close = difflib.get_close_matches(name, shown, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise AttributeError(f"module {module!r} has no attribute {name!r}{hint}", name=name)
        value = namespace[name] = getattr(import_module(origin), name)
        return value

    namespace.update(__getattr__=__getattr__, __dir__=lambda: shown, __all__=shown)


def stubs() -> dict[Path, str]:
    """The stub of each face, by its path."""
    found = {}
    for face in FACES:
        module = import_module(f"lossbook.{face}")
        own = [(name, vars(module)[name].__module__) for name in module.__all__ if name not in origins(face)]
        file = Path(str(module.__file__)).with_suffix(".pyi")
        found[file] = _stub([*own, *origins(face).items()])
    return found


def _stub(names: Iterable[tuple[str, str]]) -> str:
    lines = sorted(f"from {module} import {name} as {name}" for name, module in names)
    return "\n".join(["# Written by python -m lossbook.faces.", *lines, ""])


def main() -> None:
    """Write the stubs."""
    for path, text in stubs().items():
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
