"""Units: what is taken out of a network as one, or not at all. Each is a number, and 0 is what always stays."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ids: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

PINNED = 0
ROOM = 3
"""How much finding out which units are one takes, in the memory of what ties them."""


class Units:
    """The units of a network so far, which of them are one, and which need which whatever the weights are."""

    def __init__(self) -> None:
        self._count = 1
        self._ties: list[tuple[Ids, Ids]] = []
        self._needs: list[tuple[Ids, Ids]] = []
        self.bytes = 0
        """What is held of them, with as much again as it takes to find out which are one."""

    def fresh(self, count: int) -> Ids:
        """The numbers of new units."""
        first, self._count = self._count, self._count + count
        return np.arange(first, self._count)

    def tie(self, ones: Ids, others: Ids) -> None:
        """Makes units one, each with its partner; the arrays fit each other by broadcasting."""
        ones, others = np.broadcast_arrays(ones, others)
        differ = ones != others
        if differ.any():
            self._ties.append(self._once(ones[differ], others[differ]))

    def pin(self, ids: Ids) -> None:
        """Keeps units in, whatever the weights are."""
        self.tie(ids, np.asarray(PINNED))

    def need(self, users: Ids, used: Ids) -> None:
        """Keeps each of `used` in as long as its partner among `users` is; the arrays fit by broadcasting."""
        users, used = np.broadcast_arrays(users, used)
        self._needs.append(self._once(users.ravel(), used.ravel()))

    def _once(self, ones: Ids, others: Ids) -> tuple[Ids, Ids]:
        """Each pair once: the elements of a tensor are many, and its units are few."""
        ones, others = np.divmod(np.unique(ones * self._count + others), self._count)
        self.bytes += ROOM * (ones.nbytes + others.nbytes)
        return ones, others

    @property
    def needs(self) -> list[tuple[Ids, Ids]]:
        """Users and what they need, pair by pair."""
        return self._needs

    def roots(self) -> Ids:
        """For each number the smallest that is the same unit.

        Labels run down along the ties, and each takes over its label's label, until nothing changes.
        """
        root = np.arange(self._count)
        if not self._ties:
            return root
        ones, others = (np.concatenate(side) for side in zip(*self._ties, strict=True))
        while True:
            before = root.copy()
            least = np.minimum(root[ones], root[others])
            for side in (ones, others):
                np.minimum.at(root, before[side], least)
                np.minimum.at(root, side, least)
            root = root[root]
            if np.array_equal(root, before):
                return root
