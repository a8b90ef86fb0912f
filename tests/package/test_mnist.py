"""MNIST from files in a folder, on a tiny pair of IDX files, and the loaders that the chapters share."""

import gzip

import pytest
import torch

from lossbook import data, training
from lossbook.data.idx import MNIST_FILES

IMAGES, LABELS = MNIST_FILES["train"]


def idx(values: torch.Tensor) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + bytes(values.flatten().tolist())


@pytest.fixture
def folder(tmp_path):
    """Three images of 2 x 4 pixels, packed, and their labels, unpacked."""
    pixels = torch.arange(24).reshape(3, 2, 4) * 10
    (tmp_path / f"{IMAGES}.gz").write_bytes(gzip.compress(idx(pixels)))
    (tmp_path / LABELS).write_bytes(idx(torch.tensor([7, 0, 9])))
    return tmp_path


def test_images_and_labels_are_read(folder):
    part = data.mnist(folder)
    assert part.x.shape == (3, 1, 2, 4)
    assert part.x.dtype == torch.float32
    assert part.x[2, 0, 1, 3].item() == pytest.approx(230 / 255)
    assert part.y.tolist() == [7, 0, 9]
    assert part.y.dtype == torch.int64


def test_a_missing_file_is_named_with_the_remedy(folder):
    with pytest.raises(FileNotFoundError, match=r"holds neither t10k-images-idx3-ubyte nor .*data\.digits"):
        data.mnist(folder, "test")


def test_another_part_is_refused(folder):
    with pytest.raises(ValueError, match="part must be 'train' or 'test', found 'validation'"):
        data.mnist(folder, "validation")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!DOCTYPE html>", "is no IDX file of bytes: it begins with b'<!DO'"),
        (b"", "is no IDX file of bytes: it begins with b''"),
        (idx(torch.tensor([7, 0, 9]))[:-1], "announces 3 values, found 2"),
        (idx(torch.tensor([7, 0])), r"do not belong together: their shapes are \(3, 2, 4\) and \(2,\)"),
    ],
)
def test_a_wrong_file_is_named(folder, content, message):
    (folder / LABELS).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        data.mnist(folder)


def test_a_damaged_archive_is_named(folder):
    (folder / f"{IMAGES}.gz").write_bytes(b"not an archive")
    with pytest.raises(ValueError, match=r"ubyte\.gz cannot be unpacked .*; download it again"):
        data.mnist(folder)


def test_the_training_part_alone_decides_the_scale():
    train, test = data.diabetes().split(0.5, 0.5)
    scaled, other = data.standardize(train, test)
    assert torch.allclose(scaled.x.mean(0), torch.zeros(10), atol=1e-5)
    assert torch.allclose(scaled.x.std(0), torch.ones(10))
    assert torch.equal(other.x, (test.x - train.x.mean(0)) / train.x.std(0))
    assert torch.equal(other.y, test.y)


def test_images_have_one_scale():
    (scaled,) = data.standardize(data.digits())
    assert scaled.x.std().item() == pytest.approx(1)
    assert not torch.allclose(scaled.x.std(0), torch.ones(1, 8, 8))


def test_loaders_shuffle_the_training_part_only():
    train, test = data.diabetes().split(0.5, 0.5)
    shuffled, whole = training.loaders(train, test, size=50, seed=1, on="cpu")
    assert len(shuffled) == 5
    assert not torch.equal(torch.cat([y for _, y in shuffled]), train.y)
    assert torch.equal(torch.cat([y for _, y in whole]), test.y)
