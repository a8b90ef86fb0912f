"""The gradients of the losses of ordered categories, derived by hand."""

import math

import torch
from torch import Tensor
from torch.nn.functional import one_hot, pad


def ordered_logistic_nll_loss(input: Tensor, target: Tensor, cutpoints: Tensor) -> tuple[Tensor, Tensor]:
    r""":math:`1 - \sigma(a) - \sigma(b)` by the location: never beyond 1. The threshold above is pushed up,
    the one below down: :math:`-\frac1{1 - e^{a-b}} + \sigma(b)` and :math:`\frac1{e^{b-a} - 1} + \sigma(a)`.
    """
    a, b = _sides(input, target, cutpoints)
    width = b - a
    upper, lower = b.sigmoid() + 1 / torch.expm1(-width), a.sigmoid() + 1 / torch.expm1(width)
    return 1 - a.sigmoid() - b.sigmoid(), _by_cutpoints(upper, lower, target, cutpoints)


def ordered_probit_nll_loss(input: Tensor, target: Tensor, cutpoints: Tensor) -> tuple[Tensor, Tensor]:
    r""":math:`(\varphi(b) - \varphi(a)) / (\Phi(b) - \Phi(a))` by the location, minus the mean of the noise
    between the two; :math:`-\varphi(b)` and :math:`\varphi(a)` over the same by the thresholds."""
    a, b = _sides(input, target, cutpoints)
    density = lambda x: torch.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)  # noqa: E731
    p = torch.special.ndtr(b) - torch.special.ndtr(a)
    upper, lower = -density(b) / p, density(a) / p
    return -upper - lower, _by_cutpoints(upper, lower, target, cutpoints)


def corn_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`\sigma(z_k) - [y > k]` for the questions that come up, :math:`k \le y`; 0 for all others."""
    above, asked = _questions(input, target)
    return (input.sigmoid() - above) * asked


def coral_loss(input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    r""":math:`w_k\,(\sigma(z_k) - [y > k])`, for every question."""
    above, _ = _questions(input, target)
    return (input.sigmoid() - above) * (1 if weight is None else weight)


def _sides(input: Tensor, target: Tensor, cutpoints: Tensor) -> tuple[Tensor, Tensor]:
    ends = pad(cutpoints, (1, 0), value=-math.inf)
    ends = pad(ends, (0, 1), value=math.inf).expand(*target.shape, -1)
    a, b = (ends.gather(-1, k.unsqueeze(-1)).squeeze(-1) - input for k in (target, target + 1))
    return a, b


def _by_cutpoints(upper: Tensor, lower: Tensor, target: Tensor, cutpoints: Tensor) -> Tensor:
    categories = cutpoints.shape[-1] + 1
    here = one_hot(target, categories).to(upper)
    slope = (here * upper.unsqueeze(-1))[..., :-1] + (here * lower.unsqueeze(-1))[..., 1:]
    return slope if cutpoints.ndim > 1 else slope.reshape(-1, categories - 1).sum(0)


def _questions(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    k = torch.arange(input.shape[-1], device=input.device)
    return (target.unsqueeze(-1) > k).to(input), (target.unsqueeze(-1) >= k).to(input)
