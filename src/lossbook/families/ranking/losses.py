r"""Ranking from pairs: the target says which of two scores should be the higher.

The two likelihoods differ in the noise they put on a score before comparing: Gumbel's gives Bradley and
Terry's logistic, normal noise gives Thurstone's probit. The hinge is no likelihood.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from lossbook.ground.arguments import check_broadcast, check_floating, check_real
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import reduce
from lossbook.ground.values import CLAMP_SLOPE, check_signs, positive_part


@full_precision
def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Tensor:
    r"""Margin ranking loss: the preferred score should be higher by ``margin``.

    .. math:: \ell = \max(0,\; m - y\,(s_1 - s_2))

    With the default margin of 0 a model that scores everything alike has no loss at all: set a margin. The
    smooth twin, which is a likelihood, is :func:`pairwise_logistic_loss`.

    Status: F, margin surrogate.

    Args:
        input1: scores :math:`s_1`, any shape ``(*)``.
        input2: scores :math:`s_2`, shape ``(*)``.
        target: 1 where :math:`s_1` should be higher, -1 where :math:`s_2` should, shape ``(*)``; 0 costs
            ``margin``.
        margin: :math:`m`, in units of the scores.
        reduction: ``'none'``, ``'mean'`` (divides by the number of pairs) or ``'sum'``.

    Returns:
        The loss in units of the scores: a scalar, or the broadcast shape for ``'none'``.

    Raises:
        NotImplementedError: an input is complex.
        RuntimeError: the tensors have different numbers of dimensions, or shapes that do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Targets other than 1 and -1, shapes that broadcast.

    Source:
        Herbrich, Graepel, Obermayer, *Support Vector Learning for Ordinal Regression*, ICANN 1999; Joachims,
        *Optimizing Search Engines using Clickthrough Data*, KDD 2002.

    >>> import torch
    >>> better, worse = torch.tensor([2.0, 2.0]), torch.tensor([0.0, 1.5])
    >>> margin_ranking_loss(better, worse, torch.ones(2), margin=1.0, reduction="none")
    tensor([0.0000, 0.5000])
    """
    _validate(input1, input2, target)
    return reduce(positive_part(margin - target * (input1 - input2), CLAMP_SLOPE), reduction)


@full_precision
def pairwise_logistic_loss(input1: Tensor, input2: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Bradley and Terry's negative log-likelihood of who is preferred; RankNet's loss, and Elo's.

    .. math:: P(y \mid s_1, s_2) = \sigma\bigl(y\,(s_1 - s_2)\bigr) = \frac{1}{1 + e^{-y (s_1 - s_2)}}
       \quad\Longrightarrow\quad \ell = \log\bigl(1 + e^{-y (s_1 - s_2)}\bigr) = -\log P(y \mid s_1, s_2)

    The preferred one has the higher score plus Gumbel noise; the difference of two Gumbel variables is
    logistic. Only differences of scores are identified.

    Status: A, exact negative log-likelihood.

    Args:
        input1: scores :math:`s_1`, any shape ``(*)``, in units of log-odds.
        input2: scores :math:`s_2`, shape ``(*)``.
        target: 1 where the first is preferred, -1 where the second is, shape ``(*)``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of pairs) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or the broadcast shape for ``'none'``.

    Raises:
        NotImplementedError: a score is not floating point.
        RuntimeError: the tensors have different numbers of dimensions, or shapes that do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Targets other than 1 and -1, shapes that broadcast.

    Source:
        Zermelo, *Die Berechnung der Turnier-Ergebnisse als ein Maximumproblem der
        Wahrscheinlichkeitsrechnung*, Mathematische Zeitschrift 29, 1929; Bradley, Terry, *Rank Analysis of
        Incomplete Block Designs*, Biometrika 39, 1952; Burges et al., *Learning to Rank using Gradient
        Descent*, ICML 2005.

    >>> import torch
    >>> pairwise_logistic_loss(torch.tensor([0.0]), torch.tensor([0.0]), torch.tensor([1]))
    tensor(0.6931)
    """
    _validate(input1, input2, target)
    check_floating(input1=input1, input2=input2)
    return reduce(-logsigmoid(target * (input1 - input2)), reduction)


@full_precision
def pairwise_probit_loss(input1: Tensor, input2: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Thurstone's negative log-likelihood of who is preferred (his case V).

    .. math:: P(y \mid s_1, s_2) = \Phi\bigl(y\,(s_1 - s_2)\bigr)
       \quad\Longrightarrow\quad \ell = -\log \Phi\bigl(y\,(s_1 - s_2)\bigr)

    The preferred one has the higher score plus normal noise of variance :math:`\tfrac12`, so that the
    difference has variance 1. A lost bet costs the square of the difference, against its size in
    :func:`pairwise_logistic_loss`: one upset weighs more.

    Status: A, exact negative log-likelihood.

    Args:
        input1: scores :math:`s_1`, any shape ``(*)``, in standard deviations of a difference.
        input2: scores :math:`s_2`, shape ``(*)``.
        target: 1 where the first is preferred, -1 where the second is, shape ``(*)``.
        reduction: ``'none'``, ``'mean'`` (divides by the number of pairs) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or the broadcast shape for ``'none'``.

    Raises:
        NotImplementedError: a score is not floating point.
        RuntimeError: the tensors have different numbers of dimensions, or shapes that do not broadcast.
        ValueError: unknown ``reduction``.

    Strict:
        Targets other than 1 and -1, shapes that broadcast.

    Source:
        Thurstone, *A Law of Comparative Judgment*, Psychological Review 34, 1927.

    >>> import torch
    >>> pairwise_probit_loss(torch.tensor([0.0]), torch.tensor([0.0]), torch.tensor([1]))
    tensor(0.6931)
    """
    _validate(input1, input2, target)
    check_floating(input1=input1, input2=input2)
    return reduce(-_log_normal_cdf(target * (input1 - input2)), reduction)


def _log_normal_cdf(x: Tensor) -> Tensor:
    # Phi(x) = erfc(-x / sqrt 2) / 2. Far below 0 it vanishes, so there the factor e^{-x²/2} is taken out
    # (erfcx is what remains). torch.special.log_ndtr has that value, but a wrong gradient in float32. Not
    # clamp: its slope at 0 is 0 from torch 2.14 on, and equal scores would stay equal.
    dtype, x = x.dtype, x.to(torch.promote_types(x.dtype, torch.float32))
    negative = x < 0
    below, above = torch.where(negative, x, 0), torch.where(negative, 0, x)
    log_below = torch.log(torch.special.erfcx(-below / math.sqrt(2)) / 2) - below**2 / 2
    log_above = torch.log1p(-torch.erfc(above / math.sqrt(2)) / 2)
    return torch.where(negative, log_below, log_above).to(dtype)


def _validate(input1: Tensor, input2: Tensor, target: Tensor) -> None:
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "input1, input2 and target must have the same number of dimensions, found "
            f"{tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)}"
        )
    check_real(input1=input1, input2=input2, target=target)
    check_broadcast(input1=input1, input2=input2, target=target)
    check_signs(target)
