"""Show the code that runs, not a copy of it."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from IPython.display import display


def show_source(*functions: Callable[..., Any]) -> None:
    """Display the source of ``functions`` without their docstrings, which the reference pages show."""
    code = "\n\n".join(_without_docstring(function) for function in functions)
    display({"text/plain": code, "text/markdown": f"```python\n{code}\n```"}, raw=True)


def _without_docstring(function: Callable[..., Any]) -> str:
    source = textwrap.dedent(inspect.getsource(function)).rstrip()
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)
    if ast.get_docstring(definition) is None:
        return source
    docstring, lines = definition.body[0], source.split("\n")
    return "\n".join(lines[: docstring.lineno - 1] + lines[docstring.end_lineno :])
