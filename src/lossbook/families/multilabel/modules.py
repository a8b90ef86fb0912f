"""The losses of this family as classes."""

from lossbook.families.multilabel.losses import (
    asymmetric_loss,
    bp_mll_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    zlpr_loss,
)
from lossbook.ground.module import module

MultiLabelSoftMarginLoss = module("MultiLabelSoftMarginLoss", multilabel_soft_margin_loss)
MultiLabelMarginLoss = module("MultiLabelMarginLoss", multilabel_margin_loss)
AsymmetricLoss = module("AsymmetricLoss", asymmetric_loss, per_batch=("mask",))
ZLPRLoss = module("ZLPRLoss", zlpr_loss, per_batch=("mask",))
BPMLLLoss = module("BPMLLLoss", bp_mll_loss, per_batch=("mask",))
