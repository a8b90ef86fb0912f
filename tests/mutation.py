"""How many faults in the losses the tests see: ``python -m tests.mutation --faults 100 --seed 0``.

Each fault is one change in one place of a family's ``losses.py``: an operator, a comparison, a number or a
name exchanged for another. A copy of the package gets the fault, and the tests of that family run on it.
Lists the faults that no test saw, and returns 1 if fewer than ``--seen`` per cent were seen.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult}
LOGIC = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And}
COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
NAMES = {"sum": "mean", "mean": "sum", "minimum": "maximum", "log": "log1p", "exp": "expm1", "amax": "amin"}

Fault = Callable[[], None]


def faults(tree: ast.AST) -> Iterator[tuple[int, str, Fault]]:
    """Every fault that can be made in ``tree``: its line, what it is, and what makes it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS | LOGIC:
            new = (OPERATORS | LOGIC)[type(node.op)]
            yield node.lineno, f"{type(node.op).__name__} to {new.__name__}", _setter(node, "op", new())
        elif isinstance(node, ast.BoolOp):
            new = LOGIC[type(node.op)]
            yield node.lineno, f"{type(node.op).__name__} to {new.__name__}", _setter(node, "op", new())
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
            new = COMPARISONS[type(node.ops[0])]
            what = f"{type(node.ops[0]).__name__} to {new.__name__}"
            yield node.lineno, what, _setter(node, "ops", [new(), *node.ops[1:]])
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
            yield node.lineno, f"{type(node.op).__name__} dropped", _setter(node, "op", ast.UAdd())
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield node.lineno, f"{node.value} to {node.value + 1}", _setter(node, "value", node.value + 1)
        elif isinstance(node, ast.Attribute) and node.attr in NAMES:
            yield node.lineno, f"{node.attr} to {NAMES[node.attr]}", _setter(node, "attr", NAMES[node.attr])


def _setter(node: ast.AST, field: str, value: object) -> Fault:
    return lambda: setattr(node, field, value)


def seen(family: Path, fault: int) -> bool:
    """Whether a test of the family fails once ``fault``, by its number, is in its losses."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "lossbook"
        shutil.copytree(ROOT / "src/lossbook", package, ignore=shutil.ignore_patterns("__pycache__"))
        tree = ast.parse(family.read_text(encoding="utf-8"))
        list(faults(tree))[fault][2]()
        wrong = package / family.relative_to(ROOT / "src/lossbook")
        wrong.write_text(ast.unparse(tree), encoding="utf-8")
        tests = [f"tests/package/test_{family.parent.name}.py", "tests/package/test_fuzz.py"]
        tests += ["tests/package/test_precision.py", "tests/package/test_shapes.py"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([folder, str(ROOT)])},
            capture_output=True,
            check=False,
        )
    return done.returncode != 0


def main(argv: list[str] | None = None) -> int:
    """Make the faults and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seen", type=float, default=97, help="per cent that must be seen")
    options = parser.parse_args(argv)
    every = [
        (path, number, line, what)
        for path in sorted(ROOT.glob("src/lossbook/families/*/losses.py"))
        for number, (line, what, _) in enumerate(faults(ast.parse(path.read_text(encoding="utf-8"))))
    ]
    chosen = random.Random(options.seed).sample(every, min(options.faults, len(every)))
    missed = 0
    for path, number, line, what in chosen:
        if not seen(path, number):
            missed += 1
            print(f"not seen: {path.relative_to(ROOT)}:{line}: {what}", flush=True)
    share = 100 * (1 - missed / len(chosen))
    print(f"{len(chosen) - missed} of {len(chosen)} faults seen, {share:.0f} %")
    return int(share < options.seen)


if __name__ == "__main__":
    raise SystemExit(main())
