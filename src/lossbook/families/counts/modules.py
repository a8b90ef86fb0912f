"""The losses of this family as classes."""

from lossbook.families.counts.losses import negative_binomial_nll_loss, poisson_nll_loss
from lossbook.ground.module import module

PoissonNLLLoss = module("PoissonNLLLoss", poisson_nll_loss, renamed={"input": "log_input"})
NegativeBinomialNLLLoss = module("NegativeBinomialNLLLoss", negative_binomial_nll_loss)
