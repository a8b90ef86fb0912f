"""The gradients of the overlap losses, derived by hand: each by the prediction."""

import torch
from torch import Tensor


def dice_loss(input: Tensor, target: Tensor, smooth: float = 0.0) -> Tensor:
    r""":math:`\frac{(2\,\mathrm{TP} + s) - 2 t_i (P + T + s)}{(P + T + s)^2}`: two numbers, one for
    the pixels inside the true mask and one for those outside."""
    p, t = input.flatten(2), target.flatten(2)
    below = _sum(p) + _sum(t) + smooth
    return _safe(2 * _sum(p * t) + smooth - 2 * t * below, below).reshape(input.shape)


def jaccard_loss(input: Tensor, target: Tensor, smooth: float = 0.0) -> Tensor:
    r""":math:`\frac{(1 - t_i)(\mathrm{TP} + s) - t_i (U + s)}{(U + s)^2}` with the union :math:`U`."""
    p, t = input.flatten(2), target.flatten(2)
    hit, union = _sum(p * t) + smooth, _sum(p + t - p * t) + smooth
    return _safe((1 - t) * hit - t * union, union).reshape(input.shape)


def tversky_loss(
    input: Tensor, target: Tensor, alpha: float = 0.5, beta: float = 0.5, smooth: float = 0.0
) -> Tensor:
    r"""As :func:`jaccard_loss`: the numerator rises by :math:`t_i`, the denominator by
    :math:`t_i + \alpha (1 - t_i) - \beta t_i`."""
    p, t = input.flatten(2), target.flatten(2)
    hit = _sum(p * t) + smooth
    below = hit + alpha * _sum(p * (1 - t)) + beta * _sum((1 - p) * t)
    return _safe((t + alpha * (1 - t) - beta * t) * hit - t * below, below).reshape(input.shape)


def generalized_dice_loss(input: Tensor, target: Tensor) -> Tensor:
    r""":math:`w_c \frac{2 \mathrm{TP} - 2 t_i S}{S^2}` with the weighted sums
    :math:`\mathrm{TP}` and :math:`S = P + T` of all classes."""
    p, t = input.flatten(2), target.flatten(2)
    size = _sum(t)
    weight = torch.where(size > 0, size, torch.inf).pow(-2)
    largest = weight.amax(1, keepdim=True)
    weight = torch.where(size > 0, weight, torch.where(largest > 0, largest, 1))
    above, below = 2 * (weight * p * t).sum((1, 2), True), (weight * (p + t)).sum((1, 2), True)
    return _safe(weight * (above - 2 * t * below), below).reshape(input.shape)


def lovasz_hinge_loss(input: Tensor, target: Tensor) -> Tensor:
    """Minus the sign of the truth, times the rise of the Jaccard loss as this pixel turns wrong after all
    with larger errors."""
    z, t = input.flatten(1), target.flatten(1).bool()
    sign = torch.where(t, 1.0, -1.0).to(z)
    errors = (1 - sign * z).clamp(min=0)
    return (-sign * (errors > 0) * _rise(errors, t, torch.ones_like(t))).reshape(input.shape)


def lovasz_softmax_loss(
    input: Tensor, target: Tensor, classes: str = "present", ignore_index: int = -100
) -> Tensor:
    r"""The rises :math:`g_c`, with a sign, through the softmax:
    :math:`p_k \bigl(s_k g_k - \sum_c p_c s_c g_c\bigr)`."""
    z, y = input.flatten(2), target.flatten(1).unsqueeze(1)
    p, counts = z.softmax(1), y != ignore_index
    shown = (y == torch.arange(z.shape[1], device=z.device)[:, None]) & counts
    errors = torch.where(counts, torch.where(shown, 1 - p, p), 0)
    slope = torch.where(shown, -1.0, 1.0) * _rise(errors, shown, counts.expand_as(shown))
    chosen = shown.any(-1, keepdim=True) if classes == "present" else torch.ones_like(shown[..., :1])
    slope = slope * chosen / chosen.sum(1, keepdim=True).clamp(min=1)
    return (p * (slope - (p * slope).sum(1, keepdim=True))).reshape(input.shape)


def _rise(errors: Tensor, truth: Tensor, counts: Tensor) -> Tensor:
    """What each pixel adds to the Jaccard loss: the loss of a set less that of one fewer."""
    order = errors.argsort(dim=-1, descending=True, stable=True)
    hit = truth.gather(-1, order).double().cumsum(-1)
    other = (counts & ~truth).gather(-1, order).double().cumsum(-1)
    size = truth.sum(-1, keepdim=True)
    union = size + other
    delta = torch.where(union == 0, 0, 1 - (size - hit) / union.clamp(min=1))
    rise = torch.diff(delta, prepend=torch.zeros_like(delta[..., :1]))
    return torch.zeros_like(errors).scatter(-1, order, rise.to(errors))


def _sum(x: Tensor) -> Tensor:
    return x.sum(-1, keepdim=True)


def _safe(above: Tensor, below: Tensor) -> Tensor:
    return torch.where(below == 0, 0, above / torch.where(below == 0, 1, below).square())
