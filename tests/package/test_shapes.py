"""Every loss takes the shapes that torch's takes, with its values, and refuses those that torch's refuses."""

import itertools
import warnings

import pytest
import torch
from torch.testing import assert_close

from tests.package.beside_torch import both

SHAPES = ((), (1,), (3,), (4,), (0,), (3, 1), (1, 4), (3, 4), (0, 4), (3, 2), (3, 4, 2))


def real(shape):
    return torch.randn(shape, dtype=torch.float64)


def fraction(shape):
    return 0.1 + 0.8 * torch.rand(shape, dtype=torch.float64)


def sign(shape):
    return 2 * torch.randint(2, shape) - 1


def index(shape):
    return torch.randint(2, shape)


def listed(shape):
    return torch.randint(-1, 2, shape)


ARGUMENTS = {
    "mse_loss": {"input": real, "target": real},
    "mse_loss, weight": {"input": real, "target": real, "weight": fraction},
    "l1_loss": {"input": real, "target": real},
    "huber_loss": {"input": real, "target": real},
    "smooth_l1_loss": {"input": real, "target": real},
    "gaussian_nll_loss": {"input": real, "target": real, "var": fraction},
    "poisson_nll_loss": {"input": real, "target": fraction},
    "binary_cross_entropy": {"input": fraction, "target": fraction},
    "binary_cross_entropy, weight": {"input": fraction, "target": fraction, "weight": fraction},
    "binary_cross_entropy_with_logits": {"input": real, "target": fraction},
    "binary_cross_entropy_with_logits, weight": {"input": real, "target": fraction, "pos_weight": fraction},
    "soft_margin_loss": {"input": real, "target": sign},
    "hinge_embedding_loss": {"input": real, "target": sign},
    "margin_ranking_loss": {"input1": real, "input2": real, "target": sign},
    "nll_loss": {"input": real, "target": index},
    "cross_entropy": {"input": real, "target": index},
    "cross_entropy, probabilities": {"input": real, "target": fraction},
    "cross_entropy, weight": {"input": real, "target": index, "weight": fraction},
    "kl_div": {"input": real, "target": fraction},
    "multi_margin_loss": {"input": real, "target": index},
    "multi_margin_loss, weight": {"input": real, "target": index, "weight": fraction},
    "multilabel_margin_loss": {"input": real, "target": listed},
    "multilabel_soft_margin_loss": {"input": real, "target": fraction},
    "cosine_embedding_loss": {"input1": real, "input2": real, "target": sign},
    "triplet_margin_loss": {"anchor": real, "positive": real, "negative": real},
    "triplet_margin_with_distance_loss": {"anchor": real, "positive": real, "negative": real},
}


def differs_on_purpose(name, shapes, reduction):
    """What a docstring says that torch does otherwise, and two mistakes of which torch sees the other."""
    if name.startswith("cross_entropy") or name == "nll_loss":
        two_mistakes = shapes[:2] == ((0, 4), ())
        weight_of_two_dimensions = len(shapes) == 3 and len(shapes[2]) == 2
        no_classes = shapes == ((0,), (0,))
        return two_mistakes or weight_of_two_dimensions or no_classes
    if name.startswith("multi") and "soft" not in name:
        return shapes[0] == (0, 4) and reduction == "mean"  # torch returns memory it never wrote
    if name.startswith("triplet"):
        return len({shape[-1:] for shape in shapes} - {(1,)}) > 1  # features that do not match
    return False


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_the_shapes_that_fit_are_torchs(name, reduction):
    ours, theirs = both(name.partition(",")[0])
    makers = ARGUMENTS[name]
    fitting = 0
    for shapes in itertools.product(SHAPES, repeat=len(makers)):
        torch.manual_seed(0)
        arguments = {k: make(shape) for (k, make), shape in zip(makers.items(), shapes, strict=True)}
        if differs_on_purpose(name, shapes, reduction):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                expected = theirs(**arguments, reduction=reduction)
            except (RuntimeError, ValueError, IndexError) as error:
                with pytest.raises(type(error)):
                    ours(**arguments, reduction=reduction)
                continue
            found = ours(**arguments, reduction=reduction)
        fitting += 1
        assert_close(found, expected, equal_nan=True, msg=lambda m, shapes=shapes: f"{shapes}: {m}")
    assert fitting > 2
