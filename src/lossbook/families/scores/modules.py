"""The losses of this family as classes."""

from lossbook.families.scores.losses import (
    brier_loss,
    energy_score_loss,
    ensemble_crps_loss,
    expectile_loss,
    gaussian_crps_loss,
    interval_score_loss,
    quantile_loss,
)
from lossbook.ground.module import module

QuantileLoss = module("QuantileLoss", quantile_loss)
ExpectileLoss = module("ExpectileLoss", expectile_loss)
IntervalScoreLoss = module("IntervalScoreLoss", interval_score_loss)
GaussianCRPSLoss = module("GaussianCRPSLoss", gaussian_crps_loss)
EnsembleCRPSLoss = module("EnsembleCRPSLoss", ensemble_crps_loss)
EnergyScoreLoss = module("EnergyScoreLoss", energy_score_loss)
BrierLoss = module("BrierLoss", brier_loss)
