"""Cases for amounts, shares and inflated counts; each reference is the density written as in a textbook."""

import torch
from torch import Generator, Tensor
from torch.distributions import NegativeBinomial, Poisson

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

HUGE = 1e4
SHARES = torch.tensor([0.02, 0.1, 0.25, 0.4, 0.5, 0.7, 0.85, 0.99], dtype=torch.float64)
COUNTS = torch.tensor([0.0, 1, 2, 0, 5, 9, 0, 1], dtype=torch.float64)
AMOUNTS = torch.tensor([0.0, 0.3, 2.0, 0.0, 5.0, 9.0, 0.0, 1.0], dtype=torch.float64)


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def normal(generator: Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def positive(generator: Generator, *shape: int) -> Tensor:
    return 2 * torch.rand(*shape, generator=generator, dtype=torch.float64) + 0.2


def amounts_and_concentration(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    # Positive, so that they may be means too; a column, so that a parameter may broadcast.
    return positive(generator, 3, 8), positive(generator, 3, 8), at(0.3, 2.0, 30.0).unsqueeze(1)


def amounts_with_zeros(generator: Generator) -> tuple[Tensor, Tensor]:
    return positive(generator, 8), AMOUNTS


def shares_and_precision(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    return normal(generator, 3, 8), SHARES.expand(3, 8), at(0.7, 6.0, 50.0).unsqueeze(1)


def shares(generator: Generator) -> tuple[Tensor, Tensor]:
    return torch.cat([4 * normal(generator, 8), 0.2 * normal(generator, 8)]), torch.cat([SHARES, SHARES])


def counts_and_gates(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    return normal(generator, 8), COUNTS, 2 * normal(generator, 8)


def counts_dispersion_and_gates(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    log_mean = normal(generator, 3, 8)
    return log_mean, COUNTS.expand(3, 8), at(0.05, 0.5, 3.0).unsqueeze(1), 2 * normal(generator, 3, 8)


def by_gamma(
    input: Tensor,
    target: Tensor,
    concentration: Tensor,
    log_input: bool = True,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """The density, with its rate."""
    rate = concentration / (input.exp() if log_input else input)
    density = rate**concentration * target ** (concentration - 1) * torch.exp(-rate * target)
    loss = torch.lgamma(concentration) - density.log()
    return reduce(loss if full else loss - target.log(), reduction)


def by_tweedie(
    input: Tensor, target: Tensor, power: float = 1.5, log_input: bool = True, reduction: str = "mean"
) -> Tensor:
    """The integral of (m - y) / m^p over the mean m, plus what it is at 1."""
    mu = input.exp() if log_input else input
    nodes, weights = _legendre(200)
    # Over log m, where the integrand is smooth: m from 1 to mu.
    step = mu.log().unsqueeze(-1) * (nodes + 1) / 2
    m = step.exp()
    slopes = (m - target.unsqueeze(-1)) * m ** (1 - power)
    integral = mu.log() / 2 * (slopes * weights).sum(-1)
    if power == 1:
        start = 1 + 0 * target
    elif power == 2:
        start = target
    else:
        start = 1 / (2 - power) + target / (power - 1)
    return reduce(integral + start, reduction)


def _legendre(count: int) -> tuple[Tensor, Tensor]:
    from numpy.polynomial.legendre import leggauss

    nodes, weights = leggauss(count)
    return torch.as_tensor(nodes), torch.as_tensor(weights)


def by_beta(
    input: Tensor, target: Tensor, precision: Tensor, full: bool = False, reduction: str = "mean"
) -> Tensor:
    """The density, with its two concentrations."""
    a, b = input.sigmoid() * precision, (1 - input.sigmoid()) * precision
    log_constant = torch.lgamma(a + b) - torch.lgamma(a) - torch.lgamma(b)
    one_less = int(full)
    log_density = (target ** (a - one_less) * (1 - target) ** (b - one_less)).log() + log_constant
    return reduce(-log_density, reduction)


def by_integral(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The normalising constant of e^{yz} by quadrature."""
    nodes, weights = _legendre(60)
    integral = (torch.exp(input.unsqueeze(-1) * (nodes + 1) / 2) * weights).sum(-1) / 2
    return reduce(integral.log() - target * input, reduction)


def by_poisson(
    input: Tensor, target: Tensor, gate_logits: Tensor, full: bool = False, reduction: str = "mean"
) -> Tensor:
    """The two ways to a count."""
    return _by_mixture(Poisson(input.exp()), target, gate_logits, full, reduction)


def by_negative_binomial(
    input: Tensor,
    target: Tensor,
    dispersion: Tensor,
    gate_logits: Tensor,
    full: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """The two ways to a count."""
    base = NegativeBinomial(1 / dispersion, probs=dispersion * input.exp() / (1 + dispersion * input.exp()))
    return _by_mixture(base, target, gate_logits, full, reduction)


def _by_mixture(base: Poisson | NegativeBinomial, y: Tensor, gate: Tensor, full: bool, how: str) -> Tensor:
    shut = gate.sigmoid()
    probability = shut * (y == 0) + (1 - shut) * base.log_prob(y).exp()
    return reduce(-probability.log() - (0 if full else torch.lgamma(y + 1)), how)


FAR = (at(HUGE, -HUGE, 0.0, 0.0), at(1.0, 1.0, 1e-300, 1e300))
EMPTY = (at(HUGE, -HUGE, HUGE, -HUGE), at(0.0, 0.0, 3.0, 3.0))
ENDS = (at(HUGE, -HUGE, HUGE, -HUGE, 0.0), at(0.5, 0.5, 1e-300, 1 - 1e-16, 0.5))
GATES = at(HUGE, HUGE, -HUGE, -HUGE)

SPECS = {
    "gamma_nll_loss": Spec(
        amounts_and_concentration,
        wrt=(0, 2),
        options=({}, {"full": True}, {"log_input": False}),
        extremes=[((*FAR, at(*[a] * 4)), {}) for a in (1e-12, 1.0, 16.0, 1e12)],
        reference=by_gamma,
    ),
    "tweedie_nll_loss": Spec(
        amounts_with_zeros,
        options=({}, {"power": 1}, {"power": 2}, {"power": 1.1, "log_input": False}),
        extremes=[(inputs, {"power": p}) for inputs in (FAR, EMPTY) for p in (1, 1.5, 2)],
        reference=by_tweedie,
    ),
    "beta_distribution_nll_loss": Spec(
        shares_and_precision,
        wrt=(0, 2),
        options=grid(full=(False, True)),
        extremes=[((*ENDS, at(*[phi] * 5)), {}) for phi in (1e-12, 1.0, 32.0, 1e12)],
        reference=by_beta,
    ),
    "continuous_bernoulli_nll_loss": Spec(
        shares,
        extremes=[
            (ENDS, {}),
            ((at(0.0, 1e-300, -0.5, 0.5, HUGE, -HUGE, HUGE, -HUGE), at(0, 1, 0, 1, 0, 0, 1, 1)), {}),
        ],
        reference=by_integral,
    ),
    "zero_inflated_poisson_nll_loss": Spec(
        counts_and_gates,
        wrt=(0, 2),
        options=grid(full=(False, True)),
        extremes=[((*EMPTY, gate), {}) for gate in (GATES, -GATES, 0 * GATES)],
        reference=by_poisson,
    ),
    "zero_inflated_negative_binomial_nll_loss": Spec(
        counts_dispersion_and_gates,
        wrt=(0, 2, 3),
        options=grid(full=(False, True)),
        extremes=[
            ((*EMPTY, at(*[alpha] * 4), gate), {})
            for alpha in (1e-12, 1.0, 1e6)
            for gate in (GATES, -GATES, 0 * GATES)
        ],
        reference=by_negative_binomial,
    ),
}


def log_means(s: Sizes) -> Tensor:
    return leaf(torch.randn(s.elements))


def log_means_and_amounts(s: Sizes) -> Inputs:
    return log_means(s), torch.rand(s.elements) + 0.1


def logits_and_shares(s: Sizes) -> Inputs:
    return log_means(s), 0.98 * torch.rand(s.elements) + 0.01


def log_means_and_counts(s: Sizes) -> Inputs:
    return log_means(s), torch.poisson(torch.full((s.elements,), 3.0))


def log_means_counts_and_gates(s: Sizes) -> Inputs:
    return *log_means_and_counts(s), log_means(s)


def log_means_counts_dispersion_and_gates(s: Sizes) -> Inputs:
    return *log_means_and_counts(s), 0.5, log_means(s)


WORKLOADS = (
    Workload("gamma_nll_loss", log_means_and_amounts, {"concentration": 2.0}),
    Workload("tweedie_nll_loss", log_means_and_amounts),
    Workload("beta_distribution_nll_loss", logits_and_shares, {"precision": 5.0}),
    Workload("continuous_bernoulli_nll_loss", logits_and_shares),
    Workload("zero_inflated_poisson_nll_loss", log_means_counts_and_gates),
    Workload("zero_inflated_negative_binomial_nll_loss", log_means_counts_dispersion_and_gates),
)
