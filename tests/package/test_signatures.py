"""Every loss and module of torch is here, with the names, order and defaults of its arguments."""

import inspect

import pytest
import torch.nn.functional as F
from torch import nn

from lossbook import losses, modules

ENDS = ("_loss", "cross_entropy", "with_logits")
FUNCTIONS = sorted(n for n in dir(F) if n.endswith(ENDS) or n == "kl_div")
CLASSES = sorted(n for n in dir(nn) if n.endswith("Loss"))


def arguments(function):
    """Names, defaults and kinds, in order, but for what torch has deprecated."""
    found = inspect.signature(function).parameters.values()
    return [(p.name, p.default, p.kind) for p in found if p.name not in ("size_average", "reduce")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_torchs_arguments(name):
    assert arguments(getattr(losses, name)) == arguments(getattr(F, name))


@pytest.mark.parametrize("name", [*CLASSES, "AdaptiveLogSoftmaxWithLoss"])
def test_a_module_has_torchs_arguments(name):
    ours, theirs = (arguments(getattr(module, name)) for module in (modules, nn))
    assert [a[:2] for a in ours] == [a[:2] for a in theirs]


# Of losses that torch has not: what their sources and docstrings have.
NUMBERS = {
    "asymmetric_loss": {"gamma_neg": 4.0, "gamma_pos": 1.0, "clip": 0.05},
    "barlow_twins_loss": {"lambd": 0.005, "eps": 1e-05},
    "beta_nll_loss": {"beta": 0.5},
    "brier_loss": {"ignore_index": -100},
    "ciou_loss": {"eps": 1e-07},
    "clip_loss": {"temperature": 0.07},
    "confidence_penalty": {"beta": 0.1, "ignore_index": -100},
    "contrastive_loss": {"margin": 1.0},
    "crammer_singer_loss": {"margin": 1.0},
    "deephit_loss": {"alpha": 0.2, "sigma": 0.1},
    "dice_loss": {"smooth": 0.0},
    "diou_loss": {"eps": 1e-07},
    "distillation_loss": {"temperature": 2.0},
    "entmax15_loss": {"ignore_index": -100},
    "expectile_loss": {"expectile": 0.5},
    "focal_loss": {"ignore_index": -100, "gamma": 2.0},
    "forward_corrected_cross_entropy": {"ignore_index": -100},
    "general_robust_loss": {"alpha": 1.0, "scale": 1.0},
    "generalized_cross_entropy": {"q": 0.7, "ignore_index": -100},
    "giou_loss": {"eps": 1e-07},
    "hinge_loss": {"p": 1, "margin": 1.0},
    "info_nce_loss": {"temperature": 0.1},
    "interval_score_loss": {"alpha": 0.1},
    "jaccard_loss": {"smooth": 0.0},
    "lovasz_softmax_loss": {"ignore_index": -100},
    "nt_xent_loss": {"temperature": 0.5},
    "poly1_cross_entropy": {"epsilon": 2.0, "ignore_index": -100},
    "pseudo_huber_loss": {"delta": 1.0},
    "quantile_loss": {"quantile": 0.5},
    "sigmoid_focal_loss": {"alpha": 0.25, "gamma": 2},
    "soft_nearest_neighbour_loss": {"temperature": 1.0},
    "sparsemax_loss": {"ignore_index": -100},
    "sup_con_loss": {"temperature": 0.1},
    "symmetric_cross_entropy": {"alpha": 0.1, "beta": 1.0, "log_zero": -4.0, "ignore_index": -100},
    "tversky_loss": {"alpha": 0.5, "beta": 0.5, "smooth": 0.0},
    "vicreg_loss": {"invariance": 25.0, "variance": 25.0, "covariance": 1.0, "eps": 0.0001},
    "z_loss": {"coefficient": 0.0001},
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_left_out_is_the_usual_one(name):
    found = inspect.signature(getattr(losses, name)).parameters
    assert {option: found[option].default for option in NUMBERS[name]} == NUMBERS[name]
