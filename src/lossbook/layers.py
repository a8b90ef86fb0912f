"""Layers that behave differently in training and in use, written to be read: dropout, batch normalisation."""

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    r"""Inverted dropout: in training each element is dropped with probability ``p``, the rest grows.

    .. math:: \tilde x = \frac{m\,x}{1-p}, \quad m \sim \mathrm{Bernoulli}(1-p), \quad \mathbb E[\tilde x] = x

    In evaluation mode it is the identity. The same as ``torch.nn.Dropout``.

    Args:
        p: probability of dropping an element, from 0 up to, but not including, 1.

    Raises:
        ValueError: ``p`` is outside of that range.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, *Dropout*, JMLR 15, 2014.

    >>> layer = Dropout(0.5)
    >>> sorted(layer(torch.ones(100)).unique().tolist())
    [0.0, 2.0]
    >>> layer.eval()(torch.ones(2)).tolist()
    [1.0, 1.0]
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p must be at least 0 and below 1, found {p!r}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """``x`` of any shape, with a mask of its own for every element."""
        if not self.training:
            return x
        keep = 1 - self.p
        mask = torch.empty_like(x).bernoulli_(keep)
        return x * mask / keep

    def extra_repr(self) -> str:
        """What ``print`` shows in the brackets."""
        return f"p={self.p}"


class BatchNorm(nn.Module):
    r"""Batch normalisation of ``(N, D)``: the same as ``torch.nn.BatchNorm1d``.

    .. math:: \hat x_{nj} = \frac{x_{nj} - \mu_j}{\sqrt{\sigma_j^2 + \epsilon}}, \qquad
              y_{nj} = \gamma_j \hat x_{nj} + \beta_j

    In training the mean and the variance are those of the batch (dividing by ``N``), and running averages of
    them are kept (dividing by ``N - 1``). In evaluation mode the running averages are used, so that a
    prediction does not depend on its neighbours.

    Args:
        features: ``D``.
        eps: keeps a constant feature finite.
        momentum: weight of the newest batch in the running averages.

    Raises:
        ValueError: a training batch of fewer than two rows, or an input that is not ``(N, features)``.

    Source: Ioffe and Szegedy, *Batch Normalization*, ICML 2015.

    >>> layer = BatchNorm(1, eps=0)
    >>> layer(torch.tensor([[1.0], [3.0]])).flatten().tolist()
    [-1.0, 1.0]
    >>> layer.running_mean.item(), layer.running_var.item()
    (0.20000000298023224, 1.100000023841858)
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        """From ``(N, D)`` to ``(N, D)``."""
        self._validate(x)
        if self.training:
            mean, var = x.mean(0), x.var(0, correction=0)
            self._remember(mean, x.var(0, correction=1))
        else:
            mean, var = self.running_mean, self.running_var
        normalised = (x - mean) / torch.sqrt(var + self.eps)
        return self.weight * normalised + self.bias

    @torch.no_grad()
    def _remember(self, mean: Tensor, var: Tensor) -> None:
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(var, self.momentum)

    def _validate(self, x: Tensor) -> None:
        if x.ndim != 2 or x.shape[1] != len(self.weight):
            raise ValueError(f"x must have shape (N, {len(self.weight)}), found {tuple(x.shape)}")
        if self.training and len(x) < 2:
            raise ValueError(
                f"a training batch needs at least 2 rows, found {len(x)}: a single row has no variance"
            )

    def extra_repr(self) -> str:
        """What ``print`` shows in the brackets."""
        return f"{len(self.weight)}, eps={self.eps}, momentum={self.momentum}"
