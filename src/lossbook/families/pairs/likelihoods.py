r"""Pairs of embeddings: densities around the partner, for alike pairs only.

A pair that is not alike has no noise model, so these functions do not bear their losses' names:
``cosine_alike`` belongs to :func:`lossbook.losses.cosine_embedding_loss` with target 1, ``hinge_alike`` to
:func:`lossbook.losses.hinge_embedding_loss` with target 1, ``contrastive_alike`` to
:func:`lossbook.losses.contrastive_loss` with target 1.
"""

import math
from typing import Any, ClassVar

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, Gamma, Independent, Normal, constraints

from lossbook.ground.noise import NoiseModel


def cosine_alike(input2: Tensor) -> NoiseModel:
    r""":class:`VonMisesFisher` of concentration 1 around :math:`\hat b`.

    The target is the direction :math:`\hat a`; the constant is :math:`-1 - \log C_D(1)`.
    """
    distribution = VonMisesFisher(input2 / input2.norm(dim=-1, keepdim=True), 1.0)
    return NoiseModel(distribution, -1 - distribution.log_normaliser)


def hinge_alike(partner: Tensor) -> NoiseModel:
    r""":class:`IsotropicLaplace` around the partner :math:`x'`; the target is the point :math:`x`.

    The loss's input is their distance :math:`\lVert x - x' \rVert`; the constant is :math:`\log Z_D`.
    """
    distribution = IsotropicLaplace(partner)
    return NoiseModel(distribution, distribution.log_normaliser)


def contrastive_alike(input2: Tensor) -> NoiseModel:
    r"""Independent ``Normal`` noise of variance 1 around the partner.

    The constant is :math:`\frac D2 \log 2\pi`.
    """
    distribution = Independent(Normal(input2, 1.0), 1)
    return NoiseModel(distribution, input2.shape[-1] / 2 * math.log(2 * math.pi))


class VonMisesFisher(Distribution):
    r"""The density :math:`C_D(\kappa)\, e^{\kappa \mu^\top x}` on the unit sphere of :math:`\mathbb R^D`.

    .. math:: C_D(\kappa) = \frac{\kappa^{D/2-1}}{(2\pi)^{D/2} I_{D/2-1}(\kappa)}

    Args:
        loc: mean direction :math:`\mu`, unit vectors of shape ``(*, D)``.
        concentration: :math:`\kappa > 0`.

    Raises:
        ValueError: ``concentration`` is not positive.

    Source:
        Fisher, *Dispersion on a Sphere*, Proceedings of the Royal Society A 217, 1953.
    """

    arg_constraints: ClassVar = {"loc": constraints.real_vector}
    support = constraints.real_vector
    has_rsample = False

    def __init__(self, loc: Tensor, concentration: float, validate_args: bool | None = None) -> None:
        if not concentration > 0:
            raise ValueError(f"concentration must be positive, found {concentration!r}")
        self.loc, self.concentration = loc, concentration
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args=validate_args)

    @property
    def log_normaliser(self) -> float:
        r""":math:`\log C_D(\kappa)`."""
        order, kappa = self.loc.shape[-1] / 2 - 1, self.concentration
        return order * math.log(kappa) - (order + 1) * math.log(2 * math.pi) - _log_bessel(order, kappa)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density at the unit vector ``value``, per unit of area of the sphere."""
        return self.concentration * (self.loc * value).sum(-1) + self.log_normaliser


class IsotropicLaplace(Distribution):
    r"""The density :math:`e^{-\lVert x - \mu \rVert} / Z_D` on :math:`\mathbb R^D`.

    .. math:: Z_D = \frac{2\pi^{D/2}}{\Gamma(D/2)}\, \Gamma(D)

    the area of the unit sphere times the integral of :math:`r^{D-1} e^{-r}` over the radius.

    Args:
        loc: centre :math:`\mu`, shape ``(*, D)``.
    """

    arg_constraints: ClassVar = {"loc": constraints.real_vector}
    support = constraints.real_vector
    has_rsample = False

    def __init__(self, loc: Tensor, validate_args: bool | None = None) -> None:
        self.loc = loc
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def log_normaliser(self) -> float:
        r""":math:`\log Z_D`."""
        d = self.loc.shape[-1]
        return math.log(2) + d / 2 * math.log(math.pi) - math.lgamma(d / 2) + math.lgamma(d)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density at ``value``."""
        return -(value - self.loc).norm(dim=-1) - self.log_normaliser

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008  (an immutable default, as in torch)
        """Draw a direction, then a radius from Gamma(D, 1)."""
        shape = self._extended_shape(sample_shape)
        with torch.no_grad():
            direction = torch.nn.functional.normalize(torch.randn(shape).to(self.loc), dim=-1)
            radius = Gamma(float(shape[-1]), 1.0).sample((*shape[:-1], 1)).to(self.loc)
            return self.loc + radius * direction


def _log_bessel(order: float, kappa: float) -> float:
    """The logarithm of the modified Bessel function I: its power series, whose terms are all positive."""
    k = torch.arange(math.ceil(kappa) + 64, dtype=torch.float64)  # the largest term is near kappa / 2
    terms = (2 * k + order) * math.log(kappa / 2) - torch.lgamma(k + 1) - torch.lgamma(k + order + 1)
    return float(terms.logsumexp(0))
