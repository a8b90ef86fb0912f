"""Every loss as a :class:`torch.nn.Module`, under torch.nn's class name.

The classes are made from the functions of :mod:`lossbook.losses` by one factory: arguments without a default
are inputs of ``forward``; arguments with a default are keywords of the constructor.
"""

from lossbook.faces import open_face
from lossbook.ground.module import LossModule as LossModule

open_face(globals(), "LossModule")
