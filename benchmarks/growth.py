"""How time and memory grow with the size, and what chunks cost: ``python -m benchmarks.growth``.

The exponent is the slope of the logarithm of the time, or of the memory, over that of the size: 1 is linear.
"""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import LinearCrossEntropyOptions
from torch.utils.benchmark import Timer

from benchmarks.measure import Step, keep_memory, peak
from lossbook import losses
from lossbook.ground.workload import leaf

CPU = torch.device("cpu")
SHORTEST = 0.1  # seconds that one timing takes at least
LARGEST = 2**26  # logits that are ever held at once here: 256 MiB


@dataclass
class Series:
    """One loss over sizes of one of its dimensions."""

    loss: str
    axis: str
    sizes: tuple[int, ...]
    make: Callable[[int], Step]


@dataclass
class Chunks:
    """Chunked linear cross entropy beside the one that holds all logits."""

    sizes: tuple[int, int, int]
    ratios: list[float]
    peak: float
    whole_peak: float


def ctc(frames: int = 150, sequences: int = 16, symbols: int = 40, labels: int = 30) -> Step:
    scores = leaf(torch.randn(frames, sequences, symbols))
    target = torch.randint(1, symbols, (sequences, labels))
    lengths = torch.full((sequences,), frames), torch.full((sequences,), labels)
    return _step(lambda: losses.ctc_loss(scores.log_softmax(2), target, *lengths), scores)


def nca(points: int, features: int = 64) -> Step:
    x, label = leaf(torch.randn(points, features) / features**0.5), torch.arange(points) % 4
    return _step(lambda: losses.nca_loss(x, label), x)


def linear(
    rows: int = 1024,
    features: int = 64,
    vocabulary: int = 8192,
    options: object = LinearCrossEntropyOptions(),
) -> Step:
    h, weight = leaf(torch.randn(rows, features)), leaf(torch.randn(vocabulary, features) / features**0.5)
    target = torch.randint(0, vocabulary, (rows,))
    return _step(lambda: losses.linear_cross_entropy(h, weight, target, options=options), h, weight)


SERIES = (
    Series("ctc_loss", "T", (125, 250, 500, 1000, 2000), lambda n: ctc(frames=n)),
    Series("ctc_loss", "N", (16, 64, 256, 1024), lambda n: ctc(sequences=n)),
    Series("ctc_loss", "V", (64, 512, 4096), lambda n: ctc(symbols=n)),
    Series("nca_loss", "N", (256, 512, 1024, 2048, 4096), nca),
    Series("linear_cross_entropy, in chunks", "N", (512, 1024, 2048, 4096), lambda n: linear(rows=n)),
    Series("linear_cross_entropy, in chunks", "D", (64, 128, 256, 512), lambda n: linear(features=n)),
    Series(
        "linear_cross_entropy, in chunks", "V", (4096, 8192, 32_768, 131_072), lambda n: linear(vocabulary=n)
    ),
)
GRID = tuple(
    (n, d, v)
    for n in (64, 512, 4096)
    for d in (64, 512)
    for v in (1024, 8192, 32_768, 131_072)
    if n * v <= LARGEST
)


def grow(series: Sequence[Series], rounds: int) -> Iterator[str]:
    """A line of the table for each series; the sizes are timed in turns."""
    for one in series:
        steps = [one.make(size) for size in one.sizes]
        seconds = [min(times) for times in zip(*_in_turns(steps, rounds), strict=True)]
        peaks = [peak(step, CPU) for step in steps]
        yield (
            f"| {one.loss} | {one.axis} | {one.sizes[0]} to {one.sizes[-1]} "
            f"| {1000 * seconds[0]:.2f} to {1000 * seconds[-1]:.2f} | {exponent(one.sizes, seconds):.2f} "
            f"| {peaks[0]:.1f} to {peaks[-1]:.1f} | {exponent(one.sizes, peaks):.2f} |"
        )


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    """The slope of log ``values`` over log ``sizes``, by least squares."""
    return statistics.linear_regression([*map(math.log, sizes)], [*map(math.log, values)]).slope


def compare_chunks(grid: Sequence[tuple[int, int, int]], rounds: int) -> Iterator[Chunks]:
    """Each point of the grid, with and without chunks in turns."""
    for n, d, v in grid:
        torch.manual_seed(0)
        whole, chunked = linear(n, d, v, options=None), linear(n, d, v)
        ratios = [b / a for a, b in _in_turns([whole, chunked], rounds)]
        yield Chunks((n, d, v), ratios, peak(chunked, CPU), peak(whole, CPU))


def chunk_row(found: Chunks) -> str:
    n, d, v = found.sizes
    spread = f"{min(found.ratios):.2f} | {statistics.median(found.ratios):.2f} | {max(found.ratios):.2f}"
    return f"| {n} | {d} | {v} | {spread} | {found.peak:.1f} | {found.whole_peak:.1f} |"


def sections(rounds: int) -> Iterator[str]:
    """The lines of both tables, as they are measured."""
    yield from (
        "Growth, without a compiler. Time is the shortest of the rounds; memory the peak in MiB beyond the "
        "inputs and the gradients:",
        "",
        "| loss | with | from, to | ms | exponent | MiB | exponent |",
        "|---|---|--:|--:|--:|--:|--:|",
    )
    yield from grow(SERIES, rounds)
    yield from (
        "",
        "Chunks of `linear_cross_entropy` (rows N, features D, classes V): time beside that without chunks, "
        "hoped for 1; peak of the memory in MiB beyond the inputs and the gradients, hoped for 8:",
        "",
        "| N | D | V | min | median | max | MiB | MiB without |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
    )
    yield from map(chunk_row, compare_chunks(GRID, rounds))


def _step(loss: Callable[[], Tensor], *by: Tensor) -> Step:
    def run() -> tuple[Tensor, ...]:
        value = loss()
        return value, *torch.autograd.grad(value, by)

    return run


def _in_turns(steps: Sequence[Step], rounds: int) -> list[list[float]]:
    """The seconds of each step, one list for each round."""
    timers = [Timer("step()", globals={"step": step}, num_threads=torch.get_num_threads()) for step in steps]
    repeats = [max(1, round(SHORTEST / timer.timeit(1).mean)) for timer in timers]
    return [[timer.timeit(n).mean for timer, n in zip(timers, repeats, strict=True)] for _ in range(rounds)]


if __name__ == "__main__":
    keep_memory()
    for line in sections(rounds=3):
        print(line, flush=True)
