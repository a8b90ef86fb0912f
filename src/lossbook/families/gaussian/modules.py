"""The losses of this family as classes."""

from lossbook.families.gaussian.losses import (
    beta_nll_loss,
    gaussian_nll_loss,
    log_normal_nll_loss,
    multivariate_gaussian_nll_loss,
)
from lossbook.ground.module import module

GaussianNLLLoss = module("GaussianNLLLoss", gaussian_nll_loss)
BetaNLLLoss = module("BetaNLLLoss", beta_nll_loss)
MultivariateGaussianNLLLoss = module("MultivariateGaussianNLLLoss", multivariate_gaussian_nll_loss)
LogNormalNLLLoss = module("LogNormalNLLLoss", log_normal_nll_loss)
