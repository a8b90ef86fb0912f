"""A stranger adds a loss in one folder: faces, proofs, the tables of the book and the benchmarks know it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "__init__.py": "",
    "losses.py": '''
from torch import Tensor

from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import reduce


@full_precision
def quartic_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The fourth power of the residual.

    Status: E, M-estimator.

    Args:
        input: prediction.
        target: observation.
        reduction: as everywhere.
    """
    return reduce((target - input) ** 4, reduction)
''',
    "gradients.py": """
def quartic_loss(input, target):
    return 4 * (input - target) ** 3
""",
    "modules.py": """
from lossbook.families.quartic.losses import quartic_loss
from lossbook.ground.module import module

QuarticLoss = module("QuarticLoss", quartic_loss)
""",
    "cases.py": """
import torch

from lossbook.ground.case import Spec
from lossbook.ground.workload import Workload, real_numbers

SPECS = {"quartic_loss": Spec(lambda g: tuple(torch.randn(2, 5, generator=g, dtype=torch.float64)))}
WORKLOADS = (Workload("quartic_loss", real_numbers),)
""",
    "card.yml": r"""
title: {ja: 四乗, en: Fourth powers}
losses:
  - name: quartic_loss
    target: real
    where: outliers
    call: F.quartic_loss(mu, y)
    formula: (y-\mu)^4
    gradient: 4(\mu-y)^3
    input: {ja: "同じ形の実数", en: "real numbers, one shape"}
    mean: elements
    use: {ja: "例のため", en: "as an example"}
    avoid: {ja: "外れ値があるとき", en: "there are outliers"}
""",
}
QUESTIONS = """
import json
from lossbook import checks, gradients, losses, modules
from benchmarks.cases import CASES
from book.extension import catalogue
from book.extension.catalogue import _guide_entry
from pathlib import Path
from book.press.cards import families
entry = next(loss for loss in catalogue.catalogue()["losses"] if loss["name"] == "quartic_loss")
report = checks.matrix(names=["quartic_loss"])["quartic_loss"]
print(json.dumps({
    "faces": ["quartic_loss" in dir(losses), "quartic_loss" in dir(gradients), "QuarticLoss" in dir(modules)],
    "module": float(modules.QuarticLoss()(*checks.SPECS["quartic_loss"].arguments())) > 0,
    "matrix": {name: evidence and evidence.cases for name, evidence in report.evidence.items()},
    "guide": _guide_entry(entry, "en"),
    "api": "quartic" in [family.name for family in families(Path("."))],
    "benchmark": "quartic_loss" in [case.name for case in CASES],
}))
"""


def test_one_folder_is_all_it_takes(tmp_path: Path) -> None:
    for part in ("src", "book", "benchmarks"):
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    shutil.copy(ROOT / "_config.yml", tmp_path)
    family = tmp_path / "src/lossbook/families/quartic"
    family.mkdir()
    for name, text in FILES.items():
        (family / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", QUESTIONS],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path / 'src'}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["faces"] == [True, True, True]
    assert found["module"]
    assert found["matrix"]["gradient by hand"] == 1
    assert found["matrix"]["value"] is None
    assert "`F.quartic_loss(mu, y)`" in found["guide"]
    assert "there are outliers" in found["guide"]
    assert found["api"]
    assert found["benchmark"]
