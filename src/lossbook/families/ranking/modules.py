"""The losses of this family as classes."""

from lossbook.families.ranking.losses import margin_ranking_loss, pairwise_logistic_loss, pairwise_probit_loss
from lossbook.ground.module import module

MarginRankingLoss = module("MarginRankingLoss", margin_ranking_loss)
PairwiseLogisticLoss = module("PairwiseLogisticLoss", pairwise_logistic_loss)
PairwiseProbitLoss = module("PairwiseProbitLoss", pairwise_probit_loss)
