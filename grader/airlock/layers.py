"""The layers that a kernel can lack, and the levels that follow."""

from enum import StrEnum


class Layer(StrEnum):
    """A layer of the jail that not every kernel offers."""

    LANDLOCK = "landlock"
    SECCOMP = "seccomp"


ALL_LAYERS = frozenset(Layer)


class Level(StrEnum):
    """How much a machine's jail is worth, from the self-test.

    A: every layer. B: no Landlock, and the filter of system calls still stops every attack. C: no jail, so no job runs.
    """

    A = "A"
    B = "B"
    C = "C"
