r"""The gradients derived by hand in the chapters, one function per loss, of the loss's name and arguments.

Each gives the derivative of the *sum* of the loss with respect to its differentiable inputs: one tensor, or a
tuple in the order of the arguments. :mod:`lossbook.checks` compares them with autograd.
"""

from lossbook.faces import open_face

open_face(globals())
