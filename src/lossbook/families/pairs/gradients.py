"""Pairs of embeddings: derivatives with respect to the embeddings, or to their distance."""

import torch
from torch import Tensor

from lossbook.ground.values import clamp_slope


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0
) -> tuple[Tensor, Tensor]:
    r"""For :math:`a`: :math:`\mp\frac{1}{\lVert a \rVert}(\hat b - \cos\,\hat a)`, 0 beyond the margin.

    Minus for alike pairs, plus for the others; for :math:`b` with the roles exchanged. It is orthogonal to
    the vector it moves, so every step makes that vector longer and the next turn smaller.
    """
    length1, length2 = (x.norm(dim=-1, keepdim=True) for x in (input1, input2))
    a, b = input1 / length1, input2 / length2
    cos = (a * b).sum(-1, keepdim=True)
    pushed = (target == -1).unsqueeze(-1) * clamp_slope(cos - margin)
    sign = pushed - (target == 1).unsqueeze(-1).to(cos)
    return sign * (b - cos * a) / length1, sign * (a - cos * b) / length2


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0) -> Tensor:
    r""":math:`1` for alike pairs; :math:`-1` for the others inside of the margin, 0 beyond it."""
    return (target != -1).to(input) - (target != 1) * clamp_slope(margin - input)


def contrastive_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 1.0
) -> tuple[Tensor, Tensor]:
    r"""For :math:`a`: :math:`a - b` for alike pairs; :math:`-\frac{(m - d)_+}{d}(a - b)` for the others."""
    apart = input1 - input2
    d = apart.norm(dim=-1, keepdim=True)
    pushed = -(margin - d).clamp(min=0) / torch.where(d == 0, 1, d)
    by_a = torch.where((target == 1).unsqueeze(-1), 1, pushed) * apart
    return by_a, -by_a
