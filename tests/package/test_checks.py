"""The proofs pass for what is right and fail, saying where, for what is wrong."""

import pytest
import torch

from lossbook import checks, language, losses
from lossbook.checks import Spec, prove
from lossbook.checks.proofs import Subject


def broken(input, target, reduction="mean"):
    """Squared error that is wrong in one way only: ``'mean'`` divides by one element too few."""
    loss = (input - target) ** 2
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.sum() / (loss.numel() - 1)


SPEC = Spec(checks.SPECS["mse_loss"].inputs)


@pytest.mark.parametrize("name", sorted(checks.SPECS))
def test_every_loss_is_proven(name):
    report = prove(getattr(losses, name))
    assert report.evidence["gradient by hand"], f"{name} has no hand-derived gradient"
    assert report.evidence["extremes"], f"{name} has no extreme inputs"
    assert report.status, f"{name} has no status"


def test_every_loss_of_torch_has_a_spec():
    ours = {name for name in losses.__all__ if hasattr(torch.nn.functional, name)}
    assert ours <= checks.SPECS.keys()


def test_a_wrong_denominator_is_found_and_named():
    with pytest.raises(AssertionError, match=r"broken, value: .*'reduction': 'mean'"):
        prove(broken, SPEC, reference=torch.nn.functional.mse_loss)


def test_a_wrong_hand_gradient_is_found():
    with pytest.raises(AssertionError, match="gradient by hand"):
        prove(torch.nn.functional.mse_loss, SPEC, gradient=lambda input, target: input - target)


def test_a_wrong_constant_of_the_likelihood_is_found():
    def likelihood(input):
        model = checks.report.likelihoods.mse_loss(input)
        return model._replace(constant=0.0)

    with pytest.raises(AssertionError, match="likelihood"):
        prove(losses.mse_loss, likelihood=likelihood)


def test_a_nan_at_an_extreme_input_is_found():
    def naive(input, target):
        r = input - target
        return torch.where(r.abs() < 1, r**2, r.abs()).mean()

    spec = Spec(SPEC.inputs, extremes=[((torch.tensor([torch.inf]), torch.zeros(1)), {})], twice=False)
    with pytest.raises(AssertionError, match="nan at"):
        prove(naive, spec)


def test_a_wrong_backward_is_found_by_finite_differences():
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return 2 * g

    with pytest.raises(AssertionError, match="finite differences"):
        prove(lambda input, target: Doubled.apply(input - target).sum(), SPEC)


def stopped(input, target):
    """A squared error that is weighted by its own size; no gradient flows through the weight."""
    error = (input - target) ** 2
    return (error.detach() * error).sum()


def held(found, true):
    weight = (found - true) ** 2
    return lambda input, target: (weight * (input - target) ** 2).sum()


def test_a_stopped_gradient_is_compared_with_the_loss_whose_stopped_part_is_held():
    with pytest.raises(AssertionError, match="finite differences"):
        prove(stopped, SPEC)
    spec = Spec(SPEC.inputs, held=held, dtypes=())
    assert prove(stopped, spec).evidence["finite differences"].cases == 1
    wrong = Spec(SPEC.inputs, held=lambda *at: lambda *x: 1.001 * held(*at)(*x), dtypes=())
    with pytest.raises(AssertionError, match="finite differences: gradient of the loss with a part held"):
        prove(stopped, wrong)


def test_a_loss_that_leaves_half_precision_is_found():
    def upcast(input, target):
        return (input.double() - target.double()).pow(2).mean()

    with pytest.raises(AssertionError, match=r"gave a loss of torch\.float64"):
        prove(upcast, SPEC)


def test_an_unknown_loss_without_spec_is_refused():
    with pytest.raises(ValueError, match="'broken' is not one of this package"):
        prove(broken)


def test_the_matrix_reports_a_failure_instead_of_stopping(monkeypatch):
    def mse_loss(input, target, reduction="mean", weight=None):
        return broken(input, target, reduction)

    monkeypatch.setattr(losses, "mse_loss", mse_loss)
    found = checks.matrix(names=["l1_loss", "mse_loss"])
    assert found["l1_loss"].name == "l1_loss"
    assert isinstance(found["mse_loss"], str)


def test_text_is_neutral_and_html_speaks_the_language(speaking):
    report = prove(losses.l1_loss)
    english = (repr(report), report._repr_html_())
    speaking("ja")
    assert repr(report) == english[0]
    assert "値がPyTorchと一致" in report._repr_html_()
    assert "Value equals PyTorch" in english[1]


def test_the_table_calls_a_reference_torchs_only_if_it_is(speaking):
    def huber_loss(*arguments, **options):
        return losses.huber_loss(*arguments, **options)

    spec = checks.SPECS["huber_loss"]
    own = prove(huber_loss, spec, reference=losses.huber_loss)._repr_html_()
    assert "Value equals the reference&#x27;s" in own
    assert "PyTorch" not in own
    assert "PyTorch" in prove(huber_loss, spec, reference=torch.nn.functional.huber_loss)._repr_html_()
    speaking("ja")
    assert "勾配が参照実装と一致" in prove(huber_loss, spec, reference=losses.huber_loss)._repr_html_()


def test_every_status_letter_has_words(speaking):
    speaking("ja")
    for name in checks.SPECS:
        tag = checks.status(getattr(losses, name))
        words = checks.report.status_in_words(tag)
        assert words.count(" / ") == tag.count(";"), f"{name}: {tag!r} became {words!r}"
        assert words, f"{name}: {tag!r} has no words"


def test_language_refuses_what_it_does_not_speak():
    with pytest.raises(ValueError, match="found 'de'"):
        language.use("de")


def narrow(input, target, reduction="mean"):
    return torch.nn.functional.mse_loss(input + 0, target, reduction=reduction).to(input.dtype)


def peeking(input, target):
    return (input - target).sum() if bool(target.sum() > 0) else (input - target).sum() * 2


def overflowing(input, target, reduction="mean"):
    total = ((input - target) ** 2).sum()
    return total / input.numel() if reduction == "mean" else total


def nan_in_a_branch(input, target):
    return torch.where(input == 0, 0, input.log() * 0 + target).sum()


ZERO = Spec(lambda generator: (torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)))
SHORT = Spec(SPEC.inputs, reductions=("mean",))


@pytest.mark.parametrize(
    ("proof", "loss", "spec"),
    [
        ("autocast", narrow, SPEC),
        ("meta and export", peeking, SPEC),
        ("float16 mean of many", overflowing, SHORT),
        ("anomaly", nan_in_a_branch, ZERO),
    ],
)
def test_a_loss_that_real_programs_break_is_found(proof, loss, spec):
    with pytest.raises((AssertionError, RuntimeError)):
        checks.ROBUST[proof](Subject(loss, spec))


def test_only_a_loss_of_the_package_must_hold_in_real_programs():
    assert checks.ROBUST.keys() <= prove(losses.l1_loss).evidence.keys()
    own = prove(torch.nn.functional.l1_loss, SPEC, reference=losses.l1_loss)
    assert not checks.ROBUST.keys() & own.evidence.keys()
