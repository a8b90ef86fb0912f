"""The proofs. Each takes a :class:`Subject`, raises ``AssertionError`` if it fails, else returns evidence."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from torch.utils._pytree import tree_map

from lossbook.ground.case import Options, Spec

CPU = torch.device("cpu")
ROUNDINGS = 64  # how many units of rounding a value in low precision may be off
TOLERANCE = 1e-9
MPS_TOLERANCE = 1e-4  # that device has no float64


@dataclass(frozen=True)
class Subject:
    """A loss, what it is compared with, and the device it runs on."""

    loss: Callable[..., Any]
    spec: Spec
    reference: Callable[..., Any] | None = None
    gradient: Callable[..., Any] | None = None
    likelihood: Callable[..., Any] | None = None
    device: torch.device = CPU

    @property
    def tolerance(self) -> float:
        return MPS_TOLERANCE if self.device.type == "mps" else TOLERANCE

    def arguments(self) -> tuple[Any, ...]:
        """The inputs of the spec on the device, in float64 where the device has it."""
        return self.place(self.spec.arguments())

    def place(self, tree: Any) -> Any:
        """``tree`` with its tensors on the device."""
        return tree_map(self._place, tree)

    def cases(self) -> Iterator[Options]:
        """Every option combination with every reduction the loss has."""
        has_reduction = "reduction" in inspect.signature(self.loss).parameters
        for options in self.spec.options:
            for reduction in self.spec.reductions if has_reduction else (None,):
                chosen = self.place(options)
                yield chosen if reduction is None else {**chosen, "reduction": reduction}

    def elementwise(self) -> Iterator[Options]:
        """Every option combination, unreduced."""
        return (case for case in self.cases() if case.get("reduction", "none") == "none")

    def _place(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        mps = self.device.type == "mps" and leaf.dtype == torch.float64
        return leaf.to(self.device, torch.float32 if mps else leaf.dtype)


@dataclass(frozen=True)
class Evidence:
    """How many cases a proof covered, and how closely they agreed."""

    cases: int
    within: str


def value(subject: Subject) -> Evidence | None:
    """The value equals the reference's."""
    if subject.reference is None:
        return None
    arguments, count = subject.arguments(), 0
    for options in subject.cases():
        ours, theirs = subject.loss(*arguments, **options), subject.reference(*arguments, **options)
        _same(ours, theirs, subject.tolerance, "value", options)
        count += 1
    return _evidence(count, subject)


def gradient(subject: Subject) -> Evidence | None:
    """The gradient of every differentiable input equals the reference's."""
    if subject.reference is None:
        return None
    arguments, count = subject.arguments(), 0
    for options in subject.cases():
        ours = _autograd(subject.loss, arguments, options, subject.spec.wrt)
        theirs = _autograd(subject.reference, arguments, options, subject.spec.wrt)
        _same(ours, theirs, subject.tolerance, "gradient", options)
        count += 1
    return _evidence(count, subject)


def by_hand(subject: Subject) -> Evidence | None:
    """The gradient derived by hand, of the first inputs at least, equals the one autograd finds."""
    if subject.gradient is None:
        return None
    arguments, count = subject.arguments(), 0
    for options in subject.elementwise():
        by_hand = subject.gradient(*arguments, **_without_reduction(options))
        expected = _autograd(subject.loss, arguments, options, subject.spec.wrt, plain_sum=True)
        by_hand = by_hand if isinstance(by_hand, tuple) else (by_hand,)
        _same(by_hand, expected[: len(by_hand)], subject.tolerance, "gradient by hand", options)
        count += 1
    return _evidence(count, subject)


def finite_differences(subject: Subject) -> Evidence | None:
    """Autograd's first derivative, and the second where the loss has one, equal finite differences.

    Where the loss stops a part of its gradient, the differences are those of the loss with that part held.
    """
    if subject.device.type == "mps":
        return None
    arguments, spec, count = subject.arguments(), subject.spec, 0
    for options in subject.elementwise():
        loss = spec.held(*arguments, **_without_reduction(options)) if spec.held else subject.loss
        function, inputs = _of_differentiable(loss, arguments, options, spec.wrt)
        _run(gradcheck, function, inputs, options)
        if spec.held:
            ours = _autograd(subject.loss, arguments, options, spec.wrt)
            theirs = _autograd(loss, arguments, options, spec.wrt)
            _same(ours, theirs, subject.tolerance, "gradient of the loss with a part held", options)
        elif spec.twice:
            _run(gradgradcheck, function, inputs, options)
        count += 1
    return Evidence(count, "1e-5")


def likelihood(subject: Subject) -> Evidence | None:
    """The negative log-probability equals the loss plus the stated constant."""
    if subject.likelihood is None:
        return None
    arguments = list(subject.arguments())
    target = arguments[subject.spec.target]
    predicted = [a for i, a in enumerate(arguments) if i != subject.spec.target]
    known, count = inspect.signature(subject.likelihood).parameters, 0
    for options in subject.elementwise():
        chosen = {k: v for k, v in _without_reduction(options).items() if v is not None}
        if not chosen.keys() <= known.keys():  # a weighted term is a pseudo-likelihood
            continue
        if "target" in known:  # the constant depends on it
            chosen["target"] = target
        model = subject.likelihood(*predicted, **chosen)
        expected = subject.loss(*arguments, **options) + model.constant
        surprise = -model.distribution.log_prob(target)
        _same(surprise, expected, subject.tolerance, "likelihood", options)
        count += 1
    assert count, "the likelihood covers none of the option combinations"
    return _evidence(count, subject)


def extremes(subject: Subject) -> Evidence | None:
    """Neither value nor gradient is nan at the extreme inputs."""
    count = 0
    for arguments, options in subject.place(list(subject.spec.extremes)):
        wrt = [i for i in subject.spec.wrt if arguments[i].is_floating_point()]
        found = (subject.loss(*arguments, **options), *_autograd(subject.loss, arguments, options, wrt, True))
        assert not any(t.isnan().any() for t in found), f"nan at {arguments} with {options}: {found}"
        count += 1
    return Evidence(count, "no nan") if count else None


def precision(subject: Subject) -> Evidence | None:
    """In low precision the value equals float64's at the rounded inputs, up to rounding."""
    count = 0
    for dtype in subject.spec.dtypes if subject.device.type != "mps" else ():
        for options in subject.elementwise():
            rounded = tree_map(lambda leaf, dtype=dtype: _to(leaf, dtype), (subject.arguments(), options))
            exact = tree_map(lambda leaf: _to(leaf, torch.float64), rounded)
            low, high = (subject.loss(*a, **o) for a, o in (rounded, exact))
            tolerance = ROUNDINGS * torch.finfo(dtype).eps
            assert low.dtype == dtype, f"{dtype} input gave a loss of {low.dtype}"
            _same(low.double(), high, tolerance, f"{dtype}", options)
            count += 1
    return Evidence(count, f"{ROUNDINGS} roundings") if count else None


PROOFS: dict[str, Callable[[Subject], Evidence | None]] = {
    "value": value,
    "gradient": gradient,
    "gradient by hand": by_hand,
    "finite differences": finite_differences,
    "likelihood": likelihood,
    "extremes": extremes,
    "precision": precision,
}


def _evidence(count: int, subject: Subject) -> Evidence:
    return Evidence(count, f"{subject.tolerance:.0e}".replace("e-0", "e-"))


def _same(ours: Any, theirs: Any, tolerance: float, what: str, options: Options) -> None:
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance, msg=_saying(what, options))


def _saying(what: str, options: Options) -> Callable[[str], str]:
    return lambda message: f"{what} differs with options {options}\n{message}"


def _without_reduction(options: Options) -> Options:
    return {name: value for name, value in options.items() if name != "reduction"}


def _to(leaf: Any, dtype: torch.dtype) -> Any:
    return leaf.to(dtype) if isinstance(leaf, Tensor) and leaf.is_floating_point() else leaf


def _of_differentiable(
    function: Callable[..., Tensor], arguments: tuple[Any, ...], options: Options, wrt: Any
) -> tuple[Callable[..., Tensor], tuple[Tensor, ...]]:
    def of_inputs(*inputs: Tensor) -> Tensor:
        filled = list(arguments)
        for position, tensor in zip(wrt, inputs, strict=True):
            filled[position] = tensor
        return function(*filled, **options)

    return of_inputs, tuple(arguments[i].detach().clone().requires_grad_() for i in wrt)


def _autograd(
    function: Callable[..., Tensor],
    arguments: tuple[Any, ...],
    options: Options,
    wrt: Any,
    plain_sum: bool = False,
) -> tuple[Tensor, ...]:
    """Gradients of the sum of the loss; unless ``plain_sum``, each element has its own weight in the sum."""
    of_inputs, inputs = _of_differentiable(function, arguments, options, wrt)
    loss = of_inputs(*inputs)
    weight = torch.ones_like(loss) if plain_sum else torch.linspace(0.5, 1.5, loss.numel()).to(loss)
    total = (loss * weight.reshape(loss.shape)).sum()
    return torch.autograd.grad(total, inputs, materialize_grads=True)


def _run(check: Callable[..., bool], function: Any, inputs: Any, options: Options) -> None:
    try:
        check(function, inputs)
    except GradcheckError as error:
        raise AssertionError(_saying("finite difference", options)(str(error))) from error
