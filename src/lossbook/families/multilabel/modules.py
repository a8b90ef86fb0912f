"""The losses of this family as classes."""

from lossbook.families.multilabel.losses import multilabel_margin_loss, multilabel_soft_margin_loss
from lossbook.ground.module import module

MultiLabelSoftMarginLoss = module("MultiLabelSoftMarginLoss", multilabel_soft_margin_loss)
MultiLabelMarginLoss = module("MultiLabelMarginLoss", multilabel_margin_loss)
