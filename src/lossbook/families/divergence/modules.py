"""The losses of this family as classes."""

from lossbook.families.divergence.losses import (
    distillation_loss,
    generalized_kl_div,
    js_div,
    kl_div,
    reverse_kl_div,
    total_variation,
)
from lossbook.ground.module import module

KLDivLoss = module("KLDivLoss", kl_div)
ReverseKLDivLoss = module("ReverseKLDivLoss", reverse_kl_div)
JSDivLoss = module("JSDivLoss", js_div)
GeneralizedKLDivLoss = module("GeneralizedKLDivLoss", generalized_kl_div)
TotalVariationLoss = module("TotalVariationLoss", total_variation)
DistillationLoss = module("DistillationLoss", distillation_loss)
