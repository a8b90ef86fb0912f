"""The losses of this family as classes."""

from lossbook.families.pairs.losses import contrastive_loss, cosine_embedding_loss, hinge_embedding_loss
from lossbook.ground.module import module

ContrastiveLoss = module("ContrastiveLoss", contrastive_loss)
CosineEmbeddingLoss = module("CosineEmbeddingLoss", cosine_embedding_loss)
HingeEmbeddingLoss = module("HingeEmbeddingLoss", hinge_embedding_loss)
