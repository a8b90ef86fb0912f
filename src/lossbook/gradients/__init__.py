r"""The gradients derived by hand in the chapters, one function per loss, of the loss's name and arguments.

Each gives the derivative of the *sum* of the loss with respect to its differentiable inputs: one tensor, or a
tuple in the order of the arguments. :mod:`lossbook.checks` compares them with autograd.
"""

from lossbook.gradients.binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    sigmoid_focal_loss,
    soft_margin_loss,
)
from lossbook.gradients.pairs import cosine_embedding_loss, hinge_embedding_loss
from lossbook.gradients.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "sigmoid_focal_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
]
