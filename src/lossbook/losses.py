"""Every loss as a plain function, with the contract of its ``torch.nn.functional`` twin.

``from lossbook import losses as F`` can stand in for ``import torch.nn.functional as F`` wherever a loss is
called. The legacy arguments ``size_average`` and ``reduce`` are left out.
"""

from lossbook.faces import open_face
from lossbook.ground.strictness import strict as strict

open_face(globals(), "strict")
