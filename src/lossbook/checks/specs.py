"""The cases on which each loss is proven, by the loss's name: those of its family, loaded when asked for."""

from collections.abc import Iterator, Mapping

from lossbook.faces import drawer, families, family_of
from lossbook.ground.case import Spec


class Specs(Mapping[str, Spec]):
    """The :class:`Spec` of every loss that is proven."""

    def __getitem__(self, name: str) -> Spec:
        return drawer(family_of(name), "cases").SPECS[name]

    def __iter__(self) -> Iterator[str]:
        for family in families():
            yield from drawer(family, "cases").SPECS

    def __len__(self) -> int:
        return sum(1 for _ in self)


SPECS = Specs()
