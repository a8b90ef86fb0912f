"""What the machine itself takes for a loss: its bytes, functions and products as bare torch operations.

The floor of a loss is the time of

- its bytes: forward reads each argument once; backward reads it again and writes each gradient once;
- its functions: exponentials, logarithms and the like, as many as the readable formula calls, forward and
  backward, on a block that stays in the cache, so that no byte is counted twice;
- its products, sorts and sums along a dimension, which no compiler takes apart, exactly as they were called.

What it needs is read off the readable function while it runs, so no list has to be kept. An argument of which
only some entries are picked is not counted as read.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

Step = Callable[[], Any]

BLOCK = 2**17  # numbers on which a function is timed: they stay in the cache of a core
EXP, LOG1P = (torch.exp,), (torch.log1p,)
FUNCTIONS: dict[str, tuple[Callable[..., Tensor], ...]] = {
    **{f.__name__: (f,) for f in (torch.exp, torch.expm1, torch.log, torch.log1p, torch.log2)},
    **{f.__name__: (f,) for f in (torch.sin, torch.cos, torch.atan, torch.tanh, torch.sqrt, torch.rsqrt)},
    **{f.__name__: (f,) for f in (torch.erf, torch.erfc, torch.erfinv, torch.lgamma, torch.digamma)},
    **dict.fromkeys(("sigmoid", "softplus_backward", "log_sigmoid_backward", "sinh", "cosh"), EXP),
    **dict.fromkeys(("_softmax", "_log_softmax", "_log_softmax_backward_data", "logsumexp"), EXP),
    **dict.fromkeys(("softplus", "log_sigmoid_forward", "logaddexp"), EXP + LOG1P),
    **dict.fromkeys(("special_erfcx", "special_log_ndtr", "special_ndtri"), (torch.special.erfcx,)),
    "xlogy": (torch.log,),
    "atan2": (lambda x, out: torch.atan2(x, x, out=out),),
    "hypot": (lambda x, out: torch.hypot(x, x, out=out),),
    "polygamma": (lambda x, out: torch.special.polygamma(1, x, out=out),),
    "pow": (lambda x, out: torch.pow(x, 0.7, out=out),),
}
CHEAP_POWERS = (0, 1, 2, 3, -1, 0.5)
WHOLE = {"mm", "addmm", "bmm", "baddbmm", "mv", "dot", "sort", "topk", "cumsum", "logcumsumexp"}
WHOLE |= {"linalg_cholesky_ex", "linalg_solve_triangular", "_cdist_forward", "_cdist_backward"}
PICKS = ("gather", "index", "index_select", "embedding")


@dataclass
class Needs:
    """What a loss needs, forward and backward together."""

    bytes_read: int
    bytes_written: int
    functions: Counter[str] = field(default_factory=Counter)
    whole: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)

    def __str__(self) -> str:
        terms = [f"{(2 * self.bytes_read + self.bytes_written) / 2**20:.1f} MiB"]
        terms += [f"{name} {count / 1e6:.2f}" for name, count in sorted(self.functions.items())]
        called = Counter(_name(function) for function, _, _ in self.whole)
        terms += [f"{count} × {name}" for name, count in sorted(called.items())]
        return ", ".join(terms)


def needs(loss: Callable[[], Tensor], arguments: list[Tensor], by: list[Tensor]) -> Needs:
    """What ``loss`` and its gradients by the tensors ``by`` need of its ``arguments``."""
    with _Watched() as watched:
        torch.autograd.grad(loss(), by)
    read = sum(a.nbytes for a in arguments if _storage(a) in watched.read)
    return Needs(read, sum(b.nbytes for b in by), watched.functions, watched.whole)


def step(needed: Needs, device: torch.device) -> Step:
    """The bare operations, one after the other."""
    source = torch.ones(max(1, needed.bytes_read // 4), device=device)
    sink = torch.empty(max(1, needed.bytes_written // 4), device=device)
    common = min(len(source), len(sink))
    block = torch.rand(BLOCK, device=device) + 0.25
    buffer = torch.empty_like(block)
    calls = [
        (function, block[:size], buffer[:size])
        for name, count in needed.functions.items()
        for function in FUNCTIONS[name]
        for size in (*[BLOCK] * (count // BLOCK), count % BLOCK)
        if size
    ]

    def run() -> None:
        source.sum()
        sink[:common].copy_(source[:common])
        source[common:].sum()
        sink[common:].fill_(1)
        for function, values, out in calls:
            function(values, out=out)
        for function, arguments, options in needed.whole:
            function(*arguments, **options)

    return torch.no_grad()(run)


class _Watched(TorchDispatchMode):
    """Writes down what the loss calls."""

    def __init__(self) -> None:
        super().__init__()
        self.read: set[int] = set()
        self.functions: Counter[str] = Counter()
        self.whole: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: tuple[Any, ...] = (), options: Any = None
    ) -> Any:
        result = function(*arguments, **(options or {}))
        name = _name(function)
        tensors = [a for a in arguments if isinstance(a, Tensor)]
        if not function.is_view:
            self.read |= {_storage(tensor) for tensor in tensors[1 if name in PICKS else 0 :]}
        if name in WHOLE:
            self.whole.append((function, arguments, options or {}))
        elif name in FUNCTIONS and not _is_cheap(name, arguments):
            self.functions[name] += max(tensor.numel() for tensor in tensors)
        return result


def _is_cheap(name: str, arguments: tuple[Any, ...]) -> bool:
    return name == "pow" and not isinstance(arguments[1], Tensor) and arguments[1] in CHEAP_POWERS


def _name(function: Any) -> str:
    return function.overloadpacket.__name__.removesuffix("_")


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
