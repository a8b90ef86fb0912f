"""The table of ratios, and the machine that it came from."""

import platform
import re
import statistics
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.measure import COMPILED, EAGER, FLOOR, OURS, READABLE, Result

RESULTS = Path(__file__).parent / "results"
ELEMENTWISE, OTHERS, PLAIN = 1.5, 2.0, 2.0  # the largest medians hoped for beside the floor, and eager


def machine(device: torch.device) -> str:
    """Name of the processor, or of the GPU, and for a processor its number of threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_cpu_model()}, {torch.get_num_threads()} threads"


def file_name(machine: str) -> str:
    """``machine`` as the name of a file."""
    return re.sub(r"[^a-z0-9]+", "-", machine.lower()).strip("-") + ".md"


def page(results: Sequence[Result], machine: str, imported: str = "", growth: Sequence[str] = ()) -> str:
    """The results as a Markdown page, with the sentence about imports and the growth if measured."""
    lines = [
        f"# {machine}",
        "",
        f"torch {torch.__version__}, Python {platform.python_version()}, {platform.system()}. "
        "Made by `make bench`. Forward plus backward of the readable loss under `torch.compile`, divided by "
        "torch's own, eager and compiled; minimum, median and maximum of the rounds. "
        "On a processor with glibc, small blocks that are freed are kept and cost no page faults again. "
        "`aim` is the largest median hoped for beside torch eager; beside torch compiled it is 1. `× floor` "
        "is the median beside the floor: what the bytes, functions and products of the loss take on this "
        f"machine as bare torch operations; hoped for are {ELEMENTWISE:g} for elementwise losses and "
        f"{OTHERS:g} for others. The last two columns are the readable loss without a compiler, beside torch "
        f"eager (hoped for: {PLAIN:g}) and beside itself compiled. A loss that torch lacks is timed alone.",
        "",
        "| loss | ms | eager min | median | max | aim | compiled min | median | max | × floor "
        "| without a compiler | times compiled |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *map(row, results),
        "",
        "What the floor of each holds: bytes, millions of functions, and what is called as a whole:",
        "",
        "| loss | ms | needs |",
        "|---|--:|---|",
        *map(_floor_row, results),
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
    return "\n".join([*lines, *(["", *growth] if growth else []), ""])


def row(result: Result) -> str:
    """One line of the table of ratios."""
    eager, compiled = (_spread(result.ratios(to)) for to in (EAGER, COMPILED))
    case = result.case
    others = (
        _median(result.ratios(FLOOR)),
        _median(result.ratios(EAGER, of=READABLE)),
        _median(result.ratios(OURS, of=READABLE)),
    )
    first = f"| {case.name} | {result.milliseconds():.2f} | {eager} | {case.aim:g} | {compiled} |"
    return f"{first} {' | '.join(others)} |"


def above_aim(results: Sequence[Result]) -> list[str]:
    """Sentences about the losses that are slower than was hoped for."""
    found = []
    for result in results:
        floor = ELEMENTWISE if result.elementwise else OTHERS
        for of, to, aim in (
            (OURS, EAGER, result.case.aim),
            (OURS, COMPILED, 1.0),
            (OURS, FLOOR, floor),
            (READABLE, EAGER, PLAIN),
        ):
            ratios = result.ratios(to, of)
            if ratios and (median := statistics.median(ratios)) > aim:
                found.append(f"{result.case.name}: {of} takes {median:.2f} of {to}, hoped for {aim:g}")
    return found


def _median(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f}" if ratios else "–"


def _floor_row(result: Result) -> str:
    return f"| {result.case.name} | {1000 * statistics.median(result.seconds[FLOOR]):.2f} | {result.needs} |"


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
