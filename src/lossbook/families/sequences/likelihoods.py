"""CTC: the distribution of the labels, with every path written out. For few frames and symbols."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import torch
from torch import Size, Tensor
from torch.distributions import Categorical, Distribution, constraints

from lossbook.ground.noise import NoiseModel

MOST_PATHS = 1_000_000


def ctc_loss(
    log_probs: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
) -> NoiseModel:
    r""":class:`Labels`, given that each sequence has as many labels as ``target_lengths`` says; constant 0.

    The lengths are part of the target: the distribution is over label sequences of every length, and
    ``target_lengths`` only tells where each row of the padded targets ends.
    """
    return NoiseModel(Labels(log_probs, input_lengths, target_lengths, blank), 0.0)


def collapse(path: Iterable[int], blank: int = 0) -> tuple[int, ...]:
    r""":math:`\mathcal B`: merge repeats, then drop blanks.

    >>> collapse([1, 1, 0, 1, 2, 2, 0])
    (1, 1, 2)
    """
    return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol != blank)


class Labels(Distribution):
    r"""The labels that a frame-wise model emits, by enumeration of its paths.

    .. math:: p(l) = \sum_{\pi : \mathcal B(\pi) = l} \prod_t p^t_{\pi_t}

    Args:
        log_probs: log-probabilities of the symbols, shape ``(T, N, C)``.
        input_lengths: number of frames of each sequence.
        target_lengths: number of labels in each row of the value given to ``log_prob``.
        blank: index of the blank.

    Raises:
        ValueError: there are more than a million paths to enumerate.
    """

    arg_constraints: ClassVar = {}
    support = constraints.integer_interval(-1, 2**31)
    has_rsample = False

    def __init__(
        self,
        log_probs: Tensor,
        input_lengths: Tensor | Sequence[int],
        target_lengths: Tensor | Sequence[int],
        blank: int = 0,
    ) -> None:
        n_frames, batch, n_symbols = log_probs.shape
        if n_symbols**n_frames > MOST_PATHS:
            raise ValueError(
                f"log_probs allows {n_symbols}**{n_frames} paths, which are too many to enumerate: "
                f"give fewer frames or symbols (at most {MOST_PATHS} paths)"
            )
        self.log_probs, self.blank = log_probs, blank
        self.frames = [int(length) for length in input_lengths]
        self.sizes = [int(length) for length in target_lengths]
        super().__init__(Size((batch,)), validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-probability of the first ``target_lengths`` labels of each row of ``value`` ``(N, S)``."""
        wanted = [tuple(row[:size].tolist()) for row, size in zip(value, self.sizes, strict=True)]
        return torch.stack([self._log_prob(n, labels) for n, labels in enumerate(wanted)])

    def sample(self, sample_shape: Any = Size()) -> Tensor:  # noqa: B008  (an immutable default, as in torch)
        """Draw a path frame by frame and collapse it; rows are filled up with -1, shape ``(*, N, T)``."""
        with torch.no_grad():
            paths = Categorical(logits=self.log_probs.movedim(0, 1)).sample(sample_shape)
        rows = paths.reshape(-1, paths.shape[-1]).tolist()
        lengths = itertools.cycle(self.frames)
        labels = [collapse(row[:length], self.blank) for row, length in zip(rows, lengths, strict=False)]
        filled = [list(row) + [-1] * (paths.shape[-1] - len(row)) for row in labels]
        return torch.tensor(filled, device=paths.device).view(paths.shape)

    def _log_prob(self, n: int, labels: tuple[int, ...]) -> Tensor:
        frames = self.log_probs[: self.frames[n], n]
        paths = [
            path
            for path in itertools.product(range(frames.shape[1]), repeat=len(frames))
            if collapse(path, self.blank) == labels
        ]
        if not paths:
            return frames.new_tensor(-torch.inf)
        emitted = frames.gather(1, torch.tensor(paths, device=frames.device).T)  # (T, paths)
        return emitted.sum(0).logsumexp(0)
