"""Cases for the losses of huge vocabularies, here with few classes."""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as torch_functional
from torch import Generator, Tensor, nn
from torch.nn import LinearCrossEntropyOptions

from lossbook.families.vocabulary.losses import adaptive_log_softmax_loss, linear_cross_entropy
from lossbook.ground.case import Spec, grid
from lossbook.ground.workload import Inputs, Sizes, Workload, leaf

ROWS, FEATURES, CLASSES = 5, 3, 7
CUTOFFS = (3, 5, 7)
CLASS_WEIGHT = torch.linspace(0.1, 2.0, CLASSES, dtype=torch.float64)
IN_CHUNKS = LinearCrossEntropyOptions(batch_chunk_size=2)


def normal(*shape: int, generator: Generator) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def layer(generator: Generator) -> tuple[Tensor, Tensor]:
    shapes = ((ROWS, FEATURES), (CLASSES, FEATURES))
    hidden, weight = (normal(*shape, generator=generator) for shape in shapes)
    return hidden, weight


def indices(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    return (*layer(generator), torch.tensor([0, 6, 3, 3, 1]))


def adaptive(generator: Generator) -> tuple[Any, ...]:
    hidden, target = normal(ROWS, FEATURES, generator=generator), torch.tensor([0, 6, 3, 4, 1])
    head = normal(5, FEATURES, generator=generator)
    sizes = ((2, 2), (1, 2))
    tail = [
        (normal(d, FEATURES, generator=generator), normal(size, d, generator=generator)) for d, size in sizes
    ]
    return hidden, target, head, tail, CUTOFFS


def extreme(scale: float) -> tuple[Tensor, Tensor, Tensor]:
    hidden, weight, target = indices(Generator().manual_seed(0))
    return scale * hidden, weight, target


def extreme_adaptive(scale: float) -> tuple[Any, ...]:
    hidden, *others = adaptive(Generator().manual_seed(0))
    return scale * hidden, *others


SPECS = {
    "linear_cross_entropy": Spec(
        indices,
        wrt=(0, 1),
        target=2,
        # torch has no chunks for label smoothing, and warns.
        options=(
            *grid(weight=(None, CLASS_WEIGHT), ignore_index=(None, 3), options=(None, IN_CHUNKS)),
            *grid(weight=(None, CLASS_WEIGHT), ignore_index=(None, 3), label_smoothing=(0.3,)),
        ),
        extremes=[(extreme(s), {"options": o}) for s in (1e4, 1e300) for o in (None, IN_CHUNKS)],
        products=True,
        rows=(),  # half precision is slow on a CPU; the mean is that of cross_entropy
    ),
    "adaptive_log_softmax_loss": Spec(
        adaptive, wrt=(0, 2), extremes=[(extreme_adaptive(1e4), {})], products=True, rows=(0, 1)
    ),
    "z_loss": Spec(
        lambda generator: (normal(ROWS, CLASSES, generator=generator),),
        options=grid(coefficient=(1e-4, 0.1)),
        extremes=[((torch.tensor([[-1e4, 1e4], [1e4, 1e4]]),), {})],
    ),
}


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


def our_adaptive(hidden: Tensor, target: Tensor, layer: nn.AdaptiveLogSoftmaxWithLoss) -> Tensor:
    tail = [list(cluster.parameters()) for cluster in layer.tail]
    return adaptive_log_softmax_loss(hidden, target, layer.head.weight, tail, layer.cutoffs)


def torchs_adaptive(hidden: Tensor, target: Tensor, layer: nn.AdaptiveLogSoftmaxWithLoss) -> Tensor:
    return layer(hidden, target).loss


CHUNKS = LinearCrossEntropyOptions()


def in_chunks(*arguments: Any, **options: Any) -> Tensor:
    return linear_cross_entropy(*arguments, options=CHUNKS, **options)


def logits_of_classes(s: Sizes) -> Inputs:
    return (leaf(torch.randn(s.rows, s.classes)),)


linear_workload = partial(
    Workload, "linear_cross_entropy", ours=in_chunks, formula=linear_cross_entropy, memory=True
)


WORKLOADS = (
    Workload("adaptive_log_softmax_loss", zipf_tokens, aim=1.0, ours=our_adaptive, twin=torchs_adaptive),
    linear_workload(tokens),
    linear_workload(tokens, {"label_smoothing": 0.1}, "label smoothing"),
    linear_workload(token_probabilities, variant="class probabilities"),
    linear_workload(
        tokens,
        variant="beside torch's chunks",
        aim=1.0,
        twin=partial(torch_functional.linear_cross_entropy, options=CHUNKS),
    ),
    linear_workload(large_vocabulary, variant="128 000 classes in bfloat16", cuda=True),
    Workload("z_loss", logits_of_classes),
)
