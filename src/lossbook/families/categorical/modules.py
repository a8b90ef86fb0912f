"""The losses of this family as classes."""

from lossbook.families.categorical.losses import (
    cross_entropy,
    focal_loss,
    logit_adjusted_cross_entropy,
    nll_loss,
)
from lossbook.ground.module import module

NLLLoss = module("NLLLoss", nll_loss)
CrossEntropyLoss = module("CrossEntropyLoss", cross_entropy)
FocalLoss = module("FocalLoss", focal_loss)
LogitAdjustedCrossEntropyLoss = module("LogitAdjustedCrossEntropyLoss", logit_adjusted_cross_entropy)
