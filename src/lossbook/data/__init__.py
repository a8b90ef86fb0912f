"""Real data sets as tensors, from the packages this one depends on and one text of its own. No downloads."""

from lossbook.faces import open_face

open_face(globals())
