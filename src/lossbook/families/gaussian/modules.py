"""The losses of this family as classes."""

from lossbook.families.gaussian.losses import gaussian_nll_loss
from lossbook.ground.module import module

GaussianNLLLoss = module("GaussianNLLLoss", gaussian_nll_loss)
