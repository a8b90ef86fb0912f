"""The explorer draws what lossbook computes, and a keyboard can steer it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from lossbook import likelihoods, losses

from .visit import Site, Visit

ZERO = torch.zeros((), dtype=torch.float64)
ONE = torch.ones((), dtype=torch.float64)
Setting = dict[str, float]


def same(name: str) -> Callable[..., Tensor]:
    """The loss of a prediction against 0, with the settings as its options."""
    return lambda x, **p: getattr(losses, name)(x, ZERO.expand_as(x), reduction="none", **p)


def one_against_zeros(x: Tensor, classes: int) -> Tensor:
    """Logits: x for the right class, 0 for the others."""
    return torch.cat([x[:, None], torch.zeros(len(x), classes - 1, dtype=x.dtype)], 1)


def cross_entropy(x: Tensor, C: float, label_smoothing: float, temperature: float) -> Tensor:
    logits = one_against_zeros(x / temperature, int(C))
    target = torch.zeros(len(x), dtype=torch.long)
    return losses.cross_entropy(logits, target, label_smoothing=label_smoothing, reduction="none")


def focal(x: Tensor, gamma: float) -> Tensor:
    target = torch.zeros(len(x), dtype=torch.long)
    return losses.focal_loss(one_against_zeros(x, 2), target, gamma=gamma, reduction="none")


def full(x: Tensor, value: float) -> Tensor:
    return torch.full_like(x, value)


LOSSES: dict[str, tuple[Callable[..., Tensor], list[Setting]]] = {
    "mse_loss": (same("mse_loss"), [{}]),
    "l1_loss": (same("l1_loss"), [{}]),
    "smooth_l1_loss": (same("smooth_l1_loss"), [{"beta": 0.4}, {"beta": 2.0}]),
    "huber_loss": (same("huber_loss"), [{"delta": 0.4}, {"delta": 2.0}]),
    "gaussian_nll_loss": (
        lambda x, var: losses.gaussian_nll_loss(x, full(x, 0), full(x, var), reduction="none"),
        [{"var": 0.3}, {"var": 3.0}],
    ),
    "poisson_nll_loss": (
        lambda x, y: losses.poisson_nll_loss(x, full(x, y), reduction="none"),
        [{"y": 0}, {"y": 7}],
    ),
    "binary_cross_entropy_with_logits": (
        lambda x, t, pos_weight: losses.binary_cross_entropy_with_logits(
            x, full(x, t), pos_weight=pos_weight * ONE, reduction="none"
        ),
        [{"t": 0.3, "pos_weight": 1}, {"t": 1, "pos_weight": 4}],
    ),
    "soft_margin_loss": (
        lambda x, y: losses.soft_margin_loss(x, full(x, y), reduction="none"),
        [{"y": 1}, {"y": -1}],
    ),
    "hinge_loss": (
        lambda x, y, margin: losses.hinge_loss(x, full(x, y), margin=margin, reduction="none"),
        [{"y": 1, "margin": 1}, {"y": -1, "margin": 0.5}],
    ),
    "focal_loss": (focal, [{"gamma": 0}, {"gamma": 2}]),
    "cross_entropy": (
        cross_entropy,
        [
            {"C": 3, "label_smoothing": 0, "temperature": 1},
            {"C": 10, "label_smoothing": 0.2, "temperature": 2},
        ],
    ),
    "margin_ranking_loss": (
        lambda x, margin: losses.margin_ranking_loss(
            x, full(x, 0), full(x, 1), margin=margin, reduction="none"
        ),
        [{"margin": 0.5}],
    ),
    "pairwise_logistic_loss": (
        lambda x: losses.pairwise_logistic_loss(x, full(x, 0), full(x, 1), reduction="none"),
        [{}],
    ),
    "pairwise_probit_loss": (
        lambda x: losses.pairwise_probit_loss(x, full(x, 0), full(x, 1), reduction="none"),
        [{}],
    ),
    "hinge_embedding_loss": (
        lambda x, y, margin: losses.hinge_embedding_loss(x, full(x, y), margin=margin, reduction="none"),
        [{"y": 1, "margin": 1}, {"y": -1, "margin": 1.5}],
    ),
    "triplet_margin_loss": (
        lambda x, margin: losses.triplet_margin_with_distance_loss(
            x, full(x, 0), full(x, 1), margin=margin, reduction="none",
            distance_function=lambda a, other: a * (1 - other),
        ),
        [{"margin": 1}],
    ),
}  # fmt: skip
CASES = [(name, settings) for name, (_, choices) in LOSSES.items() for settings in choices]


@pytest.fixture(scope="module")
def explorer(site: Site) -> Iterator[Visit]:
    """The explorer, opened once; what it computes does not depend on what it shows."""
    with site.open("en/explorer.html") as visit:
        yield visit


def test_every_loss_of_the_explorer_is_compared(explorer: Visit) -> None:
    assert set(explorer.ask("() => Object.keys(bookExplorer.losses)")) == LOSSES.keys()


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_curves_equal_lossbook(explorer: Visit, name: str, settings: Setting) -> None:
    limits = explorer.ask(f"() => [bookExplorer.losses.{name}.from, bookExplorer.losses.{name}.to]")
    x = torch.linspace(*limits, 38, dtype=torch.float64)[1:-1].requires_grad_()
    drawn = explorer.ask(
        "([name, xs, p]) => xs.map((x) => bookExplorer.evaluate(name, x, p))",
        [name, x.tolist(), settings],
    )
    loss = LOSSES[name][0](x, **settings)
    (gradient,) = torch.autograd.grad(loss.sum(), x)
    for curve, expected in (("loss", loss.detach()), ("gradient", gradient)):
        found = torch.tensor([point[curve] for point in drawn], dtype=torch.float64)
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)
    if drawn[0]["density"] is not None:
        found = torch.tensor([point["density"] for point in drawn], dtype=torch.float64)
        torch.testing.assert_close(found, density(name, x.detach(), settings), rtol=1e-6, atol=1e-9)


def density(name: str, x: Tensor, settings: Setting) -> Tensor:
    """The density of the target 0 under the noise model around x."""
    if name == "gaussian_nll_loss":
        return torch.distributions.Normal(x, math.sqrt(settings["var"])).log_prob(ZERO).exp()
    model = getattr(likelihoods, name)(x, **settings)
    return model.distribution.log_prob(ZERO).exp()


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_explorer_draws_three_panels_below_its_heading(site: Site, lang: str) -> None:
    with site.open(f"{lang}/explorer.html") as visit:
        assert visit.page.locator("article h1").count() == 1
        assert visit.page.locator(".loss-explorer svg path.curve").count() == 3


def test_the_formula_of_the_chosen_loss_is_shown(explorer: Visit) -> None:
    for name, sign in (("mse_loss", "y"), ("huber_loss", r"\delta")):
        explorer.page.select_option("#explorer-loss", name)
        shown = explorer.page.locator(".explorer-formula annotation").text_content() or ""
        assert sign in shown


def test_a_keyboard_steers_the_explorer(site: Site) -> None:
    with site.open("ja/explorer.html") as visit:
        page = visit.page
        before = page.locator(".readout").text_content()
        page.focus("#explorer-delta")
        page.keyboard.press("ArrowLeft")
        assert page.locator("output[for=explorer-delta]").text_content() == "0.9"
        assert page.locator(".readout").text_content() != before
        page.select_option("#explorer-loss", "cross_entropy")
        assert page.locator("#explorer-label_smoothing").count() == 1
        assert "損失" in (page.locator(".readout").text_content() or "")
        assert not visit.problems
