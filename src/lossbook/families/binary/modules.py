"""The losses of this family as classes."""

from lossbook.families.binary.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cloglog_loss,
    probit_loss,
    sigmoid_focal_loss,
    soft_margin_loss,
)
from lossbook.ground.module import module

BCELoss = module("BCELoss", binary_cross_entropy)
BCEWithLogitsLoss = module("BCEWithLogitsLoss", binary_cross_entropy_with_logits)
SoftMarginLoss = module("SoftMarginLoss", soft_margin_loss)
SigmoidFocalLoss = module("SigmoidFocalLoss", sigmoid_focal_loss)
ProbitLoss = module("ProbitLoss", probit_loss)
CloglogLoss = module("CloglogLoss", cloglog_loss)
