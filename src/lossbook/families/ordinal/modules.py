"""The losses of this family as classes."""

from lossbook.families.ordinal.losses import (
    coral_loss,
    corn_loss,
    ordered_logistic_nll_loss,
    ordered_probit_nll_loss,
)
from lossbook.ground.module import module

OrderedLogisticNLLLoss = module("OrderedLogisticNLLLoss", ordered_logistic_nll_loss)
OrderedProbitNLLLoss = module("OrderedProbitNLLLoss", ordered_probit_nll_loss)
CORNLoss = module("CORNLoss", corn_loss)
CORALLoss = module("CORALLoss", coral_loss)
