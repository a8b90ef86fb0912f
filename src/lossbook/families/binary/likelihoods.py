r"""Yes or no: the Bernoulli distribution, over 0 and 1 or over -1 and 1."""

from typing import Any, ClassVar

import torch
from torch import Size, Tensor
from torch.distributions import Bernoulli, Distribution, constraints
from torch.nn.functional import logsigmoid

from lossbook.ground.noise import NoiseModel


def binary_cross_entropy(input: Tensor) -> NoiseModel:
    r""":math:`\mathrm{Bernoulli}(p)`; the constant is 0."""
    return NoiseModel(Bernoulli(probs=input), 0.0)


def binary_cross_entropy_with_logits(input: Tensor) -> NoiseModel:
    r""":math:`\mathrm{Bernoulli}(\sigma(z))`; the constant is 0."""
    return NoiseModel(Bernoulli(logits=input), 0.0)


def soft_margin_loss(input: Tensor) -> NoiseModel:
    r""":class:`Sign` with :math:`P(y = 1) = \sigma(z)`; the constant is 0."""
    return NoiseModel(Sign(input), 0.0)


def probit_loss(input: Tensor) -> NoiseModel:
    r""":math:`\mathrm{Bernoulli}(\Phi(z))`; the constant is 0."""
    log_odds = torch.special.log_ndtr(input) - torch.special.log_ndtr(-input)
    return NoiseModel(Bernoulli(logits=log_odds), 0.0)


def cloglog_loss(input: Tensor) -> NoiseModel:
    r""":math:`\mathrm{Bernoulli}(1 - e^{-e^z})`: a Poisson count is not 0; the constant is 0."""
    rate = torch.exp(input)
    return NoiseModel(Bernoulli(logits=torch.log(torch.expm1(rate))), 0.0)


class Sign(Distribution):
    r"""The Bernoulli distribution over 1 and -1: :math:`P(y) = \sigma(yz)`.

    Args:
        logits: logit :math:`z` of 1.

    >>> import torch
    >>> Sign(torch.tensor(0.0)).log_prob(torch.tensor(-1.0))
    tensor(-0.6931)
    """

    arg_constraints: ClassVar = {"logits": constraints.real}
    has_enumerate_support = True

    def __init__(self, logits: Tensor, validate_args: bool | None = None) -> None:
        self.logits = logits
        super().__init__(logits.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> constraints.Constraint:
        return _PLUS_OR_MINUS_ONE

    @property
    def mean(self) -> Tensor:
        return torch.tanh(self.logits / 2)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-probability of ``value``."""
        if self._validate_args:
            self._validate_sample(value)
        return logsigmoid(value * self.logits)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The two values, -1 and 1, along a new first dimension."""
        values = torch.tensor([-1.0, 1.0]).to(self.logits).reshape(2, *[1] * len(self.batch_shape))
        return values.expand(2, *self.batch_shape) if expand else values

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008  (an immutable default, as in torch)
        """Draw by a Bernoulli distribution over 0 and 1."""
        return 2 * Bernoulli(logits=self.logits).sample(sample_shape) - 1


class _PlusOrMinusOne(constraints.Constraint):
    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        return value.abs() == 1


_PLUS_OR_MINUS_ONE = _PlusOrMinusOne()
