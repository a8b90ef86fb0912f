"""The proofs that a loss holds in real training programs: mixed precision, export, many elements, anomalies.

They are asked of the losses of this package. A reader's own loss need not be made for them.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_map

from lossbook.checks.proofs import ROUNDINGS, Evidence, Subject, _autograd, _evidence, _same, _to
from lossbook.ground.case import Options

LOW = torch.bfloat16
MANY = 200_000  # rows at most
TRIED = 4  # combinations of options for many rows


def autocast(subject: Subject) -> Evidence | None:
    """Under autocast, value and gradient are those of the same inputs in float32."""
    device, count = subject.device.type, 0
    dtype = LOW if subject.spec.products else torch.float32
    if device == "mps":
        return None

    def loss(*arguments: Any, **options: Any) -> Any:
        with torch.autocast(device, dtype=LOW):
            return subject.loss(*arguments, **options)

    for options in subject.cases():
        arguments, chosen = _in(LOW, (subject.arguments(), options))
        wide, wide_options = _in(torch.float32, (arguments, chosen))
        found = loss(*arguments, **chosen)
        assert found.dtype == torch.float32, f"autocast gave a loss of {found.dtype} with options {options}"
        tolerance = ROUNDINGS * torch.finfo(dtype).eps
        _same(found, subject.loss(*wide, **wide_options), tolerance, "autocast", options)
        ours = _autograd(loss, arguments, chosen, subject.spec.wrt)
        theirs = _autograd(subject.loss, wide, wide_options, subject.spec.wrt)
        _same(_in(torch.float32, ours), theirs, ROUNDINGS * torch.finfo(LOW).eps, "autocast", options)
        count += 1
    return Evidence(count, "float32")


def meta_and_export(subject: Subject) -> Evidence | None:
    """Without data the shape and dtype are right; traced and exported, one case has the same value."""
    count = 0
    for options in subject.cases():
        arguments = subject.arguments()
        expected = subject.loss(*arguments, **options)
        without = subject.loss(*_on_meta(arguments), **_on_meta(options))
        assert without.is_meta, f"no meta tensor with options {options}, but one on {without.device}"
        found, wanted = ((t.shape, t.dtype) for t in (without, expected))
        assert found == wanted, f"{found} for {wanted} on meta with options {options}"
        if not count:
            for program in (_traced, _exported):
                again = program(subject.loss, arguments, options)(*arguments)
                _same(again, expected, subject.tolerance, "traced or exported value", options)
        count += 1
    return _evidence(count, subject)


def float16_mean_of_many(subject: Subject) -> Evidence | None:
    """The mean is right although the sum of the losses is beyond the largest float16."""
    spec, count = subject.spec, 0
    if torch.float16 not in spec.dtypes or spec.rows == () or subject.device.type == "mps":
        return None
    means = [options for options in subject.cases() if options.get("reduction") == "mean"]
    for options in means[:: -(-len(means) // TRIED)]:
        arguments, chosen = _in(torch.float16, (subject.arguments(), options))
        exact, exact_options = _in(torch.float64, (arguments, chosen))
        size = subject.loss(*exact, **exact_options | {"reduction": "sum"}).abs().item()
        rows = len(arguments[spec.wrt[0]])
        times = int(1.1 * torch.finfo(torch.float16).max / max(size, 1e-9)) + 1
        if times * rows > MANY:
            continue
        many, many_options = _repeated(subject, arguments, chosen, times)
        low = subject.loss(*many, **many_options)
        wide, wide_options = _in(torch.float64, (many, many_options))
        tolerance = ROUNDINGS * torch.finfo(torch.float16).eps
        _same(low.double(), subject.loss(*wide, **wide_options), tolerance, "mean of many", options)
        count += 1
    return Evidence(count, f"{ROUNDINGS} roundings") if count else None


def anomaly(subject: Subject) -> Evidence | None:
    """Anomaly detection finds no nan in any step of the backward pass, at the extreme inputs neither."""
    count = 0
    for arguments, options in _all_inputs(subject):
        wrt = [i for i in subject.spec.wrt if arguments[i].is_floating_point()]
        with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(True):
            warnings.simplefilter("ignore")
            try:
                _autograd(subject.loss, arguments, options, wrt, plain_sum=True)
            except RuntimeError as error:
                raise AssertionError(f"{error}, at {arguments} with options {options}") from error
        count += 1
    return Evidence(count, "no nan") if count else None


ROBUST: dict[str, Callable[[Subject], Evidence | None]] = {
    "autocast": autocast,
    "meta and export": meta_and_export,
    "float16 mean of many": float16_mean_of_many,
    "anomaly": anomaly,
}


def _in(dtype: torch.dtype, tree: Any) -> Any:
    return tree_map(lambda leaf: _to(leaf, dtype), tree)


def _on_meta(tree: Any) -> Any:
    return tree_map(lambda leaf: leaf.to("meta") if isinstance(leaf, Tensor) else leaf, tree)


def _traced(loss: Callable[..., Any], arguments: tuple[Any, ...], options: Options) -> Callable[..., Any]:
    return make_fx(lambda *inputs: loss(*inputs, **options), tracing_mode="fake")(*arguments)


def _exported(loss: Callable[..., Any], arguments: tuple[Any, ...], options: Options) -> Callable[..., Any]:
    class Program(torch.nn.Module):
        def forward(self, inputs: Any) -> Any:
            return loss(*inputs, **options)

    program = torch.export.export(Program(), (arguments,)).module()
    return lambda *inputs: program(inputs)


def _repeated(
    subject: Subject, arguments: tuple[Any, ...], options: Options, times: int
) -> tuple[list[Any], Options]:
    # What has one entry for each row is repeated: the arguments that the spec names, weights of elements.
    def repeat(tensor: Tensor) -> Tensor:
        return tensor.repeat(times, *[1] * (tensor.ndim - 1))

    rows, shape = subject.spec.rows, arguments[subject.spec.wrt[0]].shape
    many = [
        repeat(a) if isinstance(a, Tensor) and a.ndim and (rows is None or i in rows) else a
        for i, a in enumerate(arguments)
    ]
    return many, {
        name: repeat(value) if isinstance(value, Tensor) and value.shape == shape else value
        for name, value in options.items()
    }


def _all_inputs(subject: Subject) -> Iterator[tuple[Any, Options]]:
    arguments = subject.arguments()
    yield from ((arguments, options) for options in subject.elementwise())
    yield from subject.place(list(subject.spec.extremes))
