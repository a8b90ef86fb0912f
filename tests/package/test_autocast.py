"""Under torch.autocast a loss is computed in float32, forward, backward and compiled, whatever comes in."""

import pytest
import torch
from torch.nn import LinearCrossEntropyOptions
from torch.testing import assert_close

from lossbook import checks, losses, modules
from lossbook.checks.proofs import Subject

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
NARROW = torch.bfloat16
CHUNKS = LinearCrossEntropyOptions(batch_chunk_size=2)


def under_autocast(loss, device="cpu"):
    def autocast(*arguments, **options):
        with torch.autocast(device, dtype=NARROW):
            return loss(*arguments, **options)

    return autocast


def narrowed(tensor):
    return tensor.to(NARROW) if isinstance(tensor, torch.Tensor) and tensor.is_floating_point() else tensor


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", sorted(checks.SPECS))
def test_every_loss_is_computed_in_float32(name, device):
    loss, spec = getattr(losses, name), checks.SPECS[name]
    assert checks.ROBUST["autocast"](Subject(loss, spec, device=torch.device(device))).cases


@pytest.mark.parametrize("name", sorted(checks.SPECS))
def test_so_is_every_compiled_loss(name):
    loss, spec = getattr(losses, name), checks.SPECS[name]
    arguments = torch.utils._pytree.tree_map(narrowed, spec.arguments())
    torch._dynamo.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    found = []
    for function in (compiled, loss):
        inputs = list(arguments)
        for i in spec.wrt:
            inputs[i] = inputs[i].detach().clone().requires_grad_()
        value = under_autocast(function)(*inputs)
        assert value.dtype == torch.float32
        chosen = [inputs[i] for i in spec.wrt]
        found.append((value, *torch.autograd.grad(value.sum(), chosen, materialize_grads=True)))
    # In low precision, as torch's own are: the products of a layer, and those in the gradient of a solution.
    low = name in ("linear_cross_entropy", "adaptive_log_softmax_loss", "multivariate_gaussian_nll_loss")
    assert_close(*found, atol=1e-3, rtol=0.05 if low else 1e-4)


WITH_PRODUCTS = {
    "nca_loss": 1,
    "soft_nearest_neighbour_loss": 1,
    "info_nce_loss": 2,
    "clip_loss": 2,
    "nt_xent_loss": 2,
    "siglip_loss": 2,
    "barlow_twins_loss": 2,
    "vicreg_loss": 2,
    "sup_con_loss": 1,
}


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("name", WITH_PRODUCTS)
def test_the_products_of_a_compiled_backward_pass_keep_full_precision(name, inside):
    """Points far from the origin and near each other: in bfloat16 the differences would be lost."""
    loss, views = getattr(losses, name), WITH_PRODUCTS[name]
    torch.manual_seed(0)
    label = torch.arange(24) % 4
    centre = 20 * torch.randn(4, 8)[label]
    inputs = [(centre + 0.3 * torch.randn(24, 8)).requires_grad_() for _ in range(views)]
    others = (
        [label % 2] if views == 1 else [torch.tensor(2.0), torch.tensor(0.5)] if name[0:2] == "si" else []
    )
    expected = torch.autograd.grad(loss(*inputs, *others), inputs)
    torch._dynamo.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    with torch.autocast("cpu"):
        value = compiled(*inputs, *others)
        found = torch.autograd.grad(value, inputs) if inside else None
    found = found or torch.autograd.grad(value, inputs)
    assert_close(found, expected, rtol=1e-4, atol=1e-4 * expected[0].abs().max().item())


def test_the_weights_of_classes_may_have_another_dtype():
    z, y = torch.zeros(2, 3, dtype=NARROW), torch.tensor([0, 1])
    loss = under_autocast(losses.cross_entropy)(z, y, weight=torch.ones(3))
    assert_close(loss, torch.tensor(3.0).log())


def test_a_square_does_not_overflow():
    far, near = torch.tensor([300.0]).half(), torch.zeros(1).half()
    assert under_autocast(losses.mse_loss)(far, near).item() == 90000


def test_float64_stays():
    x = torch.zeros(2, dtype=torch.float64)
    assert under_autocast(losses.mse_loss)(x, x).dtype == torch.float64


def test_a_compiled_loss_follows_autocast():
    compiled = torch.compile(losses.l1_loss, fullgraph=True, backend="eager")
    x = torch.zeros(2, dtype=NARROW)
    found = [f(x, x).dtype for f in (compiled, under_autocast(compiled), compiled)]
    assert found == [NARROW, torch.float32, NARROW]


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("backward", [False, True])
def test_chunks_see_the_dtypes_of_the_plain_formula(reduction, backward):
    torch.manual_seed(0)
    h, layer, y = torch.randn(5, 3), torch.randn(7, 3), torch.tensor([0, 6, 3, 3, 1])
    found = []
    for options in (None, CHUNKS):
        inputs = [h.clone().requires_grad_(), layer.clone().requires_grad_()]
        with torch.autocast("cpu"):
            loss = losses.linear_cross_entropy(*inputs, y, reduction=reduction, options=options)
        assert loss.dtype == torch.float32
        with torch.autocast("cpu", enabled=backward):
            found.append((loss, *torch.autograd.grad(loss.sum(), inputs)))
    assert_close(found[1][0], found[0][0])
    assert_close(found[1][1:], found[0][1:], atol=1e-2, rtol=1e-2)  # the gradient passes bfloat16


def test_the_tree_is_torchs():
    ours = modules.AdaptiveLogSoftmaxWithLoss(4, 7, [3, 5])
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(4, 7, [3, 5])
    theirs.load_state_dict(ours.state_dict())
    h, y = torch.randn(8, 4), torch.tensor([0, 6, 3, 4, 1, 2, 5, 6])
    found = under_autocast(ours)(h, y)
    assert found.output.dtype == torch.float32
    assert_close(found.loss, theirs(h, y).loss, atol=2e-2, rtol=2e-2)
    assert under_autocast(ours.log_prob)(h).dtype == torch.float32


def test_ctc_takes_what_it_refuses_elsewhere():
    log_p = torch.randn(6, 2, 4).log_softmax(-1).to(NARROW).requires_grad_()
    arguments = (torch.tensor([[1, 2], [3, 3]]), torch.tensor([6, 5]), torch.tensor([2, 2]))
    loss = under_autocast(losses.ctc_loss)(log_p, *arguments)
    assert_close(loss, losses.ctc_loss(log_p.float(), *arguments))
    assert torch.autograd.grad(loss, log_p)[0].dtype == NARROW


def test_a_module_follows_autocast():
    module = modules.BCEWithLogitsLoss(pos_weight=torch.tensor([3.0]))
    z, t = torch.ones(2, 1, dtype=NARROW), torch.ones(2, 1)
    assert_close(under_autocast(module)(z, t), module(z.float(), t))
