"""What is measured: one line per loss, with inputs too large for a cache."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn import LinearCrossEntropyOptions

from lossbook import losses


class Sizes(NamedTuple):
    """How large the inputs are."""

    elements: int
    rows: int
    classes: int
    pairs: int
    features: int
    frames: int
    sequences: int
    symbols: int
    labels: int
    tokens: int
    hidden: int
    vocabulary: int
    large_hidden: int
    large_vocabulary: int


FULL = Sizes(2_000_000, 4096, 1000, 20_000, 128, 150, 16, 40, 30, 4096, 64, 8192, 1024, 128_000)
TINY = Sizes(24, 4, 6, 5, 3, 9, 2, 5, 3, 8, 4, 16, 4, 32)

Inputs = tuple[Any, ...]
Loss = Callable[..., Any]
CHUNKS = LinearCrossEntropyOptions()


@dataclass(frozen=True)
class Case:
    """One loss beside its twin.

    Attributes:
        loss: name in :mod:`lossbook.losses`.
        inputs: makes the arguments; a gradient is taken by those that require one.
        options: keywords of the loss and of its twin.
        variant: how the case differs from others of its loss.
        aim: the largest ratio to torch's eager kernel that is hoped for.
        memory: whether the peak of the memory is measured too.
        cuda: whether the case is for a GPU only.
        ours: ours as a function of the inputs, where that is not the loss itself.
        twin: what it is compared with, where that is not torch's function of the name.
    """

    loss: str
    inputs: Callable[[Sizes], Inputs]
    options: dict[str, Any] = field(default_factory=dict)
    variant: str = ""
    aim: float = 0.5
    memory: bool = False
    cuda: bool = False
    ours: Loss | None = None
    twin: Loss | None = None

    @property
    def name(self) -> str:
        return f"{self.loss}, {self.variant}" if self.variant else self.loss

    def contenders(self) -> tuple[Loss, Loss]:
        """Our loss and its twin, as functions of the inputs."""
        ours = self.ours or getattr(losses, self.loss)
        twin = self.twin or getattr(F, self.loss)
        return partial(ours, **self.options), partial(twin, **self.options)


def missing(cases: tuple["Case", ...]) -> list[str]:
    """What the table lacks: losses of torch that this package has not, or that no case measures."""
    public = {name for name in dir(F) if not name.startswith("_")}
    torchs = {n for n in public if n.endswith("_loss") or "cross_entropy" in n or n == "kl_div"}
    measured = {case.loss for case in cases}
    absent = sorted(name for name in torchs | measured if not hasattr(losses, name))
    unmeasured = sorted(torchs - measured)
    return [f"{name} is not in lossbook.losses" for name in absent] + [
        f"{name} has no case in benchmarks/cases.py" for name in unmeasured
    ]


def leaf(values: Tensor) -> Tensor:
    return values.detach().requires_grad_()


def signs(*shape: int) -> Tensor:
    return torch.randint(0, 2, shape) * 2.0 - 1


def real_numbers(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.elements)), torch.randn(s.elements)


def means_and_variances(s: Sizes) -> Inputs:
    return *real_numbers(s), leaf(torch.rand(s.elements) + 0.1)


def counts(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.elements)), torch.poisson(torch.full((s.elements,), 3.0))


def probabilities_and_labels(s: Sizes) -> Inputs:
    return leaf(torch.rand(s.elements)), torch.randint(0, 2, (s.elements,)).float()


def logits_and_labels(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.elements)), torch.randint(0, 2, (s.elements,)).float()


def scores_and_signs(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.elements)), signs(s.elements)


def pairs_of_scores(s: Sizes) -> Inputs:
    return *(leaf(torch.randn(s.elements)) for _ in range(2)), signs(s.elements)


def classes(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, s.classes)), torch.randint(0, s.classes, (s.rows,))


def class_probabilities(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, s.classes)), torch.rand(s.rows, s.classes).softmax(1)


def log_probabilities(s: Sizes) -> Inputs:
    logits, target = classes(s)
    return leaf(logits.log_softmax(1)), target


def distributions(s: Sizes) -> Inputs:
    logits, target = class_probabilities(s)
    return leaf(logits.log_softmax(1)), target


def sets_of_classes(s: Sizes) -> Inputs:
    return leaf(torch.randn(s.rows, s.classes)), torch.randint(0, 2, (s.rows, s.classes)).float()


def lists_of_classes(s: Sizes) -> Inputs:
    target = torch.full((s.rows, s.classes), -1)
    target[:, :5] = torch.rand(s.rows, s.classes).argsort(1)[:, :5]
    return leaf(torch.randn(s.rows, s.classes)), target


def embeddings(s: Sizes, count: int) -> list[Tensor]:
    return [leaf(torch.randn(s.pairs, s.features)) for _ in range(count)]


def pairs(s: Sizes) -> Inputs:
    return *embeddings(s, 2), signs(s.pairs)


def triplets(s: Sizes) -> Inputs:
    return tuple(embeddings(s, 3))


def sequences(s: Sizes) -> Inputs:
    logits = leaf(torch.randn(s.frames, s.sequences, s.symbols))
    targets = torch.randint(1, s.symbols, (s.sequences, s.labels))
    return logits, targets, (s.frames,) * s.sequences, (s.labels,) * s.sequences


def after_log_softmax(loss: Loss, logits: Tensor, *rest: Any) -> Tensor:
    return loss(logits.log_softmax(2), *rest)


def tokens(s: Sizes) -> Inputs:
    weight = leaf(torch.randn(s.vocabulary, s.hidden) / s.hidden**0.5)
    return leaf(torch.randn(s.tokens, s.hidden)), weight, torch.randint(0, s.vocabulary, (s.tokens,))


def token_probabilities(s: Sizes) -> Inputs:
    hidden, weight, _ = tokens(s)
    return hidden, weight, torch.rand(s.tokens, s.vocabulary).softmax(1)


def large_vocabulary(s: Sizes) -> Inputs:
    larger = s._replace(hidden=s.large_hidden, vocabulary=s.large_vocabulary)
    hidden, weight, target = tokens(larger)
    return leaf(hidden.bfloat16()), leaf(weight.bfloat16()), target


def zipf_tokens(s: Sizes) -> Inputs:
    cutoffs = [s.vocabulary // 8, s.vocabulary // 2]
    layer = nn.AdaptiveLogSoftmaxWithLoss(s.hidden, s.vocabulary, cutoffs, div_value=2.0)
    target = (s.vocabulary ** torch.rand(s.tokens)).long().clamp(max=s.vocabulary - 1)
    return leaf(torch.randn(s.tokens, s.hidden)), target, layer


def adaptive(hidden: Tensor, target: Tensor, layer: nn.AdaptiveLogSoftmaxWithLoss) -> Tensor:
    tail = [list(cluster.parameters()) for cluster in layer.tail]
    return losses.adaptive_log_softmax_loss(hidden, target, layer.head.weight, tail, layer.cutoffs)


def torchs_adaptive(hidden: Tensor, target: Tensor, layer: nn.AdaptiveLogSoftmaxWithLoss) -> Tensor:
    return layer(hidden, target).loss


def in_chunks(*arguments: Any, **options: Any) -> Tensor:
    return losses.linear_cross_entropy(*arguments, options=CHUNKS, **options)


linear_case = partial(Case, "linear_cross_entropy", ours=in_chunks, memory=True)

CASES: tuple[Case, ...] = (
    Case("l1_loss", real_numbers),
    Case("mse_loss", real_numbers),
    Case("huber_loss", real_numbers),
    Case("smooth_l1_loss", real_numbers),
    Case("gaussian_nll_loss", means_and_variances),
    Case("poisson_nll_loss", counts),
    Case("poisson_nll_loss", counts, {"full": True}, "full"),
    Case("binary_cross_entropy", probabilities_and_labels),
    Case("binary_cross_entropy_with_logits", logits_and_labels),
    Case("soft_margin_loss", scores_and_signs),
    Case("hinge_embedding_loss", scores_and_signs),
    Case("margin_ranking_loss", pairs_of_scores),
    Case("cross_entropy", classes),
    Case("cross_entropy", classes, {"label_smoothing": 0.1}, "label smoothing"),
    Case("cross_entropy", class_probabilities, variant="class probabilities"),
    Case("nll_loss", log_probabilities),
    Case("kl_div", distributions, {"reduction": "batchmean"}),
    Case("multi_margin_loss", classes),
    Case("multilabel_margin_loss", lists_of_classes),
    Case("multilabel_soft_margin_loss", sets_of_classes),
    Case("cosine_embedding_loss", pairs),
    Case("triplet_margin_loss", triplets),
    Case("triplet_margin_loss", triplets, {"swap": True}, "swap"),
    Case("triplet_margin_with_distance_loss", triplets),
    Case(
        "ctc_loss",
        sequences,
        aim=1.0,
        ours=lambda *inputs: after_log_softmax(losses.ctc_loss, *inputs),
        twin=lambda *inputs: after_log_softmax(F.ctc_loss, *inputs),
    ),
    Case("adaptive_log_softmax_loss", zipf_tokens, aim=1.0, ours=adaptive, twin=torchs_adaptive),
    linear_case(tokens),
    linear_case(tokens, {"label_smoothing": 0.1}, "label smoothing"),
    linear_case(token_probabilities, variant="class probabilities"),
    linear_case(
        tokens, variant="beside torch's chunks", aim=1.0, twin=partial(F.linear_cross_entropy, options=CHUNKS)
    ),
    linear_case(large_vocabulary, variant="128 000 classes in bfloat16", cuda=True),
)
