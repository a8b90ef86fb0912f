"""Random shapes, dtypes, options and layouts: every loss that torch has, against torch in float64."""

import os
import warnings

import pytest
import torch
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from lossbook.checks.robust import _in
from tests.package.beside_torch import both

EXAMPLES = int(os.environ.get("LOSSBOOK_FUZZ", "25"))  # of each loss
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
REDUCTIONS = st.sampled_from(["none", "mean", "sum"])
MARGIN = st.sampled_from([0.25, 1.0, 2.0])
flag = st.booleans()


def real(*shape):
    return torch.randn(shape, dtype=torch.float64)


def fraction(*shape):
    return torch.rand(shape, dtype=torch.float64) * 0.875 + 0.0625


def signs(*shape):
    return torch.randint(0, 2, shape).double() * 2 - 1


@st.composite
def elements(draw):
    return tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))


@st.composite
def classes(draw, most=2):
    """The shape of logits and that of class indices."""
    rows, c = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    further = tuple(draw(st.lists(st.integers(1, 3), max_size=most)))
    return ((c,), ()) if draw(flag) and not further else ((rows, c, *further), (rows, *further))


def index(logits, shape):
    return torch.randint(0, logits[min(1, len(logits) - 1)], shape)


def on_elements(*makers, **options):
    """Arguments of one shape, and options, each a strategy."""

    @st.composite
    def arguments(draw):
        shape = draw(elements())
        return [make(*shape) for make in makers], {name: draw(o) for name, o in options.items()}, shape

    return arguments()


@st.composite
def with_classes(draw, log=False, weighted=True, most=2, **options):
    logits, rows = draw(classes(most))
    z = real(*logits)
    z = z.log_softmax(min(1, z.ndim - 1)) if log else z
    chosen = {name: draw(o) for name, o in options.items()}
    if weighted and draw(flag):
        chosen["weight"] = fraction(logits[min(1, len(logits) - 1)])
    return [z, index(logits, rows)], chosen, logits


@st.composite
def pairs(draw):
    n, d = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    return [real(n, d), real(n, d), signs(n)], {"margin": draw(st.sampled_from([-0.5, 0, 0.5]))}, (n, d)


@st.composite
def lists_of_labels(draw):
    n, c = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    y = torch.stack([torch.randperm(c) for _ in range(n)])
    y[torch.rand(n, c) < 0.4] = -1
    return [real(n, c), y], {}, (n, c)


@st.composite
def sequences(draw):
    t, n, c = draw(st.integers(4, 7)), draw(st.integers(1, 3)), draw(st.integers(2, 4))
    sizes = torch.randint(1, 3, (n,))
    arguments = [real(t, n, c).log_softmax(-1), torch.randint(1, c, (n, 2)), torch.full((n,), t), sizes]
    return arguments, {"zero_infinity": draw(flag)}, (t, n, c)


@st.composite
def layers(draw):
    n, d, c = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(2, 5))
    chunks = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=draw(st.integers(1, 3)))
    options = {
        "label_smoothing": draw(st.sampled_from([0.0, 0.25])),
        "options": draw(st.sampled_from([None, chunks])),
    }
    if options["label_smoothing"]:
        options["options"] = None  # torch has no chunks there
    return [real(n, d), real(c, d), torch.randint(0, c, (n,))], options, (n, d)


CALLS = {
    "mse_loss": on_elements(real, real),
    "l1_loss": on_elements(real, real),
    "huber_loss": on_elements(real, real, delta=MARGIN),
    "smooth_l1_loss": on_elements(real, real, beta=st.sampled_from([0.0, 0.5, 1.0])),
    "gaussian_nll_loss": on_elements(real, real, fraction, full=flag, eps=st.sampled_from([1e-6, 0.25])),
    "poisson_nll_loss": on_elements(fraction, fraction, log_input=flag, full=flag),
    "binary_cross_entropy": on_elements(fraction, fraction),
    "binary_cross_entropy_with_logits": on_elements(real, fraction),
    "soft_margin_loss": on_elements(real, signs),
    "hinge_embedding_loss": on_elements(real, signs, margin=MARGIN),
    "margin_ranking_loss": on_elements(real, real, signs, margin=MARGIN),
    "kl_div": on_elements(real, fraction),
    "multilabel_soft_margin_loss": on_elements(real, fraction),
    "triplet_margin_loss": on_elements(real, real, real, margin=MARGIN, swap=flag),
    "triplet_margin_with_distance_loss": on_elements(real, real, real, margin=MARGIN, swap=flag),
    "nll_loss": with_classes(log=True, ignore_index=st.sampled_from([-100, 0])),
    "cross_entropy": with_classes(
        ignore_index=st.sampled_from([-100, 0]), label_smoothing=st.sampled_from([0.0, 0.25])
    ),
    "multi_margin_loss": with_classes(most=0, p=st.sampled_from([1, 2]), margin=MARGIN),
    "multilabel_margin_loss": lists_of_labels(),
    "cosine_embedding_loss": pairs(),
    "ctc_loss": sequences(),
    "linear_cross_entropy": layers(),
}
NOT_IN_HALF = {"ctc_loss": DTYPES[:2]}


def strided(tensor):
    """The same values, but not contiguous in memory."""
    if not isinstance(tensor, torch.Tensor) or not tensor.ndim:
        return tensor
    return torch.stack([tensor, tensor], -1)[..., 0].transpose(0, -1).contiguous().transpose(0, -1)


@pytest.mark.parametrize("name", CALLS)
@seed(20)
@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(data=st.data())
def test_any_call_is_torchs_in_float64(name, data):
    torch.manual_seed(data.draw(st.integers(0, 99), label="seed"))
    arguments, options, _ = data.draw(CALLS[name], label="arguments")
    options["reduction"] = data.draw(REDUCTIONS, label="reduction")
    dtype = data.draw(st.sampled_from(NOT_IN_HALF.get(name, DTYPES)), label="dtype")
    arguments, options = _in(dtype, (arguments, options))
    exact, exact_options = _in(torch.float64, (arguments, options))
    if data.draw(flag, label="strided"):
        arguments = [strided(a) for a in arguments]
    ours, theirs = both(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        low, low_slope = value_and_slope(ours, arguments, options)
        high, slope = value_and_slope(theirs, exact, exact_options)
    assert low.dtype == dtype
    tolerance = 1e-9 if dtype == torch.float64 else 64 * torch.finfo(dtype).eps
    scale = max(1.0, high.abs().amax().item()) if high.isfinite().all() else 1.0
    assert_close(low.double(), high, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
    if dtype == torch.float64 and name != "ctc_loss":  # torch's gradient is that of normalised inputs only
        assert_close(low_slope, slope, rtol=1e-9, atol=1e-9, equal_nan=True)


def value_and_slope(loss, arguments, options):
    first = arguments[0].detach().clone().requires_grad_()
    value = loss(first, *arguments[1:], **options)
    return value.detach(), torch.autograd.grad(value.nansum(), first)[0]
