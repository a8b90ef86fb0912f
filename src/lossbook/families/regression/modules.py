"""The losses of this family as classes."""

from lossbook.families.regression.losses import (
    general_robust_loss,
    huber_loss,
    l1_loss,
    laplace_nll_loss,
    log_cosh_loss,
    mse_loss,
    pseudo_huber_loss,
    smooth_l1_loss,
    student_t_nll_loss,
)
from lossbook.ground.module import module

MSELoss = module("MSELoss", mse_loss, without=("weight",))
L1Loss = module("L1Loss", l1_loss, without=("weight",))
HuberLoss = module("HuberLoss", huber_loss, without=("weight",))
SmoothL1Loss = module("SmoothL1Loss", smooth_l1_loss)
LogCoshLoss = module("LogCoshLoss", log_cosh_loss)
PseudoHuberLoss = module("PseudoHuberLoss", pseudo_huber_loss)
LaplaceNLLLoss = module("LaplaceNLLLoss", laplace_nll_loss)
StudentTNLLLoss = module("StudentTNLLLoss", student_t_nll_loss)
GeneralRobustLoss = module("GeneralRobustLoss", general_robust_loss)
