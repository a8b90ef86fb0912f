"""The losses of this family as classes."""

from lossbook.families.negatives.losses import nce_loss, sampled_softmax_loss
from lossbook.ground.module import module

NCELoss = module("NCELoss", nce_loss)
SampledSoftmaxLoss = module("SampledSoftmaxLoss", sampled_softmax_loss)
