"""Every loss as a plain function, with the contract of its ``torch.nn.functional`` twin.

``from lossbook import losses as F`` can stand in for ``import torch.nn.functional as F`` wherever a loss is
called. The legacy arguments ``size_average`` and ``reduce`` are left out.
"""

from lossbook.losses._common import strict
from lossbook.losses.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss

__all__ = [
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "smooth_l1_loss",
    "strict",
]
