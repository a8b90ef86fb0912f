"""What it costs to import the losses once torch is there, as a share of importing torch."""

import statistics
import subprocess
import sys

CODE = """
from time import perf_counter
start = perf_counter()
import torch
loaded = perf_counter()
from lossbook import losses
losses.cross_entropy
print((perf_counter() - loaded) / (loaded - start))
"""


def import_ratio(rounds: int = 5) -> float:
    """The median share over ``rounds`` fresh processes, without a first one that may read from a cold disk.

    Raises:
        subprocess.CalledProcessError: the package cannot be imported.
    """
    shares = [float(subprocess.check_output([sys.executable, "-c", CODE])) for _ in range(rounds + 1)]
    return statistics.median(shares[1:])


def line(ratio: float) -> str:
    """The share as a sentence."""
    return f"Importing `lossbook.losses` after torch takes {ratio:.3f} of the time of importing torch."
