"""Measured numbers on a page: asserted, and printed as the range that holds on every machine."""


def expect(
    name: str,
    value: float,
    about: float | None = None,
    tol: float | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
) -> None:
    """Assert that ``value`` lies in a range, and print the range.

    Trained numbers differ in their last digits between machines; the printed line does not.

    Args:
        name: what the value is, with its unit.
        value: the measured value.
        about: centre of the range; needs ``tol``.
        tol: half the width of the range.
        above: lower bound, exclusive.
        below: upper bound, exclusive.

    Raises:
        AssertionError: ``value`` is outside of the range, or nan.
        ValueError: no range is given, or ``about`` without ``tol``.

    >>> expect("test accuracy", 0.9537, about=0.95, tol=0.02)
    test accuracy: 0.95 ± 0.02
    >>> expect("ratio of the errors", 3.1, above=2)
    ratio of the errors: > 2
    """
    if (about is None) != (tol is None):
        raise ValueError(f"about and tol go together, found about={about!r} and tol={tol!r}")
    value = float(value)
    ranges = []
    if about is not None and tol is not None:
        ranges.append((abs(value - about) <= tol, f"{about:g} ± {tol:g}"))
    if above is not None:
        ranges.append((value > above, f"> {above:g}"))
    if below is not None:
        ranges.append((value < below, f"< {below:g}"))
    if not ranges:
        raise ValueError(f"{name}: give about and tol, above or below")
    for inside, text in ranges:
        if not inside:
            raise AssertionError(f"{name}: expected {text}, found {value:.6g}")
    print(f"{name}: {', '.join(text for _, text in ranges)}")
