"""The figures to touch: they compute what lossbook computes, show what they promise, and obey every hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from torch import Tensor

from lossbook import gradients, losses

from .visit import Site, Visit

CHAPTER = {
    "outlier": "outliers",
    "softmax": "categorical",
    "lattice": "ctc",
    "triplets": "triplets",
    "threshold": "binary",
    "quantiles": "quantiles",
}
DRAGGED = {"outlier": "outlier", "softmax": "B", "triplets": "n3", "threshold": "threshold"}
COMPUTE = """([name, changes]) => {
  const part = bookExplorables.parts[name], root = document.querySelector('[data-explorable]');
  return part.compute({ ...part.state, ...changes }, root.explorable.data);
}"""
DATA = "() => document.querySelector('[data-explorable]').explorable.data"
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def visits(site: Site) -> Iterator[dict[str, Visit]]:
    """The chapter of every explorable, opened once; what it computes does not depend on what it shows."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(site.open(f"en/{page}.html")) for name, page in CHAPTER.items()}


@pytest.fixture(scope="module")
def compute(visits: dict[str, Visit]) -> Ask:
    """The numbers of an explorable for some settings."""
    return lambda name, **changes: visits[name].ask(COMPUTE, [name, changes])


def tensor(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def least(x: Tensor, y: Tensor, tau: float) -> float:
    """The least sum of quantile losses over all lines, as a linear program."""
    n, rows = len(x), np.stack([np.ones(len(x)), x.numpy()], 1)
    costs = np.concatenate([np.zeros(2), np.full(n, tau), np.full(n, 1 - tau)])
    bounds = [(None, None)] * 2 + [(0, None)] * (2 * n)
    split = np.hstack([rows, np.eye(n), -np.eye(n)])
    return float(linprog(costs, A_eq=split, b_eq=y.numpy(), bounds=bounds, method="highs").fun)


@pytest.mark.parametrize(("x", "y", "delta"), [(38, 30, 40), (26, 30, 40), (19.5, 350, 5), (43, 0, 150)])
def test_the_three_lines_minimise_the_losses_of_lossbook(
    compute: Ask, visits: dict[str, Visit], x: float, y: float, delta: float
) -> None:
    fits = compute("outlier", x=x, y=y, delta=delta)["fits"]
    points = tensor([*visits["outlier"].ask(DATA)["points"], [x, y]])
    line = {name: fit[0] + fit[1] * points[:, 0] for name, fit in fits.items()}
    for pull in (
        gradients.mse_loss(line["mse"], points[:, 1]),
        gradients.huber_loss(line["huber"], points[:, 1], delta=delta),
    ):
        assert pull.sum().item() == pytest.approx(0, abs=1e-6)
        assert (pull * points[:, 0]).sum().item() == pytest.approx(0, abs=1e-4)
    reached = losses.l1_loss(line["l1"], points[:, 1], reduction="sum").item()
    assert reached == pytest.approx(2 * least(points[:, 0], points[:, 1], 0.5), rel=1e-9)


@pytest.mark.parametrize(("right", "temperature", "smoothing"), [(0, 1, 0), (2, 0.5, 0.2), (3, 4, 0.8)])
def test_the_softmax_is_cross_entropy(compute: Ask, right: int, temperature: float, smoothing: float) -> None:
    z = tensor([2, 0.5, -1, 3.5])
    found = compute("softmax", z=z.tolist(), right=right, temperature=temperature, smoothing=smoothing)
    logits, target = (z / temperature)[None], torch.tensor([right])
    loss = losses.cross_entropy(logits, target, label_smoothing=smoothing)
    gradient = gradients.cross_entropy(logits, target, label_smoothing=smoothing)[0] / temperature
    assert found["loss"] == pytest.approx(loss.item(), abs=1e-12)
    assert found["gradient"] == pytest.approx(gradient.tolist(), abs=1e-12)
    assert found["entropy"] == pytest.approx(torch.special.entr(tensor(found["q"])).sum().item(), abs=1e-12)


@pytest.mark.parametrize(("word", "frames"), [("ab", 5), ("aa", 5), ("aba", 6), ("aab", 7), ("abcabc", 12)])
def test_the_lattice_counts_the_paths_of_ctc(compute: Ask, word: str, frames: int) -> None:
    found = compute("lattice", word=word, frames=frames)
    letters = sorted(set(word))
    even = torch.full((frames, 1, len(letters) + 1), -math.log(len(letters) + 1), dtype=torch.float64)
    target = torch.tensor([[1 + letters.index(letter) for letter in word]])
    loss = losses.ctc_loss(
        even, target, torch.tensor([frames]), torch.tensor([len(word)]), reduction="none"
    ).item()
    assert found["all"] == (len(letters) + 1) ** frames
    assert math.log(found["all"] / found["count"]) == pytest.approx(loss, abs=1e-9)


def collapsed(path: tuple[str, ...]) -> str:
    kept = [a for a, before in zip(path, ("", *path), strict=False) if a != before]
    return "".join(kept).replace("-", "")


@pytest.mark.parametrize(("word", "frames"), [("ab", 4), ("aa", 4), ("aa", 2), ("a", 1)])
def test_the_listed_paths_are_those_that_collapse_to_the_word(compute: Ask, word: str, frames: int) -> None:
    every = {
        "".join(p) for p in product("-" + "".join(sorted(set(word))), repeat=frames) if collapsed(p) == word
    }
    found = compute("lattice", word=word, frames=frames)
    assert found["count"] == len(every)
    drawn = {compute("lattice", word=word, frames=frames, chosen=k + 1)["spelt"] for k in range(len(every))}
    assert drawn == every
    assert set(found["listed"]) <= every
    if not every:
        assert frames < found["least"]


@pytest.mark.parametrize("margin", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("mining", ["all", "semi-hard", "hardest"])
def test_the_triplets_pay_and_pull_as_in_lossbook(compute: Ask, margin: float, mining: str) -> None:
    state = {"a": [-0.6, 0.0], "p": [0.4, 0.5], "n1": [0.1, -0.3], "n2": [0.5, -1.0], "n3": [2.1, 0.6]}
    found = compute("triplets", **state, margin=margin, mining=mining)
    points = {name: tensor(at).requires_grad_() for name, at in state.items()}
    gap = {n: torch.dist(points["a"], points[n]).item() for n in ("p", "n1", "n2", "n3")}
    wrong = [n for n in ("n1", "n2", "n3") if gap[n] > gap["p"]]
    semi = [n for n in wrong if gap[n] < gap["p"] + margin]
    used = {"all": ["n1", "n2", "n3"], "hardest": ["n1"], "semi-hard": semi or ["n1", "n2", "n3"]}[mining]
    assert found["used"] == used
    loss = losses.triplet_margin_loss(
        points["a"].expand(len(used), 2), points["p"].expand(len(used), 2),
        torch.stack([points[n] for n in used]), margin=margin, eps=0.0,
    )  # fmt: skip
    loss.backward()  # type: ignore[no-untyped-call]
    assert found["loss"] == pytest.approx(loss.item(), abs=1e-9)
    for name, point in points.items():
        pull = [0.0, 0.0] if point.grad is None else point.grad.tolist()
        assert found["gradient"][name] == pytest.approx(pull, abs=1e-9), name


@pytest.mark.parametrize(("t", "ratio"), [(0.5, 1), (0.09, 10), (0.9, 3)])
def test_a_threshold_costs_what_its_mistakes_cost(
    compute: Ask, visits: dict[str, Visit], t: float, ratio: float
) -> None:
    found = compute("threshold", t=t, ratio=ratio)
    p, y = tensor(visits["threshold"].ask(DATA)["scores"]).T
    said = p > t
    tp, fp, fn = (int(s.sum()) for s in (said & (y == 1), said & (y == 0), ~said & (y == 1)))
    assert [found[k] for k in ("tp", "fp", "fn", "tn")] == [tp, fp, fn, len(y) - tp - fp - fn]
    cost = (ratio * ((y == 1) & ~said) + ((y == 0) & said)).double().mean().item()
    expected = torch.where(said, 1 - p, ratio * p).mean().item()
    measures = {"precision": tp / (tp + fp), "recall": tp / (tp + fn), "cost": cost, "expected": expected}
    measures |= {"f1": 2 * tp / (2 * tp + fp + fn), "bayes": 1 / (1 + ratio)}
    assert {name: found[name] for name in measures} == pytest.approx(measures, abs=1e-12)


@pytest.mark.parametrize(("low", "high"), [(0.05, 0.95), (0.25, 0.75), (0.5, 0.5)])
def test_quantile_lines_minimise_the_loss_and_keep_their_promise(
    compute: Ask, visits: dict[str, Visit], low: float, high: float
) -> None:
    found = compute("quantiles", low=low, high=high)
    x, y = tensor(visits["quantiles"].ask(DATA)["points"]).T
    for (intercept, slope), tau in ((found["lower"], low), (found["upper"], high)):
        line = intercept + slope * x
        reached = losses.quantile_loss(line, y, tau, reduction="sum").item()
        assert reached == pytest.approx(least(x, y, tau), rel=1e-9)
        assert (y < line - 1e-6).sum() <= tau * len(y) <= (y <= line + 1e-6).sum()
    assert found["below"] + found["between"] + found["above"] == len(y)
    assert found["above"] == (y > found["upper"][0] + found["upper"][1] * x + 1e-6).sum()


def test_what_the_words_promise_is_what_there_is_to_see(compute: Ask) -> None:
    """The numbers in `book/explorables.yml`, under `ask` and `see`."""
    clean, far, raised = (
        compute("outlier", x=38, y=30)["clean"], compute("outlier", x=38, y=30)["fits"],
        compute("outlier", x=38, y=100)["fits"],
    )  # fmt: skip
    assert [round(far[k][1], 1) for k in ("mse", "huber", "l1")] == [5.7, 8.2, 6.0]
    assert all(far[k][1] < clean[k][1] - 2 for k in far)
    assert raised["mse"][1] > far["mse"][1] + 1
    assert all(raised[k] == pytest.approx(far[k], abs=1e-6) for k in ("huber", "l1"))

    smoothed = [compute("softmax", z=[z, 0, 0, 0], smoothing=0.2) for z in (2, 4)]
    assert [round(s["q"][0], 9) for s in smoothed] == [0.85, 0.85]
    assert smoothed[0]["gradient"][0] < 0 < smoothed[1]["gradient"][0]
    assert round(smoothed[0]["entropy"], 4) == 0.5875
    plain = [compute("softmax", z=[z, 0, 0, 0]) for z in (2, 3, 4)]
    assert all(s["gradient"][0] < 0 for s in plain)
    assert plain[0]["loss"] > plain[1]["loss"] > plain[2]["loss"]

    counts = [
        compute("lattice", word=w, frames=t)["count"] for w, t in (("ab", 5), ("aa", 5), ("aa", 3), ("aa", 2))
    ]
    assert counts == [35, 15, 1, 0]
    assert compute("lattice", word="aa", frames=3)["listed"] == ["a-a"]

    pulls = [compute("triplets", n3=[x, 0])["gradient"]["n3"] for x in (2.1, 1.4, 0.1)]
    assert [math.hypot(*pull) for pull in pulls] == pytest.approx([0, 1 / 3, 1 / 3])

    even, worse = compute("threshold", ratio=1), compute("threshold", ratio=10)
    assert abs(even["least"][0] - 0.5) < 0.1
    assert [round(v, 2) for v in (*worse["least"], worse["cost"])] == [0.13, 0.32, 0.71]
    assert round(compute("threshold", ratio=10, t=0.09)["cost"], 2) == 0.36

    middle = compute("quantiles", low=0.25, high=0.75)
    assert [middle[k] for k in ("below", "between", "above")] == [58, 119, 58]


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("name", CHAPTER)
def test_every_control_has_its_name_and_answers_the_keyboard(site: Site, name: str, lang: str) -> None:
    with site.open(f"{lang}/{CHAPTER[name]}.html") as visit:
        figure = visit.page.locator(f"#explorable-{name}")
        said = figure.locator("[role=status]")
        first = said.text_content()
        sliders = figure.locator("input[type=range]:enabled")
        assert sliders.count() > 0
        for slider in sliders.all():
            before = slider.get_attribute("aria-valuetext")
            slider.press("ArrowRight")
            if slider.get_attribute("aria-valuetext") == before:
                slider.press("ArrowLeft")
            assert slider.get_attribute("aria-valuetext") != before
        for control in figure.locator("input, select").all():
            assert figure.locator(f"label[for={control.get_attribute('id')}]").count() == 1
        assert said.text_content() != first
        figure.locator("button.reset").press("Enter")
        assert said.text_content() == first
        assert figure.locator("svg[aria-label]").count() == figure.locator("svg").count()
        assert not visit.problems


@pytest.mark.parametrize(("name", "point"), DRAGGED.items())
def test_points_obey_arrow_keys_mouse_and_finger(site: Site, name: str, point: str) -> None:
    with site.open(
        f"en/{CHAPTER[name]}.html", has_touch=True, viewport={"width": 390, "height": 844}
    ) as visit:
        page = visit.page
        handle = page.locator(f"#explorable-{name} [data-handle={point}]")
        knob = handle.locator(".knob")
        handle.scroll_into_view_if_needed()

        def told() -> str:
            return handle.get_attribute("aria-valuetext") or ""

        seen = [told()]
        handle.focus()
        page.keyboard.press("ArrowLeft" if name != "softmax" else "ArrowUp")
        seen.append(told())
        ring = knob.evaluate("(e) => getComputedStyle(e).strokeWidth")
        assert ring == "4px"
        box = knob.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 30, y - 20, steps=3)
        page.mouse.up()
        seen.append(told())
        page.mouse.move(x + 60, y + 60)
        assert told() == seen[-1]
        # A finger, as the browser's protocol gives it; the page must not scroll under it.
        box = knob.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        protocol, down = page.context.new_cdp_session(page), visit.ask("() => scrollY")
        way = [("touchStart", [(x, y)]), ("touchMove", [(x + 15, y + 15)]), ("touchMove", [(x + 25, y + 30)])]
        for kind, places in [*way, ("touchEnd", [])]:
            points = [{"x": u, "y": v} for u, v in places]
            protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(50)
        seen.append(told())
        assert len(set(seen)) == 4, seen
        assert visit.ask("() => scrollY") == down
        assert not visit.problems


def test_a_word_is_typed(site: Site) -> None:
    with site.open("en/ctc.html") as visit:
        visit.page.fill("#lattice-word", "A a!")
        shown = visit.page.locator("#explorable-lattice [role=status]").text_content() or ""
        assert shown.startswith("15 paths collapse to “aa”")


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("name", CHAPTER)
def test_who_reads_without_scripts_or_on_paper_is_told(site: Site, name: str, lang: str) -> None:
    page = f"{lang}/{CHAPTER[name]}.html"
    with site.open(page, java_script_enabled=False) as visit:
        assert visit.page.locator(f"#explorable-{name} .without").is_visible()
    with site.open(page) as visit:
        figure = visit.page.locator(f"#explorable-{name}")
        assert figure.locator(".without").is_hidden()
        visit.page.emulate_media(media="print")
        assert figure.locator(".without").is_visible()
        assert figure.locator(".controls").is_hidden()
        assert figure.locator("svg").first.is_visible()
        assert figure.locator(".see p").first.is_visible()


@pytest.mark.parametrize("width", [390, 820, 1920])
def test_a_figure_stays_in_its_column(site: Site, width: int) -> None:
    for name, chapter in CHAPTER.items():
        with site.open(f"ja/{chapter}.html", viewport={"width": width, "height": 900}) as visit:
            found = visit.ask(
                """(id) => {
                  const figure = document.getElementById(id), edge = figure.getBoundingClientRect();
                  const parts = [...figure.querySelectorAll('.panel, .controls *, svg text, p')];
                  return parts.filter((e) => {
                    const box = e.getBoundingClientRect();
                    return box.width > 0 && (box.left < edge.left - 1 || box.right > edge.right + 1);
                  }).map((e) => e.textContent);
                }""",
                f"explorable-{name}",
            )
            assert not found, name
