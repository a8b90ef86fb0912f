"""The losses of this family as classes."""

from lossbook.families.lists.losses import (
    approx_ndcg_loss,
    lambda_rank_loss,
    list_mle_loss,
    list_net_loss,
    plackett_luce_nll_loss,
)
from lossbook.ground.module import module

PlackettLuceNLLLoss = module("PlackettLuceNLLLoss", plackett_luce_nll_loss)
ListMLELoss = module("ListMLELoss", list_mle_loss, per_batch=("mask",))
ListNetLoss = module("ListNetLoss", list_net_loss, per_batch=("mask",))
LambdaRankLoss = module("LambdaRankLoss", lambda_rank_loss, per_batch=("mask",))
ApproxNDCGLoss = module("ApproxNDCGLoss", approx_ndcg_loss, per_batch=("mask",))
