"""How many faults in the losses the tests see: ``python -m tests.mutation --faults 100 --seed 0``.

Each fault is one change in one place of a family's ``losses.py``: an operator, a comparison, a number or a
name exchanged for another. A copy of the package gets the fault, and on it run
the tests of that family and the proofs of its losses. Lists the faults that no test saw, and returns 1 if
fewer than ``--seen`` per cent were seen.

``--families scores boxes`` makes faults in these only. What was found is kept in ``_build/mutation.jsonl``:
a run that was cut off goes on where it stopped, until the losses or the tests of the family change;
``--again`` forgets it.
"""

import argparse
import ast
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "_build" / "mutation.jsonl"
EVERY_FAMILY = ["test_fuzz.py", "test_precision.py", "test_shapes.py", "test_signatures.py"]
PROOFS = ["tests/package/test_checks.py"]  # of these only what is named after a loss of the family
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
    """Whether a test of the family fails once ``fault``, by its number, is in its losses; -1 is none."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "lossbook"
        shutil.copytree(ROOT / "src/lossbook", package, ignore=shutil.ignore_patterns("__pycache__"))
        tree = ast.parse(family.read_text(encoding="utf-8"))
        if fault >= 0:
            list(faults(tree))[fault][2]()
        wrong = package / family.relative_to(ROOT / "src/lossbook")
        wrong.write_text(ast.unparse(tree), encoding="utf-8")
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([folder, str(ROOT)])}
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
        return _fails(_tests(family), environment) or _fails([*PROOFS, "-k", " or ".join(names)], environment)


def _fails(arguments: Sequence[Path | str], environment: dict[str, str]) -> bool:
    pytest = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
    done = subprocess.run([*pytest, *arguments], cwd=ROOT, env=environment, capture_output=True, check=False)
    return done.returncode != 0


def _tests(family: Path) -> list[Path]:
    return [ROOT / "tests/package" / name for name in (f"test_{family.parent.name}.py", *EVERY_FAMILY)]


def _digest(family: Path) -> str:
    """Changes with the losses of the family and with its tests."""
    read = hashlib.sha256()
    for path in (family, *_tests(family)):
        read.update(path.read_bytes())
    return read.hexdigest()[:16]


def _remembered() -> dict[tuple[str, int, str], bool]:
    lines = RECORD.read_text(encoding="utf-8").splitlines() if RECORD.exists() else []
    found = [json.loads(line) for line in lines]
    return {(f["family"], f["number"], f["digest"]): f["seen"] for f in found}


def _remember(family: str, number: int, digest: str, was_seen: bool) -> None:
    RECORD.parent.mkdir(exist_ok=True)
    found = {"family": family, "number": number, "digest": digest, "seen": was_seen}
    with RECORD.open("a", encoding="utf-8") as file:
        file.write(json.dumps(found) + "\n")


def main(argv: list[str] | None = None) -> int:
    """Make the faults and report."""
    families = {path.parent.name: path for path in sorted(ROOT.glob("src/lossbook/families/*/losses.py"))}
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seen", type=float, default=97, help="per cent that must be seen")
    parser.add_argument("--families", nargs="+", choices=families, default=list(families), metavar="FAMILY")
    parser.add_argument("--again", action="store_true", help="forget what earlier runs found")
    options = parser.parse_args(argv)
    if options.again:
        RECORD.unlink(missing_ok=True)
    every = [
        (families[name], number, line, what)
        for name in sorted(options.families)
        for number, (line, what, _) in enumerate(
            faults(ast.parse(families[name].read_text(encoding="utf-8")))
        )
    ]
    chosen = random.Random(options.seed).sample(every, min(options.faults, len(every)))
    missed, remembered = 0, _remembered()

    def is_seen(path: Path, number: int) -> bool:
        key = (path.parent.name, number, _digest(path))
        if key not in remembered:
            remembered[key] = seen(path, number)
            _remember(*key, remembered[key])
        return remembered[key]

    for path, number, line, what in chosen:
        if is_seen(path, -1):
            sys.exit(f"the tests of {path.parent.name} fail without any fault")
        if not is_seen(path, number):
            missed += 1
            print(f"not seen: {path.relative_to(ROOT)}:{line}: {what}", flush=True)
    share = 100 * (1 - missed / len(chosen))
    print(f"{len(chosen) - missed} of {len(chosen)} faults seen, {share:.0f} %")
    return int(share < options.seen)


if __name__ == "__main__":
    raise SystemExit(main())
