"""Forward plus backward, timed in turns so that a busy moment of the machine hits every contender alike."""

import ctypes
import platform
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.benchmark import Timer

from benchmarks import floor
from benchmarks.cases import contenders
from lossbook import memory
from lossbook.ground.workload import Sizes, Workload

OURS, READABLE, EAGER, COMPILED = "ours, compiled", "ours, eager", "torch, eager", "torch, compiled"
FLOOR = "floor"
SHORTEST = 0.1  # seconds that one timing takes at least
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # from malloc.h of glibc

Step = Callable[[], tuple[Tensor, ...]]  # returns the loss and its gradients


@dataclass
class Result:
    """What one case took: seconds by contender, one per round, and the peak of the memory in MiB.

    Attributes:
        needs: what its floor holds, in words.
        elementwise: whether each number of the loss needs one number of each argument.
    """

    case: Workload
    seconds: dict[str, list[float]]
    peaks: dict[str, float] = field(default_factory=dict)
    needs: str = ""
    elementwise: bool = True

    def ratios(self, to: str, of: str = OURS) -> list[float]:
        """One contender divided by the other of the same round; empty if it was not there."""
        if not {to, of} <= self.seconds.keys():
            return []
        return [mine / other for mine, other in zip(self.seconds[of], self.seconds[to], strict=True)]

    def milliseconds(self) -> float:
        return 1000 * statistics.median(self.seconds[OURS])


def keep_memory() -> None:
    """Let glibc keep blocks below 32 MiB that are freed, and give larger ones back to the system.

    Left alone it settles there too, but gives back smaller ones now and then, as the heap happens to lie:
    page faults that come and go made ratios vary between 0.3 and 1.7. Those of large blocks are a cost.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 2**25)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def steps(case: Workload, sizes: Sizes, device: torch.device, backend: str = "inductor") -> dict[str, Step]:
    """Forward plus backward of each contender on the same inputs."""
    torch.compiler.reset()
    inputs, by = _given(case, sizes, device)
    ours, twin = contenders(case)

    def step(loss: Callable[..., Tensor]) -> Step:
        def run() -> tuple[Tensor, ...]:
            value = loss(*inputs)
            return value, *torch.autograd.grad(value, by)

        return run

    def compiled(loss: Callable[..., Tensor]) -> Step:
        return step(torch.compile(loss, backend=backend, dynamic=False))

    found = {OURS: compiled(ours), READABLE: step(ours)}
    return found | ({EAGER: step(twin), COMPILED: compiled(twin)} if twin else {})


def needs(case: Workload, sizes: Sizes, device: torch.device) -> floor.Needs:
    """What ``case`` needs of the machine."""
    inputs, by = _given(case, sizes, device)
    formula = partial(case.formula, **case.options) if case.formula else contenders(case)[0]
    arguments = {id(x): x for x in (*inputs, *by) if isinstance(x, Tensor)}
    return floor.needs(lambda: formula(*inputs), list(arguments.values()), by)


def measure(case: Workload, sizes: Sizes, device: torch.device, rounds: int) -> Result:
    """Time ``case`` in ``rounds`` rounds; each begins with another contender."""
    runs, needed = steps(case, sizes, device), needs(case, sizes, device)
    timers = {}
    for name, step in (runs | {FLOOR: floor.step(needed, device)}).items():
        step()  # compiles
        timers[name] = Timer("step()", globals={"step": step}, num_threads=torch.get_num_threads())
    repeats = {name: max(1, round(SHORTEST / timer.timeit(1).mean)) for name, timer in timers.items()}
    inputs, _ = _given(case, sizes, device)
    elementwise = all(not isinstance(x, Tensor) or x.dim() < 2 for x in inputs) and not needed.whole
    result = Result(case, {name: [] for name in timers}, needs=str(needed), elementwise=elementwise)
    names = list(timers)
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            result.seconds[name].append(timers[name].timeit(repeats[name]).mean)
    if case.memory:
        result.peaks = {name: peak(step, device) for name, step in runs.items()}
    return result


def peak(step: Step, device: torch.device) -> float:
    """Most MiB that ``step`` holds at once, beyond its inputs and the gradients that it returns."""
    gradients = sum(g.nbytes for g in step()[1:])
    return memory.peak(step, device) - gradients / memory.MIB


def _given(case: Workload, sizes: Sizes, device: torch.device) -> tuple[tuple[Any, ...], list[Tensor]]:
    """The inputs, and the tensors by which a gradient is taken."""
    torch.manual_seed(0)
    inputs = tuple(_place(value, device) for value in case.inputs(sizes))
    return inputs, _leaves(inputs)


def _place(value: Any, device: torch.device) -> Any:
    if isinstance(value, Tensor):
        return value.detach().to(device).requires_grad_(value.requires_grad)
    return value.to(device) if isinstance(value, nn.Module) else value


def _leaves(inputs: tuple[Any, ...]) -> list[Tensor]:
    modules = [value for value in inputs if isinstance(value, nn.Module)]
    tensors = [value for value in inputs if isinstance(value, Tensor) and value.requires_grad]
    return tensors + [parameter for module in modules for parameter in module.parameters()]
