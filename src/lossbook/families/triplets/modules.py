"""The losses of this family as classes."""

from lossbook.families.triplets.losses import (
    _check_margin,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from lossbook.ground.module import module

TripletMarginLoss = module("TripletMarginLoss", triplet_margin_loss, check=_check_margin)
TripletMarginWithDistanceLoss = module(
    "TripletMarginWithDistanceLoss", triplet_margin_with_distance_loss, check=_check_margin
)
