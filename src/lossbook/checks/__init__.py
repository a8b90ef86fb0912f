"""The proofs a page shows: a loss against torch, its gradient by hand, finite differences and its likelihood.

``prove(losses.huber_loss)`` runs every proof on the cases of :mod:`lossbook.checks.specs` and raises at the
first that fails; a reader's own loss is proven with the same call. ``expect``, ``difference`` and ``results``
show measured numbers beside what they were checked for, so that a page fails once it is untrue.
"""

from lossbook.checks.evidence import difference, expect, results
from lossbook.checks.proofs import PROOFS
from lossbook.checks.report import Report, matrix, prove, status
from lossbook.checks.robust import ROBUST
from lossbook.checks.specs import SPECS
from lossbook.ground.case import Spec, grid

__all__ = [
    "PROOFS",
    "ROBUST",
    "SPECS",
    "Report",
    "Spec",
    "difference",
    "expect",
    "grid",
    "matrix",
    "prove",
    "results",
    "status",
]
