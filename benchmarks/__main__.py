"""``python -m benchmarks``: measure every loss, print the table, write it to ``benchmarks/results/``."""

import argparse
import sys

import torch

from benchmarks.cases import CASES, missing
from benchmarks.growth import sections
from benchmarks.imports import import_ratio, line
from benchmarks.measure import Result, keep_memory, measure
from benchmarks.report import RESULTS, above_aim, file_name, machine, page, row
from lossbook import losses
from lossbook.ground.workload import FULL


def main() -> None:
    arguments = _parse()
    device = torch.device(arguments.device)
    chosen = [
        case for case in CASES if arguments.only in case.name and (device.type == "cuda" or not case.cuda)
    ]
    if not chosen:
        sys.exit(f"--only {arguments.only!r} is part of no name of a workload")
    keep_memory()
    results: list[Result] = []
    for case in chosen:
        if hasattr(losses, case.loss):
            results.append(measure(case, FULL, device, arguments.rounds))
            print(row(results[-1]), flush=True)
    growth: list[str] = []
    if device.type == "cpu" and not arguments.only:
        for found in sections(rounds=max(3, arguments.rounds // 3)):
            growth.append(found)
            print(found, flush=True)
    name, imported = machine(device), line(import_ratio())
    print("", page(results, name, imported, growth), *above_aim(results), sep="\n")
    if not arguments.only:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / file_name(name)).write_text(page(results, name, imported, growth), encoding="utf-8")
        print(f"written to {RESULTS / file_name(name)}")
    if problems := missing(CASES):
        sys.exit("\n".join(["incomplete:", *problems]))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="part of the names of the cases; nothing is written")
    parser.add_argument("--rounds", type=int, default=9, help="how often each contender is timed (default 9)")
    default = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", default=default, help=f"where to run (here by default {default})")
    return parser.parse_args()


if __name__ == "__main__":
    main()
