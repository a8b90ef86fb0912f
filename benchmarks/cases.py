"""What is measured: the workloads of every family, and what their table lacks."""

from collections.abc import Sequence
from functools import partial

import torch.nn.functional as F

from lossbook import losses
from lossbook.faces import drawer, families
from lossbook.ground.workload import Loss, Workload

CASES: tuple[Workload, ...] = tuple(
    case for family in families() for case in drawer(family, "cases").WORKLOADS
)


def contenders(case: Workload) -> tuple[Loss, Loss | None]:
    """Our loss and its twin, if it has one, as functions of the inputs."""
    ours, twin = case.ours or getattr(losses, case.loss), case.twin or getattr(F, case.loss, None)
    return partial(ours, **case.options), partial(twin, **case.options) if twin else None


def missing(cases: Sequence[Workload]) -> list[str]:
    """What the table lacks: losses of torch that are not here, and losses that no workload measures."""
    torchs = {
        n
        for n in dir(F)
        if not n.startswith("_") and (n.endswith("_loss") or "cross_entropy" in n or n == "kl_div")
    }
    ours = {name for family in families() for name in drawer(family, "cases").SPECS}
    measured = {case.loss for case in cases}
    absent = sorted(name for name in torchs | measured if not hasattr(losses, name))
    unmeasured = sorted((torchs | ours) - measured)
    return [f"{name} is not in lossbook.losses" for name in absent] + [
        f"{name} has no workload in the cases of its family" for name in unmeasured
    ]
