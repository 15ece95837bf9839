"""The Pareto frontier of points in two columns: pure, exact, O(n log n)."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

Point = tuple[Fraction, Fraction]


def frontier(points: Sequence[Point], *, x_high: bool, y_high: bool) -> Sequence[bool]:
    """For each point whether no other one is at least as good in both columns and better in one.

    Equal points are on the frontier together. `x_high` and `y_high`: whether more is better there.

    After Kung, Luccio and Preparata, "On finding the maxima of a set of vectors", 1975: sorted by x from the best, a
    point is on the frontier where its y is better than every y at a better x, and the best at its own x.
    """
    worth = [(x if x_high else -x, y if y_high else -y) for x, y in points]
    ordered = sorted(range(len(worth)), key=worth.__getitem__, reverse=True)
    on_frontier = [False] * len(worth)
    best: Fraction | None = None
    for _, group in groupby(ordered, key=lambda index: worth[index][0]):
        members = list(group)
        y = worth[members[0]][1]
        if best is None or y > best:
            best = y
            for index in members:
                on_frontier[index] = worth[index][1] == y
    return on_frontier
