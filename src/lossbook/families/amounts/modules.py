"""The losses of this family as classes."""

from lossbook.families.amounts.losses import (
    beta_distribution_nll_loss,
    continuous_bernoulli_nll_loss,
    gamma_nll_loss,
    tweedie_nll_loss,
    zero_inflated_negative_binomial_nll_loss,
    zero_inflated_poisson_nll_loss,
)
from lossbook.ground.module import module

GammaNLLLoss = module("GammaNLLLoss", gamma_nll_loss)
TweedieNLLLoss = module("TweedieNLLLoss", tweedie_nll_loss)
BetaDistributionNLLLoss = module("BetaDistributionNLLLoss", beta_distribution_nll_loss)
ContinuousBernoulliNLLLoss = module("ContinuousBernoulliNLLLoss", continuous_bernoulli_nll_loss)
ZeroInflatedPoissonNLLLoss = module("ZeroInflatedPoissonNLLLoss", zero_inflated_poisson_nll_loss)
ZeroInflatedNegativeBinomialNLLLoss = module(
    "ZeroInflatedNegativeBinomialNLLLoss", zero_inflated_negative_binomial_nll_loss
)
