"""The losses of this family as classes."""

from lossbook.families.policies.losses import grpo_loss, ppo_loss, reinforce_loss
from lossbook.ground.module import module

GRPOLoss = module("GRPOLoss", grpo_loss, per_batch=("mask",))
PPOLoss = module("PPOLoss", ppo_loss)
ReinforceLoss = module("ReinforceLoss", reinforce_loss)
