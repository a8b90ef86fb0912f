"""Cases for several labels at once: three rows of four labels. References are definitions."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from lossbook.ground.case import Spec, grid
from lossbook.ground.reduction import reduce
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

WEIGHT = torch.linspace(0.2, 2.0, 4, dtype=torch.float64)
INF, HUGE = float("inf"), 1e4
YES_NO = torch.tensor([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 0]], dtype=torch.float64)
LISTS = torch.tensor([[2, 0, -1, 1], [-1, -1, -1, -1], [3, 0, 1, -1]])


def scores(generator: Generator) -> Tensor:
    return 2 * torch.randn(3, 4, generator=generator, dtype=torch.float64)


def labels(generator: Generator) -> tuple[Tensor, Tensor]:
    return scores(generator), YES_NO


def lists(generator: Generator) -> tuple[Tensor, Tensor]:
    return scores(generator), LISTS


def at(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


KNOWN = torch.tensor([[1, 1, 1, 0], [1, 0, 1, 1], [0, 0, 1, 1]], dtype=torch.bool)
SOME_RIGHT = torch.tensor([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]], dtype=torch.float64)


def clear_scores(generator: Generator) -> tuple[Tensor, Tensor]:
    # No probability is near the clips 0.05 and 0.2 below.
    size = torch.rand(3, 4, generator=generator, dtype=torch.float64) + 0.1
    high = torch.randint(2, (3, 4), generator=generator)
    return torch.where(high == 1, 3 * size - 1, -3.2 - size), YES_NO


def rows_of_labels(generator: Generator) -> tuple[Tensor, Tensor]:
    return 2 * torch.randn(4, 4, generator=generator, dtype=torch.float64), SOME_RIGHT


def by_probabilities(
    input: Tensor,
    target: Tensor,
    gamma_neg: float = 4.0,
    gamma_pos: float = 1.0,
    clip: float = 0.05,
    mask: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The definition, in probabilities."""
    p = 1 / (1 + torch.exp(-input))
    q = torch.maximum(p - clip, torch.zeros_like(p))
    yes = torch.special.xlogy((1 - p) ** gamma_pos, p)
    loss = -target * yes - (1 - target) * torch.special.xlogy(q**gamma_neg, 1 - q)
    loss = loss if mask is None else loss * mask
    if reduction == "mean" and mask is not None:
        return loss.sum() / mask.sum()
    return reduce(loss, reduction)


def row_by_row(of_row: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """A loss from its value for the scores of the right labels and those of the wrong ones."""

    def reference(
        input: Tensor, target: Tensor, mask: Tensor | None = None, reduction: str = "mean"
    ) -> Tensor:
        known = torch.ones_like(target).bool() if mask is None else mask
        rows = zip(input, target, known, strict=True)
        each = [of_row(z[k & (t == 1)], z[k & (t == 0)]) for z, t, k in rows]
        return reduce(torch.stack(each), reduction)

    return reference


def two_sums(right: Tensor, wrong: Tensor) -> Tensor:
    return torch.log1p(wrong.exp().sum()) + torch.log1p((-right).exp().sum())


def all_pairs(right: Tensor, wrong: Tensor) -> Tensor:
    pairs = torch.exp(wrong - right.unsqueeze(1))
    return pairs.mean() if pairs.numel() else 0 * (right.sum() + wrong.sum())


FULLY_KNOWN = torch.cat([KNOWN, torch.zeros(1, 4, dtype=torch.bool)])
FAR_APART = (at(HUGE, -HUGE, 0, 3), at(0, 1, 1, 0))
FAR_AND_RIGHT = (at(HUGE, -HUGE, -INF, 3), at(1, 0, 0, 1))

SPECS = {
    "multilabel_soft_margin_loss": Spec(
        labels,
        wrt=(0, 1),
        options=grid(weight=(None, WEIGHT)),
        extremes=[((at(HUGE, -HUGE, INF, -INF), at(0, 1, 1, 0)), {}), ((at(INF, -INF), at(0, 1)), {})],
    ),
    "multilabel_margin_loss": Spec(
        lists,
        extremes=[
            ((at(HUGE, -HUGE, 0, 1e300), torch.tensor([1, 2, -1, 0])), {}),
            ((at(INF, 0, -INF, 1), torch.tensor([0, 3, -1, 0])), {}),
        ],
    ),
    "asymmetric_loss": Spec(
        clear_scores,
        options=(
            *grid(gamma_neg=(0.0, 0.5, 1.0, 4.0), gamma_pos=(0.0, 1.0), clip=(0.0, 0.05, 0.2)),
            {"mask": KNOWN},
        ),
        extremes=[
            ((at(HUGE, -HUGE, INF, -INF, 0), at(*[t] * 5)), {"gamma_neg": g, "gamma_pos": g, "clip": m})
            for t in (0, 1)
            for g in (0.0, 0.5, 2.0)
            for m in (0.0, 0.05)
        ],
        reference=by_probabilities,
    ),
    "zlpr_loss": Spec(
        rows_of_labels,
        options=grid(mask=(None, FULLY_KNOWN)),
        extremes=[(FAR_APART, {}), (FAR_AND_RIGHT, {})],
        reference=row_by_row(two_sums),
    ),
    "bp_mll_loss": Spec(
        rows_of_labels,
        options=grid(mask=(None, FULLY_KNOWN)),
        extremes=[
            (FAR_APART, {}),
            (FAR_AND_RIGHT, {}),
            ((at(1, 2), at(1, 1)), {}),
            ((at(1, 2), at(0, 0)), {}),
        ],
        reference=row_by_row(all_pairs),
    ),
}


def sets_of_classes(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, s.classes)), torch.randint(0, 2, (s.rows, s.classes)).float()


def lists_of_classes(s: Sizes) -> Inputs:
    target = torch.full((s.rows, s.classes), -1)
    target[:, :5] = torch.rand(s.rows, s.classes).argsort(1)[:, :5]
    return leaf(torch.randn(s.rows, s.classes)), target


WORKLOADS = (
    Workload("multilabel_margin_loss", lists_of_classes),
    Workload("multilabel_soft_margin_loss", sets_of_classes),
    Workload("asymmetric_loss", sets_of_classes),
    Workload("zlpr_loss", sets_of_classes),
    Workload("bp_mll_loss", sets_of_classes),
)
