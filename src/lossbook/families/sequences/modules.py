"""The losses of this family as classes."""

from lossbook.families.sequences.losses import ctc_loss
from lossbook.ground.module import module

CTCLoss = module("CTCLoss", ctc_loss)
