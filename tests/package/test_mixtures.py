"""Mixtures, angles and directions beside scipy and torch, and what they refuse."""

import math

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from torch.testing import assert_close

from lossbook import losses as F
from lossbook import training
from lossbook.families.mixtures.losses import _log_bessel

GENERATOR = torch.Generator().manual_seed(0)
TURN = 2 * math.pi


def normal(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def test_a_mixture_of_normals_is_torchs():
    mu, y, sigma, z = normal(5, 3), normal(5), normal(5, 3).exp(), normal(3)
    parts = torch.distributions.Normal(mu, sigma)
    weights = torch.distributions.Categorical(logits=z.expand(5, 3))
    theirs = -torch.distributions.MixtureSameFamily(weights, parts).log_prob(y)
    assert_close(F.gaussian_mixture_nll_loss(mu, y, sigma, z, full=True, reduction="none"), theirs)


def test_one_component_is_the_loss_without_a_mixture():
    mu, y, s, z = normal(5), normal(5), normal(5).exp(), normal(5, 1)
    alone = F.gaussian_nll_loss(mu, y, s**2, full=True, reduction="none")
    assert_close(F.gaussian_mixture_nll_loss(mu[:, None], y, s[:, None], z, True, "none"), alone)
    alone = F.von_mises_nll_loss(mu, y, s, reduction="none")
    assert_close(F.von_mises_mixture_nll_loss(mu[:, None], y, s[:, None], z, reduction="none"), alone)


def test_the_circle_is_scipys_and_knows_no_turns():
    mu, y, kappa = normal(20), normal(20), normal(20).exp()
    theirs = -scipy.stats.vonmises.logpdf(y.numpy(), kappa.numpy(), loc=mu.numpy())
    ours = F.von_mises_nll_loss(mu, y, kappa, full=True, reduction="none")
    assert_close(ours, torch.tensor(theirs))
    assert_close(F.von_mises_nll_loss(mu - 3 * TURN, y + TURN, kappa, True, "none"), ours)


@pytest.mark.parametrize("d", [2, 3, 5, 40])
def test_the_sphere_is_scipys(d):
    mu, y, kappa = normal(d), normal(d), 7.0
    law = scipy.stats.vonmises_fisher((mu / mu.norm()).numpy(), kappa)
    theirs = -law.logpdf((y / y.norm()).numpy())
    assert F.von_mises_fisher_nll_loss(mu, y, kappa, full=True).item() == pytest.approx(theirs, rel=1e-10)


def test_in_the_plane_the_sphere_is_the_circle():
    mu, y, kappa = normal(9), normal(9), normal(9).exp()
    vectors = [torch.stack([a.cos(), a.sin()], 1) for a in (mu, y)]
    ours = F.von_mises_fisher_nll_loss(*vectors, kappa, reduction="none")
    assert_close(ours, F.von_mises_nll_loss(mu, y, kappa, reduction="none"), atol=1e-8, rtol=0)


@pytest.mark.parametrize("d", [2, 3, 4, 17, 65, 66, 67, 128, 512, 2048])
def test_the_bessel_function_is_exact_over_the_promised_range(d):
    mpmath.mp.dps = 40
    order = mpmath.mpf(d) / 2 - 1
    for kappa in (1e-2, 0.1, 1.0, 10.0, 30.0, 100.0, 1000.0):
        k = torch.tensor(kappa, dtype=torch.float64, requires_grad=True)
        value = _log_bessel(float(order), k)
        (slope,) = torch.autograd.grad(value, k)
        exact = mpmath.log(mpmath.besseli(order, kappa)) - order * mpmath.log(kappa) - kappa
        assert value.item() == pytest.approx(float(exact), abs=1e-9, rel=1e-12)
        ratio = mpmath.besseli(order + 1, kappa) / mpmath.besseli(order, kappa) - 1
        assert slope.item() == pytest.approx(float(ratio), abs=1e-9)


def test_in_float32_the_sphere_keeps_six_digits_of_what_is_left():
    # kappa cos and log I are both near 1000; their difference must not lose the digits.
    mu, y = normal(512), normal(512)
    y = mu + 0.02 * y
    for kappa in (1e-2, 1.0, 1e3):
        exact = F.von_mises_fisher_nll_loss(mu, y, kappa)
        ours = F.von_mises_fisher_nll_loss(mu.float(), y.float(), kappa)
        assert ours.dtype == torch.float32
        assert ours.item() == pytest.approx(exact.item(), rel=1e-6)


def test_at_concentration_0_the_slope_is_minus_the_cosine():
    for y in (0.0, 1.0, 3.0):
        kappa = torch.zeros((), requires_grad=True)
        F.von_mises_nll_loss(torch.tensor(0.0), torch.tensor(y), kappa).backward()
        assert kappa.grad.item() == pytest.approx(-math.cos(y), abs=1e-6)


def test_a_zero_vector_has_cosine_0_and_no_gradient():
    zero = torch.zeros(3, requires_grad=True)
    loss = F.von_mises_fisher_nll_loss(zero, torch.ones(3), 2.0)
    right_angle = F.von_mises_fisher_nll_loss(torch.tensor([1.0, -1.0, 0.0]), torch.ones(3), 2.0)
    assert_close(loss, right_angle)
    loss.backward()
    assert zero.grad.tolist() == [0.0, 0.0, 0.0]


def test_the_length_of_a_vector_does_not_matter():
    mu, y = normal(4), normal(4)
    plain = F.von_mises_fisher_nll_loss(mu, y, 3.0)
    for factor in (1e-150, 1e150):
        assert_close(F.von_mises_fisher_nll_loss(factor * mu, y / factor, 3.0), plain)


def test_densities_are_normalised():
    y = torch.linspace(-60, 60, 60001, dtype=torch.float64)
    mu, sigma, z = normal(1, 3), normal(3).exp(), normal(3)
    p = F.gaussian_mixture_nll_loss(mu.expand(len(y), 3), y, sigma, z, True, "none").neg().exp()
    assert torch.trapezoid(p, y).item() == pytest.approx(1)
    y = torch.arange(1000, dtype=torch.float64) * TURN / 1000
    p = F.von_mises_mixture_nll_loss(mu.expand(len(y), 3), y, sigma, z, True, "none").neg().exp()
    assert p.mean().item() * TURN == pytest.approx(1)


def test_the_estimate_of_a_concentration_matches_the_mean_cosine():
    y = torch.tensor(np.random.default_rng(0).vonmises(0.5, 4.0, 500))
    w = torch.tensor([0.0, 0.0], dtype=torch.float64, requires_grad=True)
    training.minimise(lambda: F.von_mises_nll_loss(w[0].expand(500), y, w[1].exp()), w)
    mu, kappa = w[0].item(), w[1].exp().item()
    assert mu == pytest.approx(math.atan2(y.sin().mean(), y.cos().mean()), abs=1e-5)
    ratio = scipy.special.ive(1, kappa) / scipy.special.ive(0, kappa)
    assert ratio == pytest.approx(torch.cos(y - mu).mean().item(), abs=1e-6)


MU, Y, S, Z = torch.zeros(2, 3), torch.zeros(2), torch.ones(2, 3), torch.zeros(3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.gaussian_mixture_nll_loss(MU, Y, -S, Z), ValueError, "scale must be positive.*-1"),
        (lambda: F.gaussian_mixture_nll_loss(MU, Y[:1], S, Z), ValueError, r"target .*\(2, 3\).*\(1,\)"),
        (lambda: F.gaussian_mixture_nll_loss(MU, Y, S[:, :2], Z), ValueError, r"scale .*\(2, 3\).*\(2, 2\)"),
        (lambda: F.gaussian_mixture_nll_loss(MU, Y, S, Z[:2]), ValueError, r"logits .*\(2, 3\).*\(2,\)"),
        (lambda: F.gaussian_mixture_nll_loss(MU.long(), Y, S, Z), NotImplementedError, "input"),
        (lambda: F.gaussian_mixture_nll_loss(MU, Y, S, Z, reduction="max"), ValueError, "max"),
        (lambda: F.von_mises_nll_loss(Y, Y, -1.0), ValueError, "concentration must be 0 or more.*-1"),
        (
            lambda: F.von_mises_nll_loss(Y, torch.zeros(3), 1.0),
            RuntimeError,
            r"input.*\(2,\).*target.*\(3,\)",
        ),
        (lambda: F.von_mises_mixture_nll_loss(MU, Y, -S, Z), ValueError, "concentration.*-1"),
        (lambda: F.von_mises_mixture_nll_loss(Y[0], Y, S, Z), ValueError, r"target .*\(2,\)"),
        (lambda: F.von_mises_fisher_nll_loss(MU, MU[:, :2], 1.0), ValueError, r"\(2, 3\).*\(2, 2\)"),
        (lambda: F.von_mises_fisher_nll_loss(MU[:, :1], MU[:, :1], 1.0), ValueError, r"D >= 2.*\(2, 1\)"),
        (lambda: F.von_mises_fisher_nll_loss(MU, MU, -1.0), ValueError, "concentration.*-1"),
        (lambda: F.von_mises_fisher_nll_loss(MU, MU, S), ValueError, r"concentration.*\(2,\).*\(2, 3\)"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
