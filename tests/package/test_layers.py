"""Dropout and batch normalisation against torch's, and the networks that use them."""

import pytest
import torch
from torch import nn

from lossbook import models
from lossbook.layers import BatchNorm, Dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("p", [0.0, 0.25, 0.5, 0.9])
def test_dropout_draws_and_scales_as_torch_does(p, dtype):
    x = torch.randn(50, 20, dtype=dtype)
    torch.manual_seed(3)
    expected = nn.Dropout(p)(x)
    torch.manual_seed(3)
    assert torch.allclose(Dropout(p)(x), expected)


def test_dropout_keeps_the_mean_in_training_and_the_values_in_use():
    torch.manual_seed(0)
    layer, ones = Dropout(0.25), torch.ones(1000, 1000)
    assert layer(ones).mean().item() == pytest.approx(1, abs=0.01)
    assert torch.equal(layer.eval()(ones), ones)


def test_dropout_sends_the_gradient_through_the_kept_elements_only():
    torch.manual_seed(0)
    x = torch.ones(200, requires_grad=True)
    dropped = Dropout(0.5)(x)
    (gradient,) = torch.autograd.grad(dropped.sum(), x)
    assert torch.equal(gradient, dropped.detach())


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5])
def test_dropout_wants_a_probability(p):
    with pytest.raises(ValueError, match=f"p must be at least 0 and below 1, found {p}"):
        Dropout(p)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.5}, {"eps": 1e-2}])
def test_batch_norm_equals_torch_in_training_and_in_use(options):
    torch.manual_seed(0)
    ours, theirs = BatchNorm(3, **options).double(), nn.BatchNorm1d(3, **options).double()
    scale = {"weight": torch.randn(3), "bias": torch.randn(3)}
    ours.load_state_dict(scale, strict=False)
    theirs.load_state_dict(scale, strict=False)
    for size in (8, 2, 5):
        x = (torch.randn(size, 3, dtype=torch.float64) * 4 + 2).requires_grad_()
        found, expected = ours(x), theirs(x)
        weight = torch.randn_like(found)
        gradients = [torch.autograd.grad((y * weight).sum(), x)[0] for y in (found, expected)]
        assert torch.allclose(found, expected)
        assert torch.allclose(*gradients)
    assert torch.allclose(ours.running_mean, theirs.running_mean)
    assert torch.allclose(ours.running_var, theirs.running_var)
    assert torch.allclose(ours.eval()(x[:1]), theirs.eval()(x[:1]))


def test_batch_norm_keeps_a_constant_feature_finite():
    y = BatchNorm(2)(torch.full((4, 2), 7.0))
    assert torch.equal(y, torch.zeros(4, 2))


def test_batch_norm_refuses_a_single_row_and_another_width():
    with pytest.raises(ValueError, match="at least 2 rows, found 1: a single row has no variance"):
        BatchNorm(3)(torch.ones(1, 3))
    with pytest.raises(ValueError, match=r"x must have shape \(N, 3\), found \(4, 2\)"):
        BatchNorm(3)(torch.ones(4, 2))


def test_a_network_holds_what_its_arguments_say():
    model = models.mlp(5, 2, hidden=(4, 3), activation="tanh", batch_norm=True, dropout=0.25)
    kinds = [type(layer).__name__ for layer in model]
    hidden = ["Linear", "BatchNorm", "Tanh", "Dropout"]
    assert kinds == ["Flatten", *hidden, *hidden, "Linear"]
    assert model(torch.randn(6, 5)).shape == (6, 2)


def test_a_network_names_the_activations_it_knows():
    with pytest.raises(ValueError, match=r"activation must be one of 'relu', 'tanh', .*, found 'step'"):
        models.mlp(3, activation="step")
