"""The losses of this family as classes."""

from lossbook.families.neighbours.losses import nca_loss, soft_nearest_neighbour_loss
from lossbook.ground.module import module

NCALoss = module("NCALoss", nca_loss)
SoftNearestNeighbourLoss = module("SoftNearestNeighbourLoss", soft_nearest_neighbour_loss)
