"""The losses of this family as classes."""

from lossbook.families.margin.losses import _check_options, crammer_singer_loss, hinge_loss, multi_margin_loss
from lossbook.ground.module import module

HingeLoss = module("HingeLoss", hinge_loss)
MultiMarginLoss = module("MultiMarginLoss", multi_margin_loss, check=_check_options)
CrammerSingerLoss = module("CrammerSingerLoss", crammer_singer_loss)
