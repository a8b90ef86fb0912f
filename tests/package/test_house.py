"""The house: one room per family, faces that know every name, light imports, arrows that point one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lossbook
from lossbook import faces, losses

SRC = Path(lossbook.__file__).parent
GROUND_FLOORS = ("ground", "families")


@pytest.mark.parametrize("path", faces.stubs(), ids=lambda path: path.name)
def test_the_stub_is_what_the_folders_hold(path):
    assert path.read_text(encoding="utf-8") == faces.stubs()[path], "run make format"


@pytest.mark.parametrize("face", faces.FACES)
def test_a_face_shows_what_can_be_used_and_nothing_else(face):
    module = getattr(lossbook, face)
    assert dir(module) == module.__all__
    for name in module.__all__:
        assert callable(getattr(module, name)), name


def test_a_misspelt_name_suggests_the_right_one():
    with pytest.raises(AttributeError, match=r"no attribute 'hubr_loss'; did you mean 'huber_loss'\?"):
        losses.hubr_loss  # noqa: B018


def test_the_package_says_what_it_is():
    assert "likelihood" in lossbook.__doc__
    assert lossbook.__version__.count(".") == 2
    assert {"losses", "checks", "data"} <= set(dir(lossbook))
    with pytest.raises(AttributeError, match="no attribute 'loss'"):
        lossbook.loss  # noqa: B018


def python(code, *options):
    """What a fresh Python prints for ``code``."""
    done = subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_loss_loads_its_family_and_no_compiler():
    code = """
import sys, torch
from lossbook import losses
losses.huber_loss(torch.zeros(2), torch.zeros(2))
loaded = sorted(name for name in sys.modules if name.startswith("lossbook.families."))
print("torch._dynamo" in sys.modules, *loaded)
"""
    assert python(code) == "False lossbook.families.regression lossbook.families.regression.losses"


def test_losses_and_their_proofs_need_torch_and_nothing_else():
    code = """
import sys
for name in "numpy scipy pandas sklearn statsmodels matplotlib seaborn tqdm IPython".split():
    sys.modules[name] = None
import torch
from lossbook import checks, gradients, likelihoods, losses, modules
for face in (losses, gradients, likelihoods, modules):
    for name in face.__all__:
        getattr(face, name)
print(checks.prove(losses.huber_loss).name, len(checks.SPECS) > 30)
"""
    assert python(code, "-W", "ignore") == "huber_loss True"


def imports(path):
    """The modules of this package that a file imports."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return [name.split(".") for name in found if name.split(".")[0] == "lossbook"]


@pytest.mark.parametrize("floor", GROUND_FLOORS)
def test_no_arrow_runs_back_up(floor):
    below = GROUND_FLOORS[: GROUND_FLOORS.index(floor) + 1]
    for path in (SRC / floor).rglob("*.py"):
        for module in imports(path):
            where = path.relative_to(SRC)
            assert module[1] in below, f"{where} imports {'.'.join(module)}, which stands above it"


def test_the_package_does_not_know_the_press():
    assert not [path for path in SRC.rglob("*.py") if "book.press" in path.read_text(encoding="utf-8")]
