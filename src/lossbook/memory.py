"""How much memory a computation needs at its worst moment."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

MIB = 2**20


def peak(step: Callable[[], Any], device: torch.device | str = "cpu") -> float:
    """Most memory in MiB that ``step`` holds at once, beyond what was held before it began.

    It counts the bytes that torch asks for, which on a CPU do not depend on the machine.

    Args:
        step: called without arguments; on CUDA it should have run once before.
        device: where it computes: a CPU, or CUDA.

    >>> round(peak(lambda: torch.zeros(2**18) + 1), 3)  # two tensors of a quarter of a million 4-byte numbers
    2.0
    """
    return (_peak_on_cuda(step) if torch.device(device).type == "cuda" else _peak_on_cpu(step)) / MIB


def _peak_on_cuda(step: Callable[[], Any]) -> int:
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    step()
    return torch.cuda.max_memory_allocated() - before


def _peak_on_cpu(step: Callable[[], Any]) -> int:
    with _silent(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        step()
    events = [e for e in record.profiler.kineto_results.events() if e.name() == "[memory]"]
    held = most = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most


@contextmanager
def _silent() -> Iterator[None]:
    # The profiler announces itself on the file descriptor of stderr, beyond the reach of sys.stderr.
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
