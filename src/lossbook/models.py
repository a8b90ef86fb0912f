"""The small networks that the chapters train."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor, nn

from lossbook.layers import BatchNorm, Dropout

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
}


def mlp(
    inputs: int,
    outputs: int = 1,
    hidden: Sequence[int] = (32,),
    activation: str = "relu",
    batch_norm: bool = False,
    dropout: float = 0.0,
) -> nn.Sequential:
    """A multi-layer perceptron. Its arguments are plain values: a file beside the weights can hold them.

    Args:
        inputs: number of features ``D``.
        outputs: number of outputs.
        hidden: width of each hidden layer; empty for a linear model.
        activation: after each hidden layer: ``'relu'``, ``'tanh'``, ``'silu'`` or ``'gelu'``.
        batch_norm: normalise each hidden layer over the batch, before its activation.
        dropout: share of the units of each hidden layer that is dropped in training.

    Returns:
        A model from ``(N, D)``, or images of ``D`` pixels, to ``(N, outputs)``; to ``(N,)`` for one output.

    Raises:
        ValueError: an activation of another name.

    >>> mlp(10, hidden=(4,), dropout=0.5)
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=10, out_features=4, bias=True)
      (2): ReLU()
      (3): Dropout(p=0.5)
      (4): Linear(in_features=4, out_features=1, bias=True)
      (5): Squeeze()
    )
    """
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"activation must be one of {', '.join(map(repr, ACTIVATIONS))}, found {activation!r}"
        )
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise((inputs, *hidden)):
        layers.append(nn.Linear(before, after))
        layers += [BatchNorm(after)] if batch_norm else []
        layers.append(ACTIVATIONS[activation]())
        layers += [Dropout(dropout)] if dropout else []
    layers.append(nn.Linear((inputs, *hidden)[-1], outputs))
    return nn.Sequential(*layers, Squeeze()) if outputs == 1 else nn.Sequential(*layers)


def pixel_classifier(classes: int, width: int = 16) -> nn.Sequential:
    """A convolutional network that classifies each pixel from its surroundings of 11 x 11 pixels.

    Args:
        classes: number of classes ``C``.
        width: channels of each hidden layer.

    Returns:
        A model from ``(N, 1, H, W)`` to logits ``(N, C, H, W)``.

    >>> import torch
    >>> pixel_classifier(3)(torch.zeros(2, 1, 16, 16)).shape
    torch.Size([2, 3, 16, 16])
    """
    layers: list[nn.Module] = []
    for before, reach in ((1, 1), (width, 2), (width, 2)):
        layers += [nn.Conv2d(before, width, 3, padding=reach, dilation=reach), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(width, classes, 1))


def strip_reader(symbols: int, width: int = 64, stride: int = 2) -> nn.Sequential:
    """A convolutional network that reads an image 8 pixels high from left to right, frame by frame.

    A frame sees its surroundings of 19 columns (at ``stride=2``).

    Args:
        symbols: number of symbols ``C``, the blank included.
        width: channels of each hidden layer.
        stride: columns from one frame to the next.

    Returns:
        A model from ``(N, 1, 8, W)`` to log-probabilities ``(T, N, C)``: the shape that
        :func:`lossbook.losses.ctc_loss` takes.

    >>> import torch
    >>> strip_reader(11)(torch.zeros(2, 1, 8, 40)).shape
    torch.Size([20, 2, 11])
    """
    return nn.Sequential(
        nn.Conv2d(1, width, (8, 7), stride=stride, padding=(0, 3)),
        nn.Flatten(1, 2),
        nn.ReLU(),
        nn.Conv1d(width, width, 5, padding=2),
        nn.ReLU(),
        nn.Conv1d(width, symbols, 3, padding=1),
        FramesFirst(),
    )


class NextWord(nn.Module):
    """Reads the last words of a text and makes a hidden state, from which ``head`` predicts the next word.

    The head has no part in the forward pass: losses for huge vocabularies take the hidden state, and the
    weights of the head.

    Args:
        words: number of words ``C``.
        length: how many words it reads.
        width: size of an embedding and of the hidden state.
        head: the output layer; here, so that its weights are trained, saved and restored with the others.

    Source: Bengio, Ducharme, Vincent, Jauvin, *A Neural Probabilistic Language Model*, JMLR 2003.

    >>> import torch
    >>> NextWord(words=10, length=3, width=8, head=nn.Linear(8, 10))(torch.tensor([[0, 9, 4]])).shape
    torch.Size([1, 8])
    """

    def __init__(self, words: int, length: int, width: int, head: nn.Module) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(length * width, width), nn.Tanh())
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """From numbers of words, ``(N, length)``, to hidden states, ``(N, width)``."""
        return self.hidden(self.embedding(x))


class FramesFirst(nn.Module):
    """From logits ``(N, C, T)`` to log-probabilities ``(T, N, C)``."""

    def forward(self, x: Tensor) -> Tensor:
        """``x.log_softmax`` over the symbols, frames first."""
        return x.permute(2, 0, 1).log_softmax(-1)


class Siamese(nn.Module):
    """One network applied to each member of a group: to both pictures of a pair, to all three of a triplet.

    Args:
        network: from ``(N, ...)`` to embeddings ``(N, E)``.

    Source: Bromley, Guyon, LeCun, Säckinger, Shah, *Signature Verification using a "Siamese" Time Delay
    Neural Network*, NIPS 1993.

    >>> import torch
    >>> Siamese(mlp(64, 2))(torch.zeros(5, 3, 1, 8, 8)).shape
    torch.Size([5, 3, 2])
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """From groups of ``K`` inputs, ``(N, K, ...)``, to their embeddings, ``(N, K, E)``."""
        return self.network(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class Squeeze(nn.Module):
    """From ``(N, 1)`` to ``(N,)``: the shape of the targets, so that nothing broadcasts."""

    def forward(self, x: Tensor) -> Tensor:
        """``x`` without its last axis."""
        return x.squeeze(-1)
