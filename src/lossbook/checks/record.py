"""Write down what the proofs found on a device: ``python -m lossbook.checks.record cuda FILE.json``."""

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import torch

from lossbook.checks.report import Report, matrix


def record(device: str = "cpu") -> dict[str, Any]:
    """The verification matrix of ``device`` as plain data, with the machine and the versions it came from.

    Args:
        device: a device of torch: ``'cpu'``, ``'cuda'``, ``'mps'``.

    Returns:
        ``device``, ``machine``, ``torch``, ``python``, and ``losses``: for each loss either the number of
        cases of each proof (``None`` where it does not apply), or the message of the proof that failed.

    Raises:
        RuntimeError: there is no such device here.

    >>> record("teapot")
    Traceback (most recent call last):
        ...
    RuntimeError: device must be one of this machine's, found 'teapot'
    """
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise RuntimeError(f"device must be one of this machine's, found {device!r}") from error
    return {
        "device": device,
        "machine": _machine(device),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "losses": {name: _cases(found) for name, found in matrix(device).items()},
    }


def _cases(found: Report | str) -> dict[str, int | None] | str:
    if isinstance(found, str):
        return found
    return {name: evidence.cases if evidence else None for name, evidence in found.evidence.items()}


def _machine(device: str) -> str:
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()}, {torch.get_num_threads()} threads"


def main(argv: list[str] | None = None) -> int:
    """Record one device; return 1 if a proof failed."""
    parser = argparse.ArgumentParser(prog="python -m lossbook.checks.record", description=__doc__)
    parser.add_argument("device", help="cpu, cuda or mps")
    parser.add_argument("path", type=Path, help="the JSON file to write")
    options = parser.parse_args(argv)
    found = record(options.device)
    options.path.parent.mkdir(parents=True, exist_ok=True)
    options.path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    failed = [f"{name}: {cases}" for name, cases in found["losses"].items() if isinstance(cases, str)]
    print("\n".join(failed) or f"{len(found['losses'])} losses proven on {found['machine']}")
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main())
