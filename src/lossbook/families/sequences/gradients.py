r"""CTC: derivatives with respect to log-probabilities, and to the logits before ``log_softmax``.

They are computed sequence by sequence with plain probabilities, the way the chapter derives them.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

Lengths = Tensor | Sequence[int]


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    r""":math:`-\gamma^t_k`: minus the posterior probability that frame :math:`t` emits :math:`k`.

    .. math:: \gamma^t_k = \frac{1}{p(l \mid x)} \sum_{s : l'_s = k} \frac{\alpha_t(s)\,\beta_t(s)}{p^t_k}

    Labels that no path can emit leave 0, with or without ``zero_infinity``. Shapes: batched ``log_probs``
    ``(T, N, C)``, padded ``targets`` ``(N, S)``.
    """
    gradient = torch.zeros_like(log_probs)
    for n, (frames, size) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        p = log_probs[: int(frames), n].exp()
        gradient[: int(frames), n] = -_occupancy(p, targets[n, : int(size)].tolist(), blank)
    return gradient


def ctc_loss_of_logits(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    r""":math:`p^t_k - \gamma^t_k`, the derivative with respect to the logits: softmax minus occupancy.

    torch's backward returns this one for the log-probabilities.
    """
    occupancy = -ctc_loss(log_probs, targets, input_lengths, target_lengths, blank)
    # The occupancies of a frame sum to 1; where they do not, the frame is beyond the end or nothing fits.
    return log_probs.exp() * occupancy.sum(-1, keepdim=True) - occupancy


def _occupancy(p: Tensor, labels: list[int], blank: int) -> Tensor:
    states = [blank]
    for label in labels:
        states += [label, blank]
    ahead = _forward(p, states)
    behind = _forward(p.flip(0), states[::-1]).flip(0, 1)
    through = ahead * behind / p[:, states].clamp(min=torch.finfo(p.dtype).tiny)
    occupancy = torch.zeros_like(p).index_add(1, torch.tensor(states), through)
    return occupancy / occupancy.sum(1, keepdim=True).clamp(min=torch.finfo(p.dtype).tiny)


def _forward(p: Tensor, states: list[int]) -> Tensor:
    r""":math:`\alpha_t(s)`: probability of being in state :math:`s` at frame :math:`t`, having emitted it."""
    alpha = p.new_zeros(len(p), len(states))
    for t in range(len(p)):
        for s, symbol in enumerate(states):
            skip = s >= 2 and symbol != states[s - 2]
            origin = max(s - 2 if skip else s - 1, 0)
            arrived = alpha[t - 1, origin : s + 1].sum() if t > 0 else float(s < 2)
            alpha[t, s] = p[t, symbol] * arrived
    return alpha
