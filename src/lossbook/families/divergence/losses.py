r"""How far one distribution is from another: the Kullback–Leibler divergence."""

import torch
from torch import Tensor

from lossbook.ground.arguments import check_broadcast, warn
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
    if reduction == "batchmean":
        return mean_by(loss, input.shape[0]) if input.ndim else loss.sum()
    return reduce(loss, reduction)


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
