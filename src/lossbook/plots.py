"""Figures: one style, a font with Japanese, and a text description for who cannot see them."""

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import japanize_matplotlib  # noqa: F401  (registers the font IPAexGothic)
import matplotlib.pyplot as plt
import seaborn as sns
import torch
from IPython.display import display
from matplotlib.figure import Figure
from torch import Tensor

from lossbook.language import current, tr
from lossbook.training import History

FONTS = {"ja": ["IPAexGothic", "DejaVu Sans"], "en": ["DejaVu Sans", "IPAexGothic"]}
WIDTH = 8.0  # inches: the width of the text column
DOTS_PER_INCH = 144


def figure(columns: int = 1, rows: int = 1, height: float = 3.2, **options: Any) -> tuple[Figure, Any]:
    """A figure as wide as the text, and its axes, in the language in use.

    Args:
        columns: axes side by side.
        rows: axes above each other.
        height: height of one row in inches.
        options: passed on to :func:`matplotlib.pyplot.subplots`.
    """
    font = {
        "font.family": FONTS[current()],
        "axes.unicode_minus": False,
        "axes.titlesize": 11,
        "grid.linewidth": 0.6,
    }
    sns.set_theme(context="notebook", style="whitegrid", palette="colorblind", rc=font)
    return plt.subplots(rows, columns, figsize=(WIDTH, height * rows), layout="constrained", **options)


def show(fig: Figure, alt: str, caption: str = "", name: str = "") -> None:
    """Display ``fig`` with its text description, and close it.

    Args:
        fig: the figure.
        alt: what the figure shows, in the language in use, made from the data it shows.
        caption: one sentence of Markdown, in the language in use, set beneath the figure with its number.
        name: the label by which the text refers to the figure: ``{numref}`name```.

    Raises:
        ValueError: ``alt`` is empty, or ``name`` comes without ``caption``.
        UserWarning: a character has no glyph in the fonts in use.
    """
    if not alt.strip():
        raise ValueError(f"alt must describe the figure, found {alt!r}")
    if name and not caption:
        raise ValueError(f"a figure has a number, and so a name, only with a caption; found name {name!r}")
    image = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing from")
        fig.savefig(image, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    plt.close(fig)
    words = {"alt": alt, "caption": caption, "name": name}
    shown = {key: " ".join(text.split()) for key, text in words.items() if text}
    display({"image/png": image.getvalue()}, raw=True, metadata={"image/png": shown})


def losses_and_gradients(
    losses: Mapping[str, Callable[[Tensor], Tensor]], start: float = -4.0, end: float = 4.0, x: str = ""
) -> tuple[Figure, Any]:
    """Curves of losses and, beside them, of their gradients, found by autograd.

    Args:
        losses: by label, elementwise losses of one tensor.
        start: left end of the axis.
        end: right end of the axis.
        x: name of the axis.
    """
    fig, (left, right) = figure(columns=2)
    at = torch.linspace(start, end, 801, dtype=torch.float64)
    for label, loss in losses.items():
        inputs = at.clone().requires_grad_()
        values = loss(inputs)
        (gradient,) = torch.autograd.grad(values.sum(), inputs)
        left.plot(at.numpy(), values.detach().numpy(), label=label)
        right.plot(at.numpy(), gradient.numpy(), label=label)
    left.set(title=tr("損失", "Loss"), xlabel=x)
    right.set(title=tr("勾配", "Gradient"), xlabel=x)
    left.legend()
    return fig, (left, right)


def learning_curves(histories: Mapping[str, History], height: float = 3.0) -> tuple[Figure, Any]:
    """Training and validation loss of each epoch, a dot at the epoch that was kept; one panel per history.

    Losses of different kinds have different scales, so each panel has its own.

    Args:
        histories: by title, what :func:`lossbook.training.fit` returned.
        height: height of the panels in inches.
    """
    fig, panels = figure(columns=len(histories), height=height, squeeze=False)
    for axes, (title, history) in zip(panels.flat, histories.items(), strict=True):
        epochs = range(1, len(history.train) + 1)
        axes.plot(epochs, history.train, label=tr("訓練", "training"))
        if history.validation:
            axes.plot(epochs, history.validation, label=tr("検証", "validation"))
        if history.best_epoch is not None:
            axes.plot(history.best_epoch, min(history.validation), "ko", ms=5)
        axes.set(title=title, xlabel=tr("エポック", "epoch"))
        axes.xaxis.get_major_locator().set_params(integer=True)
    panels.flat[0].set_ylabel(tr("損失", "loss"))
    panels.flat[0].legend()
    return fig, list(panels.flat)


def reliability(tables: Mapping[str, Tensor], height: float = 3.4) -> tuple[Figure, Any]:
    """Confidence against accuracy, one panel per model; on the diagonal a model is as often right as it says.

    The area of a dot is the share of the predictions it stands for.

    Args:
        tables: by title, what :func:`lossbook.training.calibration` returned.
        height: height of the panels in inches.
    """
    fig, panels = figure(columns=len(tables), height=height, squeeze=False, sharey=True)
    for axes, (title, table) in zip(panels.flat, tables.items(), strict=True):
        share, confidence, accuracy = table.cpu().unbind(1)
        axes.plot([0, 1], [0, 1], color="0.5", lw=1)
        axes.plot(confidence.numpy(), accuracy.numpy(), lw=1, zorder=2)
        axes.scatter(
            confidence.numpy(), accuracy.numpy(), s=(20 + 400 * share).numpy(), zorder=3, clip_on=False
        )
        axes.set(title=title, xlabel=tr("確信度", "confidence"), xlim=(0, 1.05), ylim=(0, 1.05))
        axes.set_xticks([0, 0.5, 1])  # three panels side by side have no room for more
    panels.flat[0].set_ylabel(tr("正解率", "accuracy"))
    return fig, list(panels.flat)


def embedding_maps(
    maps: Mapping[str, Tensor], y: Tensor, columns: int = 3, height: float = 2.7
) -> tuple[Figure, Any]:
    """Points in two dimensions, one panel per map; the number of each class stands at its median.

    Args:
        maps: by title, embeddings of shape ``(N, 2)``.
        y: classes, shape ``(N,)``.
        columns: panels in a row.
        height: height of a panel in inches.
    """
    rows = -(-len(maps) // columns)
    fig, panels = figure(columns, rows, height=height, squeeze=False)
    for axes in panels.flat[len(maps) :]:
        axes.axis("off")
    for axes, (title, u) in zip(panels.flat, maps.items(), strict=False):
        for label in y.unique().tolist():
            points = u.cpu()[y.cpu() == label]
            axes.scatter(points[:, 0].numpy(), points[:, 1].numpy(), s=8, alpha=0.7, linewidths=0)
            place = {"ha": "center", "va": "center", "fontsize": 12}
            box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8}
            axes.text(*points.median(0).values.tolist(), str(label), **place, bbox=box)
        axes.set_title(title)
        axes.set_aspect("equal", adjustable="datalim")
    return fig, panels


def image_grid(images: Tensor, titles: Sequence[str] = (), columns: int = 10) -> tuple[Figure, Any]:
    """Images in rows, each with its title.

    Args:
        images: shape ``(N, H, W)`` or ``(N, 1, H, W)``; dark is high.
        titles: one per image, or none.
        columns: images in a row.
    """
    images = images.detach().cpu().reshape(len(images), *images.shape[-2:])
    rows = -(-len(images) // columns)
    fig, axes = figure(columns, rows, height=WIDTH / columns * (1.25 if titles else 1.0), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, image in zip(axes.flat, images, strict=False):
        axis.imshow(image.numpy(), cmap="gray_r")
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title, fontsize=10)
    return fig, axes
