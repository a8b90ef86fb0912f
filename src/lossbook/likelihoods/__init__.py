r"""The noise model of each loss that has one: a distribution whose ``-log_prob`` is the loss plus a constant.

A function here has the name of its loss and takes the loss's predicted inputs and options. It returns a
:class:`NoiseModel`: the distribution of the target, and the constant, so that

.. code-block:: python

    model = likelihoods.huber_loss(mu, delta=2.0)
    -model.distribution.log_prob(y) == losses.huber_loss(mu, y, reduction="none", delta=2.0) + model.constant

A loss without a function here has no noise model; its docstring says under *Status* what it is instead.
"""

from lossbook.likelihoods._common import NoiseModel
from lossbook.likelihoods.binary import (
    Sign,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    soft_margin_loss,
)
from lossbook.likelihoods.categorical import cross_entropy, nll_loss
from lossbook.likelihoods.counts import negative_binomial_nll_loss, poisson_nll_loss
from lossbook.likelihoods.gaussian import gaussian_nll_loss
from lossbook.likelihoods.neighbours import leave_one_out
from lossbook.likelihoods.pairs import IsotropicLaplace, VonMisesFisher, cosine_alike, hinge_alike
from lossbook.likelihoods.ranking import pairwise_logistic_loss, pairwise_probit_loss
from lossbook.likelihoods.regression import (
    Huber,
    huber_delta,
    huber_loss,
    huber_outlier_rate,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from lossbook.likelihoods.sequences import Labels, collapse, ctc_loss
from lossbook.likelihoods.vocabulary import adaptive_log_softmax_loss, linear_cross_entropy, z_loss_prior

__all__ = [
    "Huber",
    "IsotropicLaplace",
    "Labels",
    "NoiseModel",
    "Sign",
    "VonMisesFisher",
    "adaptive_log_softmax_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "collapse",
    "cosine_alike",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_alike",
    "huber_delta",
    "huber_loss",
    "huber_outlier_rate",
    "l1_loss",
    "leave_one_out",
    "linear_cross_entropy",
    "mse_loss",
    "negative_binomial_nll_loss",
    "nll_loss",
    "pairwise_logistic_loss",
    "pairwise_probit_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "z_loss_prior",
]
