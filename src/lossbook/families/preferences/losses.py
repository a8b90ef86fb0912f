r"""Preferences: a model of answers learns from which of two answers was preferred, or whether one was good.

Inputs are log-probabilities of whole answers: :math:`w` is the chosen one of two, :math:`l` the rejected.
:math:`h = (\log\pi_w - \log\pi^{\mathrm{ref}}_w) - (\log\pi_l - \log\pi^{\mathrm{ref}}_l)` compares the model
with a reference; SimPO and ORPO have none.
"""

import math

import torch
from torch import Tensor

from lossbook.ground.arguments import check_floating
from lossbook.ground.autocast import full_precision
from lossbook.ground.reduction import at_least_float32, in_half_again, reduce
from lossbook.ground.values import check_values, softplus


@full_precision
def dpo_loss(
    chosen_logps: Tensor,
    rejected_logps: Tensor,
    ref_chosen_logps: Tensor,
    ref_rejected_logps: Tensor,
    beta: float = 0.1,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Direct preference optimisation: Bradley and Terry's model, its reward a ratio of probabilities.

    .. math:: P(w \succ l) = \sigma(\beta h)
       \quad\Longrightarrow\quad \ell = -(1-\varepsilon)\log\sigma(\beta h) - \varepsilon\log\sigma(-\beta h)

    If the preferences are Bradley and Terry's for a reward :math:`r`, the population is fitted best by
    :math:`\pi \propto \pi^{\mathrm{ref}} e^{r/\beta}`: the policy of highest expected reward minus
    :math:`\beta` times the divergence from the reference. Only :math:`h`, a difference, is identified: the
    probability of the chosen answer may well fall.

    Status: A, exact negative log-likelihood; with ``label_smoothing`` B, expected negative log-likelihood.

    Args:
        chosen_logps: :math:`\log\pi_w`, log-probabilities of the preferred answers under the model, summed
            over the tokens, shape ``(N)``.
        rejected_logps: :math:`\log\pi_l`, those of the other answers, shape ``(N)``.
        ref_chosen_logps: :math:`\log\pi^{\mathrm{ref}}_w`, under the reference, shape ``(N)``.
        ref_rejected_logps: :math:`\log\pi^{\mathrm{ref}}_l`, shape ``(N)``.
        beta: :math:`\beta > 0`; the smaller, the further from the reference for the same reward.
        label_smoothing: :math:`\varepsilon`, from 0 to 1: the share of preferences taken to be the wrong way
            round. :math:`\beta h` then stops at :math:`\log\frac{1-\varepsilon}\varepsilon`.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``.

    Raises:
        NotImplementedError: log-probabilities are not floating point.
        ValueError: a shape is wrong, ``beta`` or ``label_smoothing`` is out of range, or unknown
            ``reduction``.

    Source:
        Rafailov, Sharma, Mitchell, Ermon, Manning and Finn, *Direct Preference Optimization: Your Language
        Model is Secretly a Reward Model*, NeurIPS 2023.

    >>> import torch
    >>> better, worse = torch.tensor([-3.0]), torch.tensor([-5.0])
    >>> dpo_loss(better, worse, better, worse)  # the reference itself: a toss of a coin
    tensor(0.6931)
    """
    _check_beta(beta)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing must be from 0 to 1, found {label_smoothing!r}")
    logps = chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps
    x = beta * _log_ratio(*logps)
    loss = _part(1 - label_smoothing, -x) + _part(label_smoothing, x)
    return reduce(in_half_again(loss, *logps), reduction)


@full_precision
def robust_dpo_loss(
    chosen_logps: Tensor,
    rejected_logps: Tensor,
    ref_chosen_logps: Tensor,
    ref_rejected_logps: Tensor,
    beta: float = 0.1,
    label_smoothing: float = 0.1,
    reduction: str = "mean",
) -> Tensor:
    r"""DPO without the bias of flipped preferences: its mean over the flips is DPO's loss of the true ones.

    .. math:: \ell = \frac{(1-\varepsilon)\,\zeta(-\beta h) - \varepsilon\,\zeta(\beta h)}{1 - 2\varepsilon}
       = \zeta(-\beta h) - \frac{\varepsilon}{1-2\varepsilon}\,\beta h, \qquad \zeta(x) = \log(1 + e^x)

    A share :math:`\varepsilon` of the pairs is thought to be the wrong way round. It takes away from
    :func:`dpo_loss` a multiple of :math:`\beta h`, where ``label_smoothing`` adds one there: on preferences
    that never contradict each other it has no lower bound.

    Status: I, reweighted likelihood.

    Args:
        chosen_logps: log-probabilities of the preferred answers under the model, summed over the tokens,
            shape ``(N)``.
        rejected_logps: those of the other answers, shape ``(N)``.
        ref_chosen_logps: those of the preferred answers under the reference, shape ``(N)``.
        ref_rejected_logps: those of the other answers, shape ``(N)``.
        beta: :math:`\beta > 0`.
        label_smoothing: :math:`\varepsilon`, from 0 to below one half.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(N)`` for ``'none'``. It may be negative.

    Raises:
        NotImplementedError: log-probabilities are not floating point.
        ValueError: a shape is wrong, ``beta`` or ``label_smoothing`` is out of range, or unknown
            ``reduction``.

    Source:
        Chowdhury, Kini and Natarajan, *Provably Robust DPO: Aligning Language Models with Noisy Feedback*,
        ICML 2024.

    >>> import torch
    >>> w, l = torch.tensor([-3.0]), torch.tensor([-5.0])
    >>> robust_dpo_loss(w, l, l, l, beta=1.0)  # log(1 + e^-2) - 2 * 0.1 / 0.8
    tensor(-0.1231)
    """
    _check_beta(beta)
    if not 0 <= label_smoothing < 0.5:
        raise ValueError(f"label_smoothing must be from 0 to below 0.5, found {label_smoothing!r}")
    logps = chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps
    x = beta * _log_ratio(*logps)
    loss = (_part(1 - label_smoothing, -x) - _part(label_smoothing, x)) / (1 - 2 * label_smoothing)
    return reduce(in_half_again(loss, *logps), reduction)


@full_precision
def ipo_loss(
    chosen_logps: Tensor,
    rejected_logps: Tensor,
    ref_chosen_logps: Tensor,
    ref_rejected_logps: Tensor,
    beta: float = 0.1,
    reduction: str = "mean",
) -> Tensor:
    r"""Identity preference optimisation: the log-ratio is drawn to a finite value.

    .. math:: \ell = \Bigl(h - \frac1{2\beta}\Bigr)^2

    The mean over both ways round, won with probability :math:`p` and lost with :math:`1 - p`, is least at
    :math:`h = (p - \tfrac12)/\beta`. Even an answer that always wins is drawn no further than to
    :math:`1/2\beta`, where :func:`dpo_loss` pulls without end. :math:`\beta` is :math:`\tau` in the paper.

    Status: E, M-estimator.

    Args:
        chosen_logps: log-probabilities of the preferred answers under the model, summed over the tokens,
            shape ``(N)``.
        rejected_logps: those of the other answers, shape ``(N)``.
        ref_chosen_logps: those of the preferred answers under the reference, shape ``(N)``.
        ref_rejected_logps: those of the other answers, shape ``(N)``.
        beta: :math:`\beta > 0`, the weight of the divergence from the reference.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(N)`` for ``'none'``.

    Raises:
        NotImplementedError: log-probabilities are not floating point.
        ValueError: a shape is wrong, ``beta`` is not positive, or unknown ``reduction``.

    Source:
        Azar, Guo, Piot, Munos, Rowland, Valko and Calandriello, *A General Theoretical Paradigm to
        Understand Learning from Human Preferences*, AISTATS 2024.

    >>> import torch
    >>> w, l = torch.tensor([-3.0]), torch.tensor([-5.0])
    >>> ipo_loss(w, l, l, l, beta=0.1)  # h = 2, and 1 / (2 * 0.1) = 5
    tensor(9.)
    """
    _check_beta(beta)
    logps = chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps
    loss = (_log_ratio(*logps) - 1 / (2 * beta)) ** 2
    return reduce(in_half_again(loss, *logps), reduction)


@full_precision
def simpo_loss(
    chosen_logps: Tensor,
    rejected_logps: Tensor,
    beta: float = 2.0,
    gamma: float = 0.5,
    reduction: str = "mean",
) -> Tensor:
    r"""Simple preference optimisation: log-probabilities per token, a margin, and no reference.

    .. math:: \ell = \zeta\bigl(\gamma - \beta\,(\overline{\log\pi}_w - \overline{\log\pi}_l)\bigr),
       \qquad \zeta(x) = \log(1 + e^x)

    With :math:`\gamma = 0` it is Bradley and Terry's likelihood of a reward that is :math:`\beta` times the
    mean log-probability of a token. With a margin the probabilities of the two ways round no longer add up
    to one.

    Status: I, reweighted likelihood: a Bradley–Terry likelihood only for ``gamma=0``.

    Args:
        chosen_logps: log-probabilities of the preferred answers, the **mean** over the tokens, shape ``(N)``.
        rejected_logps: those of the other answers, shape ``(N)``.
        beta: :math:`\beta > 0`.
        gamma: the margin :math:`\gamma`, in units of the reward.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(N)`` for ``'none'``.

    Raises:
        NotImplementedError: log-probabilities are not floating point.
        ValueError: a shape is wrong, ``beta`` is not positive, or unknown ``reduction``.

    Source:
        Meng, Xia and Chen, *SimPO: Simple Preference Optimization with a Reference-Free Reward*, NeurIPS
        2024.

    >>> import torch
    >>> w, l = torch.tensor([-1.0]), torch.tensor([-1.25])
    >>> simpo_loss(w, l)  # the margin 0.5 just kept: log 2
    tensor(0.6931)
    """
    _check_beta(beta)
    chosen, rejected = _wide(chosen_logps=chosen_logps, rejected_logps=rejected_logps)
    loss = softplus(gamma - beta * (chosen - rejected))
    return reduce(in_half_again(loss, chosen_logps, rejected_logps), reduction)


@full_precision
def orpo_loss(
    chosen_logps: Tensor, rejected_logps: Tensor, beta: float = 0.1, reduction: str = "mean"
) -> Tensor:
    r"""Odds ratio preference optimisation: the likelihood of the chosen answer, and a penalty on the odds.

    .. math:: \ell = -\overline{\log\pi}_w + \beta\,\zeta(o_l - o_w), \qquad
       o = \log\frac{\bar\pi}{1 - \bar\pi}, \quad \log\bar\pi = \overline{\log\pi}

    The first term is a likelihood, of the answers that were chosen; it needs no reference to keep them
    probable. The second is the form of Bradley and Terry's loss with the log-odds for scores.

    Status: I, likelihood with a regulariser.

    Args:
        chosen_logps: log-probabilities of the preferred answers, the **mean** over the tokens, below 0,
            shape ``(N)``.
        rejected_logps: those of the other answers, below 0, shape ``(N)``.
        beta: the weight :math:`\beta` of the second term (:math:`\lambda` in the paper).
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``.

    Raises:
        NotImplementedError: log-probabilities are not floating point.
        ValueError: a shape is wrong, a log-probability is not below 0, or unknown ``reduction``.

    Source:
        Hong, Lee and Thorne, *ORPO: Monolithic Preference Optimization without Reference Model*, EMNLP 2024.

    >>> import torch
    >>> half = torch.tensor([0.5]).log()
    >>> orpo_loss(half, half, beta=1.0)  # log 2, and log 2 for odds that are equal
    tensor(1.3863)
    """
    chosen, rejected = _wide(chosen_logps=chosen_logps, rejected_logps=rejected_logps)
    for name, logps in (("chosen_logps", chosen_logps), ("rejected_logps", rejected_logps)):
        check_values(name, logps.detach(), logps < 0, "below 0", ValueError)
    loss = -chosen + beta * softplus(_log_odds(rejected) - _log_odds(chosen))
    return reduce(in_half_again(loss, chosen_logps, rejected_logps), reduction)


@full_precision
def kto_loss(
    logps: Tensor,
    ref_logps: Tensor,
    target: Tensor,
    kl: Tensor | float,
    beta: float = 0.1,
    desirable_weight: float = 1.0,
    undesirable_weight: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Kahneman–Tversky optimisation: single answers, each called good or bad; no pairs.

    .. math:: u = \beta\,(\log\pi - \log\pi^{\mathrm{ref}} - z_0), \quad z_0 = \max(0, \mathrm{kl}), \qquad
       \ell = \begin{cases} \lambda_D\,\sigma(-u) & \text{desirable} \\
       \lambda_U\,\sigma(u) & \text{undesirable} \end{cases}

    A value function with a reference point, as in prospect theory: it flattens for large gains **and** for
    large losses, so that an answer far on the wrong side no longer counts. It is one minus a probability, not
    minus its logarithm.

    Status: E, M-estimator.

    Args:
        logps: log-probabilities :math:`\log\pi` of the answers under the model, summed over the tokens,
            shape ``(N)``.
        ref_logps: those under the reference, shape ``(N)``.
        target: 1 or true for a desirable answer, 0 or false for an undesirable one, shape ``(N)``.
        kl: an estimate of the divergence of the model from the reference, a number or a tensor of shape
            ``()``; below 0 it counts as 0. It gets no gradient.
        beta: :math:`\beta > 0`.
        desirable_weight: :math:`\lambda_D`.
        undesirable_weight: :math:`\lambda_U`. The paper advises to weight the kinds by their numbers.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.

    Returns:
        The loss: a scalar, or shape ``(N)`` for ``'none'``; from 0 to the weight.

    Raises:
        NotImplementedError: log-probabilities are not floating point.
        ValueError: a shape is wrong, ``target`` is neither 0 nor 1, ``beta`` is not positive, or unknown
            ``reduction``.

    Source:
        Ethayarajh, Xu, Muennighoff, Jurafsky and Kiela, *KTO: Model Alignment as Prospect Theoretic
        Optimization*, ICML 2024.

    >>> import torch
    >>> log_p = torch.tensor([-3.0, -3.0])
    >>> kto_loss(log_p, log_p, torch.tensor([True, False]), kl=0.0, reduction="none")
    tensor([0.5000, 0.5000])
    """
    _check_beta(beta)
    log_p, log_ref = _wide(logps=logps, ref_logps=ref_logps)
    if target.shape != logps.shape:
        raise ValueError(
            f"target must have the shape of logps, {tuple(logps.shape)}, found {tuple(target.shape)}"
        )
    check_values("target", target.detach(), (target == 0) | (target == 1), "0 or 1", ValueError)
    divergence = torch.as_tensor(kl, dtype=log_p.dtype, device=log_p.device).detach()
    if divergence.ndim:
        raise ValueError(f"kl must be a number or have shape (), found {tuple(divergence.shape)}")
    u = beta * (log_p - log_ref - torch.relu(divergence))
    loss = torch.where(
        target != 0, desirable_weight * torch.sigmoid(-u), undesirable_weight * torch.sigmoid(u)
    )
    return reduce(in_half_again(loss, logps, ref_logps), reduction)


def _part(weight: float, x: Tensor) -> Tensor:
    """A share of softplus; none of it is 0 even where softplus is infinite."""
    return weight * softplus(x) if weight else torch.zeros_like(x)


def _log_ratio(chosen: Tensor, rejected: Tensor, ref_chosen: Tensor, ref_rejected: Tensor) -> Tensor:
    """h: by how much more than the reference the model prefers the chosen answer."""
    chosen, rejected, ref_chosen, ref_rejected = _wide(
        chosen_logps=chosen,
        rejected_logps=rejected,
        ref_chosen_logps=ref_chosen,
        ref_rejected_logps=ref_rejected,
    )
    return (chosen - ref_chosen) - (rejected - ref_rejected)


def _log_odds(log_p: Tensor) -> Tensor:
    # log(1 - p) by expm1 near p = 1, where 1 - p would round to 0, by log1p elsewhere.
    sure = log_p > -math.log(2)
    near, far = torch.where(sure, log_p, -1), torch.where(sure, -1, log_p)
    return log_p - torch.where(sure, torch.log(-torch.expm1(near)), torch.log1p(-torch.exp(far)))


def _wide(**logps: Tensor) -> list[Tensor]:
    """The log-probabilities, not below float32, once they are known to have one shape, ``(N)``."""
    check_floating(**logps)
    first = next(iter(logps))
    if logps[first].ndim != 1:
        raise ValueError(f"{first} must have shape (N), found {tuple(logps[first].shape)}")
    for name, tensor in logps.items():
        if tensor.shape != logps[first].shape:
            raise ValueError(
                f"{name} must have the shape of {first}, {tuple(logps[first].shape)}, "
                f"found {tuple(tensor.shape)}"
            )
    return [tensor.to(at_least_float32(tensor)) for tensor in logps.values()]


def _check_beta(beta: float) -> None:
    if not beta > 0:
        raise ValueError(f"beta must be positive, found {beta!r}")
