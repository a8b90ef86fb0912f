"""The benchmarks compare like with like, and their table says what was measured. Nothing here is timed."""

import platform
import re
import subprocess
import sys
import warnings
from collections import Counter

import pytest
import torch
from torch.testing import assert_close

from benchmarks import __main__ as command
from benchmarks import floor
from benchmarks.cases import CASES, missing
from benchmarks.floor import BLOCK, Needs, step
from benchmarks.growth import SERIES, Series, chunk_row, compare_chunks, exponent, grow
from benchmarks.imports import import_ratio, line
from benchmarks.measure import COMPILED, EAGER, FLOOR, OURS, READABLE, Result, measure, needs, peak, steps
from benchmarks.report import above_aim, file_name, machine, page, row
from lossbook.ground.workload import TINY, Workload, real_numbers

CPU = torch.device("cpu")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_contender_finds_the_same_loss_and_gradients(case):
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's chunks warn that they do less than ours
        for name, step in steps(case, TINY, CPU, backend="eager").items():
            found[name] = step()
    assert all(gradient.abs().sum() > 0 for gradient in found[OURS][1:])
    tolerance = 0.05 if found[OURS][0].dtype == torch.bfloat16 else 1e-4
    for name in found:
        assert_close(found[OURS], found[name], rtol=tolerance, atol=tolerance / 10, msg=name)


def needed(loss):
    return needs(next(case for case in CASES if case.name == loss), TINY, CPU)


def test_a_floor_holds_bytes_functions_and_products():
    elements, rows, classes = 24, 4, 6  # of TINY
    mse = needed("mse_loss")
    assert (mse.bytes_read, mse.bytes_written) == (2 * 4 * elements, 4 * elements)
    assert not mse.functions
    assert not mse.whole
    entropy = needed("cross_entropy")
    both = {"_log_softmax": rows * classes, "_log_softmax_backward_data": rows * classes}
    assert entropy.functions == both
    assert needed("poisson_nll_loss").functions == {"exp": elements}
    assert [str(function) for function, *_ in needed("nca_loss").whole] == ["aten.mm.default"] * 3
    # Without a compiler it calls two softplus, and one is needed.
    logits = needed("binary_cross_entropy_with_logits")
    assert logits.functions == {"softplus": elements, "softplus_backward": elements}
    # In chunks the products are many small ones.
    assert len(needed("linear_cross_entropy").whole) == 3


def test_what_is_only_picked_is_not_read():
    assert needed("nll_loss").bytes_read < 4 * 4 * 6 <= needed("cross_entropy").bytes_read


def test_the_floor_calls_every_function_on_as_many_numbers(monkeypatch):
    called = []
    monkeypatch.setitem(floor.FUNCTIONS, "exp", (lambda x, out: called.append(len(x)),))
    step(Needs(8, 40, Counter(exp=2 * BLOCK + 5)), CPU)()
    step(Needs(40, 8, Counter(exp=3)), CPU)()
    assert called == [BLOCK, BLOCK, 5, 3]


def test_a_workload_is_timed_beside_its_floor(monkeypatch):
    monkeypatch.setattr("benchmarks.measure.SHORTEST", 0)
    monkeypatch.setattr(torch, "compile", lambda loss, **_: loss)
    found = {}
    for case in CASES:
        if case.name in ("mse_loss", "cross_entropy", "nca_loss"):
            found[case.name] = measure(case, TINY, CPU, rounds=2)
    assert all(len(result.ratios(FLOOR)) == 2 for result in found.values())
    assert {name: result.elementwise for name, result in found.items()} == {
        "mse_loss": True,
        "cross_entropy": False,
        "nca_loss": False,
    }
    assert found["mse_loss"].needs == "0.0 MiB"


def test_an_exponent_is_the_slope_of_the_logarithms():
    assert exponent((10, 100, 1000), (3, 300, 30_000)) == pytest.approx(2)


def test_growth_shows_the_exponent_of_the_memory(monkeypatch):
    monkeypatch.setattr("benchmarks.growth.SHORTEST", 0)

    def square(n):
        x = torch.ones(n, requires_grad=True)
        return lambda: (torch.ones(n, n).sum(), x.detach())

    (line,) = grow([Series("a_loss", "N", (256, 512, 1024), square)], rounds=1)
    assert line.startswith("| a_loss | N | 256 to 1024 |")
    assert line.endswith("| 0.2 to 4.0 | 2.00 |")


@pytest.mark.parametrize("series", SERIES, ids=lambda s: f"{s.loss} {s.axis}")
def test_every_series_is_of_its_loss(series):
    value, *slopes = series.make(series.sizes[0])()
    assert value.dim() == 0
    assert value.isfinite()
    assert all(slope.abs().sum() > 0 for slope in slopes)


def test_chunks_are_compared_with_none(monkeypatch):
    monkeypatch.setattr("benchmarks.growth.SHORTEST", 0)
    (found,) = compare_chunks([(2048, 4, 2048)], rounds=2)
    assert len(found.ratios) == 2
    assert found.peak < 3 < 3 * 16 <= found.whole_peak + 1
    assert chunk_row(found).startswith("| 2048 | 4 | 2048 |")


def test_no_loss_of_torch_is_left_out():
    assert missing(CASES) == []


def test_a_loss_left_out_is_named():
    without = tuple(case for case in CASES if case.loss != "mse_loss")
    assert "mse_loss has no workload in the cases of its family" in missing(without)
    unknown = (*CASES, Workload("no_such_loss", real_numbers))
    assert "no_such_loss is not in lossbook.losses" in missing(unknown)


def result(ours, eager, compiled, **peaks):
    seconds = {OURS: ours, READABLE: [2 * t for t in eager], EAGER: eager, COMPILED: compiled}
    seconds[FLOOR] = [t / 1.25 for t in ours]
    return Result(Workload("l1_loss", real_numbers), seconds, peaks, needs="38.1 MiB, exp 2.00")


def test_ratios_are_paired_by_round():
    measured = result([1.0, 2.0, 6.0], [2.0, 8.0, 10.0], [1.0, 1.0, 2.0])
    assert measured.ratios(EAGER) == [0.5, 0.25, 0.6]
    assert row(measured) == (
        "| l1_loss | 2000.00 | 0.25 | 0.50 | 0.60 | 0.5 | 1.00 | 2.00 | 3.00 | 1.25 | 2.00 | 4.00 |"
    )


def test_a_loss_without_a_twin_is_timed_alone():
    measured = Result(Workload("z_loss", real_numbers), {OURS: [1.0], READABLE: [2.0], FLOOR: [0.8]})
    assert row(measured) == "| z_loss | 1000.00 | – | – | – | 0.5 | – | – | – | 1.25 | – | 2.00 |"
    assert above_aim([measured]) == []


def test_file_is_named_after_the_machine():
    assert file_name("AMD EPYC (Milan), 2 threads") == "amd-epyc-milan-2-threads.md"
    assert machine(CPU).endswith(f"{torch.get_num_threads()} threads")


def test_page_names_the_machine_and_shows_memory_where_measured():
    measured = result([1.0], [2.0], [1.0])
    assert "# A machine\n" in page([measured], "A machine")
    assert "\n| l1_loss | 800.00 | 38.1 MiB, exp 2.00 |\n" in page([measured], "A machine")
    assert "Peak of the memory" not in page([measured], "A machine")
    assert "\n\nGrowth:\n| a |\n" in page([measured], "A machine", growth=["Growth:", "| a |"])
    measured.peaks = {OURS: 3.14, EAGER: 381.0, COMPILED: 250.0}
    assert "| l1_loss | 3.1 | 381.0 | 250.0 |" in page([measured], "A machine")


def test_the_page_says_what_an_import_costs():
    said = line(import_ratio(rounds=1))
    assert re.fullmatch(r"Importing `lossbook.losses` after torch takes \d+\.\d{3} of the time .*", said)
    assert f"\n\n{said}\n" in page([result([1.0], [2.0], [1.0])], "A machine", said)


def test_what_is_slower_than_hoped_for_is_said():
    assert above_aim([result([1.0], [2.0], [1.0])]) == []
    assert above_aim([result([3.0], [4.0], [2.0])]) == [
        "l1_loss: ours, compiled takes 0.75 of torch, eager, hoped for 0.5",
        "l1_loss: ours, compiled takes 1.50 of torch, compiled, hoped for 1",
    ]
    slow = result([1.0], [2.0], [1.0])
    slow.seconds |= {FLOOR: [0.55], READABLE: [5.0]}
    assert above_aim([slow]) == [
        "l1_loss: ours, compiled takes 1.82 of floor, hoped for 1.5",
        "l1_loss: ours, eager takes 2.50 of torch, eager, hoped for 2",
    ]
    slow.elementwise = False
    assert len(above_aim([slow])) == 1


FAULTS = """
import resource, sys, torch
from benchmarks.measure import keep_memory
if sys.argv[1:]:
    keep_memory()
torch.ones(2**22 + 2**20)  # 20 MiB, freed at once
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
torch.ones(2**22)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_memory_that_was_freed_comes_back_without_a_page_fault():
    def faults(*arguments):
        found = subprocess.run([sys.executable, "-c", FAULTS, *arguments], check=True, capture_output=True)
        return int(found.stdout)

    assert faults("keep") < 16 < faults()


def test_peak_counts_what_is_held_beyond_the_gradients():
    x = torch.zeros(2**18, requires_grad=True)

    def step():
        held = x.detach() + 1
        return held.sum(), held + 1  # 1 MiB held beside a gradient of 1 MiB

    assert peak(step, CPU) == pytest.approx(1.0, abs=0.01)


def test_command_writes_the_page_and_fails_for_what_is_missing(tmp_path, monkeypatch, capsys):
    def pretend(case, *_):
        return Result(case, {OURS: [1.0], READABLE: [2.0], EAGER: [2.0], COMPILED: [1.0], FLOOR: [1.0]})

    monkeypatch.setattr(command, "measure", pretend)
    monkeypatch.setattr(command, "import_ratio", lambda: 0.01)
    monkeypatch.setattr(command, "sections", lambda rounds: ["Growth:", f"| {rounds} |"])
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results")
    l1 = next(case for case in CASES if case.loss == "l1_loss")
    monkeypatch.setattr(command, "CASES", (l1,))
    monkeypatch.setattr("sys.argv", ["benchmarks", "--device", "cpu"])
    with pytest.raises(SystemExit, match="mse_loss has no workload"):
        command.main()
    (written,) = (tmp_path / "results").iterdir()
    assert "| l1_loss | 1000.00 |" in written.read_text(encoding="utf-8")
    assert "Growth:\n| 3 |\n" in written.read_text(encoding="utf-8")
    assert "written to" in capsys.readouterr().out


def test_command_refuses_an_unknown_case(monkeypatch):
    monkeypatch.setattr("sys.argv", ["benchmarks", "--device", "cpu", "--only", "nothing"])
    with pytest.raises(SystemExit, match="--only 'nothing' is part of no name"):
        command.main()
