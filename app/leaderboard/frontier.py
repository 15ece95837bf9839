"""Who is on the Pareto frontier of two columns, followed from change to change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from app.leaderboard import pareto
from app.leaderboard.columns import Better, Column
from app.leaderboard.scored import Counted, Scored

Worth = tuple[Fraction, Fraction]
"""A point turned so that more is better in both columns."""


@dataclass(frozen=True, slots=True)
class Frontier:
    """By entrant, the submission on the frontier and its point. Never changed."""

    x: Column
    y: Column
    best: Mapping[int, tuple[int, Worth]]

    @property
    def submissions(self) -> frozenset[int]:
        """The submissions on it."""
        return frozenset(number for number, _ in self.best.values())

    def after(self, now: Mapping[int, Counted | None]) -> "Frontier | None":
        """The frontier after something else counts of some entrants; None: all of them have to be looked at again."""
        if not self.best.keys().isdisjoint(now):
            return None
        best = dict(self.best)
        for entrant_id, counted in now.items():
            worth = None if counted is None else _worth(counted.scored, self.x, self.y)
            if counted is None or worth is None or any(_beats(other, worth) for _, other in best.values()):
                continue
            best = {number: each for number, each in best.items() if not _beats(worth, each[1])}
            best[entrant_id] = counted.scored.candidate.submission_id, worth
        return replace(self, best=best)


def frontier_among(rows: Iterable[Scored], x: Column, y: Column) -> frozenset[int]:
    """The submissions on the frontier of two columns among some; one that lacks either is not on it."""
    return frozenset(row.candidate.submission_id for row, _ in _best(rows, x, y))


def frontier(rows: Iterable[Scored], x: Column, y: Column) -> Frontier:
    """The frontier of what counts of each entrant."""
    found = _best(rows, x, y)
    return Frontier(x, y, {row.candidate.entrant_id: (row.candidate.submission_id, worth) for row, worth in found})


def _best(rows: Iterable[Scored], x: Column, y: Column) -> Sequence[tuple[Scored, Worth]]:
    complete = [(row, worth) for row in rows if (worth := _worth(row, x, y)) is not None]
    marks = pareto.frontier([worth for _, worth in complete], x_high=True, y_high=True)
    return [each for each, is_on_it in zip(complete, marks, strict=True) if is_on_it]


def _worth(row: Scored, x: Column, y: Column) -> Worth | None:
    a, b = x.read(row), y.read(row)
    if a is None or b is None:
        return None
    return a if x.better is Better.HIGH else -a, b if y.better is Better.HIGH else -b


def _beats(one: Worth, other: Worth) -> bool:
    """Whether it is at least as good in both columns, and better in one."""
    return one != other and one[0] >= other[0] and one[1] >= other[1]
