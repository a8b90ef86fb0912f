"""The losses of this family as classes."""

from lossbook.families.regression.losses import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from lossbook.ground.module import module

MSELoss = module("MSELoss", mse_loss, without=("weight",))
L1Loss = module("L1Loss", l1_loss, without=("weight",))
HuberLoss = module("HuberLoss", huber_loss, without=("weight",))
SmoothL1Loss = module("SmoothL1Loss", smooth_l1_loss)
