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
from lossbook.gradients.categorical import cross_entropy, focal_loss, nll_loss
from lossbook.gradients.counts import negative_binomial_nll_loss, poisson_nll_loss
from lossbook.gradients.divergence import kl_div
from lossbook.gradients.gaussian import gaussian_nll_loss
from lossbook.gradients.margin import crammer_singer_loss, hinge_loss, multi_margin_loss
from lossbook.gradients.multilabel import multilabel_margin_loss, multilabel_soft_margin_loss
from lossbook.gradients.neighbours import nca_loss, soft_nearest_neighbour_loss
from lossbook.gradients.pairs import cosine_embedding_loss, hinge_embedding_loss
from lossbook.gradients.ranking import margin_ranking_loss, pairwise_logistic_loss, pairwise_probit_loss
from lossbook.gradients.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from lossbook.gradients.sequences import ctc_loss, ctc_loss_of_logits
from lossbook.gradients.triplets import triplet_margin_loss, triplet_margin_with_distance_loss
from lossbook.gradients.vocabulary import adaptive_log_softmax_loss, linear_cross_entropy, z_loss

__all__ = [
    "adaptive_log_softmax_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "crammer_singer_loss",
    "cross_entropy",
    "ctc_loss",
    "ctc_loss_of_logits",
    "focal_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "linear_cross_entropy",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nca_loss",
    "negative_binomial_nll_loss",
    "nll_loss",
    "pairwise_logistic_loss",
    "pairwise_probit_loss",
    "poisson_nll_loss",
    "sigmoid_focal_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "soft_nearest_neighbour_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
    "z_loss",
]
