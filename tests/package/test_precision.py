"""What float16, whole numbers and branches not taken must not do to a loss."""

import pytest
import torch
from torch.testing import assert_close

from lossbook import losses

HALF = torch.float16


def half(*values):
    return torch.tensor(values, dtype=HALF)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int64])
def test_counts_are_real_numbers_whatever_their_dtype(dtype):
    y = torch.tensor([255, 0, 7]).to(dtype)
    for x in (torch.tensor([5.0, 0.0, 2.0]), torch.tensor([5.0, 0.0, 2.0]).double()):
        for log_input in (True, False):
            found = losses.poisson_nll_loss(x, y, log_input, full=True, reduction="none")
            assert_close(found, losses.poisson_nll_loss(x, y.to(x), log_input, full=True, reduction="none"))
        found = losses.negative_binomial_nll_loss(x, y, 0.5, full=True, reduction="none")
        assert_close(found, losses.negative_binomial_nll_loss(x, y.to(x), 0.5, full=True, reduction="none"))


def test_the_largest_count_of_a_byte():
    loss = losses.negative_binomial_nll_loss(
        torch.tensor([5.0]), torch.tensor([255], dtype=torch.uint8), 0.5, full=True
    )
    assert_close(loss, torch.tensor(6.5087), atol=1e-4, rtol=0)


def test_a_million_is_counted_in_the_dtype_of_the_input():
    x, y = torch.tensor([13.0], dtype=torch.float64), torch.tensor([1_000_000])
    for loss, options in ((losses.negative_binomial_nll_loss, (0.5,)), (losses.poisson_nll_loss, ())):
        assert_close(loss(x, y, *options, full=True), loss(x, y.double(), *options, full=True))


def test_large_counts_keep_the_dtype_of_the_input():
    loss = losses.poisson_nll_loss(half(11.0), torch.tensor([70_000]), full=True)
    assert loss.dtype == HALF
    assert loss.isfinite()


def test_weights_larger_than_float16():
    z, t = half(5, -5), half(1, 0)
    for weight in (torch.tensor(1e5), torch.tensor([1e5, 1e5])):
        loss = losses.binary_cross_entropy_with_logits(z, t, pos_weight=weight, reduction="none")
        assert_close(loss, half(671.5, 0.0067), rtol=1e-3, atol=1e-5)
        loss = losses.binary_cross_entropy_with_logits(z, t, weight=weight, reduction="none")
        assert_close(loss, half(671.5, 671.5), rtol=1e-3, atol=0)


def test_numbers_that_float16_cannot_hold():
    zero, one = half(0), half(1)
    assert_close(losses.gaussian_nll_loss(zero, one, 1e5).item(), 5.7565, rtol=1e-3, atol=0)
    assert_close(losses.gaussian_nll_loss(zero, zero, zero, eps=1e-8).item(), -9.2103, rtol=1e-3, atol=0)
    assert_close(losses.poisson_nll_loss(zero, one, log_input=False).item(), 18.42, rtol=1e-3, atol=0)
    assert losses.z_loss(half(300).unsqueeze(0)).item() == 9
    for dispersion in (1e5, 1e-8, torch.tensor(1e5)):
        exact = losses.negative_binomial_nll_loss(one.double(), one.double(), dispersion)
        found = losses.negative_binomial_nll_loss(one, one, dispersion)
        assert_close(found.double(), exact, rtol=1e-3, atol=1e-3)


def test_the_mean_of_many_in_float16():
    z, y = torch.zeros(70_000, 3, dtype=HALF), torch.zeros(70_000, dtype=torch.long)
    for options in ({}, {"weight": torch.ones(3, dtype=HALF)}, {"label_smoothing": 0.1}):
        assert_close(losses.cross_entropy(z, y, **options), torch.tensor(1.0986, dtype=HALF))
    far = torch.full((70_000,), 2.0, dtype=HALF)
    assert losses.mse_loss(far, 0 * far, weight=far) == 4
    assert losses.kl_div(-far, far / 2, "batchmean") == 2
    rows = torch.full((2, 70_000), 2.0, dtype=HALF)
    assert_close(losses.multilabel_soft_margin_loss(rows, 0 * rows).item(), 2.127, rtol=1e-3, atol=0)
    assert_close(losses.multi_margin_loss(rows, torch.tensor([0, 1])).item(), 1.0, rtol=1e-3, atol=0)


def test_the_gradient_of_the_mean_of_many_in_float16():
    z = torch.zeros(70_000, 3, dtype=HALF, requires_grad=True)
    losses.cross_entropy(z, torch.zeros(70_000, dtype=torch.long)).backward()
    assert_close(z.grad[0].float() * 70_000, torch.tensor([-2 / 3, 1 / 3, 1 / 3]), rtol=0.02, atol=0)


def test_no_nan_where_a_probability_is_certain():
    p = torch.tensor([1.0, 0.0, 1.0, 0.0, 0.5], requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        loss = losses.binary_cross_entropy(p, torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0]), reduction="sum")
        loss.backward()
    assert_close(p.grad, torch.tensor([-1.0, 1.0, 1e12, -1e12, -2.0]))
