"""The gradients of the losses of a list, derived by hand: one list, one stage and one pair at a time."""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def plackett_luce_nll_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`\sum_i (p^{(i)} - e_{\pi_i})`, with :math:`p^{(i)}` the softmax over those not yet placed."""
    return _each(_of_order, input, target)


def list_mle_loss(input: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""As :func:`plackett_luce_nll_loss`, for the order of falling grades."""

    def one(s: Tensor, y: Tensor) -> Tensor:
        return _of_order(s, torch.tensor(sorted(range(len(y)), key=lambda i: -float(y[i]))))

    return _each(one, input, target, mask)


def list_net_loss(input: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    r""":math:`\operatorname{softmax}(s) - \operatorname{softmax}(y)`."""
    return _each(lambda s, y: s.softmax(0) - y.softmax(0), input, target, mask)


def lambda_rank_loss(
    input: Tensor, target: Tensor, k: int | None = None, sigma: float = 1.0, mask: Tensor | None = None
) -> Tensor:
    r"""The lambdas: each pair pulls apart with :math:`\sigma\,w_{ij}\,\sigma(-\sigma (s_i - s_j))`."""

    def one(s: Tensor, y: Tensor) -> Tensor:
        order = sorted(range(len(s)), key=lambda i: -float(s[i]))
        worth = [1 / math.log2(2 + r) if k is None or r < k else 0.0 for r in range(len(s))]
        discount = {i: worth[r] for r, i in enumerate(order)}
        gain = 2**y - 1
        most = sum(g * d for g, d in zip(sorted(gain.tolist(), reverse=True), worth, strict=True))
        force = torch.zeros_like(s)
        for i in range(len(s)):
            for j in range(len(s)):
                if y[i] > y[j]:
                    weight = abs((gain[i] - gain[j]) * (discount[i] - discount[j])) / most
                    pull = sigma * weight * torch.sigmoid(-sigma * (s[i] - s[j]))
                    force[i] -= pull
                    force[j] += pull
        return force

    return _each(one, input, target, mask)


def approx_ndcg_loss(
    input: Tensor, target: Tensor, temperature: float = 0.1, mask: Tensor | None = None
) -> Tensor:
    r""":math:`\sum_i c_i\,\partial\hat r_i/\partial s`: a step down costs item :math:`i` its gain times the
    slope :math:`1/((1 + \hat r)\ln 2\,\log_2^2(1 + \hat r))` of the discount."""

    def one(s: Tensor, y: Tensor) -> Tensor:
        above = torch.sigmoid((s - s[:, None]) / temperature)  # of j over i
        rank, slope = 0.5 + above.sum(1), above * (1 - above) / temperature
        gain = 2**y - 1
        most = (gain.sort(descending=True).values / torch.log2(torch.arange(2.0, len(s) + 2))).sum()
        cost = gain / most / (math.log(2) * (1 + rank) * torch.log2(1 + rank) ** 2)
        return cost @ slope - cost * slope.sum(1)

    return _each(one, input, target, mask)


def _of_order(s: Tensor, order: Tensor) -> Tensor:
    left, force = torch.ones_like(s), torch.zeros_like(s)
    for item in order.tolist():
        force += left * s.exp() / (left * s.exp()).sum()
        force[item] -= 1
        left[item] = 0
    return force


def _each(
    gradient: Callable[[Tensor, Tensor], Tensor], input: Tensor, target: Tensor, mask: Tensor | None = None
) -> Tensor:
    """The gradient of each list, of its real items."""
    found = torch.zeros_like(input)
    lists = zip(found, input, target, torch.ones_like(input).bool() if mask is None else mask, strict=True)
    for mine, s, y, real in lists:
        y = y if mask is None else y[real]
        if real.any():
            mine[real] = gradient(s[real], y)
    return found
