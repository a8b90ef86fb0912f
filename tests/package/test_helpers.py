"""Data, training, models, plots, exercises and source: what chapters lean on."""

import math

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from torch import nn

from lossbook import data, exercises, models, plots, source, training


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed, as a list of (data, metadata)."""
    found = []

    def display(shown, raw=False, metadata=None):
        found.append((shown, metadata))

    for module in (plots, exercises, source):
        monkeypatch.setattr(module, "display", display)
    return found


def test_a_split_is_disjoint_complete_and_reproducible():
    whole = data.diabetes()
    parts = whole.split(0.5, 0.3, 0.2, seed=3)
    rows = torch.cat([part.x for part in parts])
    assert sum(len(part) for part in parts) == len(whole)
    assert torch.equal(rows.sort(0).values, whole.x.sort(0).values)
    assert torch.equal(parts[0].x, whole.split(0.5, 0.3, 0.2, seed=3)[0].x)
    assert not torch.equal(parts[0].x, whole.split(0.5, 0.3, 0.2, seed=4)[0].x)


@pytest.mark.parametrize("fractions", [(), (0.5, 0.4), (1.2, -0.2)])
def test_a_split_wants_fractions_of_one(fractions):
    with pytest.raises(ValueError, match="fractions must be positive and add up to 1"):
        data.diabetes().split(*fractions)


def test_corrupted_labels_move_up_and_the_others_stay():
    clean = data.diabetes()
    spoiled, mask = data.corrupt_labels(clean, rate=0.25, seed=1)
    assert mask.sum() == round(0.25 * len(clean))
    assert (spoiled.y[mask] > clean.y[mask]).all()
    assert torch.equal(spoiled.y[~mask], clean.y[~mask])
    with pytest.raises(ValueError, match=r"rate must be between 0 and 1, found 1\.5"):
        data.corrupt_labels(clean, rate=1.5)


def test_an_overlaid_picture_shows_its_labels_and_nothing_else():
    ones = data.digits()[:40]
    pictures = data.overlay(ones, 200, most=2, seed=4)
    counts = pictures.y.sum(1)
    assert set(counts.tolist()) == {1.0, 2.0}
    singles = pictures[counts == 1]
    darkest = torch.stack([ones.x[ones.y == digit].amax(0) for digit in range(10)])
    assert (singles.x <= darkest[singles.y.argmax(1)]).all()
    assert torch.equal(pictures.x, data.overlay(ones, 200, most=2, seed=4).x)
    with pytest.raises(ValueError, match="most must be at least 1, found 0"):
        data.overlay(ones, 5, most=0)


def test_standardising_inverts_and_keeps_a_constant_feature():
    x = torch.stack([torch.linspace(0, 9, 10), torch.full((10,), 4.0)], 1)
    scale = data.Standardizer.fit(x)
    z = scale(x)
    assert torch.allclose(z.mean(0), torch.zeros(2), atol=1e-6)
    assert torch.isfinite(z).all()
    assert torch.allclose(scale.inverse(z), x)


def test_robust_standardising_ignores_an_outlier():
    x = torch.randn(1001, generator=torch.Generator().manual_seed(0))
    spoiled = torch.cat([x, torch.full((50,), 1e6)])
    assert torch.allclose(data.Standardizer.robust(x).std, torch.tensor(1.0), atol=0.1)
    assert torch.allclose(data.Standardizer.robust(spoiled).std, torch.tensor(1.0), atol=0.2)


def test_batches_cover_every_row_once_and_shuffle_anew():
    x = torch.arange(10.0)
    batches = training.Batches(x, x, size=4, seed=0)
    epochs = [torch.cat([x for x, _ in batches]) for _ in range(2)]
    assert [len(y) for _, y in batches] == [4, 4, 2]
    assert len(batches) == 3
    assert all(torch.equal(epoch.sort().values, x) for epoch in epochs)
    assert not torch.equal(*epochs)


@pytest.mark.parametrize(("x", "y", "size"), [(3, 4, None), (3, 3, 0)])
def test_batches_refuse_what_cannot_be(x, y, size):
    with pytest.raises(ValueError, match="found"):
        training.Batches(torch.zeros(x), torch.zeros(y), size)


def test_evaluate_weighs_a_batch_by_its_size():
    x = torch.tensor([0.0, 0.0, 0.0, 8.0])
    batches = training.Batches(x, torch.zeros(4), size=3)
    mean = training.evaluate(nn.Identity(), nn.functional.l1_loss, batches)
    assert mean == 2.0  # the mean of the batches' means would be 4
    assert math.isnan(training.evaluate(nn.Identity(), nn.functional.l1_loss, []))


class Drifting(nn.Module):
    """A model whose output is its step counter: best at step 3, then worse."""

    def __init__(self):
        super().__init__()
        self.at = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return self.at.expand(len(x))


def fit_drifting(patience):
    model = Drifting()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    batch = [(torch.zeros(1), torch.zeros(1))]
    history = training.fit(
        model,
        lambda out, y: (-out).mean() if torch.is_grad_enabled() else (out - 3).abs().mean(),
        batch,
        batch,
        optimizer=optimizer,
        epochs=20,
        patience=patience,
    )
    return model, history


def test_early_stopping_stops_and_restores_the_best_weights():
    model, history = fit_drifting(patience=4)
    assert history.best_epoch == 3
    assert len(history.train) == 3 + 4
    assert model.at.item() == 3.0


def test_without_patience_all_epochs_run_and_the_best_weights_come_back():
    model, history = fit_drifting(patience=None)
    assert len(history.validation) == 20
    assert model.at.item() == 3.0


def test_fit_refuses_patience_without_validation_and_stops_at_nan():
    model = nn.Linear(1, 1)
    batch = [(torch.zeros(2, 1), torch.zeros(2, 1))]
    with pytest.raises(ValueError, match="patience=3 needs validation"):
        training.fit(model, nn.functional.mse_loss, batch, patience=3)
    with pytest.raises(FloatingPointError, match="nan in epoch 1"):
        training.fit(model, lambda out, y: out.sum() * torch.nan, batch)


def test_fit_stops_at_a_validation_loss_that_is_not_finite():
    model = nn.Linear(1, 1)
    batch = [(torch.ones(2, 1), torch.ones(2, 1))]
    for bad in (math.nan, math.inf):
        with pytest.raises(FloatingPointError, match=f"the validation loss is {bad} in epoch 1"):
            training.fit(
                model,
                lambda out, y, bad=bad: (
                    (out - y).square().mean() if torch.is_grad_enabled() else torch.tensor(bad)
                ),
                batch,
                batch,
            )


def test_predict_uses_evaluation_mode_and_gives_the_mode_back():
    model = nn.Dropout(0.5).train()
    assert torch.equal(training.predict(model, torch.ones(50)), torch.ones(50))
    assert model.training


def test_a_saved_model_comes_back(tmp_path):
    config = {"inputs": 3, "outputs": 2, "hidden": [4]}
    model = models.mlp(**config)
    training.save(tmp_path / "model.pt", model, config)
    again = training.load(tmp_path / "model.pt", models.mlp)
    x = torch.randn(5, 3)
    assert torch.equal(model(x), again(x))
    with pytest.raises(FileNotFoundError):
        training.load(tmp_path / "other.pt", models.mlp)


def test_the_device_can_be_chosen_from_outside(monkeypatch):
    monkeypatch.setenv("LOSSBOOK_DEVICE", "meta")
    assert training.device().type == "meta"


def test_a_model_with_one_output_has_the_shape_of_its_targets():
    assert models.mlp(3)(torch.zeros(5, 3)).shape == (5,)
    assert models.mlp(64, 10, hidden=())(torch.zeros(5, 1, 8, 8)).shape == (5, 10)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_figures_hold_japanese_without_tofu(language, speaking, displayed):
    speaking(language)
    fig, axes = plots.figure()
    axes.set_title("尤度 対数尤度 損失 勾配 ロジット 検証 予測 − β δ σ μ ± ≤")
    plots.show(fig, "a figure\nof words")
    shown, metadata = displayed[0]
    assert shown["image/png"].startswith(b"\x89PNG")
    assert metadata == {"image/png": {"alt": "a figure of words"}}


def test_a_missing_glyph_is_an_error(displayed):
    fig, axes = plots.figure()
    axes.set_title("\U00013000")  # an Egyptian hieroglyph
    with pytest.raises(UserWarning, match="Glyph"):
        plots.show(fig, "a figure")


def test_a_figure_without_description_is_refused(displayed):
    with pytest.raises(ValueError, match="alt must describe"):
        plots.show(plots.figure()[0], " ")


def test_learning_curves_and_grids_draw_every_panel():
    history = training.History([3.0, 2.0, 1.0], [3.0, 1.0, 2.0], best_epoch=2)
    fig, panels = plots.learning_curves({"a": history, "b": history})
    assert [len(axes.lines) for axes in panels] == [3, 3]
    assert [len(axes.lines) for axes in panels] == [3, 3], "the panels can be gone through twice"
    assert [line.get_xdata().tolist() for line in panels[0].lines[1:]] == [[1, 2, 3], [2]]
    fig.canvas.draw()
    assert all(float(tick).is_integer() for tick in panels[0].get_xticks())
    _, axes = plots.image_grid(torch.zeros(5, 1, 8, 8), list("abcde"), columns=3)
    assert axes.shape == (2, 3)
    assert [a.get_title() for a in axes.flat] == ["a", "b", "c", "d", "e", ""]


@pytest.mark.parametrize(
    ("answer", "expected", "cases", "verdict"),
    [
        (..., 3.0, (), "open"),
        (3.0004, 3.0, (), "solved"),
        (3.1, 3.0, (), "wrong"),
        ("mean", "sum", (), "wrong"),
        (True, True, (), "solved"),
        ("text", 3.0, (), "wrong"),
        (torch.ones(2), torch.ones(3), (), "wrong"),
        (2.0, math.sqrt, (4.0, 9.0), "wrong"),
        (lambda x: ..., math.sqrt, (4.0, 9.0), "open"),
        (lambda x: x**0.5, math.sqrt, (4.0, 9.0), "solved"),
        (lambda x: 2.0, math.sqrt, (4.0, 9.0), "wrong"),
        (lambda x: x.missing, math.sqrt, (4.0, 9.0), "wrong"),
        (lambda a, b: a + b, lambda a, b: b + a, ((1, 2), (3, 4)), "solved"),
    ],
)
def test_an_exercise_marks_itself(answer, expected, cases, verdict, displayed, speaking):
    exercises.mark("x", answer, expected, *cases)
    shown = displayed[0][0]
    assert repr(shown) == f"exercise x: {verdict}"
    speaking("ja")
    assert "演習" in shown._repr_html_()


@pytest.mark.parametrize("cases", [(), (4.0,), (4.0, 4.0)])
def test_cases_that_a_constant_would_pass_are_refused(cases):
    with pytest.raises(ValueError, match="exercise 'x': give cases with at least two different answers"):
        exercises.mark("x", math.sqrt, math.sqrt, *cases)


def test_a_wrong_answer_shows_what_was_got_and_expected_and_a_hint(displayed, speaking):
    exercises.mark("x", lambda x: x / 2, math.sqrt, 4.0, 9.0, hint="a root")
    exercises.mark("x", 2.0, 3.0, hint="count again")
    exercises.mark("x", 3.0, 3.0, hint="count again")
    function, number, right = (shown[0]._repr_html_() for shown in displayed)
    assert "At 9 got 4.5, expected 3. Hint: a root" in function
    assert "Your answer is 2. Hint: count again" in number
    assert "Hint" not in right


def test_the_source_shown_is_the_source_that_runs(displayed):
    source.show_source(training.predict)
    text = displayed[0][0]["text/plain"]
    assert "in evaluation mode" not in text
    assert text.startswith("def predict(")
    assert text.endswith("return output")


def test_displays_work_in_a_notebook():
    shell = InteractiveShell.instance()
    shell.run_cell("from lossbook.exercises import mark; mark('x', ..., 1)").raise_error()
    shell.clear_instance()
