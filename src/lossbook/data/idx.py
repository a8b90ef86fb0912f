"""MNIST, from files that a reader has."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lossbook.data.dataset import Dataset

MNIST_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def mnist(folder: str | Path, part: str = "train") -> Dataset:
    """MNIST from four files that you have downloaded: images with values from 0 to 1, ``(N, 1, 28, 28)``.

    The files are in the IDX format, packed (``.gz``) or unpacked, under their usual names, such as
    ``train-images-idx3-ubyte.gz``. Nothing is downloaded here; :func:`digits` needs no file at all.

    Args:
        folder: where the files lie.
        part: ``'train'`` (60 000 images) or ``'test'`` (10 000).

    Raises:
        ValueError: another part, or a file that is damaged or not what its name says.
        FileNotFoundError: a file is missing; the message names it.

    Source: LeCun, Bottou, Bengio, Haffner, *Gradient-based learning applied to document recognition*,
    Proceedings of the IEEE 86(11), 1998.
    """
    if part not in MNIST_FILES:
        raise ValueError(f"part must be 'train' or 'test', found {part!r}")
    images, labels = (_idx(Path(folder), name) for name in MNIST_FILES[part])
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise ValueError(
            f"the images and labels of part {part!r} in {folder} do not belong together: their shapes are "
            f"{tuple(images.shape)} and {tuple(labels.shape)}; download both again"
        )
    licence = "CC BY-SA 3.0 (Yann LeCun and Corinna Cortes)"
    return Dataset(images.unsqueeze(1) / 255, labels.long(), ("pixel",), "digit", licence)


def _idx(folder: Path, name: str) -> Tensor:
    """One IDX file: two zeros, 8 for bytes, the number of axes, their lengths (big-endian), the values."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)
    if path is None:
        raise FileNotFoundError(
            f"{folder} holds neither {name} nor {name}.gz; download the four files of MNIST into it, "
            "or use data.digits(), which needs no download"
        )
    raw = _unpacked(path)
    if len(raw) < 4 or raw[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is no IDX file of bytes: it begins with {raw[:4]!r}; download it again")
    start = 4 + 4 * raw[3]
    shape = [int.from_bytes(raw[i : i + 4], "big") for i in range(4, start, 4)]
    if len(raw) - start != math.prod(shape):
        raise ValueError(
            f"{path} announces {math.prod(shape)} values, found {len(raw) - start}; download it again"
        )
    return torch.tensor(np.frombuffer(raw, np.uint8, offset=start).reshape(shape))


def _unpacked(path: Path) -> bytes:
    raw = path.read_bytes()
    if path.suffix != ".gz":
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be unpacked ({error}); download it again") from error
