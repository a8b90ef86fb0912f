r"""Nearest neighbours, made soft: each point draws a neighbour, and should draw one of its own class.

"The class of the nearest neighbour" has no gradient. Drawing the neighbour with a probability that falls with
its squared distance has one.
"""

import torch
from torch import Tensor

from lossbook.ground.arguments import check_floating
from lossbook.ground.autocast import full_precision, product
from lossbook.ground.reduction import reduce
from lossbook.ground.values import check_values_if_strict

IMPOSSIBLE = -1e30  # log-probability of drawing oneself; finite, so that its gradient is no nan


@full_precision
def nca_loss(input: Tensor, target: Tensor, reduction: str = "mean", zero_infinity: bool = False) -> Tensor:
    r"""Neighbourhood components analysis: minus the log-probability that leave-one-out 1-NN is right.

    .. math:: p_{ij} = \frac{e^{-\lVert u_i - u_j \rVert^2}}{\sum_{k \ne i} e^{-\lVert u_i - u_k \rVert^2}},
       \qquad P_i = \sum_{j \ne i,\; y_j = y_i} p_{ij}, \qquad \ell_i = -\log P_i

    :math:`P_i` is the likelihood of the label of point :math:`i` given all other labels, so the sum of the
    losses is minus a log-pseudo-likelihood. The paper maximises :math:`\sum_i P_i`, the expected number of
    right answers, instead.

    Status: G, likelihood of an auxiliary task: naming the class of the neighbour drawn.

    Args:
        input: embeddings :math:`u`, shape ``(N, D)``. Their scale matters: it is an inverse temperature.
        target: class of each point, integers of shape ``(N)``.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.
        zero_infinity: give a point that is alone in its class a loss of 0 instead of infinity.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``. A point alone in its class has a loss of
        infinity and no gradient.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: unknown ``reduction``, or shapes other than ``(N, D)`` and ``(N)``.

    Strict:
        A point that is alone in its class.

    Source:
        Goldberger, Roweis, Hinton, Salakhutdinov, *Neighbourhood Components Analysis*, NIPS 2004.

    >>> import torch
    >>> u = torch.tensor([[0.0], [1.0], [-1.0]])  # the first point has two neighbours at distance 1
    >>> nca_loss(u, torch.tensor([0, 0, 1]), reduction="none")[0]
    tensor(0.6931)
    """
    return soft_nearest_neighbour_loss(input, target, 1.0, reduction, zero_infinity)


@full_precision
def soft_nearest_neighbour_loss(
    input: Tensor,
    target: Tensor,
    temperature: float | Tensor = 1.0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    r"""Soft nearest neighbour loss: :func:`nca_loss` with a temperature.

    .. math:: \ell_i = -\log \frac{\sum_{j \ne i,\; y_j = y_i} e^{-\lVert u_i - u_j \rVert^2 / T}}
                                  {\sum_{k \ne i} e^{-\lVert u_i - u_k \rVert^2 / T}}

    As :math:`T \to 0` only the nearest neighbour counts; as :math:`T \to \infty` every point does, and the
    loss is minus the logarithm of the share of the class.

    Status: G, likelihood of an auxiliary task: naming the class of the neighbour drawn.

    Args:
        input: embeddings :math:`u`, shape ``(N, D)``.
        target: class of each point, integers of shape ``(N)``.
        temperature: :math:`T > 0`, in squared units of the embeddings; as a tensor it may be learned.
        reduction: ``'none'``, ``'mean'`` (divides by ``N``) or ``'sum'``.
        zero_infinity: give a point that is alone in its class a loss of 0 instead of infinity.

    Returns:
        The loss in nats: a scalar, or shape ``(N)`` for ``'none'``. A point alone in its class has a loss of
        infinity and no gradient.

    Raises:
        NotImplementedError: ``input`` is not floating point.
        ValueError: ``temperature`` is a number and not positive, unknown ``reduction``, or shapes other than
            ``(N, D)`` and ``(N)``.

    Strict:
        A point that is alone in its class.

    Source:
        Salakhutdinov, Hinton, *Learning a Nonlinear Embedding by Preserving Class Neighbourhood Structure*,
        AISTATS 2007; Frosst, Papernot, Hinton, *Analyzing and Improving Representations with the Soft Nearest
        Neighbor Loss*, ICML 2019 (the name and the temperature).

    >>> import torch
    >>> u = torch.tensor([[0.0], [1.0], [-1.0]])
    >>> soft_nearest_neighbour_loss(u, torch.tensor([0, 0, 1]), temperature=9.0, reduction="none")[0]
    tensor(0.6931)
    """
    _validate(input, target, temperature)
    score = -_squared_distances(input) / temperature
    other = ~torch.eye(len(input), dtype=torch.bool, device=input.device)
    alike = other & (target.unsqueeze(1) == target)
    check_values_if_strict("target", target, alike.any(1), "a class of two points or more")

    drawn, right = (torch.where(mask, score, IMPOSSIBLE).logsumexp(1) for mask in (other, alike))
    alone = 0.0 if zero_infinity else torch.inf
    return reduce(torch.where(alike.any(1), drawn - right, alone).to(input.dtype), reduction)


def _squared_distances(points: Tensor) -> Tensor:
    # |a - b|² = |a|² - 2ab + |b|² needs no (N, N, D) tensor. It loses digits far from the origin, so the
    # points are centred first, and computed in float32 at least.
    points = points.to(torch.promote_types(points.dtype, torch.float32))
    points = points - points.detach().mean(0)
    squared = (points * points).sum(1)
    return squared.unsqueeze(1) - 2 * product(points, points.T) + squared


def _validate(input: Tensor, target: Tensor, temperature: float | Tensor) -> None:
    if input.dim() != 2 or target.shape != input.shape[:1]:
        raise ValueError(
            f"input must be (N, D) and target (N), found {tuple(input.shape)} and {tuple(target.shape)}"
        )
    check_floating(input=input)
    if not isinstance(temperature, Tensor) and not temperature > 0:
        raise ValueError(f"temperature must be positive, found {temperature!r}")
