"""What may be held and computed to find the units that do nothing. A network that would take more stays whole."""

from collections import Counter

import numpy as np

from grader import limits
from grader.compaction.views import cores
from grader.facts import AnyArray

STEP = 1_000
"""What an operator takes however small its tensors are, in numbers that could be computed meanwhile."""


class TooLarge(Exception):
    """Following a network would take too much memory or time."""


class Effort:
    """How many numbers the walks through one network may still compute."""

    def __init__(self) -> None:
        self._left = limits.MAX_FOLLOWED_NUMBERS

    def spend(self, numbers: int) -> None:
        """Notes that numbers are computed. Raises TooLarge where there are too many."""
        self._left -= numbers
        if self._left < 0:
            raise TooLarge


class Held:
    """Arrays that are held, in bytes; one that several others are views of is counted once."""

    def __init__(self) -> None:
        self.bytes = 0
        self._views: Counter[int] = Counter()

    def take(self, array: AnyArray) -> None:
        """Notes that an array is held from now on."""
        owner = _owner(array)
        if not self._views[id(owner)]:
            self.bytes += _size(owner)
        self._views[id(owner)] += 1

    def drop(self, array: AnyArray) -> None:
        """Notes that an array which was taken is held no more."""
        owner = _owner(array)
        self._views[id(owner)] -= 1
        if not self._views[id(owner)]:
            self.bytes -= _size(owner)


def _owner(array: AnyArray) -> AnyArray:
    """The array whose memory a view shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _size(owner: AnyArray) -> int:
    return cores([owner])[0].nbytes
