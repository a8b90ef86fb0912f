"""Cases for the scores. Residuals keep clear of the kinks; references are definitions."""

from typing import Any

import torch
from torch import Generator, Tensor
from torch.distributions import Normal

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, classes, leaf, real_numbers

INF, HUGE = float("inf"), 1e4
SIZES = torch.tensor([0.05, 0.3, 0.7, 1.4, 1.7, 2.6, 4.0, 9.0], dtype=torch.float64)
SIGN = torch.tensor([1.0, -1.0] * 4, dtype=torch.float64)


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def normal(generator: Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def predictions(generator: Generator) -> tuple[Tensor, Tensor]:
    target = normal(generator, 8)
    return target + SIGN * SIZES, target


def bounds(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    target = normal(generator, 8)
    width = torch.rand(8, generator=generator, dtype=torch.float64) + 0.5
    return target + SIGN * SIZES, target + SIGN * SIZES + width, target


def means_and_scales(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    return *predictions(generator), torch.rand(8, generator=generator, dtype=torch.float64) + 0.5


def draws(generator: Generator) -> tuple[Tensor, Tensor]:
    return normal(generator, 4, 5), normal(generator, 4)


def vectors_drawn(generator: Generator) -> tuple[Tensor, Tensor]:
    return normal(generator, 3, 4, 2), normal(generator, 3, 2)


def logits(generator: Generator) -> tuple[Tensor, Tensor]:
    return 2 * normal(generator, 4, 5, 3), torch.randint(5, (4, 3), generator=generator)


def by_maximum(input: Tensor, target: Tensor, quantile: float = 0.5, reduction: str = "mean") -> Tensor:
    """The definition, as a maximum."""
    r = target - input
    return reduce(torch.maximum(quantile * r, (quantile - 1) * r), reduction)


def by_cases(input: Tensor, target: Tensor, expectile: float = 0.5, reduction: str = "mean") -> Tensor:
    """The definition, as two cases."""
    r = target - input
    below = (r < 0).to(r)
    return reduce((expectile + (1 - 2 * expectile) * below) * r * r, reduction)


def by_quantiles(
    lower: Tensor, upper: Tensor, target: Tensor, alpha: float = 0.1, reduction: str = "mean"
) -> Tensor:
    """Two quantile losses."""
    low = by_maximum(lower, target, alpha / 2, "none")
    high = by_maximum(upper, target, 1 - alpha / 2, "none")
    return reduce(2 / alpha * (low + high), reduction)


def by_integral(input: Tensor, target: Tensor, scale: Tensor, reduction: str = "mean") -> Tensor:
    """The integral of the squared difference of the distribution functions, by Gauss and Legendre's rule."""
    nodes, weights = _gauss_legendre(200)
    law, reach = Normal(input, scale), 14.0

    def part(start: Tensor, end: Tensor, above: bool) -> Tensor:
        middle, half = (start + end) / 2, (end - start) / 2
        u = middle + half * nodes.unsqueeze(-1)
        below = law.cdf(u) - 1 if above else law.cdf(u)
        return half * (weights.unsqueeze(-1) * below**2).sum(0)

    low = torch.minimum(input - reach * scale, target)
    high = torch.maximum(input + reach * scale, target)
    return reduce(part(low, target, False) + part(target, high, True), reduction)


def _gauss_legendre(count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights on -1 to 1: the eigenvalues of Jacobi's matrix (Golub and Welsch 1969)."""
    k = torch.arange(1, count, dtype=torch.float64)
    beta = k / torch.sqrt(4 * k**2 - 1)
    nodes, vectors = torch.linalg.eigh(torch.diag(beta, 1) + torch.diag(beta, -1))
    return nodes, 2 * vectors[0] ** 2


def by_pairs(input: Tensor, target: Tensor, fair: bool = True, reduction: str = "mean") -> Tensor:
    """The definition, one pair of draws at a time."""
    vectors = input
    if target.ndim == 1:
        vectors, target = input.unsqueeze(-1), target.unsqueeze(-1)
    count = vectors.shape[-2]
    near = sum((vectors[..., i, :] - target).norm(dim=-1) for i in range(count)) / count
    pairs = [(vectors[..., i, :] - vectors[..., j, :]).norm(dim=-1) for i in range(count) for j in range(i)]
    return reduce(near - sum(pairs) / (count * (count - 1 if fair else count)), reduction)


def by_one_hot(input: Tensor, target: Tensor, ignore_index: int = -100, reduction: str = "mean") -> Tensor:
    """The definition, over one-hot vectors with the classes last."""
    counts = (target != ignore_index).to(input.dtype)
    p = input.movedim(1, -1).softmax(-1)
    one_hot = torch.nn.functional.one_hot(target.clamp(min=0), p.shape[-1])
    loss = counts * ((p - one_hot) ** 2).sum(-1)
    return loss.sum() / counts.sum() if reduction == "mean" else reduce(loss, reduction)


FAR: tuple[Any, ...] = (at(-HUGE, 0.0, HUGE, 1e300), at(HUGE, 0.0, 0.0, 0.0))
SURE = torch.tensor([[HUGE, -HUGE, 0.0], [-HUGE, 0.0, HUGE]], dtype=torch.float64)
EQUAL = torch.zeros(2, 3, dtype=torch.float64)

SPECS = {
    "quantile_loss": Spec(
        predictions,
        wrt=(0, 1),
        options=grid(quantile=(0.1, 0.5, 0.9)),
        extremes=[(FAR, {"quantile": q}) for q in (0.01, 0.99)],
        reference=by_maximum,
    ),
    "expectile_loss": Spec(
        predictions,
        wrt=(0, 1),
        options=grid(expectile=(0.1, 0.5, 0.9)),
        extremes=[(FAR, {"expectile": q}) for q in (0.01, 0.99)],
        reference=by_cases,
    ),
    "interval_score_loss": Spec(
        bounds,
        wrt=(0, 1, 2),
        target=2,
        options=grid(alpha=(0.1, 0.5)),
        extremes=[((*FAR, at(0.0, 0.0, 0.0, 0.0)), {})],
        reference=by_quantiles,
    ),
    "gaussian_crps_loss": Spec(
        means_and_scales,
        wrt=(0, 2),
        extremes=[((*FAR, at(1e-300, 1e-12, 1e300, 1.0)), {})],
        reference=by_integral,
    ),
    "ensemble_crps_loss": Spec(
        draws,
        wrt=(0, 1),
        options=grid(fair=(True, False)),
        extremes=[((EQUAL, at(0.0, HUGE)), {"fair": fair}) for fair in (True, False)],
        reference=by_pairs,
    ),
    "energy_score_loss": Spec(
        vectors_drawn,
        wrt=(0, 1),
        options=grid(fair=(True, False)),
        extremes=[((torch.zeros(2, 3, 2).double(), torch.zeros(2, 2).double()), {})],
        reference=by_pairs,
    ),
    "brier_loss": Spec(
        logits,
        options=grid(ignore_index=(-100, 1)),
        extremes=[((SURE, torch.tensor([0, 0])), {}), ((SURE, torch.tensor([1, 2])), {})],
        reference=by_one_hot,
    ),
}


LEVELS = torch.tensor([0.1, 0.5, 0.9])


def three_quantiles(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.elements // 3, 3)), torch.randn(s.elements // 3)


def intervals(s: Sizes) -> Inputs:
    lower = torch.randn(s.elements)
    return leaf(lower), leaf(lower + 1), torch.randn(s.elements)


def normals(s: Sizes) -> Inputs:
    return *real_numbers(s), leaf(torch.rand(s.elements) + 0.1)


def ensembles(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, 20)), torch.randn(s.rows)


def ensembles_of_vectors(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, 20, 3)), torch.randn(s.rows, 3)


WORKLOADS = (
    Workload("quantile_loss", real_numbers, {"quantile": 0.9}),
    Workload(
        "quantile_loss", three_quantiles, {"quantile": torch.tensor([0.1, 0.5, 0.9])}, "three quantiles"
    ),
    Workload("expectile_loss", real_numbers, {"expectile": 0.9}),
    Workload("interval_score_loss", intervals),
    Workload("gaussian_crps_loss", normals),
    Workload("ensemble_crps_loss", ensembles),
    Workload("energy_score_loss", ensembles_of_vectors),
    Workload("brier_loss", classes),
)
