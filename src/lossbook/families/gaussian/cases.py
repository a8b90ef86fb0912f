"""Cases for a predicted variance, one for each row of three, and for a predicted covariance."""

import math

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Loss, Sizes, Workload, leaf, real_numbers

INF, HUGE = float("inf"), 1e4


def rows(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    input, target = torch.randn(2, 4, 3, generator=generator, dtype=torch.float64)
    return input, target, torch.rand(4, 1, generator=generator, dtype=torch.float64) + 0.5


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def amounts(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    input, target, scale = rows(generator)
    return input, target.exp(), scale


def vectors(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    input, target, _ = rows(generator)
    factor = torch.randn(4, 3, 3, generator=generator, dtype=torch.float64)
    return input, target, factor + torch.diag_embed(0.5 + factor.diagonal(dim1=1, dim2=2).abs() * 2)


def by_weights(
    input: Tensor, target: Tensor, var: Tensor, beta: float = 0.5, reduction: str = "mean"
) -> Tensor:
    """Torch's loss of each point, times a constant."""
    return with_weights_held(input, target, var, beta)(input, target, var, beta, reduction)


def with_weights_held(input: Tensor, target: Tensor, var: Tensor, beta: float = 0.5) -> Loss:
    """The weights are those of ``var``, whatever variance the loss is given later."""
    weight = var.detach() ** beta

    def loss(
        input: Tensor, target: Tensor, var: Tensor, beta: float = 0.5, reduction: str = "mean"
    ) -> Tensor:
        each = torch.nn.functional.gaussian_nll_loss(input, target, var, eps=1e-300, reduction="none")
        return reduce(weight * each, reduction)

    return loss


def by_covariance(
    input: Tensor, target: Tensor, scale_tril: Tensor, full: bool = False, reduction: str = "mean"
) -> Tensor:
    """The density with the inverse and the determinant of the covariance itself."""
    factor = scale_tril.tril()
    covariance, r = factor @ factor.mT, target - input
    square = torch.einsum("ni,nij,nj->n", r, torch.linalg.inv(covariance), r)
    loss = 0.5 * (square + torch.logdet(covariance))
    return reduce(loss + (0.5 * r.shape[-1] * math.log(2 * math.pi) if full else 0), reduction)


def by_change_of_variable(
    input: Tensor, target: Tensor, scale: Tensor, full: bool = False, reduction: str = "mean"
) -> Tensor:
    """The normal density at the logarithm, times the derivative of the logarithm."""
    density = torch.exp(-0.5 * ((target.log() - input) / scale) ** 2) / (math.sqrt(2 * math.pi) * scale)
    surprise = -torch.log(density / target)
    return reduce(surprise - (0 if full else target.log() + 0.5 * math.log(2 * math.pi)), reduction)


SPECS = {
    "gaussian_nll_loss": Spec(
        rows,
        wrt=(0, 2),
        options=grid(full=(False, True), eps=(1e-6, 0.1)),
        extremes=[
            ((at(0, HUGE, 0, -HUGE), at(0, 0, 1, INF), at(0, 0, 1e-300, 1)), {}),
            ((at(0, 1), at(0, 0), at(1e300, INF)), {}),
        ],
    ),
    "beta_nll_loss": Spec(
        rows,
        wrt=(0, 2),
        held=with_weights_held,
        options=grid(beta=(0.0, 0.5, 1.0)),
        extremes=[((at(0, HUGE, 0, -HUGE), at(0, 0, 1, HUGE), at(1e-300, 1e300, 1e-12, 1)), {})],
        reference=by_weights,
    ),
    "multivariate_gaussian_nll_loss": Spec(
        vectors,
        wrt=(0, 2),
        options=grid(full=(False, True)),
        extremes=[
            ((at(0, HUGE), at(0, 0), torch.diag(at(1e-12, 1e300))), {}),
            ((at(0, 0), at(0, 1), torch.diag(at(1e-300, 1)) + at(0, INF).expand(2, 2).triu(1)), {}),
        ],
        reference=by_covariance,
    ),
    "log_normal_nll_loss": Spec(
        amounts,
        wrt=(0, 2),
        options=grid(full=(False, True)),
        extremes=[((at(0, HUGE, 0, -HUGE), at(1e-300, 1, 1e300, 1), at(1e-12, 1e300, 1, 1e-300)), {})],
        reference=by_change_of_variable,
    ),
}


def means_and_variances(s: Sizes) -> Inputs:
    return *real_numbers(s), leaf(torch.rand(s.elements) + 0.1)


def amounts_and_scales(s: Sizes) -> Inputs:
    mean, target, scale = means_and_variances(s)
    return mean, target.exp(), scale


def vectors_of_four(s: Sizes) -> Inputs:
    factor = torch.randn(s.rows, 4, 4) + 4 * torch.eye(4)
    return leaf(torch.randn(s.rows, 4)), torch.randn(s.rows, 4), leaf(factor)


WORKLOADS = (
    Workload("gaussian_nll_loss", means_and_variances),
    Workload("beta_nll_loss", means_and_variances),
    Workload("multivariate_gaussian_nll_loss", vectors_of_four),
    Workload("log_normal_nll_loss", amounts_and_scales),
)
