"""Every loss as a :class:`torch.nn.Module`, under torch.nn's class name.

The classes are made from the functions of :mod:`lossbook.losses` by one factory: arguments without a default
are inputs of ``forward``; arguments with a default are keywords of the constructor.
"""

import inspect
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from lossbook import losses


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


def _module(name: str, function: Callable[..., Tensor], without: tuple[str, ...] = ()) -> type[LossModule]:
    """The class ``name`` for ``function``; the options in ``without`` are not offered, as in torch.nn."""
    parameters = inspect.signature(function).parameters.values()
    options = [p for p in parameters if p.default is not p.empty and p.name not in without]
    signature = inspect.Signature([p.replace(kind=p.POSITIONAL_OR_KEYWORD) for p in options])

    def __init__(self: LossModule, *args: Any, **kwargs: Any) -> None:
        nn.Module.__init__(self)
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for option, value in bound.arguments.items():
            if value is None or isinstance(value, Tensor):
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

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "L1Loss",
    "LossModule",
    "MSELoss",
    "SigmoidFocalLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
]
