"""Which items of two lists belong together, so that one that is missing does not shift all that follow."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

Left = TypeVar("Left")
Right = TypeVar("Right")
Pair: TypeAlias = tuple[int | None, int | None]
"""Indices into both lists, None where an item stands alone."""

ALONE = 1.0  # the cost of leaving one item without a partner


def align(left: Sequence[Left], right: Sequence[Right], cost: Callable[[Left, Right], float | None]) -> list[Pair]:
    """The pairing of least total cost that keeps both orders; a pair of cost None is never made.

    Alignment of two sequences by dynamic programming (Needleman and Wunsch, 1970); time is len(left) x len(right).
    """
    if len(left) == len(right) and all(cost(a, b) == 0 for a, b in zip(left, right, strict=True)):
        return [(index, index) for index in range(len(left))]
    table, paired = _fill(left, right, cost)
    pairs: list[Pair] = []
    i, j = len(left), len(right)
    while i or j:
        if (i, j) in paired:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif j and (not i or table[i][j] == table[i][j - 1] + ALONE):
            j -= 1
            pairs.append((None, j))
        else:
            i -= 1
            pairs.append((i, None))
    return pairs[::-1]


def _fill(
    left: Sequence[Left], right: Sequence[Right], cost: Callable[[Left, Right], float | None]
) -> tuple[list[list[float]], set[tuple[int, int]]]:
    """The least cost for each pair of beginnings, and where the last items of both are best paired."""
    table = [[ALONE * (i + j) for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    paired: set[tuple[int, int]] = set()
    for i, a in enumerate(left, start=1):
        for j, b in enumerate(right, start=1):
            table[i][j] = min(table[i - 1][j], table[i][j - 1]) + ALONE
            price = cost(a, b)
            if price is not None and table[i - 1][j - 1] + price <= table[i][j]:
                table[i][j] = table[i - 1][j - 1] + price
                paired.add((i, j))
    return table, paired
