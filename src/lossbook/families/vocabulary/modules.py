"""The losses of this family as classes, with the weights of their layers as parameters."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lossbook.families.vocabulary import losses
from lossbook.ground.module import LEAF_OF_FX


class LinearCrossEntropyLoss(nn.Module):
    """:func:`lossbook.losses.linear_cross_entropy` with the layer's weight and bias as its own parameters.

    They are in ``linear``, flat where ``out_features`` are given, and belong to the optimiser.

    Args:
        in_features: size of the hidden states.
        num_classes: number of classes.
        out_features: further dimensions of the target, for K-dimensional loss.
        bias: whether the layer has a bias.
        device: where the parameters are made.
        dtype: their dtype.
        reduction: as in the function; so are the options that follow.
        weight: weight of each class, a buffer.
        ignore_index: class index that contributes nothing.
        label_smoothing: share of the target given to the uniform distribution.
        options: how many rows of logits exist at a time.

    Raises:
        RuntimeError: ``weight`` of another shape, or ``label_smoothing`` outside of 0 to 1.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: nn.LinearCrossEntropyOptions | None = None,
    ) -> None:
        super().__init__()
        self.__module__ = LEAF_OF_FX
        if weight is not None and weight.shape != (num_classes,):
            raise RuntimeError(f"weight must have shape {(num_classes,)}, found {tuple(weight.shape)}")
        if not 0 <= label_smoothing <= 1:
            raise RuntimeError(f"label_smoothing must be between 0 and 1, found {label_smoothing}")
        self.num_classes, self.out_features = num_classes, out_features
        self.reduction, self.ignore_index = reduction, ignore_index
        self.label_smoothing, self.options = label_smoothing, options
        self.weight: Tensor | None
        self.register_buffer("weight", weight)
        entries = math.prod(out_features, start=num_classes)
        self.linear = nn.Linear(in_features, entries, bias=bias, device=device, dtype=dtype)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of the hidden states ``input``, ``(D)`` or ``(N, D)``."""
        shape = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return losses.linear_cross_entropy(
            input,
            self.linear.weight.reshape(*shape, -1),
            target,
            linear_bias=None if bias is None else bias.reshape(shape),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        """The options; the sizes are those of ``linear``."""
        names = ("num_classes", "out_features", "reduction", "ignore_index", "label_smoothing", "options")
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in names)


class AdaptiveLogSoftmaxResult(NamedTuple):
    """The log-likelihood of each target, and its negative mean."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(nn.Module):
    """:func:`lossbook.losses.adaptive_log_softmax_loss` with the weights of the tree as its own parameters.

    Args:
        in_features: size of the hidden states.
        n_classes: number of classes, sorted by falling frequency.
        cutoffs: first class of each cluster, rising.
        div_value: cluster ``k = 1, 2, ...`` has ``in_features // div_value**k`` features.
        head_bias: whether the head has a bias.
        device: where the parameters are made.
        dtype: their dtype.

    Raises:
        ValueError: ``cutoffs`` is empty, or not made of rising whole numbers from 1 to ``n_classes - 1``.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.__module__ = LEAF_OF_FX
        bounds = [0, *cutoffs, n_classes]
        if len(bounds) < 3 or any(int(b) != b or a >= b for a, b in pairwise(bounds)):
            raise ValueError(
                f"cutoffs must be rising whole numbers from 1 to n_classes - 1 = {n_classes - 1}, "
                f"at least one, found {list(cutoffs)}"
            )
        self.in_features, self.n_classes = in_features, n_classes
        self.cutoffs, self.div_value, self.head_bias = bounds[1:], div_value, head_bias
        self.shortlist_size, self.n_clusters = bounds[1], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        where: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = nn.Linear(in_features, self.head_size, bias=head_bias, **where)
        self.tail = nn.ModuleList()
        for k, (start, stop) in enumerate(pairwise(self.cutoffs), 1):
            features = int(in_features // div_value**k)
            down = nn.Linear(in_features, features, bias=False, **where)
            self.tail.append(nn.Sequential(down, nn.Linear(features, stop - start, bias=False, **where)))

    def reset_parameters(self) -> None:
        """Draw new weights."""
        self.head.reset_parameters()
        for layer in self.tail.modules():
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()

    def forward(self, input: Tensor, target: Tensor) -> AdaptiveLogSoftmaxResult:
        """The log-likelihood of each ``target`` and the loss, for ``input`` ``(N, D)`` or ``(D)``."""
        loss = losses.adaptive_log_softmax_loss(input, target, **self._tree(), reduction="none")
        return AdaptiveLogSoftmaxResult(-loss, loss.mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probability of every class, ``(N, n_classes)``, for ``input`` ``(N, D)``."""
        return losses.adaptive_log_softmax(input, **self._tree())

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each row. A row won by a head class needs no cluster."""
        best = self.head(input).argmax(1)
        in_tail = best >= self.shortlist_size
        best[in_tail] = self.log_prob(input[in_tail]).argmax(1)
        return best

    def _tree(self) -> dict[str, Any]:
        pairs = [[layer.weight for layer in cluster.children()] for cluster in self.tail]
        return {
            "head_weight": self.head.weight,
            "tail_weights": pairs,
            "cutoffs": self.cutoffs,
            "head_bias": self.head.bias,
        }
