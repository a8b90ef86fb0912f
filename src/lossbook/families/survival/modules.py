"""The losses of this family as classes."""

from lossbook.families.survival.losses import (
    cox_ph_loss,
    deephit_loss,
    discrete_hazard_loss,
    log_logistic_aft_nll_loss,
    log_normal_aft_nll_loss,
    weibull_aft_nll_loss,
)
from lossbook.ground.module import module

WeibullAFTNLLLoss = module("WeibullAFTNLLLoss", weibull_aft_nll_loss)
LogLogisticAFTNLLLoss = module("LogLogisticAFTNLLLoss", log_logistic_aft_nll_loss)
LogNormalAFTNLLLoss = module("LogNormalAFTNLLLoss", log_normal_aft_nll_loss)
DiscreteHazardLoss = module("DiscreteHazardLoss", discrete_hazard_loss)
CoxPHLoss = module("CoxPHLoss", cox_ph_loss)
DeepHitLoss = module("DeepHitLoss", deephit_loss)
