"""The losses of this family as classes."""

from lossbook.families.noisy.losses import (
    confidence_penalty,
    forward_corrected_cross_entropy,
    generalized_cross_entropy,
    poly1_cross_entropy,
    symmetric_cross_entropy,
)
from lossbook.ground.module import module

ForwardCorrectedCrossEntropyLoss = module("ForwardCorrectedCrossEntropyLoss", forward_corrected_cross_entropy)
GeneralizedCrossEntropyLoss = module("GeneralizedCrossEntropyLoss", generalized_cross_entropy)
SymmetricCrossEntropyLoss = module("SymmetricCrossEntropyLoss", symmetric_cross_entropy)
Poly1CrossEntropyLoss = module("Poly1CrossEntropyLoss", poly1_cross_entropy)
ConfidencePenaltyLoss = module("ConfidencePenaltyLoss", confidence_penalty)
