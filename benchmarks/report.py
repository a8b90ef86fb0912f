"""The table of ratios, and the machine that it came from."""

import platform
import re
import statistics
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.measure import COMPILED, EAGER, OURS, READABLE, Result

RESULTS = Path(__file__).parent / "results"


def machine(device: torch.device) -> str:
    """Name of the processor, or of the GPU, and for a processor its number of threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_cpu_model()}, {torch.get_num_threads()} threads"


def file_name(machine: str) -> str:
    """``machine`` as the name of a file."""
    return re.sub(r"[^a-z0-9]+", "-", machine.lower()).strip("-") + ".md"


def page(results: Sequence[Result], machine: str, imported: str = "") -> str:
    """The results as a Markdown page, with the sentence about imports if it was measured."""
    lines = [
        f"# {machine}",
        "",
        f"torch {torch.__version__}, Python {platform.python_version()}, {platform.system()}. "
        "Made by `make bench`. Forward plus backward of the readable loss under `torch.compile`, divided by "
        "torch's own, eager and compiled; minimum, median and maximum of the rounds. "
        "On a processor with glibc, small blocks that are freed are kept and cost no page faults again. "
        "`aim` is the largest median hoped for beside torch eager; beside torch compiled it is 1. The last "
        "column is the readable loss without a compiler beside torch eager. A loss that torch lacks is timed "
        "alone.",
        "",
        "| loss | ms | eager min | median | max | aim | compiled min | median | max | without a compiler |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *map(row, results),
        *(["", imported] if imported else []),
    ]
    measured = [result for result in results if result.peaks]
    if measured:
        lines += [
            "",
            "Peak of the memory in MiB, beyond the inputs and the gradients:",
            "",
            f"| loss | {OURS} | {EAGER} | {COMPILED} |",
            "|---|--:|--:|--:|",
            *(_memory_row(result) for result in measured),
        ]
    return "\n".join([*lines, ""])


def row(result: Result) -> str:
    """One line of the table of ratios."""
    eager, compiled = (_spread(result.ratios(to)) for to in (EAGER, COMPILED))
    case = result.case
    plain = result.ratios(EAGER, of=READABLE)
    last = f"{statistics.median(plain):.2f}" if plain else "–"
    return f"| {case.name} | {result.milliseconds():.2f} | {eager} | {case.aim:g} | {compiled} | {last} |"


def above_aim(results: Sequence[Result]) -> list[str]:
    """Sentences about the losses that are slower than was hoped for."""
    found = []
    for result in results:
        for to, aim in ((EAGER, result.case.aim), (COMPILED, 1.0)):
            ratios = result.ratios(to)
            if ratios and (median := statistics.median(ratios)) > aim:
                found.append(f"{result.case.name}: {median:.2f} of the time of {to}, hoped for {aim:g}")
    return found


def _spread(ratios: list[float]) -> str:
    if not ratios:
        return "– | – | –"
    return f"{min(ratios):.2f} | {statistics.median(ratios):.2f} | {max(ratios):.2f}"


def _memory_row(result: Result) -> str:
    peaks = " | ".join(f"{result.peaks[name]:.1f}" for name in (OURS, EAGER, COMPILED))
    return f"| {result.case.name} | {peaks} |"


def _cpu_model() -> str:
    listing = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", listing.read_text(), re.M) if listing.exists() else None
    return found.group(1).strip() if found else platform.processor() or platform.machine()
