"""Cases for the losses of contrast: vectors of various lengths; references use torch's cross-entropy."""

from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

HUGE = 1e4
CLASSES = torch.tensor([0, 1, 0, 2, 2, 1, 0])


def normal(generator: Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def views(generator: Generator) -> tuple[Tensor, Tensor]:
    """Five things with three features, seen twice; the lengths of the vectors differ."""
    first = normal(generator, 5, 3)
    return first, 2 * first + normal(generator, 5, 3)


def labelled(generator: Generator) -> tuple[Tensor, Tensor]:
    return normal(generator, 7, 3), CLASSES


def scaled(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return *views(generator), torch.tensor(3.0).double(), torch.tensor(-1.5).double()


def spread(generator: Generator) -> tuple[Tensor, Tensor]:
    """Seven rows whose features keep clear of a standard deviation of 1, below or above."""
    sizes = torch.tensor([0.3, 2.0, 0.5, 4.0], dtype=torch.float64)
    first, noise = (standard(normal(generator, 7, 4)) for _ in range(2))
    return sizes * first, sizes * standard(first + 0.5 * noise) + 0.1


def standard(x: Tensor) -> Tensor:
    return (x - x.mean(0)) / x.std(0)


def by_cross_entropy(
    input: Tensor,
    target: Tensor,
    negatives: Tensor | None = None,
    temperature: float = 0.1,
    reduction: str = "mean",
) -> Tensor:
    """torch's cross-entropy of torch's cosines, the partner first."""
    if negatives is None:
        score = functional.cosine_similarity(input.unsqueeze(1), target, dim=-1)
        return functional.cross_entropy(score / temperature, torch.arange(len(input)), reduction=reduction)
    others = negatives.expand(len(input), *negatives.shape[-2:])
    candidates = torch.cat([target.unsqueeze(1), others], 1)
    score = functional.cosine_similarity(input.unsqueeze(1), candidates, dim=-1)
    answer = torch.zeros(len(input), dtype=torch.long)
    return functional.cross_entropy(score / temperature, answer, reduction=reduction)


def both_ways(input1: Tensor, input2: Tensor, temperature: float = 0.07, reduction: str = "mean") -> Tensor:
    """The cross-entropy of rows and of columns."""
    options: dict[str, Any] = {"temperature": temperature, "reduction": reduction}
    return (by_cross_entropy(input1, input2, **options) + by_cross_entropy(input2, input1, **options)) / 2


def without_oneself(
    input1: Tensor, input2: Tensor, temperature: float = 0.5, reduction: str = "mean"
) -> Tensor:
    """The cross-entropy of each view against all others, one view at a time."""
    both, count = torch.cat([input1, input2]), len(input1)
    each = []
    for i in range(2 * count):
        others = [j for j in range(2 * count) if j != i]
        score = functional.cosine_similarity(both[i], both[others], dim=-1) / temperature
        answer = torch.tensor(others.index((i + count) % (2 * count)))
        each.append(functional.cross_entropy(score, answer))
    return reduce(torch.stack(each), reduction)


def one_by_one(input: Tensor, target: Tensor, temperature: float = 0.1, reduction: str = "mean") -> Tensor:
    """The cross-entropy to the uniform distribution on the others of the class, one point at a time."""
    each = []
    for i in range(len(input)):
        others = [j for j in range(len(input)) if j != i]
        score = functional.cosine_similarity(input[i], input[others], dim=-1) / temperature
        alike = (target[others] == target[i]).to(score)
        each.append(functional.cross_entropy(score, alike / alike.sum()))
    return reduce(torch.stack(each), reduction)


def by_pairs(input1: Tensor, input2: Tensor, scale: Tensor, bias: Tensor, reduction: str = "mean") -> Tensor:
    """torch's binary cross-entropy of all pairs."""
    logit = scale * functional.cosine_similarity(input1.unsqueeze(1), input2, dim=-1) + bias
    identity = torch.eye(len(input1)).to(logit)
    pairs = functional.binary_cross_entropy_with_logits(logit, identity, reduction="none")
    return reduce(pairs.sum(1), reduction)


def by_batch_norm(input1: Tensor, input2: Tensor, lambd: float = 0.005, eps: float = 1e-5) -> Tensor:
    """torch's batch normalisation, then one entry of the matrix at a time."""
    z1, z2 = (functional.batch_norm(x, None, None, training=True, eps=eps) for x in (input1, input2))
    total = input1.new_zeros(())
    for i in range(input1.shape[1]):
        for j in range(input1.shape[1]):
            c = (z1[:, i] * z2[:, j]).mean()
            total = total + ((1 - c) ** 2 if i == j else lambd * c**2)
    return total


def by_torch_cov(
    input1: Tensor,
    input2: Tensor,
    invariance: float = 25.0,
    variance: float = 25.0,
    covariance: float = 1.0,
    eps: float = 1e-4,
) -> Tensor:
    """torch's mean squared error, variances and covariances."""
    width = input1.shape[1]
    total = invariance * functional.mse_loss(input1, input2)
    for x in (input1, input2):
        lacking = functional.relu(1 - (x.var(0) + eps).sqrt())
        c = torch.cov(x.T)
        off = (c**2).sum() - (c.diagonal() ** 2).sum()
        total = total + variance * lacking.mean() / 2 + covariance * off / width
    return total


SHARED = normal(Generator().manual_seed(1), 4, 3)
OWN = normal(Generator().manual_seed(2), 5, 2, 3)
# Huge, tiny and zero vectors; partners opposite, equal, and across.
LONG = torch.tensor(
    [[HUGE, -HUGE, 0.0], [1e200, 1e200, 0.0], [0.0, 0.0, 0.0], [1e-200, 0.0, 0.0], [1.0, 1.0, 1.0]],
    dtype=torch.float64,
)
OTHER = torch.tensor(
    [[-HUGE, HUGE, 0.0], [1e-200, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1e200, 0.0], [1.0, 1.0, 1.0]],
    dtype=torch.float64,
)
ALONE = torch.tensor([0, 1, 2, 3, 0])
COLD = ({"temperature": 1e-6}, {"temperature": 1.0}, {"temperature": 1e6})
CONSTANT = torch.tensor([[1.0, HUGE, 0.0], [1.0, -HUGE, 0.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
EQUAL = torch.zeros(2, 3, dtype=torch.float64)

SPECS = {
    "info_nce_loss": Spec(
        views,
        wrt=(0, 1),
        options=grid(negatives=(None, SHARED, OWN), temperature=(0.1, 1.0)),
        rows=(),
        extremes=[((LONG, OTHER), {"negatives": n, **o}) for n in (None, OTHER) for o in COLD]
        + [((LONG[:1], OTHER[:1]), {})],
        reference=by_cross_entropy,
    ),
    "clip_loss": Spec(
        views,
        wrt=(0, 1),
        options=grid(temperature=(0.07, 1.0)),
        rows=(),
        extremes=[((LONG, OTHER), o) for o in COLD] + [((LONG[:1], OTHER[:1]), {})],
        reference=both_ways,
    ),
    "nt_xent_loss": Spec(
        views,
        wrt=(0, 1),
        options=grid(temperature=(0.1, 0.5)),
        rows=(),
        extremes=[((LONG, OTHER), o) for o in COLD] + [((LONG[:1], OTHER[:1]), {})],
        reference=without_oneself,
    ),
    "sup_con_loss": Spec(
        labelled,
        options=grid(temperature=(0.1, 1.0)),
        rows=(),
        extremes=[((LONG, ALONE), o) for o in COLD] + [((LONG[:1], ALONE[:1]), {})],
        reference=one_by_one,
    ),
    "siglip_loss": Spec(
        scaled,
        wrt=(0, 1, 2, 3),
        rows=(),
        extremes=[
            ((LONG, OTHER, torch.tensor(s).double(), torch.tensor(b).double()), {})
            for s, b in ((10.0, -10.0), (1e-6, HUGE), (1e6, -HUGE))
        ],
        reference=by_pairs,
    ),
    "barlow_twins_loss": Spec(
        spread,
        wrt=(0, 1),
        options=grid(lambd=(0.005, 0.5), eps=(1e-5, 0.1)),
        rows=(),
        extremes=[
            ((CONSTANT, CONSTANT.flip(0)), {}),
            ((1e200 * CONSTANT, CONSTANT), {}),
            ((EQUAL, EQUAL), {}),
        ],
        reference=by_batch_norm,
    ),
    "vicreg_loss": Spec(
        spread,
        wrt=(0, 1),
        options=({}, {"invariance": 1.0, "variance": 2.0, "covariance": 3.0, "eps": 0.01}),
        rows=(),
        extremes=[((CONSTANT, CONSTANT.flip(0)), {}), ((EQUAL, EQUAL), {})],
        reference=by_torch_cov,
    ),
}


def two_views(s: Sizes) -> Inputs:
    count = max(s.rows // 4, 8)
    return leaf(torch.randn(count, s.features)), leaf(torch.randn(count, s.features))


def views_and_labels(s: Sizes) -> Inputs:
    first, _ = two_views(s)
    return first, torch.arange(len(first)) % 4


def views_scale_and_bias(s: Sizes) -> Inputs:
    return *two_views(s), leaf(torch.tensor(10.0)), leaf(torch.tensor(-10.0))


def one_product(input: Tensor, target: Tensor) -> Tensor:
    """torch's cross-entropy of one product of normalised matrices."""
    score = functional.normalize(input) @ functional.normalize(target).T / 0.1
    return functional.cross_entropy(score, torch.arange(len(input), device=input.device))


def one_product_both_ways(input1: Tensor, input2: Tensor) -> Tensor:
    """The same along rows and columns."""
    score = functional.normalize(input1) @ functional.normalize(input2).T / 0.07
    answer = torch.arange(len(input1), device=input1.device)
    return (functional.cross_entropy(score, answer) + functional.cross_entropy(score.T, answer)) / 2


WORKLOADS = (
    Workload("info_nce_loss", two_views, twin=one_product),
    Workload("clip_loss", two_views, twin=one_product_both_ways),
    Workload("nt_xent_loss", two_views),
    Workload("sup_con_loss", views_and_labels),
    Workload("siglip_loss", views_scale_and_bias),
    Workload("barlow_twins_loss", two_views),
    Workload("vicreg_loss", two_views, twin=by_torch_cov),
)
