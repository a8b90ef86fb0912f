"""Cases for the losses of lists: three lists of five items, padded ones too; references are definitions."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

HUGE = 1e4
# A whole list, a list with two items of padding in odd places, a list of one item.
MASK = torch.tensor([[True] * 5, [True, False, True, True, False], [False, True, False, False, False]])
GRADES = torch.tensor([[0.0, 2.0, 1.0, 2.0, 0.0], [3.0, 1.0, 1.0, 0.0, 2.0], [0.0, 4.0, 0.0, 0.0, 1.0]])
ORDER = torch.tensor([[4, 0, 1, 3, 2], [0, 1, 2, 3, 4], [2, 4, 3, 1, 0]])


def scores(generator: Generator) -> Tensor:
    """Scores that keep clear of ties, at which ranks jump."""
    return torch.stack([torch.randperm(5, generator=generator).double() for _ in range(3)]) * 0.7 - 1.1


def graded(generator: Generator) -> tuple[Tensor, Tensor]:
    return scores(generator), GRADES.double()


def ordered(generator: Generator) -> tuple[Tensor, Tensor]:
    return scores(generator), ORDER[:, :3]


def each(
    loss: Callable[[Tensor, Tensor], Tensor],
    input: Tensor,
    target: Tensor,
    mask: Tensor | None,
    reduction: str,
) -> Tensor:
    """The loss of the real items of each list."""
    real = torch.ones_like(input).bool() if mask is None else mask
    losses = [
        loss(s[kept], y[kept]) if kept.any() else s.sum() * 0
        for s, y, kept in zip(input, target, real, strict=True)
    ]
    return reduce(torch.stack(losses), reduction)


def by_choices(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The product of the shares that the chosen have among those left."""
    losses = []
    for s, order in zip(input.exp(), target.tolist(), strict=True):
        p = torch.ones((), dtype=s.dtype)
        for i, item in enumerate(order):
            p = p * s[item] / sum(s[j] for j in range(len(s)) if j not in order[:i])
        losses.append(-p.log())
    return reduce(torch.stack(losses), reduction)


def by_grades(input: Tensor, target: Tensor, mask: Tensor | None = None, reduction: str = "mean") -> Tensor:
    """The same, of the grades in falling order."""

    def one(s: Tensor, y: Tensor) -> Tensor:
        order = sorted(range(len(y)), key=lambda i: (-float(y[i]), i))
        return by_choices(s[None], torch.tensor([order]))

    return each(one, input, target, mask, reduction)


def by_cross_entropy(
    input: Tensor, target: Tensor, mask: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """torch's cross-entropy with the softmax of the grades for a target."""
    return each(lambda s, y: functional.cross_entropy(s, y.softmax(0)), input, target, mask, reduction)


def dcg(order: list[int], y: Tensor, k: int | None = None) -> float:
    """DCG of items in an order, by hand."""
    return sum((2 ** y[i].item() - 1) / math.log2(r + 2) for r, i in enumerate(order[:k]))


def by_swaps(
    input: Tensor,
    target: Tensor,
    k: int | None = None,
    sigma: float = 1.0,
    mask: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Every pair is swapped and NDCG taken again."""

    def one(s: Tensor, y: Tensor) -> Tensor:
        order = s.argsort(descending=True, stable=True).tolist()
        most = dcg(y.argsort(descending=True).tolist(), y, k)
        total = s.sum() * 0
        for i in range(len(s)):
            for j in range(len(s)):
                if y[i] > y[j]:
                    swapped = [{i: j, j: i}.get(item, item) for item in order]
                    change = abs(dcg(swapped, y, k) - dcg(order, y, k)) / most
                    total = total + change * torch.log1p(torch.exp(-sigma * (s[i] - s[j])))
        return total

    return each(one, input, target, mask, reduction)


def by_smooth_ranks(
    input: Tensor,
    target: Tensor,
    temperature: float = 0.1,
    mask: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The definition, one item and one rival at a time."""

    def one(s: Tensor, y: Tensor) -> Tensor:
        most = dcg(y.argsort(descending=True).tolist(), y)
        found = s.sum() * 0
        for i in range(len(s)):
            rank = 1 + sum(1 / (1 + torch.exp((s[i] - s[j]) / temperature)) for j in range(len(s)) if j != i)
            rank = torch.as_tensor(rank, dtype=s.dtype)
            found = found + (2 ** y[i] - 1) * math.log(2) / torch.log(1 + rank)
        return 1 - found / most if most else found

    return each(one, input, target, mask, reduction)


FAR = torch.tensor([[HUGE, -HUGE, 0.0], [-1e300, 1e300, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
HIGH = torch.tensor([[0.0, 1.0, 2000.0], [0.0, 1e4, 1e4], [0.0, 0.0, 0.0]], dtype=torch.float64)
NOBODY = torch.zeros(3, 3, dtype=torch.bool)
SOME = torch.tensor([[True, False, True], [False, False, True], [False, False, False]])
MASKS: tuple[Tensor | None, ...] = (None, SOME, NOBODY)
ENDS = [((FAR, y), {"mask": mask}) for y in (HIGH, HIGH.flip(0)) for mask in MASKS]
PLACES = torch.tensor([[1, 2, 0], [0, 2, 1], [2, 1, 0]])

SPECS = {
    "plackett_luce_nll_loss": Spec(
        ordered,
        extremes=[((FAR, PLACES[:, :k]), {}) for k in range(4)],
        reference=by_choices,
    ),
    "list_mle_loss": Spec(graded, options=grid(mask=(None, MASK)), extremes=ENDS, reference=by_grades),
    "list_net_loss": Spec(graded, options=grid(mask=(None, MASK)), extremes=ENDS, reference=by_cross_entropy),
    "lambda_rank_loss": Spec(
        graded,
        options=(*grid(k=(None, 2), mask=(None, MASK)), {"sigma": 2.0, "k": 10}),
        extremes=[*ENDS, ((FAR, HIGH), {"k": 1, "sigma": 1e6})],
        reference=by_swaps,
    ),
    "approx_ndcg_loss": Spec(
        graded,
        options=grid(temperature=(1.0, 0.5), mask=(None, MASK)),
        extremes=[*ENDS, ((FAR, HIGH), {"temperature": 1e-6})],
        reference=by_smooth_ranks,
    ),
}


def graded_lists(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, s.symbols)), torch.randint(0, 5, (s.rows, s.symbols)).float()


def first_places(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, s.classes)), torch.rand(s.rows, s.classes).argsort(1)[:, :5]


WORKLOADS = (
    Workload("plackett_luce_nll_loss", first_places),
    Workload("list_mle_loss", graded_lists),
    Workload("list_net_loss", graded_lists),
    Workload("lambda_rank_loss", graded_lists),
    Workload("approx_ndcg_loss", graded_lists),
)
