"""The losses of this family as classes."""

from lossbook.families.overlap.losses import (
    dice_loss,
    generalized_dice_loss,
    jaccard_loss,
    lovasz_hinge_loss,
    lovasz_softmax_loss,
    tversky_loss,
)
from lossbook.ground.module import module

DiceLoss = module("DiceLoss", dice_loss)
JaccardLoss = module("JaccardLoss", jaccard_loss)
TverskyLoss = module("TverskyLoss", tversky_loss)
GeneralizedDiceLoss = module("GeneralizedDiceLoss", generalized_dice_loss)
LovaszHingeLoss = module("LovaszHingeLoss", lovasz_hinge_loss)
LovaszSoftmaxLoss = module("LovaszSoftmaxLoss", lovasz_softmax_loss)
