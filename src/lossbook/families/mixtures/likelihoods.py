"""Distributions of a number that has several likely values, and of angles and directions."""

import math
from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution, MixtureSameFamily, Normal, constraints

from lossbook.ground.noise import NoiseModel


def gaussian_mixture_nll_loss(input: Tensor, scale: Tensor, logits: Tensor, full: bool = False) -> NoiseModel:
    r"""A mixture of normal distributions; the constant is :math:`\tfrac12\log 2\pi`, or 0 with ``full``."""
    mixture = MixtureSameFamily(Categorical(logits=logits.expand(input.shape)), Normal(input, scale))
    return NoiseModel(mixture, 0.0 if full else 0.5 * math.log(2 * math.pi))


def von_mises_nll_loss(input: Tensor, concentration: Tensor, full: bool = False) -> NoiseModel:
    r""":class:`Circular`; the constant is :math:`\log 2\pi`, or 0 with ``full``."""
    return NoiseModel(Circular(input, concentration), 0.0 if full else math.log(2 * math.pi))


def von_mises_mixture_nll_loss(
    input: Tensor, concentration: Tensor, logits: Tensor, full: bool = False
) -> NoiseModel:
    r"""A mixture of :class:`Circular`; the constant is :math:`\log 2\pi`, or 0 with ``full``."""
    component = Circular(input, concentration.expand(input.shape))
    mixture = MixtureSameFamily(Categorical(logits=logits.expand(input.shape)), component)
    return NoiseModel(mixture, 0.0 if full else math.log(2 * math.pi))


def von_mises_fisher_nll_loss(input: Tensor, concentration: Tensor, full: bool = False) -> NoiseModel:
    r""":class:`Directional` of the unit vector; the constant is :math:`\tfrac D2\log 2\pi`, or 0 with
    ``full``."""
    constant = 0.0 if full else 0.5 * input.shape[-1] * math.log(2 * math.pi)
    return NoiseModel(Directional(input, concentration), constant)


class Circular(Distribution):
    r"""Von Mises's distribution, normalised by an integral over the circle.

    (torch's own ``VonMises`` has its Bessel function from a polynomial that is good to :math:`10^{-7}`.)

    Args:
        loc: :math:`\mu` in radians.
        concentration: :math:`\kappa \ge 0`, which broadcasts with it.
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "concentration": constraints.nonnegative}
    support = constraints.real
    has_rsample = False
    POINTS = 4096

    def __init__(self, loc: Tensor, concentration: Tensor, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = torch.broadcast_tensors(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density per radian."""
        turn = torch.arange(self.POINTS, dtype=self.loc.dtype, device=self.loc.device)
        turn = 2 * math.pi * turn / self.POINTS
        area = torch.logsumexp(self.concentration[..., None] * turn.cos(), -1) + math.log(
            2 * math.pi / self.POINTS
        )
        return self.concentration * torch.cos(value - self.loc) - area


class Directional(Distribution):
    r"""The von Mises–Fisher distribution on the unit sphere, normalised by an integral over the latitude.

    Args:
        loc: the mean direction, shape ``(*, D)``, of any length.
        concentration: :math:`\kappa \ge 0`, which broadcasts to ``(*)``.
    """

    arg_constraints: ClassVar = {"loc": constraints.real_vector, "concentration": constraints.nonnegative}
    support = constraints.real_vector
    has_rsample = False
    POINTS = 20_001

    def __init__(self, loc: Tensor, concentration: Tensor, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = loc, concentration
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args=validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density at the direction of ``value``, per unit of area of the sphere."""
        cos = torch.nn.functional.cosine_similarity(self.loc, value, -1, 0.0)
        return self.concentration * cos - self._log_area()

    def _log_area(self) -> Tensor:
        d = self.loc.shape[-1]
        angle = torch.linspace(0, math.pi, self.POINTS, dtype=self.loc.dtype, device=self.loc.device)
        weight = torch.full_like(angle, math.pi / (self.POINTS - 1))
        weight[0] = weight[-1] = 0.5 * weight[1]
        ring = (d - 2) * angle.sin().clamp(min=1e-300).log() + weight.log()
        belt = torch.logsumexp(self.concentration[..., None] * angle.cos() + ring, -1)
        return belt + math.log(2) + 0.5 * (d - 1) * math.log(math.pi) - math.lgamma(0.5 * (d - 1))
