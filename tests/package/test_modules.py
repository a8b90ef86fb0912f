"""What the factory of the modules does for all of them; each loss's own tests cover its module."""

import pytest
import torch
from torch import nn

from lossbook import modules

REFUSED = {
    "p of 3": ("MultiMarginLoss", {"p": 3}, "p must be 1 or 2, found 3"),
    "matrix of weights": ("MultiMarginLoss", {"weight": torch.ones(2, 2)}, r"found shape \(2, 2\)"),
    "no margin": ("TripletMarginLoss", {"margin": 0}, "margin must be greater than 0, found 0"),
    "negative margin": ("TripletMarginWithDistanceLoss", {"margin": -1.0}, r"margin .* found -1\.0"),
    "list of weights": ("NLLLoss", {"weight": [1.0, 2.0]}, "'list' object to buffer 'weight'"),
    "unknown option": ("L1Loss", {"weight": torch.ones(2)}, "weight"),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_torchs_constructor_refuses_ours_refuses(mistake):
    name, options, match = REFUSED[mistake]
    with pytest.raises((TypeError, ValueError)) as expected:
        getattr(nn, name)(**options)
    with pytest.raises(expected.type, match=match):
        getattr(modules, name)(**options)


def test_options_that_are_tensors_move_with_the_module():
    module = modules.BCEWithLogitsLoss(pos_weight=torch.ones(3)).to(torch.float64)
    assert module.pos_weight.dtype == torch.float64
    assert module.weight is None
    module.weight = torch.ones(3)
    assert set(module.state_dict()) == {"weight", "pos_weight"}
