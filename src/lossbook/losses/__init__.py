"""Every loss as a plain function, with the contract of its ``torch.nn.functional`` twin.

``from lossbook import losses as F`` can stand in for ``import torch.nn.functional as F`` wherever a loss is
called. The legacy arguments ``size_average`` and ``reduce`` are left out.
"""

from lossbook.losses._common import strict
from lossbook.losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    sigmoid_focal_loss,
    soft_margin_loss,
)
from lossbook.losses.categorical import cross_entropy, focal_loss, nll_loss
from lossbook.losses.counts import negative_binomial_nll_loss, poisson_nll_loss
from lossbook.losses.divergence import kl_div
from lossbook.losses.gaussian import gaussian_nll_loss
from lossbook.losses.margin import crammer_singer_loss, hinge_loss, multi_margin_loss
from lossbook.losses.multilabel import multilabel_margin_loss, multilabel_soft_margin_loss
from lossbook.losses.neighbours import nca_loss, soft_nearest_neighbour_loss
from lossbook.losses.pairs import cosine_embedding_loss, hinge_embedding_loss
from lossbook.losses.ranking import margin_ranking_loss, pairwise_logistic_loss, pairwise_probit_loss
from lossbook.losses.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from lossbook.losses.sequences import ctc_loss
from lossbook.losses.triplets import triplet_margin_loss, triplet_margin_with_distance_loss
from lossbook.losses.vocabulary import (
    adaptive_log_softmax,
    adaptive_log_softmax_loss,
    linear_cross_entropy,
    z_loss,
)

__all__ = [
    "adaptive_log_softmax",
    "adaptive_log_softmax_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "crammer_singer_loss",
    "cross_entropy",
    "ctc_loss",
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
    "strict",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
    "z_loss",
]
