"""The losses of this family as classes."""

from lossbook.families.mixtures.losses import (
    gaussian_mixture_nll_loss,
    von_mises_fisher_nll_loss,
    von_mises_mixture_nll_loss,
    von_mises_nll_loss,
)
from lossbook.ground.module import module

GaussianMixtureNLLLoss = module("GaussianMixtureNLLLoss", gaussian_mixture_nll_loss)
VonMisesNLLLoss = module("VonMisesNLLLoss", von_mises_nll_loss)
VonMisesMixtureNLLLoss = module("VonMisesMixtureNLLLoss", von_mises_mixture_nll_loss)
VonMisesFisherNLLLoss = module("VonMisesFisherNLLLoss", von_mises_fisher_nll_loss)
