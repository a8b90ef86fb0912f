"""The losses of this family as classes."""

from lossbook.families.divergence.losses import kl_div
from lossbook.ground.module import module

KLDivLoss = module("KLDivLoss", kl_div)
