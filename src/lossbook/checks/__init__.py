"""The proofs a page shows: a loss against torch, its gradient by hand, finite differences and its likelihood.

``prove(losses.huber_loss)`` runs every proof on the cases of :mod:`lossbook.checks.specs` and raises at the
first that fails; a reader's own loss is proven with the same call. ``expect`` prints a measured number only
as the range it must lie in, so that a page says the same on every machine and fails once it is untrue.
"""

from lossbook.checks.expect import expect
from lossbook.checks.proofs import PROOFS
from lossbook.checks.report import Report, matrix, prove, status
from lossbook.checks.spec import Spec, grid
from lossbook.checks.specs import SPECS

__all__ = ["PROOFS", "SPECS", "Report", "Spec", "expect", "grid", "matrix", "prove", "status"]
