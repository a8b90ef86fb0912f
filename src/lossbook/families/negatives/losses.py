r"""Sampled negatives: a softmax over a huge vocabulary, learned from the datum and a few draws.

The normaliser of a softmax sums over all :math:`C` classes. These losses never form that sum: they play a
game in which the datum has to be told from :math:`K` draws of a known distribution :math:`q`, and whoever
plays it best knows the distribution of the data.
"""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import reduce
from lossbook.ground.values import softplus


@full_precision
def nce_loss(
    input: Tensor,
    noise: Tensor,
    log_prob: Tensor,
    noise_log_prob: Tensor,
    reduction: str = "mean",
) -> Tensor:
    r"""Noise-contrastive estimation: of each of ``K + 1`` values, whether it is the datum or noise.

    .. math:: \ell = \zeta\bigl(-(s - \log Kq)\bigr) + \sum_{k=1}^K \zeta(s_k - \log Kq_k),
       \qquad \zeta(x) = \log(1 + e^x)

    If one value in :math:`K + 1` comes from :math:`p` and the others from :math:`q`, a value :math:`y` is the
    datum with the log-odds :math:`\log p(y) - \log Kq(y)`. With a score :math:`s` in the place of
    :math:`\log p` this is the binary negative log-likelihood; it is smallest at :math:`s = \log p` itself, so
    the scores come out normalised, if the model can make them so. Unlike TensorFlow's function of this name,
    it leaves the drawing to the caller.

    Status: G, likelihood of an auxiliary task: datum or noise.

    Args:
        input: score :math:`s` of each datum, shape ``(N)``.
        noise: scores :math:`s_k` of its :math:`K` draws from :math:`q`, shape ``(N, K)``; at
            :math:`-\infty` a draw costs nothing.
        log_prob: :math:`\log q` of each datum, shape ``(N)``.
        noise_log_prob: :math:`\log q_k` of each draw, shape ``(N, K)``.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss in nats, the sum of ``K + 1`` binary losses: a scalar, or shape ``(N)`` for ``'none'``.

    Raises:
        NotImplementedError: an argument is not floating point.
        ValueError: a shape is another one, there is no draw, or unknown ``reduction``.

    Source:
        Gutmann and Hyvärinen, *Noise-Contrastive Estimation: A New Estimation Principle for Unnormalized
        Statistical Models*, AISTATS 2010.

    >>> import torch
    >>> sure, even = torch.tensor([0.0]), torch.tensor([[0.0]])  # p = q = 1, one draw: log 2, twice
    >>> nce_loss(sure, even, sure, even)
    tensor(1.3863)
    """
    _check(input, noise, log_prob, noise_log_prob)
    log_count = math.log(noise.shape[1])
    datum = softplus(log_prob + log_count - input)
    draws = softplus(_corrected(noise, noise_log_prob) - log_count)
    return reduce(datum + draws.sum(1), reduction)


@full_precision
def sampled_softmax_loss(
    input: Tensor,
    noise: Tensor,
    log_prob: Tensor,
    noise_log_prob: Tensor,
    reduction: str = "mean",
) -> Tensor:
    r"""Sampled softmax: which of ``K + 1`` values is the datum, when the others were drawn from :math:`q`.

    .. math:: \ell = -\log \frac{e^{s} / q}{e^{s} / q + \sum_{k=1}^K e^{s_k} / q_k}

    If the values come in random order, one from :math:`p` and the others from :math:`q`, the value :math:`y`
    is the datum with a probability proportional to :math:`p(y) / q(y)`. With :math:`e^s` in the place of
    :math:`p` this is the exact negative log-likelihood of the index; it is smallest at :math:`s = \log p`
    plus any constant. Subtracting :math:`\log q` is what makes it so (TensorFlow's ``subtract_log_q``):
    without it, :math:`s` learns :math:`\log p / q`. A draw that equals the datum stays in the game.

    Status: G, likelihood of an auxiliary task: which value is the datum.

    Args:
        input: score :math:`s` of each datum, shape ``(N)``.
        noise: scores :math:`s_k` of its :math:`K` draws from :math:`q`, shape ``(N, K)``; at
            :math:`-\infty` a draw does not stand for choice.
        log_prob: :math:`\log q` of each datum, shape ``(N)``, up to a constant that all values share.
        noise_log_prob: :math:`\log q_k` of each draw, shape ``(N, K)``, up to the same constant.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``. It is no estimate of the cross entropy
        over all classes.

    Raises:
        NotImplementedError: an argument is not floating point.
        ValueError: a shape is another one, there is no draw, or unknown ``reduction``.

    Source:
        Jean, Cho, Memisevic and Bengio, *On Using Very Large Target Vocabulary for Neural Machine
        Translation*, ACL 2015.

    >>> import torch
    >>> s, q = torch.tensor([1.0]), torch.tensor([0.0])
    >>> sampled_softmax_loss(s, torch.tensor([[0.0]]), q, torch.tensor([[0.0]]))  # log(1 + 1/e)
    tensor(0.3133)
    """
    _check(input, noise, log_prob, noise_log_prob)
    draws = _corrected(noise, noise_log_prob)
    return reduce(softplus(_log_sum(draws) - (input - log_prob)), reduction)


def _corrected(noise: Tensor, noise_log_prob: Tensor) -> Tensor:
    # A draw that does not count stays at minus infinity, whatever q says of it.
    return torch.where(noise == -math.inf, -math.inf, noise - noise_log_prob)


def _log_sum(draws: Tensor) -> Tensor:
    # Where no draw counts, the slope of logsumexp would be nan.
    none = (draws == -math.inf).all(1, keepdim=True)
    return torch.where(none.squeeze(1), -math.inf, torch.where(none, 0, draws).logsumexp(1))


def _check(input: Tensor, noise: Tensor, log_prob: Tensor, noise_log_prob: Tensor) -> None:
    check_floating(input=input, noise=noise, log_prob=log_prob, noise_log_prob=noise_log_prob)
    if input.ndim != 1:
        raise ValueError(f"input must have shape (N), found {tuple(input.shape)}")
    if noise.ndim != 2 or len(noise) != len(input):
        raise ValueError(f"noise must have shape ({len(input)}, K), found {tuple(noise.shape)}")
    if noise.shape[1] == 0:
        raise ValueError(f"noise must hold at least one draw for each datum, found {tuple(noise.shape)}")
    for name, found, wanted in (
        ("log_prob", log_prob, input),
        ("noise_log_prob", noise_log_prob, noise),
    ):
        if found.shape != wanted.shape:
            raise ValueError(f"{name} must have shape {tuple(wanted.shape)}, found {tuple(found.shape)}")
