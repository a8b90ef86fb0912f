"""Cases for mixtures, angles and directions; the references add densities, or integrate over the circle."""

import math

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

HUGE = 1e4


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def normal(generator: Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def positive(generator: Generator, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=generator, dtype=torch.float64) + 0.5


def mixtures(generator: Generator) -> tuple[Tensor, ...]:
    k = (6, 3)
    return normal(generator, *k), normal(generator, 6), positive(generator, *k), normal(generator, *k)


def angles(generator: Generator) -> tuple[Tensor, ...]:
    return 3 * normal(generator, 8), 3 * normal(generator, 8), 3 * positive(generator, 8)


def directions(generator: Generator) -> tuple[Tensor, ...]:
    return normal(generator, 5, 4), normal(generator, 5, 4), 3 * positive(generator, 5)


def by_densities(
    input: Tensor,
    target: Tensor,
    scale: Tensor,
    logits: Tensor,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """The logarithm of a sum of densities."""
    density = torch.exp(-0.5 * ((target[..., None] - input) / scale) ** 2) / scale
    weight = logits.exp() / logits.exp().sum(-1, keepdim=True)
    constant = 0.5 * math.log(2 * math.pi) if full else 0.0
    return reduce(constant - (weight * density).sum(-1).log(), reduction)


def i0(kappa: Tensor) -> Tensor:
    """Bessel's integral, the mean of e^(kappa cos) over a turn."""
    turn = 2 * math.pi * torch.arange(512, dtype=kappa.dtype) / 512
    return torch.exp(kappa[..., None] * turn.cos()).mean(-1)


def by_integral(
    input: Tensor, target: Tensor, concentration: Tensor, full: bool = False, reduction: str = "mean"
) -> Tensor:
    """The definition."""
    loss = i0(concentration).log() - concentration * torch.cos(target - input)
    return reduce(loss + (math.log(2 * math.pi) if full else 0.0), reduction)


def by_integrals(
    input: Tensor,
    target: Tensor,
    concentration: Tensor,
    logits: Tensor,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """The logarithm of a sum of densities on the circle."""
    density = torch.exp(concentration * torch.cos(target[..., None] - input)) / i0(concentration)
    weight = logits.exp() / logits.exp().sum(-1, keepdim=True)
    constant = math.log(2 * math.pi) if full else 0.0
    return reduce(constant - (weight * density).sum(-1).log(), reduction)


def by_series(
    input: Tensor, target: Tensor, concentration: Tensor, full: bool = False, reduction: str = "mean"
) -> Tensor:
    """The definition, with the Bessel function from its power series."""
    order = 0.5 * input.shape[-1] - 1
    half, series = concentration / 2, torch.zeros_like(concentration)
    for k in range(60):
        series = series + half ** (2 * k) * math.exp(-math.lgamma(k + 1) - math.lgamma(k + order + 1))
    bessel = half**order * series
    cos = (input * target).sum(-1) / input.norm(dim=-1) / target.norm(dim=-1)
    loss = -concentration * cos - order * concentration.log() + bessel.log()
    return reduce(loss + (0.5 * input.shape[-1] * math.log(2 * math.pi) if full else 0.0), reduction)


FAR = (at(-HUGE, HUGE, 0.0).expand(4, 3), at(0.0, -HUGE, 1e-300, 1e300))
ROUND = (at(-HUGE, HUGE, 0.0).expand(4, 3), at(0.0, -HUGE, 1e-300, HUGE))
SURE = at(-HUGE, HUGE, 0.0).expand(4, 3)
WIDTHS = at(1e-300, 1.0, 1e300).expand(4, 3)
KAPPAS = at(0.0, 1e-300, 1.0, 1e300)
POLES = torch.tensor([[0.0, 0.0, 0.0], [1e-37, 0.0, 0.0], [1e38, 1e38, 0.0], [1.0, 0.0, 0.0]]).double()

SPECS = {
    "gaussian_mixture_nll_loss": Spec(
        mixtures,
        wrt=(0, 2, 3),
        options=grid(full=(False, True)),
        extremes=[
            ((*FAR, WIDTHS, SURE), {}),
            ((*FAR, WIDTHS.flip(1), SURE.flip(1)), {"full": True}),
            ((*FAR, torch.ones(4, 3).double(), torch.zeros(4, 3).double()), {}),
        ],
        reference=by_densities,
    ),
    "von_mises_nll_loss": Spec(
        angles,
        wrt=(0, 2),
        options=grid(full=(False, True)),
        extremes=[((ROUND[1], at(0.0, 1e300, math.pi, -math.pi), KAPPAS), {}), ((at(0), at(0), at(0)), {})],
        reference=by_integral,
    ),
    "von_mises_mixture_nll_loss": Spec(
        mixtures,
        wrt=(0, 2, 3),
        options=grid(full=(False, True)),
        extremes=[
            ((*ROUND, at(0.0, 1.0, 1e300).expand(4, 3), SURE), {}),
            ((*ROUND, at(1e300, 1e-300, 0.0).expand(4, 3), SURE.flip(1)), {"full": True}),
        ],
        reference=by_integrals,
    ),
    "von_mises_fisher_nll_loss": Spec(
        directions,
        wrt=(0, 1, 2),
        options=grid(full=(False, True)),
        extremes=[
            ((POLES, other, kappa), {})
            for other in (POLES, -POLES, POLES.flip(0))
            for kappa in (KAPPAS, KAPPAS.flip(0))
        ],
        reference=by_series,
    ),
}


def mixed_numbers(s: Sizes) -> Inputs:
    shape = (s.rows, 8)
    means, targets = leaf(torch.randn(shape)), torch.randn(s.rows)
    return means, targets, leaf(torch.rand(shape) + 0.1), leaf(torch.randn(shape))


def turned(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.elements)), torch.randn(s.elements), leaf(5 * torch.rand(s.elements) + 0.1)


def pointed(s: Sizes) -> Inputs:
    shape = (s.pairs, s.features)
    return leaf(torch.randn(shape)), torch.randn(shape), leaf(5 * torch.rand(s.pairs) + 0.1)


WORKLOADS = (
    Workload("gaussian_mixture_nll_loss", mixed_numbers),
    Workload("von_mises_nll_loss", turned),
    Workload("von_mises_mixture_nll_loss", mixed_numbers),
    Workload("von_mises_fisher_nll_loss", pointed),
)
