"""The losses of this family as classes."""

from lossbook.families.margin.losses import (
    _check_options,
    crammer_singer_loss,
    entmax15_loss,
    exponential_loss,
    hinge_loss,
    multi_margin_loss,
    perceptron_loss,
    sparsemax_loss,
)
from lossbook.ground.module import module

HingeLoss = module("HingeLoss", hinge_loss)
MultiMarginLoss = module("MultiMarginLoss", multi_margin_loss, check=_check_options)
CrammerSingerLoss = module("CrammerSingerLoss", crammer_singer_loss)
PerceptronLoss = module("PerceptronLoss", perceptron_loss)
ExponentialLoss = module("ExponentialLoss", exponential_loss)
SparsemaxLoss = module("SparsemaxLoss", sparsemax_loss)
Entmax15Loss = module("Entmax15Loss", entmax15_loss)
