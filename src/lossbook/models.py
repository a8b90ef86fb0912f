"""The small networks that the chapters train."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


def mlp(inputs: int, outputs: int = 1, hidden: Sequence[int] = (32,)) -> nn.Sequential:
    """A multi-layer perceptron with ReLU between its layers.

    Args:
        inputs: number of features ``D``.
        outputs: number of outputs.
        hidden: width of each hidden layer; empty for a linear model.

    Returns:
        A model from ``(N, D)``, or images of ``D`` pixels, to ``(N, outputs)``; to ``(N,)`` for one output.
    """
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise((inputs, *hidden)):
        layers += [nn.Linear(before, after), nn.ReLU()]
    layers.append(nn.Linear((inputs, *hidden)[-1], outputs))
    return nn.Sequential(*layers, Squeeze()) if outputs == 1 else nn.Sequential(*layers)


class Squeeze(nn.Module):
    """From ``(N, 1)`` to ``(N,)``: the shape of the targets, so that nothing broadcasts."""

    def forward(self, x: Tensor) -> Tensor:
        """``x`` without its last axis."""
        return x.squeeze(-1)
