r"""Contrast: derivatives by hand.

All losses of scores have one form: by the score it is softmax minus answer (or sigmoid minus answer), and by
an embedding what is left of the weighted sum of the others after its part along the embedding is taken away.
"""

import torch
from torch import Tensor


def info_nce_loss(
    input: Tensor, target: Tensor, negatives: Tensor | None = None, temperature: float = 0.1
) -> tuple[Tensor, Tensor]:
    r"""By a score: :math:`p_{ij} - [j = i]`. By the query: the candidates so weighted, over :math:`\tau`."""
    query, key = _unit(input), _unit(target)
    if negatives is None:
        g = ((query @ key.T / temperature).softmax(1) - _identity(query)) / temperature
        return _turn(input, g @ key), _turn(target, g.T @ query)
    others = _unit(negatives).expand(len(input), -1, -1) if negatives.ndim == 2 else _unit(negatives)
    candidates = torch.cat([key.unsqueeze(1), others], 1)
    p = ((candidates * query.unsqueeze(1)).sum(-1) / temperature).softmax(1)
    mean = (p.unsqueeze(-1) * candidates).sum(1)
    return (
        _turn(input, (mean - key) / temperature),
        _turn(target, (p[:, :1] - 1) * query / temperature),
    )


def clip_loss(input1: Tensor, input2: Tensor, temperature: float = 0.07) -> tuple[Tensor, Tensor]:
    r"""By a score: the mean of the softmax along the row and the column, minus :math:`[j = i]`."""
    a, b = _unit(input1), _unit(input2)
    score = a @ b.T / temperature
    g = ((score.softmax(0) + score.softmax(1)) / 2 - _identity(a)) / temperature
    return _turn(input1, g @ b), _turn(input2, g.T @ a)


def nt_xent_loss(input1: Tensor, input2: Tensor, temperature: float = 0.5) -> tuple[Tensor, Tensor]:
    r"""By a score: :math:`p_{ij} - [j = \text{partner}(i)]`, with :math:`p_{ii} = 0`."""
    both = torch.cat([input1, input2])
    answer = _identity(both).roll(len(input1), 1)
    first, second = _among_themselves(both, answer, temperature).chunk(2)
    return first, second


def sup_con_loss(input: Tensor, target: Tensor, temperature: float = 0.1) -> Tensor:
    r"""By a score: :math:`p_{ij} - [j \in P_i] / |P_i|`, 0 for a point that is alone."""
    alike = ((target.unsqueeze(1) == target) * 1.0).to(input).fill_diagonal_(0)
    return _among_themselves(input, alike / alike.sum(1, keepdim=True).clamp(min=1), temperature)


def siglip_loss(
    input1: Tensor, input2: Tensor, scale: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    r"""By the logit of a pair: :math:`\sigma(s \cos + b) - [i = j]`."""
    a, b = _unit(input1), _unit(input2)
    cos = a @ b.T
    g = torch.sigmoid(scale * cos + bias) - _identity(a)
    return _turn(input1, scale * g @ b), _turn(input2, scale * g.T @ a), (g * cos).sum(), g.sum()


def barlow_twins_loss(
    input1: Tensor, input2: Tensor, lambd: float = 0.005, eps: float = 1e-5
) -> tuple[Tensor, Tensor]:
    r"""By a correlation: :math:`2(C_{ii} - 1)` or :math:`2 \lambda C_{ij}`."""
    count = len(input1)
    deviations = [(x.var(0, correction=0) + eps).sqrt() for x in (input1, input2)]
    z1, z2 = ((x - x.mean(0)) / d for x, d in zip((input1, input2), deviations, strict=True))
    c, identity = z1.T @ z2 / count, _identity(input1.T)
    g = torch.where(identity == 1, 2 * (c - 1), 2 * lambd * c) / count
    by_z = z2 @ g.T, z1 @ g
    first, second = (
        (g - g.mean(0) - z * (g * z).mean(0)) / d for g, z, d in zip(by_z, (z1, z2), deviations, strict=True)
    )
    return first, second


def vicreg_loss(
    input1: Tensor,
    input2: Tensor,
    invariance: float = 25.0,
    variance: float = 25.0,
    covariance: float = 1.0,
    eps: float = 1e-4,
) -> tuple[Tensor, Tensor]:
    r"""Towards the other view; away from the mean while the deviation is below 1; against covariances."""
    count, width = input1.shape
    pull = 2 * invariance / (count * width) * (input1 - input2)
    first, second = (
        pull * sign + _spread(x, variance, covariance, eps) for sign, x in ((1, input1), (-1, input2))
    )
    return first, second


def _spread(x: Tensor, variance: float, covariance: float, eps: float) -> Tensor:
    count, width = x.shape
    d = x - x.mean(0)
    c = d.T @ d / (count - 1)
    s = (c.diagonal() + eps).sqrt()
    outward = -variance / (2 * width) * (s < 1) / (s * (count - 1)) * d
    return outward + 4 * covariance / (width * (count - 1)) * d @ (c - c.diagonal().diag())


def _among_themselves(points: Tensor, answer: Tensor, temperature: float) -> Tensor:
    unit = _unit(points)
    p = (unit @ unit.T / temperature).fill_diagonal_(-torch.inf).softmax(1)
    g = torch.where(answer.sum(1, keepdim=True) > 0, p - answer, 0) / temperature
    return _turn(points, (g + g.T) @ unit)


def _turn(x: Tensor, by_unit: Tensor) -> Tensor:
    """From the derivative by the unit vector to that by the vector: across it, and over its length."""
    unit, length = _unit(x), x.norm(dim=-1, keepdim=True)
    return (by_unit - (by_unit * unit).sum(-1, keepdim=True) * unit) / length


def _unit(x: Tensor) -> Tensor:
    return x / x.norm(dim=-1, keepdim=True)


def _identity(rows: Tensor) -> Tensor:
    return torch.eye(len(rows)).to(rows)
