r"""Real numbers whose noise differs from point to point: the model predicts variance or covariance too."""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating, warn_if_broadcast
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, in_half_again, reduce
from lossbook.ground.values import check_expands, check_values


@full_precision
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a normal distribution with a predicted variance.

    .. math:: p(y \mid \mu, v) = \frac{1}{\sqrt{2\pi v}} e^{-(y-\mu)^2/2v}
       \quad\Longrightarrow\quad
       \tfrac12\Bigl(\log v + \frac{(y-\mu)^2}{v}\Bigr) = -\log p(y \mid \mu, v) - \tfrac12\log 2\pi

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted mean :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts.
        var: predicted variance :math:`v`, not negative, in squared units of the target: the shape of
            ``input``, or that shape with its last dimension left out, or one dimension of size 1; or a
            ``float`` for all.
        full: whether to add the constant :math:`\tfrac12\log 2\pi`.
        eps: the least variance. A smaller one is raised to ``eps`` after the derivative is taken, as in
            torch, so that its gradient is not 0.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats, negative where the variance is small: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        RuntimeError: ``input`` and ``target`` do not broadcast, or ``var`` holds integers.
        TypeError: ``var`` is neither a tensor nor a ``float``.
        ValueError: negative ``var``, ``var`` of a shape that does not fit, or unknown ``reduction``.

    Strict:
        ``input`` and ``target`` of different shapes.

    Source:
        Nix, Weigend, *Estimating the Mean and Variance of the Target Probability Distribution*, ICNN 1994.

    >>> import torch
    >>> mean, y = torch.tensor([0.0, 0.0]), torch.tensor([2.0, 2.0])
    >>> gaussian_nll_loss(mean, y, torch.tensor([1.0, 4.0]), reduction="none")
    tensor([2.0000, 1.1931])
    """
    given = [input, target, *([var] if isinstance(var, Tensor) else [])]
    var = _as_tensor(var, input)
    v = _floor(_fit(var, input).to(at_least_float32(var)), eps)
    check_broadcast(input=input, target=target)
    loss = 0.5 * (torch.log(v) + (target - input) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduce(in_half_again(loss, *given), reduction)


@full_precision
def beta_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, beta: float = 0.5, reduction: str = "mean"
) -> Tensor:
    r"""Beta-NLL: a normal negative log-likelihood that weights each point by a power of its own variance.

    .. math:: \lfloor v^\beta \rfloor \cdot \tfrac12 \Bigl(\log v + \frac{(y-\mu)^2}{v}\Bigr)

    No gradient flows through the weight :math:`\lfloor v^\beta \rfloor`, so the mean is pulled by
    :math:`(\mu - y)/v^{1-\beta}`: at 0 as by :func:`gaussian_nll_loss`, at 1 as by squared error. Where each
    point has a :math:`\mu` and a :math:`v` of its own, both still come out as mean and variance.

    Status: I, reweighted likelihood: no density has it for its negative logarithm.

    Args:
        input: predicted mean :math:`\mu`, any shape ``(*)``, in the units of the target.
        target: observation :math:`y`, shape ``(*)``. Another shape broadcasts, with a warning.
        var: predicted variance :math:`v > 0`, in squared units of the target: a number, or a tensor that
            broadcasts to ``(*)``.
        beta: :math:`\beta`, not negative; 0 is the likelihood itself.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``var`` is not positive, ``beta`` is negative, or unknown ``reduction``.

    Strict:
        ``input`` and ``target`` of different shapes.

    Source:
        Seitzer, Tavakoli, Antic and Martius, *On the Pitfalls of Heteroscedastic Uncertainty Estimation with
        Probabilistic Neural Networks*, ICLR 2022.

    >>> import torch
    >>> mean, y = torch.tensor([0.0, 0.0]), torch.tensor([2.0, 2.0])
    >>> beta_nll_loss(mean, y, torch.tensor([1.0, 4.0]), reduction="none")
    tensor([2.0000, 2.3863])
    """
    if not beta >= 0:
        raise ValueError(f"beta must not be negative, found {beta!r}")
    v = _positive("var", var, input)
    _check_elements(input, target, var=v)
    surprise = 0.5 * (v.log() + ((target - input) / v.sqrt()) ** 2)
    return reduce(in_half_again(v.detach() ** beta * surprise, input, *_tensors(target, var)), reduction)


@full_precision
def multivariate_gaussian_nll_loss(
    input: Tensor, target: Tensor, scale_tril: Tensor, full: bool = False, reduction: str = "mean"
) -> Tensor:
    r"""Negative log-likelihood of a multivariate normal distribution with a predicted covariance.

    .. math:: \tfrac12 \lVert L^{-1}(y - \mu) \rVert^2 + \sum_i \log L_{ii}
       = -\log \mathcal N(y \mid \mu, L L^\top) - \tfrac D2 \log 2\pi

    Every covariance has exactly one lower triangular factor :math:`L` with a positive diagonal, and every
    such :math:`L` gives a covariance; so a model predicts :math:`L`.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted mean :math:`\mu`, shape ``(*, D)``.
        target: observation :math:`y`, shape ``(*, D)``.
        scale_tril: Cholesky factor :math:`L`, shape ``(*, D, D)``, or ``(D, D)`` for all. What is above the
            diagonal is not read, and has the gradient 0.
        full: whether to add the constant :math:`\tfrac D2 \log 2\pi`.
        reduction: ``'none'``, ``'mean'`` (divides by the number of vectors) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` or ``scale_tril`` is not floating point.
        ValueError: shapes that do not fit, or a diagonal that is not positive; unknown ``reduction``.

    Source:
        Williams, *Using Neural Networks to Model Conditional Multivariate Densities*, Neural Computation
        8(4), 1996.

    >>> import torch
    >>> mean, y = torch.zeros(1, 2), torch.tensor([[1.0, 1.0]])
    >>> multivariate_gaussian_nll_loss(mean, y, torch.tensor([[1.0, 0.0], [1.0, 1.0]]))  # 1, then nothing new
    tensor(0.5000)
    """
    _check_vectors(input, target, scale_tril)
    wide = at_least_float32(input)
    factor = scale_tril.to(wide).tril()
    diagonal = factor.diagonal(dim1=-2, dim2=-1)
    check_values("the diagonal of scale_tril", diagonal.detach(), diagonal > 0, "positive", ValueError)
    r = (target.to(wide) - input.to(wide)).unsqueeze(-1)
    z = torch.linalg.solve_triangular(factor.expand(*r.shape[:-1], r.shape[-2]), r, upper=False).squeeze(-1)
    loss = 0.5 * z.square().sum(-1) + diagonal.log().sum(-1)
    if full:
        loss = loss + 0.5 * input.shape[-1] * math.log(2 * math.pi)
    return reduce(in_half_again(loss, input, target, scale_tril), reduction)


@full_precision
def log_normal_nll_loss(
    input: Tensor, target: Tensor, scale: Tensor | float, full: bool = False, reduction: str = "mean"
) -> Tensor:
    r"""Negative log-likelihood of a log-normal distribution: the logarithm of the target is normal.

    .. math:: \frac{(\log y - \mu)^2}{2\sigma^2} + \log\sigma
       = -\log p(y \mid \mu, \sigma) - \log y - \tfrac12 \log 2\pi

    The median of :math:`y` is :math:`e^\mu`, its mean :math:`e^{\mu + \sigma^2/2}`.

    Status: A, exact negative log-likelihood.

    Args:
        input: predicted mean :math:`\mu` of :math:`\log y`, any shape ``(*)``.
        target: observation :math:`y > 0`, shape ``(*)``. Another shape broadcasts, with a warning.
        scale: standard deviation :math:`\sigma > 0` of :math:`\log y`: a number, or a tensor that broadcasts
            to ``(*)``.
        full: whether to add :math:`\log y + \tfrac12 \log 2\pi`, without which the values of another model of
            :math:`y` cannot be compared.
        reduction: ``'none'``, ``'mean'`` (divides by the number of elements) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(*)`` for ``'none'``.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        RuntimeError: the shapes do not broadcast.
        ValueError: ``target`` or ``scale`` is not positive, or unknown ``reduction``.

    Strict:
        ``input`` and ``target`` of different shapes.

    Source:
        McAlister, *The Law of the Geometric Mean*, Proceedings of the Royal Society of London 29, 1879.

    >>> import torch
    >>> log_normal_nll_loss(torch.tensor(0.0), torch.tensor(1.0), scale=1.0, full=True)  # as the normal at 0
    tensor(0.9189)
    """
    sigma = _positive("scale", scale, input)
    _check_elements(input, target, scale=sigma)
    check_values("target", target.detach(), target > 0, "positive", ValueError)
    log_y = target.to(sigma.dtype).log()
    loss = 0.5 * ((log_y - input) / sigma) ** 2 + sigma.log()
    if full:
        loss = loss + log_y + 0.5 * math.log(2 * math.pi)
    return reduce(in_half_again(loss, input, *_tensors(target, scale)), reduction)


def _positive(name: str, value: Tensor | float, input: Tensor) -> Tensor:
    """``value`` as a tensor of at least float32, once it is known to be positive."""
    check_floating(input=input)
    tensor = torch.as_tensor(value, dtype=at_least_float32(input), device=input.device)
    check_values(name, tensor.detach(), tensor > 0, "positive", ValueError)
    return tensor


def _check_elements(input: Tensor, target: Tensor, **parameters: Tensor) -> None:
    warn_if_broadcast(input, target)
    shape = torch.broadcast_tensors(input, target)[0]
    for name, parameter in parameters.items():
        check_expands(name, parameter, shape)


def _check_vectors(input: Tensor, target: Tensor, scale_tril: Tensor) -> None:
    check_floating(input=input, scale_tril=scale_tril)
    if input.ndim == 0 or target.shape != input.shape:
        raise ValueError(
            f"input and target must have one shape (*, D), found {tuple(input.shape)}, {tuple(target.shape)}"
        )
    square = (*input.shape[-1:], *input.shape[-1:])
    if scale_tril.shape not in (square, (*input.shape[:-1], *square)):
        raise ValueError(
            f"scale_tril must have shape (*, D, D) or (D, D) for input {tuple(input.shape)}, "
            f"found {tuple(scale_tril.shape)}"
        )


def _tensors(*values: Tensor | float) -> list[Tensor]:
    return [value for value in values if isinstance(value, Tensor)]


def _floor(var: Tensor, eps: float) -> Tensor:
    # At least eps in value, while the slope stays 1: a variance of 0 must be able to grow.
    return torch.where(var < eps, eps + (var - var.detach()), var)


def _as_tensor(var: Tensor | float, input: Tensor) -> Tensor:
    if isinstance(var, float):
        var = torch.full_like(input, var, dtype=at_least_float32(input))
    if not isinstance(var, Tensor):
        raise TypeError(f"var must be a tensor or a float, found {type(var).__name__} {var!r}")
    if var.is_complex():
        raise NotImplementedError(f"var must be real, found dtype {var.dtype}")
    if not var.is_floating_point():
        raise RuntimeError(f"var must be a floating-point tensor, found dtype {var.dtype}")
    check_values("var", var.detach(), ~(var < 0), "non-negative", ValueError)
    return var


def _fit(var: Tensor, input: Tensor) -> Tensor:
    """``var`` with as many dimensions as ``input``, by torch's rule: at most one may be missing or 1."""
    if var.shape == input.shape:
        return var
    if var.shape == input.shape[:-1]:
        return var.unsqueeze(-1)
    differing = [size for size, wanted in zip(var.shape, input.shape, strict=False) if size != wanted]
    if var.ndim != input.ndim or differing != [1]:
        raise ValueError(
            f"var must have the shape of input, {tuple(input.shape)}, up to one dimension of size 1, "
            f"or its last dimension left out, found {tuple(var.shape)}"
        )
    return var
