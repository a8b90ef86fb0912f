"""Divergences: the derivative with respect to the predicted log-probabilities, shape of ``input``."""

import math

import torch
from torch import Tensor


def kl_div(input: Tensor, target: Tensor, log_target: bool = False) -> Tensor:
    r""":math:`-t`: through ``log_softmax`` it becomes :math:`p - t`, prediction minus target."""
    return -(target.exp() if log_target else target).expand_as(input)


def reverse_kl_div(input: Tensor, target: Tensor, log_target: bool = False) -> Tensor:
    r""":math:`p (\log p - \log t + 1)`: through ``log_softmax`` it becomes
    :math:`p\,(\log p - \log t - \mathrm{KL})`, and fades where :math:`p` does."""
    return input.exp() * (input - _log(target, log_target) + 1)


def js_div(input: Tensor, target: Tensor, log_target: bool = False) -> Tensor:
    r""":math:`\tfrac12 p (\log p - \log m)`: the average :math:`m` moves too, but its share cancels."""
    log_t = _log(target, log_target)
    return 0.5 * input.exp() * (input - torch.logaddexp(input, log_t) + math.log(2))


def generalized_kl_div(input: Tensor, target: Tensor, log_target: bool = False) -> Tensor:
    r""":math:`p - t`: prediction minus target, without a softmax."""
    return input.exp() - _log(target, log_target).exp()


def total_variation(input: Tensor, target: Tensor, log_target: bool = False) -> Tensor:
    r""":math:`\tfrac12 p \operatorname{sign}(p - t)`."""
    return 0.5 * input.exp() * (input - _log(target, log_target)).sign()


def distillation_loss(input: Tensor, target: Tensor, temperature: float = 2.0) -> Tensor:
    r""":math:`T (p^{(T)} - q^{(T)})`: prediction minus target at the temperature, times it."""
    dim = min(1, input.ndim - 1)
    return temperature * ((input / temperature).softmax(dim) - (target / temperature).softmax(dim))


def _log(target: Tensor, log_target: bool) -> Tensor:
    return target if log_target else target.log()
