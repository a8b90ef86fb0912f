"""The losses of this family as classes."""

from lossbook.families.preferences.losses import (
    dpo_loss,
    ipo_loss,
    kto_loss,
    orpo_loss,
    robust_dpo_loss,
    simpo_loss,
)
from lossbook.ground.module import module

DPOLoss = module("DPOLoss", dpo_loss)
IPOLoss = module("IPOLoss", ipo_loss)
KTOLoss = module("KTOLoss", kto_loss)
ORPOLoss = module("ORPOLoss", orpo_loss)
RobustDPOLoss = module("RobustDPOLoss", robust_dpo_loss)
SimPOLoss = module("SimPOLoss", simpo_loss)
