"""The gradients of the survival losses, derived by hand."""

import math

import torch
from torch import Tensor


def weibull_aft_nll_loss(
    input: Tensor, time: Tensor, event: Tensor, scale: Tensor, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`(\delta - e^w)/\sigma` by the location, :math:`(\delta + (\delta - e^w) w)/\sigma` by the
    scale: :math:`e^w` is the accumulated hazard, and :math:`\delta - e^w` the martingale residual."""
    w, event = (time.log() - input) / scale, event.to(input)
    residual = event - w.exp()
    return residual / scale, (event + residual * w) / scale


def log_logistic_aft_nll_loss(
    input: Tensor, time: Tensor, event: Tensor, scale: Tensor, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`(\delta - (1 + \delta)\,\sigma(w))/\sigma` by the location: never beyond :math:`1/\sigma`."""
    w, event = (time.log() - input) / scale, event.to(input)
    residual = event - (1 + event) * w.sigmoid()
    return residual / scale, (event + residual * w) / scale


def log_normal_aft_nll_loss(
    input: Tensor, time: Tensor, event: Tensor, scale: Tensor, full: bool = False
) -> tuple[Tensor, Tensor]:
    r""":math:`-w/\sigma` for an event, :math:`-\lambda(w)/\sigma` for a censored time, by the location:
    :math:`\lambda(w) = \varphi(w)/\Phi(-w)` is where the event is to be expected beyond :math:`w`."""
    w, event = (time.log() - input) / scale, event.to(input)
    density = torch.exp(-0.5 * w**2) / math.sqrt(2 * math.pi)
    hazard = density / (0.5 * torch.erfc(w / math.sqrt(2)))
    residual = -torch.where(event != 0, w, hazard)
    return residual / scale, (event + residual * w) / scale


def discrete_hazard_loss(input: Tensor, target: Tensor, event: Tensor) -> Tensor:
    r""":math:`h_j - [\text{event in } j]` in the cells at risk, 0 in all others."""
    interval = torch.arange(input.shape[1], device=input.device)
    happened = (interval == target[:, None]) & (event[:, None] != 0)
    return (input.sigmoid() - happened.to(input)) * (interval <= target[:, None])


def cox_ph_loss(input: Tensor, time: Tensor, event: Tensor, ties: str = "efron") -> Tensor:
    r""":math:`-\delta_k + \sum_{t_i \le t_k} P(k \text{ fails at } t_i)`: expected minus observed events."""
    expected, risk = torch.zeros_like(input), input.exp()
    for at in time[event != 0].unique():
        at_risk, ended = (time >= at).to(input), ((time == at) & (event != 0)).to(input)
        count = int(ended.sum())
        for k in range(count):
            out = k / count if ties == "efron" else 0.0
            left = risk * (at_risk - out * ended)
            expected = expected + left / left.sum()
    return expected - event.to(input)


def deephit_loss(
    input: Tensor, target: Tensor, event: Tensor, alpha: float = 0.2, sigma: float = 0.1
) -> Tensor:
    r""":math:`\alpha\,(q - q_{\mid\text{observed}})`; each pair pulls :math:`F_i` up, :math:`F_j` down."""
    size, horizon = input.shape
    q = torch.cat([input, torch.zeros_like(input[:, :1])], 1).softmax(1)
    interval = torch.arange(horizon + 1, device=input.device)
    observed = torch.where(event[:, None] != 0, interval == target[:, None], interval > target[:, None])
    given = q * observed / (q * observed).sum(1, keepdim=True)
    by_q = torch.zeros_like(q)
    for i in range(size):
        until = (interval <= target[i]).to(q)
        for j in range(size):
            later = target[i] < target[j] or (target[i] == target[j] and not event[j])
            if event[i] and later:
                weight = torch.exp(-(q[i] - q[j]) @ until / sigma) / (sigma * size)
                by_q[i] -= weight * until
                by_q[j] += weight * until
    ranking = q * (by_q - (q * by_q).sum(1, keepdim=True))
    return (alpha * (q - given) + (1 - alpha) * ranking)[:, :-1]
