r"""The noise model of each loss that has one: a distribution whose ``-log_prob`` is the loss plus a constant.

A function here has the name of its loss and takes the loss's predicted inputs and options. It returns a
:class:`NoiseModel`: the distribution of the target, and the constant, so that

.. code-block:: python

    model = likelihoods.huber_loss(mu, delta=2.0)
    -model.distribution.log_prob(y) == losses.huber_loss(mu, y, reduction="none", delta=2.0) + model.constant

A loss without a function here has no noise model; its docstring says under *Status* what it is instead.
"""

from lossbook.faces import open_face
from lossbook.ground.noise import NoiseModel as NoiseModel

open_face(globals(), "NoiseModel")
