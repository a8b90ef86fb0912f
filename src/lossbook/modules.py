"""Every loss as a :class:`torch.nn.Module`, under torch.nn's class name.

The classes are made from the functions of :mod:`lossbook.losses` by one factory: arguments without a default
are inputs of ``forward``; arguments with a default are keywords of the constructor.
"""

import inspect
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lossbook import losses
from lossbook.losses.margin import check_options
from lossbook.losses.triplets import check_margin


class LossModule(nn.Module):
    """A loss function and the options it is called with. Tensor options are buffers."""

    function: Callable[..., Tensor]
    option_names: tuple[str, ...]

    def forward(self, *inputs: Tensor) -> Tensor:
        """The loss of ``inputs``, in the order of the function's arguments."""
        options = {name: getattr(self, name) for name in self.option_names}
        return type(self).function(*inputs, **options)

    def extra_repr(self) -> str:
        """The options that differ from their defaults."""
        defaults = inspect.signature(type(self)).parameters
        options = {name: getattr(self, name) for name in self.option_names}
        return ", ".join(
            f"{name}=Tensor{tuple(value.shape)}" if isinstance(value, Tensor) else f"{name}={value!r}"
            for name, value in options.items()
            if isinstance(value, Tensor) or value != defaults[name].default
        )


def _module(
    name: str,
    function: Callable[..., Tensor],
    without: tuple[str, ...] = (),
    check: Callable[..., None] | None = None,
) -> type[LossModule]:
    """The class ``name`` for ``function``.

    The options in ``without`` are not offered; ``check`` gets, by name, those that are refused at once. Both
    are as in torch.nn.
    """
    parameters = inspect.signature(function).parameters.values()
    options = [p for p in parameters if p.default is not p.empty and p.name not in without]
    signature = inspect.Signature([p.replace(kind=p.POSITIONAL_OR_KEYWORD) for p in options])

    def __init__(self: LossModule, *args: Any, **kwargs: Any) -> None:
        nn.Module.__init__(self)
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        if check is not None:
            check(**{option: bound.arguments[option] for option in inspect.signature(check).parameters})
        for option, value in bound.arguments.items():
            if isinstance(value, Tensor) or signature.parameters[option].annotation == Tensor | None:
                self.register_buffer(option, value)
            else:
                setattr(self, option, value)

    namespace = {
        "__init__": __init__,
        "__doc__": f"Module form of :func:`lossbook.losses.{function.__name__}`, its options as keywords.",
        "__module__": __name__,
        "__signature__": signature,
        "function": staticmethod(function),
        "option_names": tuple(p.name for p in options),
    }
    return type(name, (LossModule,), namespace)


L1Loss = _module("L1Loss", losses.l1_loss, without=("weight",))
MSELoss = _module("MSELoss", losses.mse_loss, without=("weight",))
HuberLoss = _module("HuberLoss", losses.huber_loss, without=("weight",))
SmoothL1Loss = _module("SmoothL1Loss", losses.smooth_l1_loss)
CosineEmbeddingLoss = _module("CosineEmbeddingLoss", losses.cosine_embedding_loss)
HingeEmbeddingLoss = _module("HingeEmbeddingLoss", losses.hinge_embedding_loss)
BCELoss = _module("BCELoss", losses.binary_cross_entropy)
BCEWithLogitsLoss = _module("BCEWithLogitsLoss", losses.binary_cross_entropy_with_logits)
SoftMarginLoss = _module("SoftMarginLoss", losses.soft_margin_loss)
SigmoidFocalLoss = _module("SigmoidFocalLoss", losses.sigmoid_focal_loss)


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


NLLLoss = _module("NLLLoss", losses.nll_loss)
CrossEntropyLoss = _module("CrossEntropyLoss", losses.cross_entropy)
FocalLoss = _module("FocalLoss", losses.focal_loss)
TripletMarginLoss = _module("TripletMarginLoss", losses.triplet_margin_loss, check=check_margin)
TripletMarginWithDistanceLoss = _module(
    "TripletMarginWithDistanceLoss", losses.triplet_margin_with_distance_loss, check=check_margin
)
KLDivLoss = _module("KLDivLoss", losses.kl_div)
GaussianNLLLoss = _module("GaussianNLLLoss", losses.gaussian_nll_loss)
MarginRankingLoss = _module("MarginRankingLoss", losses.margin_ranking_loss)
PairwiseLogisticLoss = _module("PairwiseLogisticLoss", losses.pairwise_logistic_loss)
PairwiseProbitLoss = _module("PairwiseProbitLoss", losses.pairwise_probit_loss)
PoissonNLLLoss = _module("PoissonNLLLoss", losses.poisson_nll_loss)
NegativeBinomialNLLLoss = _module("NegativeBinomialNLLLoss", losses.negative_binomial_nll_loss)
MultiLabelMarginLoss = _module("MultiLabelMarginLoss", losses.multilabel_margin_loss)
MultiLabelSoftMarginLoss = _module("MultiLabelSoftMarginLoss", losses.multilabel_soft_margin_loss)
HingeLoss = _module("HingeLoss", losses.hinge_loss)
CrammerSingerLoss = _module("CrammerSingerLoss", losses.crammer_singer_loss)
MultiMarginLoss = _module("MultiMarginLoss", losses.multi_margin_loss, check=check_options)
CTCLoss = _module("CTCLoss", losses.ctc_loss)
NCALoss = _module("NCALoss", losses.nca_loss)
SoftNearestNeighbourLoss = _module("SoftNearestNeighbourLoss", losses.soft_nearest_neighbour_loss)

__all__ = [
    "AdaptiveLogSoftmaxResult",
    "AdaptiveLogSoftmaxWithLoss",
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CosineEmbeddingLoss",
    "CrammerSingerLoss",
    "CrossEntropyLoss",
    "FocalLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "LinearCrossEntropyLoss",
    "LossModule",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NCALoss",
    "NLLLoss",
    "NegativeBinomialNLLLoss",
    "PairwiseLogisticLoss",
    "PairwiseProbitLoss",
    "PoissonNLLLoss",
    "SigmoidFocalLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "SoftNearestNeighbourLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]
