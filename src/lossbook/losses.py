"""Every loss as a plain function, with the contract of its ``torch.nn.functional`` twin.

``from lossbook import losses as F`` can stand in for ``import torch.nn.functional as F`` wherever a loss is
called. The legacy arguments ``size_average`` and ``reduce`` are left out.

Under ``torch.autocast`` a loss is computed in float32 whatever comes in (float64 stays), as torch's own are;
the products in :func:`linear_cross_entropy` and :func:`adaptive_log_softmax_loss` follow autocast. Outside
of it a loss has the dtype of its inputs; numbers that half precision cannot hold, such as a large
``pos_weight``, and the sum behind a mean are held in float32. On meta and fake tensors, traced, exported or
compiled, no value can be looked at: shapes and dtypes are checked, ranges are not.
"""

from lossbook.faces import open_face
from lossbook.ground.strictness import strict as strict

open_face(globals(), "strict")
