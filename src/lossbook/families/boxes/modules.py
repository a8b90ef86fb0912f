"""The losses of this family as classes."""

from lossbook.families.boxes.losses import ciou_loss, diou_loss, giou_loss
from lossbook.ground.module import module

GIoULoss = module("GIoULoss", giou_loss)
DIoULoss = module("DIoULoss", diou_loss)
CIoULoss = module("CIoULoss", ciou_loss)
