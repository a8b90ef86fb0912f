"""Cases for the losses of real numbers. Residuals keep clear of the kinks at 0 and at the thresholds."""

import math

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf, real_numbers

# Sizes of the residuals: none is 0 or one of the thresholds 0.5, 1 and 2 below.
SIZES = torch.tensor([0.05, 0.3, 0.7, 1.4, 1.7, 2.6, 4.0, 9.0], dtype=torch.float64)
WEIGHT = torch.linspace(0.1, 2.0, 8, dtype=torch.float64)
INF, HUGE = float("inf"), 1e4


def inputs(generator: Generator) -> tuple[Tensor, Tensor]:
    target = torch.randn(8, generator=generator, dtype=torch.float64)
    sign = torch.tensor([1.0, -1.0] * 4, dtype=torch.float64)
    return target + sign * SIZES, target


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def with_scale(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    input, target = inputs(generator)
    return input, target, torch.rand(8, generator=generator, dtype=torch.float64) + 0.5


def with_scale_and_df(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    df = torch.tensor([0.5, 1.0, 2.5, 4.0, 10.0, 39.0, 60.0, 1e4], dtype=torch.float64)
    return *with_scale(generator), df


def by_cosh(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The definition."""
    return reduce(torch.log(torch.cosh(target - input)), reduction)


def by_root(input: Tensor, target: Tensor, delta: float = 1.0, reduction: str = "mean") -> Tensor:
    """The definition."""
    return reduce(delta**2 * (torch.sqrt(1 + ((target - input) / delta) ** 2) - 1), reduction)


def by_laplace(
    input: Tensor, target: Tensor, scale: Tensor, full: bool = False, reduction: str = "mean"
) -> Tensor:
    """Two exponential laws, back to back."""
    density = 0.5 * torch.exp(-(target - input).abs() / scale) / scale
    return reduce(-density.log() - (0 if full else math.log(2)), reduction)


def by_mixture(
    input: Tensor, target: Tensor, scale: Tensor, df: Tensor, full: bool = False, reduction: str = "mean"
) -> Tensor:
    """Normal laws of every precision, mixed by a gamma law: the integral, by the trapezoidal rule."""
    log_precision = torch.linspace(-80, 12, 40_001, dtype=torch.float64).unsqueeze(-1)
    precision, half = log_precision.exp(), 0.5 * df
    mixing = half * half.log() - torch.lgamma(half) + half * (log_precision - precision)
    normal = 0.5 * log_precision - scale.log() - 0.5 * precision * ((target - input) / scale) ** 2
    step = 92 / 40_000
    surprise = 0.5 * math.log(2 * math.pi) - math.log(step) - torch.logsumexp(mixing + normal, 0)
    return reduce(surprise - (0 if full else 0.5 * math.log(math.pi)), reduction)


def by_limits(
    input: Tensor, target: Tensor, alpha: float = 1.0, scale: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """The members that have a name, each as its author wrote it, and the general formula."""
    x = ((target - input) / scale) ** 2
    named = {
        2.0: lambda: x / 2,
        1.0: lambda: torch.sqrt(x + 1) - 1,
        0.0: lambda: torch.log(1 + x / 2),
        -2.0: lambda: 2 * x / (x + 4),
        -INF: lambda: 1 - torch.exp(-x / 2),
        INF: lambda: torch.exp(x / 2) - 1,
    }
    b = abs(alpha - 2)
    return reduce(named.get(alpha, lambda: b / alpha * ((x / b + 1) ** (alpha / 2) - 1))(), reduction)


FAR = (at(-HUGE, 0.0, HUGE, 1e300), at(HUGE, 0.0, 0.0, 0.0))
INFINITE = (at(-INF, INF, 0.0), at(0.0, 0.0, INF))
NEAR = tuple(t[:3] for t in FAR)
EQUAL = (at(1.0, -2.0), at(1.0, -2.0))

SPECS = {
    "mse_loss": Spec(
        inputs, wrt=(0, 1), options=grid(weight=(None, WEIGHT)), extremes=[(FAR, {}), (INFINITE, {})]
    ),
    "l1_loss": Spec(
        inputs, wrt=(0, 1), options=grid(weight=(None, WEIGHT)), extremes=[(FAR, {}), (INFINITE, {})]
    ),
    "huber_loss": Spec(
        inputs,
        wrt=(0, 1),
        options=grid(delta=(0.5, 1.0, 2.0), weight=(None, WEIGHT)),
        extremes=[(FAR, {}), (INFINITE, {}), (FAR, {"delta": INF}), (INFINITE, {"delta": 1e-6})],
    ),
    "smooth_l1_loss": Spec(
        inputs,
        wrt=(0, 1),
        options=grid(beta=(0.0, 0.5, 1.0, 2.0)),
        extremes=[(FAR, {}), (INFINITE, {}), (FAR, {"beta": 0.0}), (INFINITE, {"beta": 1e-6})],
    ),
    "log_cosh_loss": Spec(
        inputs, wrt=(0, 1), extremes=[(FAR, {}), (INFINITE, {}), (EQUAL, {})], reference=by_cosh
    ),
    "pseudo_huber_loss": Spec(
        inputs,
        wrt=(0, 1),
        options=grid(delta=(0.5, 1.0, 2.0)),
        extremes=[(FAR, {}), (EQUAL, {}), (FAR, {"delta": 1e-12}), (NEAR, {"delta": 1e12})],
        reference=by_root,
    ),
    "laplace_nll_loss": Spec(
        with_scale,
        wrt=(0, 2),
        options=grid(full=(False, True)),
        extremes=[((*FAR, at(1e-12, 1e-300, 1e300, 1.0)), {}), ((*EQUAL, at(1e-300, 1e300)), {})],
        reference=by_laplace,
    ),
    "student_t_nll_loss": Spec(
        with_scale_and_df,
        wrt=(0, 2, 3),
        options=grid(full=(False, True)),
        extremes=[
            ((*FAR, at(1e-12, 1e-300, 1e200, 1.0), at(1.0, 3.0, 1e8, 0.1)), {}),
            ((*EQUAL, at(1e-300, 1e200), at(1e-6, 1e12)), {}),
        ],
        reference=by_mixture,
    ),
    "general_robust_loss": Spec(
        inputs,
        wrt=(0, 1),
        options=grid(alpha=(2.0, 1.0, 0.0, -2.0, -INF, 0.5, 1.5, 3.0), scale=(1.0, 2.0)),
        extremes=[
            (FAR, {"alpha": alpha, "scale": scale})
            for alpha in (2.0, 1.0, 0.0, -2.0, -INF, 1e-9, 2 + 1e-9, -1e9)
            for scale in (1.0, 1e-12)
        ],
        reference=by_limits,
    ),
}


def scaled(s: Sizes) -> Inputs:
    return *real_numbers(s), leaf(torch.rand(s.elements) + 0.1)


def scaled_with_df(s: Sizes) -> Inputs:
    return *scaled(s), leaf(torch.tensor(4.0))


WORKLOADS = (
    Workload("l1_loss", real_numbers),
    Workload("mse_loss", real_numbers),
    Workload("huber_loss", real_numbers),
    Workload("smooth_l1_loss", real_numbers),
    Workload("log_cosh_loss", real_numbers),
    Workload("pseudo_huber_loss", real_numbers),
    Workload("laplace_nll_loss", scaled),
    Workload("student_t_nll_loss", scaled_with_df),
    Workload("general_robust_loss", real_numbers, {"alpha": 0.5}),
)
