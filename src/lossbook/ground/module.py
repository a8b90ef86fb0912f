"""A loss as a class: the factory that makes it from the function."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

# torch.fx takes a module for one node if its __module__ stands below this: the instance says so, since the
# class must say where it is for pickle.
LEAF_OF_FX = "torch.nn.modules.loss"


class LossModule(nn.Module):
    """A loss function and the options it is called with. Tensor options are buffers."""

    function: Callable[..., Tensor]
    option_names: tuple[str, ...]

    def forward(self, *inputs: Tensor, **per_batch: Tensor | None) -> Tensor:
        """The loss of ``inputs``, in the order of the function's arguments."""
        options = {name: getattr(self, name) for name in self.option_names}
        return type(self).function(*inputs, **per_batch, **options)

    def extra_repr(self) -> str:
        """The options that differ from their defaults."""
        defaults = inspect.signature(type(self)).parameters
        options = {name: getattr(self, name) for name in self.option_names}
        return ", ".join(
            f"{name}=Tensor{tuple(value.shape)}" if isinstance(value, Tensor) else f"{name}={value!r}"
            for name, value in options.items()
            if isinstance(value, Tensor) or value != defaults[name].default
        )


def module(
    name: str,
    function: Callable[..., Tensor],
    without: tuple[str, ...] = (),
    check: Callable[..., None] | None = None,
    renamed: Mapping[str, str] | None = None,
    per_batch: tuple[str, ...] = (),
) -> type[LossModule]:
    """The class ``name`` for ``function``.

    The options in ``without`` are not offered; ``check`` gets, by name, those that are refused at once;
    inputs in ``renamed`` have another name in ``forward``. All three are as in torch.nn. Options that are
    ``per_batch`` come with the data: ``forward`` takes them, after the inputs, and not the constructor.
    """
    parameters = inspect.signature(function).parameters.values()
    elsewhere = (*without, *per_batch)
    options = [p for p in parameters if p.default is not p.empty and p.name not in elsewhere]
    signature = inspect.Signature([p.replace(kind=p.POSITIONAL_OR_KEYWORD) for p in options])

    def __init__(self: LossModule, *args: Any, **kwargs: Any) -> None:
        nn.Module.__init__(self)
        self.__module__ = LEAF_OF_FX
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
        "__module__": "lossbook.modules",
        "__signature__": signature,
        "forward": _forward(function, renamed or {}, per_batch),
        "function": staticmethod(function),
        "option_names": tuple(p.name for p in options),
    }
    return type(name, (LossModule,), namespace)


def _forward(
    function: Callable[..., Tensor], renamed: Mapping[str, str], per_batch: tuple[str, ...]
) -> Callable[..., Tensor]:
    # Written out, as dataclasses write their methods: keywords, torch.export and editors read its signature.
    signature = inspect.signature(function)
    inputs = [p for p in signature.parameters.values() if p.default is p.empty]
    names = [renamed.get(p.name, p.name) for p in inputs]
    taken = ", ".join((*names, *(f"{name}=None" for name in per_batch)))
    given = ", ".join((*names, *(f"{name}={name}" for name in per_batch)))
    scope: dict[str, Any] = {"LossModule": LossModule, "__name__": __name__}
    exec(f"def forward(self, {taken}): return LossModule.forward(self, {given})", scope)
    forward = scope["forward"]
    forward.__doc__ = f"The loss of the inputs, as :func:`lossbook.losses.{function.__name__}` takes them."
    forward.__annotations__ = {name: p.annotation for name, p in zip(names, inputs, strict=True)}
    forward.__annotations__ |= {name: signature.parameters[name].annotation for name in per_batch}
    forward.__annotations__["return"] = signature.return_annotation
    return forward
