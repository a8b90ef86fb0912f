"""Measured numbers on a page: shown as measured, beside the range or the difference they were checked for.

What is trained differs in its last digits between machines. A line or a table made here shows these digits.
When a notebook is executed again and compared, the expressions of ``chapters/nbval.cfg`` replace them and
nothing else. The sign ± stands for a standard error over seeds and for nothing else.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from lossbook.language import tr

SURE = 2.0  # a difference counts if it is larger than this many standard errors

Bound = Callable[[float], bool]
Scores = Mapping[str, Mapping[str, Sequence[float]]]


def expect(
    name: str,
    value: float,
    between: tuple[float, float] | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
) -> None:
    """Assert that ``value`` lies in a range; print it with the range.

    Args:
        name: what the value is, with its unit.
        value: the measured value.
        between: smallest and largest value allowed.
        above: lower bound, exclusive.
        below: upper bound, exclusive.

    Raises:
        AssertionError: ``value`` is outside of the range, or nan.
        ValueError: no range is given, or its ends are in the wrong order.

    >>> expect("test accuracy", 0.9537, (0.93, 0.97))
    test accuracy   0.954   (checked: 0.93 to 0.97)
    >>> expect("ratio of the errors", 3.1, above=2)
    ratio of the errors   3.10   (checked: > 2)
    """
    value = float(value)
    bounds = _bounds(name, between, above, below)
    for inside, text in ((bound(value), text) for bound, text in bounds):
        if not inside:
            raise AssertionError(f"{name}: expected {text}, found {value:.6g}")
    print(f"{name}   {measured(value)}   (checked: {', '.join(text for _, text in bounds)})")


def difference(
    name: str,
    first: Sequence[float],
    second: Sequence[float],
    *,
    above: float | None = None,
    below: float | None = None,
    within: float | None = None,
) -> None:
    """Assert what a sentence says of two contenders: their difference, over the same seeds.

    The mean of ``first - second`` must be on the right side of the bound by two standard errors.

    Args:
        name: what the difference is, with its unit: ``"test MAE, squared error minus Huber"``.
        first: one value for each seed.
        second: one value for each of the same seeds.
        above: lower bound of the difference; 0 says that the first is larger.
        below: upper bound of the difference; 0 says that the first is smaller.
        within: largest size of the difference: the two are equal, as far as this.

    Raises:
        AssertionError: the difference, with its standard errors, is not what is claimed.
        ValueError: fewer than three seeds, not the same number of both, or no bound.

    >>> difference("test MAE, squared error minus Huber", [9.0, 8.0, 9.0], [5.0, 5.0, 5.0], above=0)
    test MAE, squared error minus Huber   3.67 ± 0.33   (3 seeds; checked: > 0 by 2 standard errors)
    """
    if len(first) != len(second) or len(first) < 3:
        raise ValueError(
            f"{name}: give one value of each for at least 3 seeds, found {len(first)}, {len(second)}"
        )
    mean, error = mean_and_error([float(a) - float(b) for a, b in zip(first, second, strict=True)])
    claims = []
    if above is not None:
        claims.append((mean - SURE * error > above, f"> {above:g}"))
    if below is not None:
        claims.append((mean + SURE * error < below, f"< {below:g}"))
    if within is not None:
        claims.append((abs(mean) + SURE * error < within, f"of size < {within:g}"))
    if not claims:
        raise ValueError(f"{name}: give above, below or within")
    for holds, text in claims:
        if not holds:
            raise AssertionError(
                f"{name}: expected {text} by {SURE:g} standard errors, found {measured(mean, error)}"
            )
    checked = ", ".join(text for _, text in claims)
    print(
        f"{name}   {measured(mean, error)}   "
        f"({len(first)} seeds; checked: {checked} by {SURE:g} standard errors)"
    )


@dataclass(frozen=True)
class Results:
    """A table of measured scores: rows are losses, columns metrics. Shows itself in the page's language."""

    scores: Scores
    checked: Mapping[str, tuple[float, float]]

    def __repr__(self) -> str:
        rows = [
            f"{row}: " + "; ".join(f"{metric} {_cell(values)}" for metric, values in cells.items())
            for row, cells in self.scores.items()
        ]
        return "\n".join(
            rows + [f"checked: {metric} {low:g} to {high:g}" for metric, (low, high) in self._ranges()]
        )

    def _repr_html_(self) -> str:
        metrics = self._metrics()
        head = "".join(f'<th scope="col">{escape(metric)}</th>' for metric in metrics)
        rows = "".join(
            f'<tr><th scope="row">{escape(row)}</th>'
            + "".join(f"<td>{_cell(cells[m]) if m in cells else '—'}</td>" for m in metrics)
            + "</tr>"
            for row, cells in self.scores.items()
        )
        to = tr(" から ", " to ")
        checked = "".join(f"<td>{low:g}{to}{high:g}</td>" for _, (low, high) in self._ranges())
        foot = f'<tr class="checked"><th scope="row">{tr("確認した範囲", "checked range")}</th>{checked}</tr>'
        return (
            f'<table class="results"><caption>{escape(self._caption())}</caption>'
            f'<thead><tr><th scope="col">{tr("損失", "Loss")}</th>{head}</tr></thead>'
            f"<tbody>{rows}</tbody><tfoot>{foot}</tfoot></table>"
        )

    def _metrics(self) -> list[str]:
        return list(dict.fromkeys(metric for cells in self.scores.values() for metric in cells))

    def _ranges(self) -> list[tuple[str, tuple[float, float]]]:
        return [(metric, self.checked[metric]) for metric in self._metrics()]

    def _caption(self) -> str:
        seeds = max(len(values) for cells in self.scores.values() for values in cells.values())
        return tr(f"シード{seeds}個の平均 ± 標準誤差", f"mean of {seeds} seeds ± standard error")


def results(scores: Scores, checked: Mapping[str, tuple[float, float]]) -> Results:
    """The results table of a chapter: mean and standard error over seeds of each loss and metric.

    Args:
        scores: for each row (a loss, a rival, a baseline) its metrics, each with one value for each seed; a
            list of one value is shown without a standard error.
        checked: for each metric, the range in which the mean of every row must lie.

    Raises:
        AssertionError: a mean is outside of its metric's range, or nan.
        ValueError: a metric has no range.

    >>> results({"Huber": {"MAE": [4.0, 5.0, 6.0]}, "mean": {"MAE": [7.0]}}, checked={"MAE": (3, 8)})
    Huber: MAE 5.00 ± 0.58
    mean: MAE 7.00 (1 run)
    checked: MAE 3 to 8
    """
    for row, cells in scores.items():
        for metric, values in cells.items():
            if metric not in checked:
                raise ValueError(f"checked must have a range for {metric!r}, found {', '.join(checked)}")
            low, high = checked[metric]
            mean, _ = mean_and_error(values)
            if not low <= mean <= high:
                raise AssertionError(f"{metric} of {row}: expected {low:g} to {high:g}, found {mean:.6g}")
    return Results(scores, checked)


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean of ``values`` and its standard error (nan for one value).

    >>> mean_and_error([4.0, 6.0])
    (5.0, 1.0)
    """
    count = len(values)
    mean = sum(map(float, values)) / count
    if count < 2:
        return mean, math.nan
    variance = sum((float(value) - mean) ** 2 for value in values) / (count - 1)
    return mean, math.sqrt(variance / count)


def measured(value: float, error: float | None = None) -> str:
    """A number as this book prints it: three digits, or with a standard error, two of the error's.

    >>> measured(0.03125), measured(1234.5), measured(0.9537, 0.0123)
    ('0.0312', '1234', '0.954 ± 0.012')
    """
    if not math.isfinite(value):
        return str(value)
    if error is None or not math.isfinite(error):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")
    size = max(abs(error), abs(value) * 1e-3)
    decimals = max(0, 1 - math.floor(math.log10(size))) if size > 0 else 2
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def _cell(values: Sequence[float]) -> str:
    mean, error = mean_and_error(values)
    return f"{measured(mean)} (1 run)" if len(values) == 1 else measured(mean, error)


def _bounds(
    name: str, between: tuple[float, float] | None, above: float | None, below: float | None
) -> list[tuple[Bound, str]]:
    bounds: list[tuple[Bound, str]] = []
    if between is not None:
        low, high = between
        if not low <= high:
            raise ValueError(f"{name}: between must rise, found {between}")
        bounds.append((lambda value: low <= value <= high, f"{low:g} to {high:g}"))
    if above is not None:
        bounds.append((lambda value: value > above, f"> {above:g}"))
    if below is not None:
        bounds.append((lambda value: value < below, f"< {below:g}"))
    if not bounds:
        raise ValueError(f"{name}: give between, above or below")
    return bounds
