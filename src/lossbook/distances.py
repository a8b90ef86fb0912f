"""Learning a distance: which triplets to learn from, and how well the nearest neighbours then vote."""

from collections.abc import Iterator

import torch
from torch import Generator, Tensor, nn

from lossbook.data import Dataset
from lossbook.training import predict

STRATEGIES = ("random", "semi-hard", "hardest")


def knn_accuracy(known: Tensor, known_y: Tensor, u: Tensor, y: Tensor, k: int = 5) -> float:
    """Share of points whose class is the most frequent one among their ``k`` nearest known points.

    Args:
        known: embeddings of the training part, shape ``(N, D)``.
        known_y: their classes, shape ``(N,)``.
        u: embeddings to classify, shape ``(M, D)``.
        y: their classes, shape ``(M,)``.
        k: number of neighbours; of equally frequent classes the smallest wins.

    Raises:
        ValueError: ``k`` is less than 1 or more than the points known.

    >>> line, classes = torch.tensor([[0.0], [1.0], [5.0], [6.0]]), torch.tensor([0, 0, 1, 1])
    >>> knn_accuracy(line, classes, torch.tensor([[0.4], [5.4]]), torch.tensor([0, 0]), k=1)
    0.5
    """
    if not 1 <= k <= len(known):
        raise ValueError(f"k must be between 1 and the {len(known)} points known, found {k!r}")
    nearest = torch.cdist(u, known).topk(k, largest=False).indices
    return float((known_y[nearest].mode(1).values == y).double().mean())


def mine(
    u: Tensor, y: Tensor, strategy: str = "random", margin: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """One triplet for every point of a batch that is not alone in its class.

    Args:
        u: embeddings, shape ``(N, D)``.
        y: classes, shape ``(N,)``.
        strategy: ``'random'``: any positive, any negative. ``'semi-hard'``: any positive, and a negative that
            is farther, but by less than ``margin``; any negative where there is no such one. ``'hardest'``:
            the farthest positive and the nearest negative.
        margin: of the loss, in units of the distance.
        generator: draws at random, on the CPU.

    Returns:
        Rows of anchor, positive and negative, shape ``(3, M)``.

    Raises:
        ValueError: another strategy, or no point has both a positive and a negative.

    Source:
        Schroff, Kalenichenko, Philbin, *FaceNet: A Unified Embedding for Face Recognition and Clustering*,
        CVPR 2015 (semi-hard); Hermans, Beyer, Leibe, *In Defense of the Triplet Loss for Person
        Re-Identification*, 2017 (hardest).

    >>> mine(torch.tensor([[0.0], [1.0], [3.0], [4.0]]), torch.tensor([0, 0, 1, 1]), "hardest").tolist()
    [[0, 1, 2, 3], [1, 0, 3, 2], [2, 2, 1, 1]]
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"strategy must be one of {', '.join(map(repr, STRATEGIES))}, found {strategy!r}")
    same = (y[:, None] == y) & ~torch.eye(len(y), dtype=torch.bool, device=y.device)
    other = y[:, None] != y
    anchor = (same.any(1) & other.any(1)).nonzero()[:, 0]
    if not len(anchor):
        raise ValueError("no triplet: y needs a class with two points, and a second class")
    d, same, other = torch.cdist(u, u)[anchor], same[anchor], other[anchor]
    if strategy == "hardest":
        return torch.stack([anchor, _largest(d, same), _largest(-d, other)])
    positive = _any(same, generator)
    if strategy == "semi-hard":
        further = d - d.gather(1, positive[:, None])
        semi = other & (further > 0) & (further < margin)
        other = torch.where(semi.any(1, keepdim=True), semi, other)
    return torch.stack([anchor, positive, _any(other, generator)])


def active(u: Tensor, margin: float = 1.0) -> float:
    """Share of triplets that still cost something: the negative is not farther by ``margin``.

    Args:
        u: embeddings of anchor, positive and negative, shape ``(M, 3, D)``.
        margin: of the loss, in units of the distance.
    """
    to_positive, to_negative = ((u[:, 0] - u[:, i]).norm(dim=-1) for i in (1, 2))
    return float((to_positive - to_negative + margin > 0).double().mean())


class MinedTriplets:
    """Batches of triplets, chosen anew with the network's present weights before each step.

    Each yields ``x`` of shape ``(M, 3, ...)`` and the classes of the anchors.

    Args:
        network: makes the embeddings by which :func:`mine` chooses; it is being trained meanwhile.
        data: what to choose from, on the network's device.
        strategy: as in :func:`mine`.
        size: points in a batch.
        margin: of the loss.
        seed: decides what is drawn at random.

    Attributes:
        chosen: of each epoch, the share of the chosen triplets that were :func:`active`.
        at_random: of each epoch, the same share among random triplets of the same batches.
    """

    def __init__(
        self,
        network: nn.Module,
        data: Dataset,
        strategy: str = "random",
        size: int = 128,
        margin: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.network, self.data, self.strategy = network, data, strategy
        self.size, self.margin = size, margin
        self.chosen: list[float] = []
        self.at_random: list[float] = []
        self._generator = Generator().manual_seed(seed)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(self.data), generator=self._generator).to(self.data.y.device)
        shares = []
        for rows in order.split(self.size):
            batch = self.data[rows]
            u = predict(self.network, batch.x)
            triplets, others = (
                mine(u, batch.y, how, self.margin, self._generator) for how in (self.strategy, "random")
            )
            shares.append([active(u[t.T], self.margin) for t in (triplets, others)])
            yield batch.x[triplets.T], batch.y[triplets[0]]
        chosen, at_random = torch.tensor(shares, dtype=torch.float64).mean(0).tolist()
        self.chosen.append(chosen)
        self.at_random.append(at_random)


def _largest(d: Tensor, allowed: Tensor) -> Tensor:
    return torch.where(allowed, d, -torch.inf).argmax(1)


def _any(allowed: Tensor, generator: Generator | None) -> Tensor:
    return _largest(torch.rand(allowed.shape, generator=generator).to(allowed.device), allowed)
