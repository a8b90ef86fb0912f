r"""Real numbers: the normal, the Laplace and Huber's distribution, and those with other tails."""

import math
from typing import Any, ClassVar

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, Laplace, Normal, StudentT, constraints
from torch.distributions.utils import broadcast_all

from lossbook.ground.noise import NoiseModel


def mse_loss(input: Tensor) -> NoiseModel:
    r""":math:`\mathcal N(\mu, \tfrac12)`; the constant is :math:`\tfrac12\log\pi`."""
    return NoiseModel(Normal(input, math.sqrt(0.5)), 0.5 * math.log(math.pi))


def l1_loss(input: Tensor) -> NoiseModel:
    r""":math:`\mathrm{Laplace}(\mu, 1)`; the constant is :math:`\log 2`."""
    return NoiseModel(Laplace(input, 1.0), math.log(2))


def huber_loss(input: Tensor, delta: float = 1.0) -> NoiseModel:
    r""":class:`Huber` of scale 1; the constant is :math:`\log Z_\delta`."""
    distribution = Huber(input, delta)
    return NoiseModel(distribution, distribution.log_normaliser)


def smooth_l1_loss(input: Tensor, beta: float = 1.0) -> NoiseModel:
    r""":class:`Huber` with threshold and scale :math:`\sqrt\beta`; for :math:`\beta = 0` the Laplace.

    The constant is :math:`\log(\sqrt\beta\,Z_{\sqrt\beta})`.
    """
    if beta == 0:
        return l1_loss(input)
    root = math.sqrt(beta)
    distribution = Huber(input, root, root)
    return NoiseModel(distribution, distribution.log_normaliser)


def log_cosh_loss(input: Tensor) -> NoiseModel:
    r""":class:`HyperbolicSecant`; the constant is :math:`\log\pi`."""
    return NoiseModel(HyperbolicSecant(input), math.log(math.pi))


def pseudo_huber_loss(input: Tensor, delta: float = 1.0) -> NoiseModel:
    r""":class:`Hyperbolic`; the constant is :math:`\log(2 \delta\, e^{\delta^2} K_1(\delta^2))`."""
    distribution = Hyperbolic(input, delta)
    return NoiseModel(distribution, distribution.log_normaliser)


def laplace_nll_loss(input: Tensor, scale: Tensor | float, full: bool = False) -> NoiseModel:
    r""":math:`\mathrm{Laplace}(\mu, \sigma)`; the constant is :math:`\log 2`, or 0 with ``full``."""
    return NoiseModel(Laplace(input, scale), 0.0 if full else math.log(2))


def student_t_nll_loss(
    input: Tensor, scale: Tensor | float, df: Tensor | float, full: bool = False
) -> NoiseModel:
    r"""Student's t; the constant is :math:`\tfrac12\log\pi`, or 0 with ``full``."""
    return NoiseModel(StudentT(df, input, scale), 0.0 if full else 0.5 * math.log(math.pi))


class HyperbolicSecant(Distribution):
    r"""The density :math:`\tfrac{1}{\pi} \operatorname{sech}(y - \mu)`.

    Args:
        loc: location :math:`\mu`.

    Source:
        Perks, *On Some Experiments in the Graduation of Mortality Statistics*, Journal of the Institute of
        Actuaries 63(1), 1932.

    >>> import torch
    >>> HyperbolicSecant(torch.tensor(0.0)).cdf(torch.tensor(0.0))
    tensor(0.5000)
    """

    arg_constraints: ClassVar = {"loc": constraints.real}
    support = constraints.real
    has_rsample = False

    def __init__(self, loc: Tensor | float, validate_args: bool | None = None) -> None:
        (self.loc,) = broadcast_all(loc)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density at ``value``."""
        if self._validate_args:
            self._validate_sample(value)
        size = (value - self.loc).abs()
        return math.log(2 / math.pi) - size - torch.log1p(torch.exp(-2 * size))

    def cdf(self, value: Tensor) -> Tensor:
        """Probability of at most ``value``."""
        return 2 / math.pi * torch.atan(torch.exp(value - self.loc))

    def icdf(self, value: Tensor) -> Tensor:
        """The quantile of level ``value``."""
        return self.loc + torch.log(torch.tan(0.5 * math.pi * value))

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008  (an immutable default, as in torch)
        """Draw by the inverse of the distribution function."""
        with torch.no_grad():
            return self.icdf(self.loc.new_empty(self._extended_shape(sample_shape)).uniform_())


class Hyperbolic(Distribution):
    r"""The density :math:`e^{-\delta^2 (\sqrt{1 + (y-\mu)^2/\delta^2} - 1)} / Z_\delta`,
    :math:`Z_\delta = 2 \delta\, e^{\delta^2} K_1(\delta^2)`: a normal centre, exponential tails.

    Args:
        loc: location :math:`\mu`.
        delta: :math:`\delta > 0`, in the unit of the target.

    Raises:
        ValueError: ``delta`` is not positive.

    Source:
        Barndorff-Nielsen, *Exponentially Decreasing Distributions for the Logarithm of Particle Size*,
        Proceedings of the Royal Society A 353, 1977.

    >>> import torch
    >>> Hyperbolic(torch.tensor(0.0), delta=1.0).log_normaliser
    tensor(1.1855)
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "delta": constraints.positive}
    support = constraints.real
    has_rsample = False

    def __init__(
        self, loc: Tensor | float, delta: Tensor | float = 1.0, validate_args: bool | None = None
    ) -> None:
        self.loc, self.delta = broadcast_all(loc, delta)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def log_normaliser(self) -> Tensor:
        r""":math:`\log Z_\delta`."""
        return torch.log(2 * self.delta * torch.special.scaled_modified_bessel_k1(self.delta**2))

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density at ``value``."""
        if self._validate_args:
            self._validate_sample(value)
        square = ((value - self.loc) / self.delta) ** 2
        return -(self.delta**2) * square / (1 + torch.sqrt(1 + square)) - self.log_normaliser


class Huber(Distribution):
    r"""The density :math:`e^{-\rho_\delta((y-\mu)/s)} / (s Z_\delta)`: a normal centre, Laplace tails.

    Args:
        loc: location :math:`\mu`.
        delta: threshold :math:`\delta > 0` in units of ``scale``.
        scale: scale :math:`s > 0` in units of the target.

    Raises:
        ValueError: ``delta`` or ``scale`` is not positive.

    Source:
        Huber, *Robust Estimation of a Location Parameter*, Annals of Mathematical Statistics 35(1), 1964.

    >>> import torch
    >>> Huber(torch.tensor(0.0), delta=1.0).log_prob(torch.tensor(3.0))
    tensor(-3.5731)
    """

    arg_constraints: ClassVar = {
        "loc": constraints.real,
        "delta": constraints.positive,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = False

    def __init__(
        self,
        loc: Tensor | float,
        delta: Tensor | float = 1.0,
        scale: Tensor | float = 1.0,
        validate_args: bool | None = None,
    ) -> None:
        self.loc, self.delta, self.scale = broadcast_all(loc, delta, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def log_normaliser(self) -> Tensor:
        r""":math:`\log(s Z_\delta)`."""
        return (self.scale * (self._centre_mass + self._tail_mass)).log()

    @property
    def centre_probability(self) -> Tensor:
        """Probability of a residual no larger than ``delta`` times ``scale``."""
        return self._centre_mass / (self._centre_mass + self._tail_mass)

    @property
    def _centre_mass(self) -> Tensor:
        return math.sqrt(2 * math.pi) * torch.erf(self.delta / math.sqrt(2))

    @property
    def _tail_mass(self) -> Tensor:
        return 2 / self.delta * torch.exp(-0.5 * self.delta**2)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density at ``value``."""
        if self._validate_args:
            self._validate_sample(value)
        u = ((value - self.loc) / self.scale).abs()
        q = torch.minimum(u, self.delta)
        return -(0.5 * q**2 + self.delta * (u - q)) - self.log_normaliser

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008  (an immutable default, as in torch)
        """Draw by composition: a truncated normal centre or an exponential tail, then a fair sign."""
        shape = self._extended_shape(sample_shape)
        with torch.no_grad():
            uniform, coin = self.loc.new_empty((2, *shape)).uniform_()
            inside = math.sqrt(2) * torch.erfinv(uniform * torch.erf(self.delta / math.sqrt(2)))
            outside = self.delta - torch.log1p(-uniform) / self.delta
            centre = torch.rand(shape, dtype=self.loc.dtype, device=self.loc.device) < self.centre_probability
            size = torch.where(centre, inside, outside)
            return self.loc + self.scale * torch.where(coin < 0.5, -size, size)


def huber_outlier_rate(delta: float) -> float:
    r"""The share :math:`\varepsilon` of arbitrary outliers for which :math:`\delta` is minimax.

    .. math:: \frac{1}{1-\varepsilon} = \frac{Z_\delta}{\sqrt{2\pi}}

    Args:
        delta: threshold in units of the standard deviation of the clean noise, positive.

    Raises:
        ValueError: ``delta`` is not positive.

    >>> round(huber_outlier_rate(1.345), 3)
    0.058
    """
    if not delta > 0:
        raise ValueError(f"delta must be positive, found {delta!r}")
    mass = math.erf(delta / math.sqrt(2)) + math.sqrt(2 / math.pi) / delta * math.exp(-0.5 * delta**2)
    return 1 - 1 / mass


def huber_delta(outlier_rate: float) -> float:
    r"""The inverse of :func:`huber_outlier_rate`: the threshold for a declared share of outliers.

    Args:
        outlier_rate: :math:`\varepsilon`, between :math:`10^{-6}` and :math:`1 - 10^{-6}`.

    Raises:
        ValueError: ``outlier_rate`` is outside of that range.

    >>> round(huber_delta(0.1), 2)
    1.14
    """
    if not 1e-6 <= outlier_rate <= 1 - 1e-6:
        raise ValueError(f"outlier_rate must be between 1e-6 and 1 - 1e-6, found {outlier_rate!r}")
    low, high = 1e-7, 10.0  # the rate falls in between
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if huber_outlier_rate(middle) > outlier_rate else (low, middle)
    return middle
