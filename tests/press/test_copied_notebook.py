"""A notebook that is copied out of the repository runs under nbval there, without this project's settings."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
TRAINS = """\
import torch
from lossbook import losses, training

x = torch.linspace(-1, 1, 8)[:, None]
training.fit(torch.nn.Linear(1, 1), losses.mse_loss, [(x, 2 * x)], epochs=3)
print("trained")
"""


def test_a_copied_notebook_that_trains_shows_nothing_of_its_own_on_stderr(tmp_path: Path) -> None:
    printed = nbformat.v4.new_output("stream", name="stdout", text="trained\n")
    cell = nbformat.v4.new_code_cell(TRAINS, outputs=[printed], execution_count=1)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), tmp_path / "a.ipynb"
    )
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("LOSSBOOK", "PYTEST"))
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--nbval",
            "--nbval-current-env",
            "-p",
            "no:cacheprovider",
            "a.ipynb",
        ],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
