"""One training loop for every chapter: seeds, the device, early stopping, evaluation, saving."""

import copy
import json
import os
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn
from tqdm import tqdm

from lossbook.data import Dataset

Loss = Callable[[Any, Tensor], Tensor]


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch on every device."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def device() -> torch.device:
    """CUDA if there is one, else Apple's MPS, else the CPU; the variable ``LOSSBOOK_DEVICE`` overrules."""
    chosen = os.environ.get("LOSSBOOK_DEVICE")
    if chosen:
        return torch.device(chosen)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


class Batches:
    """Mini-batches of tensors that are in memory: as a ``DataLoader``, without collating one row at a time.

    Args:
        x: inputs, shape ``(N, ...)``.
        y: targets, shape ``(N, ...)``.
        size: rows in a batch; the last one may be smaller. ``None``: all at once.
        seed: shuffles anew in each epoch, in a reproducible order; ``None`` keeps the order.

    Raises:
        ValueError: ``x`` and ``y`` differ in length, or ``size`` is not positive.
    """

    def __init__(self, x: Tensor, y: Tensor, size: int | None = None, seed: int | None = None) -> None:
        if len(x) != len(y):
            raise ValueError(f"x and y must have the same length, found {len(x)} and {len(y)}")
        if size is not None and size < 1:
            raise ValueError(f"size must be positive, found {size!r}")
        self.x, self.y, self.size = x, y, size or max(len(x), 1)
        self._generator = None if seed is None else Generator().manual_seed(seed)

    def __len__(self) -> int:
        return -(-len(self.x) // self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        count = len(self.x)
        order = (
            torch.arange(count)
            if self._generator is None
            else torch.randperm(count, generator=self._generator)
        )
        for rows in order.to(self.x.device).split(self.size):
            yield self.x[rows], self.y[rows]


def loaders(
    train: Dataset, *held_out: Dataset, size: int = 32, seed: int = 0, on: torch.device | str | None = None
) -> tuple[Batches, ...]:
    """The parts of a split as batches: ``train`` shuffled, the others each as one batch in their order.

    Args:
        train: the training part.
        held_out: validation and test part.
        size: rows in a training batch.
        seed: decides the order of the rows.
        on: where the batches lie; by default on :func:`device`.

    >>> from lossbook.data import digits
    >>> [len(part) for part in loaders(*digits().split(0.6, 0.2, 0.2), size=64)]
    [17, 1, 1]
    """
    place = device() if on is None else on
    first, *rest = (part.to(place) for part in (train, *held_out))
    return Batches(first.x, first.y, size, seed), *(Batches(part.x, part.y) for part in rest)


@dataclass
class History:
    """What :func:`fit` measured.

    Attributes:
        train: mean loss of each epoch while the weights moved.
        validation: mean loss on the held-out batches after each epoch.
        best_epoch: the epoch whose weights were kept; the first is 1.
    """

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    best_epoch: int | None = None


def fit(
    model: nn.Module,
    loss: Loss,
    train: Iterable[tuple[Any, Tensor]],
    validation: Iterable[tuple[Any, Tensor]] | None = None,
    *,
    optimizer: torch.optim.Optimizer | None = None,
    epochs: int = 100,
    patience: int | None = None,
) -> History:
    """Train ``model`` in place; with ``validation``, keep the weights of its best epoch.

    Args:
        model: called with a batch's inputs.
        loss: called with the model's output and the targets; returns the mean over the batch.
        train: batches ``(x, y)``, iterated once per epoch: a ``DataLoader`` or :class:`Batches`.
        validation: batches on which the loss is measured after each epoch, without training.
        optimizer: Adam with learning rate 1e-3 by default.
        epochs: how often to go through ``train``.
        patience: stop after this many epochs without a better validation loss.

    Returns:
        The mean losses per sample of each epoch. The training loss is measured while the weights move.

    Raises:
        ValueError: ``patience`` without ``validation``.
        FloatingPointError: the training or the validation loss is nan or infinite; the message says which,
            and in which epoch.
    """
    if patience is not None and validation is None:
        raise ValueError(f"patience={patience} needs validation batches")
    optimizer = optimizer or torch.optim.Adam(model.parameters(), lr=1e-3)
    history, best = History(), None
    for epoch in _progress(range(1, epochs + 1)):
        history.train.append(_finite(_train_epoch(model, loss, train, optimizer), "training", epoch))
        if validation is None:
            continue
        history.validation.append(_finite(evaluate(model, loss, validation), "validation", epoch))
        if best is None or history.validation[-1] < min(history.validation[:-1]):
            history.best_epoch, best = epoch, copy.deepcopy(model.state_dict())
        elif patience is not None and epoch - (history.best_epoch or 1) >= patience:
            break
    if best is not None:
        model.load_state_dict(best)
    return history


def over_seeds(
    run: Callable[[int], dict[str, dict[str, float]]], seeds: int = 5
) -> dict[str, dict[str, list[float]]]:
    """The scores of an experiment for the seeds 0, 1, ...: what :func:`lossbook.checks.results` shows.

    Args:
        run: called with a seed, which it uses for everything random; returns the metrics of each contender.
        seeds: how many.

    Returns:
        For each contender and metric, one value for each seed.

    >>> over_seeds(lambda seed: {"Huber": {"MAE": 4.0 + seed}}, seeds=3)
    {'Huber': {'MAE': [4.0, 5.0, 6.0]}}
    """
    scores: dict[str, dict[str, list[float]]] = {}
    for seed in range(seeds):
        for contender, metrics in run(seed).items():
            for metric, value in metrics.items():
                scores.setdefault(contender, {}).setdefault(metric, []).append(float(value))
    return scores


def minimise(value: Callable[[], Tensor], *parameters: Tensor, steps: int = 200) -> float:
    """Minimise a smooth function of a few parameters, in place, by L-BFGS: almost exact within tens of steps.

    Args:
        value: called without arguments; returns the scalar to minimise, computed from ``parameters``.
        parameters: tensors that require a gradient; they hold the minimiser afterwards.
        steps: at most so many steps.

    Returns:
        The least value found.

    Raises:
        FloatingPointError: the value is nan or infinite at the start.

    >>> x = torch.tensor([0.0, 0.0], requires_grad=True)
    >>> minimise(lambda: (x - torch.tensor([1.0, 2.0])).square().sum() + 3, x)
    3.0
    >>> x.detach().round(decimals=3)
    tensor([1., 2.])
    """
    if not np.isfinite(start := float(value().detach())):
        raise FloatingPointError(f"the value to minimise must be finite at the start, found {start}")
    optimizer = torch.optim.LBFGS(parameters, max_iter=steps, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        result = value()
        result.backward()
        return result

    optimizer.step(closure)
    return float(value().detach())


def evaluate(model: nn.Module, metric: Loss, batches: Iterable[tuple[Any, Tensor]]) -> float:
    """The mean of ``metric`` per sample: each batch counts by its size, also an uneven last one."""
    total, count = 0.0, 0
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for x, y in batches:
            total += float(metric(model(x), y)) * len(y)
            count += len(y)
    model.train(was_training)
    return total / count if count else float("nan")


def predict(model: nn.Module, x: Tensor) -> Tensor:
    """The model's output for ``x`` in evaluation mode, without a graph."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        output = model(x)
    model.train(was_training)
    return output


def calibration(probabilities: Tensor, y: Tensor, bins: int = 10) -> Tensor:
    """How often the predicted class is right, among predictions of similar confidence.

    Args:
        probabilities: of each class, shape ``(N, C)``.
        y: classes, shape ``(N,)``.
        bins: number of equal parts into which confidences from 0 to 1 are sorted.

    Returns:
        One row for each part that holds predictions: their share of all, their mean confidence, and the share
        of them that is right.

    >>> import torch
    >>> calibration(torch.tensor([[0.75, 0.25], [0.75, 0.25]]), torch.tensor([0, 1]))
    tensor([[1.0000, 0.7500, 0.5000]])
    """
    confidence, predicted = probabilities.max(1)
    right = (predicted == y).to(confidence)
    part = (confidence * bins).long().clamp(max=bins - 1)
    rows = [(part == k, confidence[part == k], right[part == k]) for k in part.unique()]
    return torch.stack([torch.stack([m.to(confidence).mean(), c.mean(), r.mean()]) for m, c, r in rows])


def calibration_error(probabilities: Tensor, y: Tensor, bins: int = 10) -> float:
    """The expected calibration error: mean distance of confidence and accuracy in :func:`calibration`.

    Source: Guo, Pleiss, Sun, Weinberger, *On Calibration of Modern Neural Networks*, ICML 2017.

    >>> import torch
    >>> calibration_error(torch.tensor([[0.75, 0.25], [0.75, 0.25]]), torch.tensor([0, 1]))
    0.25
    """
    share, confidence, accuracy = calibration(probabilities, y, bins).unbind(1)
    return float((share * (confidence - accuracy).abs()).sum())


def save(path: str | Path, model: nn.Module, config: dict[str, Any]) -> None:
    """Write the weights to ``path``, and the ``config`` that builds the model to a JSON file beside it."""
    path = Path(path)
    torch.save(model.state_dict(), path)
    path.with_suffix(".json").write_text(json.dumps(config, indent=2, sort_keys=True), encoding="utf-8")


def load(path: str | Path, build: Callable[..., nn.Module]) -> nn.Module:
    """The model that :func:`save` wrote: ``build(**config)`` with the saved weights.

    It is on the CPU and in evaluation mode, whatever device it was trained on.

    Raises:
        FileNotFoundError: the weights or the JSON file beside them are missing.
    """
    path = Path(path)
    config = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    model = build(**config)
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return model.eval()


def _train_epoch(
    model: nn.Module, loss: Loss, batches: Iterable[tuple[Any, Tensor]], optimizer: torch.optim.Optimizer
) -> float:
    model.train()
    total, count = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        batch_loss = loss(model(x), y)
        batch_loss.backward()
        optimizer.step()
        total += float(batch_loss.detach()) * len(y)
        count += len(y)
    return total / count


def _finite(value: float, which: str, epoch: int) -> float:
    if not np.isfinite(value):
        raise FloatingPointError(f"the {which} loss is {value} in epoch {epoch}")
    return value


def _progress(epochs: range) -> Iterable[int]:
    # A bar's text differs from run to run, so there is none where outputs are compared: pytest, with nbval.
    hidden = os.environ.get("LOSSBOOK_PROGRESS") == "0" or "PYTEST_VERSION" in os.environ
    return tqdm(epochs, leave=False, disable=hidden)
