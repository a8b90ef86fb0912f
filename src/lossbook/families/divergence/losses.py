r"""How far one distribution is from another: the Kullback–Leibler divergence, its relatives, distillation.

The divergences are sums over the classes :math:`c` of one term for each element, from the predicted
:math:`\log p_c` and the target :math:`t_c`. What cannot happen costs nothing.
"""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, check_floating, warn
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import REDUCTIONS, check_reduction, mean_by, reduce
from lossbook.ground.values import check_values_if_strict


@full_precision
def kl_div(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    r"""Kullback–Leibler divergence of a target distribution from the predicted one.

    .. math:: \mathrm{KL}(t \,\|\, p) = \sum_c t_c (\log t_c - \log p_c)
              = \mathbb E_{y \sim t}\bigl[-\log p_y\bigr] - H(t)

    one term for each element. It is the expected negative log-likelihood of a label drawn from :math:`t`,
    less the entropy :math:`H(t)`, so that its minimum is 0; its gradient is that of the cross entropy.

    Status: B, divergence: expected negative log-likelihood minus an entropy.

    Args:
        input: predicted log-probabilities :math:`\log p`, any shape ``(*)``.
        target: probabilities :math:`t`, or their logarithms with ``log_target``, shape ``(*)``. Another shape
            broadcasts. The gradient flows into it; detach a teacher.
        reduction: ``'none'``, ``'batchmean'`` (divides by the size of the first dimension of ``input``),
            ``'sum'`` or ``'mean'`` (divides by the number of elements, which is no divergence: a warning
            says so).
        log_target: whether ``target`` holds logarithms.

    Returns:
        The divergence in nats: a scalar, or shape ``(*)`` for ``'none'``. What cannot happen costs nothing,
        also where ``input`` is -inf; torch gives nan there, for ``log_target`` wherever a target is -inf. At
        a target of 0, where its slope is infinite, the gradient into the target is 0.

    Raises:
        RuntimeError: ``input`` or ``target`` is not floating point, or the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Negative targets; shapes that differ.

    Source:
        Kullback, Leibler, *On Information and Sufficiency*, Annals of Mathematical Statistics 22(1), 1951.

    >>> import torch
    >>> p, t = torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 0.0]])
    >>> kl_div(p.log(), t, reduction="batchmean")
    tensor(0.6931)
    """
    _check(input, target, reduction, log_target)
    loss = _from_log_target(input, target) if log_target else _from_target(input, target)
    return _reduce(loss, input, reduction)


@full_precision
def reverse_kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    r"""Kullback–Leibler divergence of the predicted distribution from the target: :func:`kl_div` reversed.

    .. math:: \mathrm{KL}(p \,\|\, t) = \sum_c p_c (\log p_c - \log t_c)
              = \mathbb E_{y \sim p}\bigl[-\log t_y\bigr] - H(p)

    one term for each element. It puts no probability where the target has none (mode-seeking), and needs the
    density of the target, not samples from it.

    Status: B, divergence: expected negative log-likelihood minus an entropy.

    Args:
        input: predicted log-probabilities :math:`\log p`, any shape ``(*)``.
        target: probabilities :math:`t`, or their logarithms with ``log_target``, shape ``(*)``. Another shape
            broadcasts. The gradient flows into it; detach a teacher.
        reduction: ``'none'``, ``'batchmean'`` (divides by the size of the first dimension of ``input``),
            ``'sum'`` or ``'mean'`` (divides by the number of elements, which is no divergence: a warning
            says so).
        log_target: whether ``target`` holds logarithms.

    Returns:
        The divergence in nats: a scalar, or shape ``(*)`` for ``'none'``; inf where the target is 0 and the
        prediction is not. The gradient into a target of 0 is 0.

    Raises:
        RuntimeError: ``input`` or ``target`` is not floating point, or the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Negative targets; shapes that differ.

    Source:
        Kullback, Leibler, *On Information and Sufficiency*, Annals of Mathematical Statistics 22(1), 1951;
        as a loss: Minka, *Divergence Measures and Message Passing*, Microsoft Research MSR-TR-2005-173, 2005.

    >>> import torch
    >>> p, t = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 0.5]])
    >>> reverse_kl_div(p.log(), t, reduction="batchmean")
    tensor(0.6931)
    """
    _check(input, target, reduction, log_target)
    log_t = target if log_target else _log(target)
    return _reduce(_from_log_target(log_t, input), input, reduction)


@full_precision
def js_div(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    r"""Jensen–Shannon divergence: how far two distributions are from their average.

    .. math:: \tfrac12 \mathrm{KL}(t \,\|\, m) + \tfrac12 \mathrm{KL}(p \,\|\, m)
              = \sum_c \tfrac12 t_c (\log t_c - \log m_c) + \tfrac12 p_c (\log p_c - \log m_c),
              \quad m = \frac{p + t}{2}

    one term for each element. Symmetric, never above :math:`\log 2`, and finite where one of the two is 0: it
    is what a sample from either of them, one as likely as the other, tells about which it came from.

    Status: B, divergence: expected negative log-likelihoods minus entropies.

    Args:
        input: predicted log-probabilities :math:`\log p`, any shape ``(*)``.
        target: probabilities :math:`t`, or their logarithms with ``log_target``, shape ``(*)``. Another shape
            broadcasts. The gradient flows into it; detach a teacher.
        reduction: ``'none'``, ``'batchmean'`` (divides by the size of the first dimension of ``input``),
            ``'sum'`` or ``'mean'`` (divides by the number of elements, which is no divergence: a warning
            says so).
        log_target: whether ``target`` holds logarithms.

    Returns:
        The divergence in nats: a scalar, or shape ``(*)`` for ``'none'``. It is the divergence, not its
        square root, which is a distance and what scipy returns. The gradient into a target of 0 is 0.

    Raises:
        RuntimeError: ``input`` or ``target`` is not floating point, or the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Negative targets; shapes that differ.

    Source:
        Lin, *Divergence Measures Based on the Shannon Entropy*, IEEE Transactions on Information Theory
        37(1), 1991.

    >>> import torch
    >>> p, t = torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]])
    >>> js_div(p.log(), t, reduction="batchmean")
    tensor(0.6931)
    """
    _check(input, target, reduction, log_target)
    log_p, log_t = _bounded(input), _bounded(target if log_target else _log(target))
    log_m = torch.logaddexp(log_p, log_t) - math.log(2)
    loss = 0.5 * (log_t.exp() * (log_t - log_m) + log_p.exp() * (log_p - log_m))
    return _reduce(loss, input, reduction)


@full_precision
def generalized_kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    r"""Kullback–Leibler divergence of positive quantities that need not sum to 1.

    .. math:: \sum_c t_c (\log t_c - \log p_c) - t_c + p_c

    one term for each element, never negative. Where both sum to 1 it is :func:`kl_div`; for counts :math:`t`
    it is the negative log-likelihood of a Poisson distribution of rate :math:`p`, less that of rate
    :math:`t`.

    Status: B, divergence: a negative log-likelihood minus its minimum.

    Args:
        input: logarithms :math:`\log p` of the predicted quantities, any shape ``(*)``.
        target: quantities :math:`t \ge 0`, or their logarithms with ``log_target``, shape ``(*)``. Another
            shape broadcasts. The gradient flows into it; detach a teacher.
        reduction: ``'none'``, ``'batchmean'`` (divides by the size of the first dimension of ``input``),
            ``'sum'`` or ``'mean'`` (divides by the number of elements; a warning says so).
        log_target: whether ``target`` holds logarithms.

    Returns:
        The divergence: a scalar, or shape ``(*)`` for ``'none'``. Into a target of 0, where its slope is
        infinite, the gradient is -1.

    Raises:
        RuntimeError: ``input`` or ``target`` is not floating point, or the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Negative targets; shapes that differ.

    Source:
        Lee, Seung, *Algorithms for Non-negative Matrix Factorization*, NIPS 2000.

    >>> import torch
    >>> rate, count = torch.tensor([2.0, 2.0]), torch.tensor([2.0, 0.0])
    >>> generalized_kl_div(rate.log(), count, reduction="none")
    tensor([0., 2.])
    """
    _check(input, target, reduction, log_target)
    loss = _from_log_target(input, target) if log_target else _from_target(input, target)
    t = target.exp() if log_target else target
    return _reduce(loss - t + input.exp(), input, reduction)


@full_precision
def total_variation(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    r"""Total variation distance: the largest difference of two probabilities that any event can have.

    .. math:: \max_A \bigl| p(A) - t(A) \bigr| = \sum_c \tfrac12 |p_c - t_c|

    one term for each element: half the sum of the absolute differences. It is symmetric, never above 1, and
    a true distance; its gradient vanishes where :math:`p_c` does.

    Status: B, divergence: half the sum of absolute differences, no expected negative log-likelihood.

    Args:
        input: predicted log-probabilities :math:`\log p`, any shape ``(*)``.
        target: probabilities :math:`t`, or their logarithms with ``log_target``, shape ``(*)``. Another shape
            broadcasts. The gradient flows into it; detach a teacher.
        reduction: ``'none'``, ``'batchmean'`` (divides by the size of the first dimension of ``input``),
            ``'sum'`` or ``'mean'`` (divides by the number of elements, which is no distance of
            distributions: a warning says so).
        log_target: whether ``target`` holds logarithms.

    Returns:
        The distance: a scalar, or shape ``(*)`` for ``'none'``. Where both are equal the gradient is 0.

    Raises:
        RuntimeError: ``input`` or ``target`` is not floating point, or the shapes do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Negative targets; shapes that differ.

    Source:
        Csiszár, *Information-Type Measures of Difference of Probability Distributions and Indirect
        Observations*, Studia Scientiarum Mathematicarum Hungarica 2, 1967.

    >>> import torch
    >>> p, t = torch.tensor([[0.5, 0.5]]), torch.tensor([[0.9, 0.1]])
    >>> total_variation(p.log(), t, reduction="batchmean")
    tensor(0.4000)
    """
    _check(input, target, reduction, log_target)
    t = target.exp() if log_target else target
    return _reduce(0.5 * (input.exp() - t).abs(), input, reduction)


@full_precision
def distillation_loss(
    input: Tensor, target: Tensor, temperature: float = 2.0, reduction: str = "mean"
) -> Tensor:
    r"""Distillation: the divergence of a teacher's softened probabilities from those of a student.

    .. math:: T^2\, \mathrm{KL}\bigl(q^{(T)} \,\|\, p^{(T)}\bigr), \qquad
              p^{(T)} = \operatorname{softmax}(z / T), \quad q^{(T)} = \operatorname{softmax}(v / T)

    The gradient by :math:`z` is :math:`T (p^{(T)} - q^{(T)})`, which stays about as large for every
    temperature. As :math:`T \to \infty` it becomes that of half the mean squared difference of the logits,
    each row's mean taken out.

    Status: B, divergence: expected negative log-likelihood minus an entropy.

    Args:
        input: logits :math:`z` of the student, shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ...)``.
        target: logits :math:`v` of the teacher, the shape of ``input``. The gradient flows into them; detach
            a teacher that is not to learn.
        temperature: :math:`T`, positive.
        reduction: ``'none'``, ``'mean'`` (divides by the number of distributions) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or the shape of ``input`` without the class dimension for ``'none'``. A
        class that the teacher's logit -inf rules out costs nothing.

    Raises:
        NotImplementedError: ``input`` or ``target`` is not floating point.
        ValueError: ``temperature`` is not positive, ``target`` has another shape, ``input`` has no class
            dimension; unknown ``reduction``.

    Source:
        Hinton, Vinyals, Dean, *Distilling the Knowledge in a Neural Network*, arXiv 1503.02531, 2015.

    >>> import torch
    >>> student, teacher = torch.zeros(1, 2), torch.tensor([[4.0, 0.0]])
    >>> distillation_loss(student, teacher, temperature=4.0), distillation_loss(student, student)
    (tensor(1.7751), tensor(0.))
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, found {temperature!r}")
    check_floating(input=input, target=target)
    if input.ndim == 0 or target.shape != input.shape:
        raise ValueError(
            "input and target must have the same shape, with a class dimension, "
            f"found input {tuple(input.shape)} and target {tuple(target.shape)}"
        )
    dim = min(1, input.ndim - 1)
    log_p = (input / temperature).log_softmax(dim)
    log_q = (target / temperature).log_softmax(dim)
    return reduce(temperature**2 * _from_log_target(log_p, log_q).sum(dim), reduction)


def _reduce(loss: Tensor, input: Tensor, reduction: str) -> Tensor:
    if reduction == "batchmean":
        return mean_by(loss, input.shape[0]) if input.ndim else loss.sum()
    return reduce(loss, reduction)


def _log(t: Tensor) -> Tensor:
    """The logarithm, with a slope of 0 at 0, where the true one is infinite."""
    return torch.where(t == 0, -math.inf, torch.where(t == 0, 1, t).log())


def _bounded(log_p: Tensor) -> Tensor:
    """A log-probability whose exponential is 0 in any case, as a number that can be subtracted."""
    return torch.where(log_p.exp() == 0, torch.finfo(log_p.dtype).min / 4, log_p)


def _from_target(input: Tensor, target: Tensor) -> Tensor:
    impossible = target == 0
    t = torch.where(impossible, 1, target)
    return torch.where(impossible, 0, t * (t.log() - torch.where(impossible, 0, input)))


def _from_log_target(input: Tensor, target: Tensor) -> Tensor:
    t = target.exp()
    return t * torch.where(t == 0, 0, target - input)


def _check(input: Tensor, target: Tensor, reduction: str, log_target: bool) -> None:
    check_reduction(reduction, (*REDUCTIONS, "batchmean"))
    for name, tensor in (("input", input), ("target", target)):
        if not tensor.is_floating_point():
            raise RuntimeError(f"{name} must be a floating-point tensor, found dtype {tensor.dtype}")
    check_broadcast(input=input, target=target)
    if not log_target:
        check_values_if_strict("target", target, target >= 0, "non-negative")
    if reduction == "mean":
        warn(
            "reduction 'mean' divides by the number of elements, which gives no divergence. "
            "Use 'batchmean', which divides by the batch size."
        )
