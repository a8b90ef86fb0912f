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


def led(name: str) -> Callable[..., Tensor]:
    """A loss of classes, of which the right one leads by x."""

    def loss(x: Tensor, C: float = 3, **p: float) -> Tensor:
        options = {key: int(value) if key == "p" else value for key, value in p.items()}
        target = torch.zeros(len(x), dtype=torch.long)
        return getattr(losses, name)(one_against_zeros(x, int(C)), target, reduction="none", **options)

    return loss


def rare(x: Tensor, C: float, share: float, tau: float) -> Tensor:
    """Logit adjustment where the right class has a share, and the others divide the rest evenly."""
    prior = torch.full((int(C),), (1 - share) / (C - 1), dtype=x.dtype)
    prior[0] = share
    target = torch.zeros(len(x), dtype=torch.long)
    z = one_against_zeros(x, int(C))
    return losses.logit_adjusted_cross_entropy(z, target, prior, tau, reduction="none")


def labelled(name: str, label: str) -> Callable[..., Tensor]:
    """A loss of one number and its label, which the explorer has among the settings."""
    return lambda x, **p: getattr(losses, name)(x, full(x, p.pop(label)), reduction="none", **p)


def interval(x: Tensor, alpha: float, width: float) -> Tensor:
    return losses.interval_score_loss(x - width / 2, x + width / 2, full(x, 0), alpha=alpha, reduction="none")


def cosine(x: Tensor, margin: float, y: float) -> Tensor:
    """Of two unit vectors at the angle whose cosine is x."""
    first = torch.stack([x, (1 - x * x).sqrt()], 1)
    second = torch.tensor([1.0, 0.0], dtype=x.dtype).expand(len(x), 2)
    return losses.cosine_embedding_loss(first, second, full(x, y), margin=margin, reduction="none")


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
    "focal_loss": (led("focal_loss"), [{"C": 2, "gamma": 0}, {"C": 5, "gamma": 2}]),
    "logit_adjusted_cross_entropy": (
        rare,
        [{"C": 2, "share": 0.02, "tau": 1}, {"C": 5, "share": 0.6, "tau": 0.5}],
    ),
    "log_cosh_loss": (same("log_cosh_loss"), [{}]),
    "pseudo_huber_loss": (same("pseudo_huber_loss"), [{"delta": 0.1}, {"delta": 3.0}]),
    "general_robust_loss": (
        same("general_robust_loss"),
        [{"alpha": alpha, "scale": scale} for alpha, scale in ((2, 0.5), (1, 1), (0, 2), (-2, 0.7))],
    ),
    "quantile_loss": (same("quantile_loss"), [{"quantile": 0.5}, {"quantile": 0.9}]),
    "expectile_loss": (same("expectile_loss"), [{"expectile": 0.5}, {"expectile": 0.2}]),
    "interval_score_loss": (interval, [{"alpha": 0.1, "width": 3}, {"alpha": 0.5, "width": 1}]),
    "beta_nll_loss": (
        lambda x, var, beta: losses.beta_nll_loss(x, full(x, 0), full(x, var), beta=beta, reduction="none"),
        [{"var": 0.3, "beta": 0}, {"var": 3, "beta": 0.5}],
    ),
    "laplace_nll_loss": (same("laplace_nll_loss"), [{"scale": 0.4}, {"scale": 2}]),
    "student_t_nll_loss": (
        same("student_t_nll_loss"),
        [{"scale": 0.4, "df": 0.5}, {"scale": 2, "df": 30}],
    ),
    "gaussian_crps_loss": (same("gaussian_crps_loss"), [{"scale": 0.4}, {"scale": 2}]),
    "negative_binomial_nll_loss": (
        labelled("negative_binomial_nll_loss", "y"),
        [{"y": 0, "dispersion": 0.1}, {"y": 7, "dispersion": 3}],
    ),
    "log_normal_nll_loss": (
        labelled("log_normal_nll_loss", "y"),
        [{"y": 0.1, "scale": 0.5}, {"y": 7, "scale": 2}],
    ),
    "multilabel_soft_margin_loss": (
        lambda x, t: losses.multilabel_soft_margin_loss(x[:, None], full(x, t)[:, None], reduction="none"),
        [{"t": 1}, {"t": 0.2}],
    ),
    "sigmoid_focal_loss": (
        lambda x, t, alpha, gamma: losses.sigmoid_focal_loss(x, full(x, t), alpha=alpha, gamma=gamma),
        [{"t": 1, "alpha": 0.25, "gamma": 2}, {"t": 0, "alpha": 0.8, "gamma": 0.5},
         {"t": 0.4, "alpha": 0.5, "gamma": 0}],
    ),
    "binary_cross_entropy": (labelled("binary_cross_entropy", "t"), [{"t": 0}, {"t": 0.3}]),
    "nll_loss": (
        lambda x: losses.nll_loss(x[:, None], torch.zeros(len(x), dtype=torch.long), reduction="none"),
        [{}],
    ),
    "kl_div": (labelled("kl_div", "t"), [{"t": 0}, {"t": 0.5}, {"t": 1}]),
    "brier_loss": (led("brier_loss"), [{"C": 2}, {"C": 10}]),
    "multi_margin_loss": (
        led("multi_margin_loss"),
        [{"C": 3, "margin": 1, "p": 1}, {"C": 10, "margin": 0.5, "p": 2}],
    ),
    "crammer_singer_loss": (led("crammer_singer_loss"), [{"margin": 1}, {"margin": 2.5}]),
    "cosine_embedding_loss": (cosine, [{"margin": 0.3, "y": -1}, {"margin": 0, "y": 1}]),
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
    "exponential_loss": (labelled("exponential_loss", "y"), [{"y": 1}, {"y": -1}]),
    "perceptron_loss": (labelled("perceptron_loss", "y"), [{"y": 1}, {"y": -1}]),
    "probit_loss": (labelled("probit_loss", "t"), [{"t": 0}, {"t": 0.3}]),
    "cloglog_loss": (labelled("cloglog_loss", "t"), [{"t": 1}, {"t": 0.3}]),
    "asymmetric_loss": (
        labelled("asymmetric_loss", "t"),
        [{"t": 1, "gamma_pos": 1, "gamma_neg": 4, "clip": 0.05},
         {"t": 0.4, "gamma_pos": 0, "gamma_neg": 0, "clip": 0.2}],
    ),
    "generalized_cross_entropy": (led("generalized_cross_entropy"), [{"C": 2, "q": 0.1}, {"C": 10, "q": 1}]),
    "symmetric_cross_entropy": (
        led("symmetric_cross_entropy"),
        [{"C": 2, "alpha": 0.1, "beta": 1}, {"C": 10, "alpha": 1, "beta": 0.3}],
    ),
    "poly1_cross_entropy": (led("poly1_cross_entropy"), [{"C": 2, "epsilon": -0.5}, {"C": 10, "epsilon": 3}]),
    "confidence_penalty": (led("confidence_penalty"), [{"C": 2, "beta": 0.1}, {"C": 10, "beta": 0.8}]),
    "contrastive_loss": (
        lambda x, y, margin: losses.contrastive_loss(
            x[:, None], full(x, 0)[:, None], full(x, y), margin=margin, reduction="none"
        ),
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


def test_every_loss_of_one_number_is_there(explorer: Visit) -> None:
    """What the package has and the explorer has not takes several predictions, and is named here."""
    several = {
        "multivariate_gaussian_nll_loss", "multilabel_margin_loss", "nca_loss", "soft_nearest_neighbour_loss",
        "ensemble_crps_loss", "energy_score_loss", "ctc_loss", "triplet_margin_with_distance_loss",
        "linear_cross_entropy", "adaptive_log_softmax_loss", "adaptive_log_softmax", "z_loss", "strict",
        "forward_corrected_cross_entropy", "sparsemax_loss", "entmax15_loss", "zlpr_loss", "bp_mll_loss",
        "js_div", "reverse_kl_div", "generalized_kl_div", "total_variation", "distillation_loss",
        "dice_loss", "jaccard_loss", "tversky_loss", "generalized_dice_loss", "lovasz_hinge_loss",
        "lovasz_softmax_loss", "giou_loss", "diou_loss", "ciou_loss", "info_nce_loss", "clip_loss",
        "nt_xent_loss", "sup_con_loss", "siglip_loss", "barlow_twins_loss", "vicreg_loss",
        "weibull_aft_nll_loss", "log_logistic_aft_nll_loss", "log_normal_aft_nll_loss",
        "discrete_hazard_loss", "cox_ph_loss", "deephit_loss",
        "gaussian_mixture_nll_loss", "von_mises_mixture_nll_loss", "von_mises_fisher_nll_loss",
        "von_mises_nll_loss",
        "ordered_logistic_nll_loss", "ordered_probit_nll_loss", "corn_loss", "coral_loss",
        "gamma_nll_loss", "tweedie_nll_loss", "beta_distribution_nll_loss", "continuous_bernoulli_nll_loss",
        "zero_inflated_poisson_nll_loss", "zero_inflated_negative_binomial_nll_loss",
        "plackett_luce_nll_loss", "list_mle_loss", "list_net_loss", "lambda_rank_loss", "approx_ndcg_loss",
        "dpo_loss", "robust_dpo_loss", "ipo_loss", "simpo_loss", "orpo_loss", "kto_loss", "reinforce_loss",
        "ppo_loss", "grpo_loss",
        "nce_loss", "sampled_softmax_loss",
    }  # fmt: skip
    elsewhere = several | LOSSES.keys()
    new = set(losses.__all__) - elsewhere
    assert not new, (
        f"draw {', '.join(sorted(new))} in explorer.js, or name it here if it takes several numbers"
    )


@pytest.mark.parametrize("name", LOSSES)
def test_a_gradient_is_the_slope_of_what_is_drawn(explorer: Visit, name: str) -> None:
    """Also with the settings at which the page opens, which the comparison above may not have."""
    worst = explorer.ask(
        """(name) => {
          const { from, to } = bookExplorer.losses[name], h = 1e-5;
          const at = (x) => bookExplorer.evaluate(name, x, {});
          const xs = Array.from({ length: 30 }, (_, i) => from + ((to - from) * (i + 0.613)) / 30.7);
          const slope = (x) => (at(x + h).loss - at(x - h).loss) / (2 * h);
          return Math.max(...xs.map((x) => Math.abs(slope(x) - at(x).gradient)));
        }""",
        name,
    )
    assert worst < 1e-4


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_opens_from_its_address(site: Site, explorer: Visit, name: str, lang: str) -> None:
    page = explorer.page
    page.goto(f"{site.base}{lang}/explorer.html#loss={name}")
    assert page.input_value("#explorer-loss") == name
    curves = explorer.ask("(name) => bookExplorer.losses[name].density ? 3 : 2", name)
    assert page.locator(".loss-explorer path.curve.series-0:not(.swatch *)").count() == curves
    assert page.locator(".readout code").all_inner_texts() == [name]
    assert "NaN" not in page.locator(".loss-explorer").inner_html()
    assert not explorer.problems


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_explorer_draws_three_panels_below_its_heading(site: Site, lang: str) -> None:
    with site.open(f"{lang}/explorer.html") as visit:
        assert visit.page.locator("article h1").count() == 1
        assert visit.page.locator(".loss-explorer figure path.curve").count() == 3


def test_the_formula_of_the_chosen_loss_is_shown(site: Site, explorer: Visit) -> None:
    explorer.page.goto(f"{site.base}en/explorer.html")
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


TWO = "loss=huber_loss&delta=0.5&loss=student_t_nll_loss&scale=2&df=4&at=-1.5"


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_an_address_draws_two_losses_and_keeps_their_settings(site: Site, lang: str) -> None:
    with site.open(f"{lang}/explorer.html#{TWO}") as visit:
        page = visit.page
        for curve in ("loss", "gradient", "density"):
            assert page.locator(f".panel-{curve} path.curve").count() == 2
        assert [page.input_value(f"#explorer-{key}") for key in ("delta", "2-scale", "2-df", "at")] == [
            "0.5", "2", "4", "-1.5"
        ]  # fmt: skip
        x = torch.tensor([-1.5], dtype=torch.float64)
        shown = page.locator(".readout tbody tr").all_inner_texts()
        for row, (name, p) in zip(
            shown,
            (("huber_loss", {"delta": 0.5}), ("student_t_nll_loss", {"scale": 2, "df": 4})),
            strict=True,
        ):
            assert row.split()[:2] == [name, f"{same(name)(x, **p).item():.4f}"]
        page.focus("#explorer-2-df")
        page.keyboard.press("ArrowRight")
        page.focus("#explorer-at")
        page.keyboard.press("ArrowRight")
        after = TWO.replace("df=4", "df=4.5").replace("-1.5", "-1.49")
        assert visit.ask("() => location.hash") == f"#{after}"
        visit.ask("() => document.querySelector('a.language-switch').click()")
        other = "en" if lang == "ja" else "ja"
        page.wait_for_url(f"{site.base}{other}/explorer.html#{after}", wait_until="load")
        assert page.input_value("#explorer-2-df") == "4.5"
        assert not visit.problems


def test_an_address_may_list_names_and_changes_while_the_page_is_open(site: Site, explorer: Visit) -> None:
    page = explorer.page
    page.goto(f"{site.base}en/explorer.html#loss=hinge_loss,soft_margin_loss")
    assert page.locator(".readout code").all_inner_texts() == ["hinge_loss", "soft_margin_loss"]
    explorer.ask("() => { location.hash = '#loss=kl_div&t=0.2'; }")
    page.wait_for_selector("#explorer-t")
    assert page.input_value("#explorer-t") == "0.2"


@pytest.mark.parametrize(
    ("asked", "drawn", "said"),
    [
        ("loss=nowhere", ["huber_loss"], "“nowhere” is not a loss"),
        ("loss=mse_loss&loss=hinge_loss", ["mse_loss"], "“hinge_loss” has another quantity"),
        ("loss=huber_loss&delta=99&nu=2", ["huber_loss"], ""),
        ("loss=constructor", ["huber_loss"], "“constructor” is not a loss"),
        ("at=&loss=l1_loss&at=1e999", ["l1_loss"], ""),
    ],
)
def test_an_address_that_asks_too_much_says_so(site: Site, asked: str, drawn: list[str], said: str) -> None:
    with site.open(f"en/explorer.html#{asked}") as visit:
        assert visit.page.locator(".readout code").all_inner_texts() == drawn
        note = visit.page.locator(".explorer-note").text_content() or ""
        assert note.startswith(said)
        assert bool(note) == bool(said)
        if "delta=99" in asked:
            assert visit.page.input_value("#explorer-delta") == "3"
        assert not visit.problems


def test_losses_are_laid_over_each_other_by_keyboard(site: Site) -> None:
    with site.open("en/explorer.html") as visit:
        page = visit.page
        page.focus("#explorer-add")
        page.keyboard.press("Enter")
        assert visit.ask("() => document.activeElement.id") == "explorer-2-loss"
        page.keyboard.press("ArrowDown")
        first, second = page.locator(".readout code").all_inner_texts()
        assert (first, second) == ("huber_loss", page.input_value("#explorer-2-loss"))
        options = page.locator("#explorer-2-loss option").all_inner_texts()
        assert "student_t_nll_loss" in options
        assert "hinge_loss" not in options
        for _ in range(2):
            page.focus("#explorer-add")
            page.keyboard.press("Enter")
        assert page.locator("#explorer-add").is_disabled()
        page.focus("#explorer-3-remove")
        page.keyboard.press("Space")
        assert page.locator(".panel-loss path.curve").count() == 3
        page.select_option("#explorer-loss", "cross_entropy")  # another axis: the others go
        assert page.locator(".readout code").all_inner_texts() == ["cross_entropy"]
        page.focus("#explorer-C")
        page.keyboard.press("ArrowRight")
        page.focus("#explorer-reset")
        page.keyboard.press("Enter")
        assert page.input_value("#explorer-C") == "3"
        assert not visit.problems


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_the_explorer_fits_every_screen(site: Site, lang: str, width: int) -> None:
    with site.open(f"{lang}/explorer.html#loss=general_robust_loss&loss=gaussian_crps_loss") as visit:
        page = visit.page
        page.set_viewport_size({"width": width, "height": 844})
        assert visit.ask("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        beyond = visit.ask(
            """() => {
              const box = document.querySelector('.loss-explorer').getBoundingClientRect();
              const parts = ':is(select, input, button, figure, label)';
              return [...document.querySelectorAll(`.loss-explorer ${parts}`)]
                .filter((e) => e.getBoundingClientRect().right > box.right + 1).map((e) => e.id);
            }"""
        )
        assert beyond == []
        size = visit.ask(
            "() => { const svg = document.querySelector('.panel-loss svg');"
            " return 11 * svg.getBoundingClientRect().width / 320; }"
        )
        assert size >= 10  # pixels of the numbers at the axes


def test_on_a_phone_the_gradient_is_seen_beside_the_slider(site: Site) -> None:
    with site.open("en/explorer.html#loss=student_t_nll_loss") as visit:
        page = visit.page
        page.set_viewport_size({"width": 390, "height": 844})
        visit.ask(
            "() => { const box = document.querySelector('.readout').getBoundingClientRect();"
            " scrollTo({ top: box.bottom + scrollY - innerHeight, behavior: 'instant' }); }"
        )
        for place in (".panel-loss", ".panel-gradient", "#explorer-at", ".readout"):
            box = page.locator(place).bounding_box()
            assert box
            assert box["y"] > 48, place  # below the header
            assert box["y"] + box["height"] <= 845, place


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_curve_stands_out_from_the_page(site: Site, scheme: str) -> None:
    with site.open(
        "en/explorer.html#loss=mse_loss,l1_loss,huber_loss,log_cosh_loss", color_scheme=scheme
    ) as visit:
        colours = visit.ask(
            "() => [document.body, ...document.querySelectorAll('.panel-loss path.curve')].map((e, n) =>"
            " getComputedStyle(e)[n ? 'stroke' : 'backgroundColor'])"
        )
        ground, *curves = (luminance(colour) for colour in colours)
        assert len(set(colours)) == 5
        for curve in curves:
            light, dark = max(ground, curve), min(ground, curve)
            assert (light + 0.05) / (dark + 0.05) >= 3


def luminance(colour: str) -> float:
    """The relative luminance of `rgb(r, g, b)`."""
    parts = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
