"""Which submission counts, order and ties: pure rules over scores and moments."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from itertools import chain, groupby
from typing import Any, TypeAlias, overload

Moment: TypeAlias = tuple[datetime, int]
"""Moment and submission: what those without a rank are sorted by."""
Key: TypeAlias = tuple[Fraction, datetime, int]
"""Badness before them: what those with a rank are sorted by."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a competition ranks.

    `best`: the best submission of an entrant counts, else the last one; `lower_is_better`: the smaller score is ahead.
    `choose`: of so many submissions that an entrant chose the best private score counts in the end; 0: nothing is chosen.
    """

    best: bool = False
    lower_is_better: bool = False
    choose: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scored submission. `score` is exact; `received_at` an aware moment; `meets`: the condition for a rank holds.

    `private` and `private_meets` are the same on the private part of the test set, None where it has none.
    """

    entrant_id: int
    submission_id: int
    score: Fraction
    received_at: datetime
    meets: bool = True
    private: Fraction | None = None
    private_meets: bool = True
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate and its rank, from 1; None: it does not meet the condition for a rank."""

    candidate: Candidate
    rank: int | None


def counting(candidates: Iterable[Candidate], rule: Rule) -> Candidate | None:
    """Of one entrant's submissions the one that counts.

    Where the best counts: the best of those that meet the condition, the earliest of equal ones; where none meets it,
    the last. Where the last counts it counts whatever it is.
    """
    found = list(candidates)
    eligible = [each for each in found if each.meets] if rule.best else []
    if eligible:
        return min(eligible, key=lambda each: (_badness(each.score, rule), *_moment(each)))
    return max(found, key=_moment, default=None)


def final(candidates: Iterable[Candidate], rule: Rule) -> Candidate | None:
    """Of one entrant's submissions the one that counts on the private board, with its private score as its score.

    Where nothing is chosen in a competition, it is the one that counts on the public board. Else it is the best private
    one of those that the entrant chose; of the best public ones, as many as may be chosen, where they chose none.
    """
    found = [each for each in candidates if each.private is not None]
    if not rule.choose:
        picked = counting(found, rule)
        return None if picked is None else _as_private(picked)
    pool = [each for each in found if each.is_chosen] or found
    leading = sorted(pool, key=lambda each: (not each.meets, _badness(each.score, rule), *_moment(each)))[: rule.choose]
    return counting(map(_as_private, leading), replace(rule, best=True))


def is_better(score: Fraction, other: Fraction, rule: Rule) -> bool:
    """Whether a score is strictly better than another."""
    return score < other if rule.lower_is_better else score > other


def order(candidates: Iterable[Candidate], rule: Rule = Rule()) -> Sequence[Placed]:
    """The best score first; below, in order of time, those that do not meet the condition.

    Equal scores share a rank (1, 1, 3); the earlier one stands above, without ranking above.
    """
    return list(Ladder(candidates, rule))


class Ladder(Sequence[Placed]):
    """Candidates in that order, one of each entrant. It never changes, and places in it are found without going through it."""

    def __init__(self, candidates: Iterable[Candidate], rule: Rule = Rule()) -> None:
        self.rule = rule
        self._of = {each.submission_id: each for each in candidates}
        self._ranked = _sorted(_key(each, rule) for each in self._of.values() if each.meets)
        self._others = sorted(_moment(each) for each in self._of.values() if not each.meets)

    @property
    def ranked(self) -> int:
        """How many have a rank."""
        return len(self._ranked)

    def changed(self, gone: Iterable[Candidate], come: Iterable[Candidate]) -> "Ladder":
        """The same without some that are on it, and with others."""
        made = copy(self)
        made._of, made._ranked, made._others = dict(self._of), list(self._ranked), list(self._others)
        for candidate in gone:
            del made._of[candidate.submission_id]
            del made._keys_with(candidate)[made._place(candidate)]
        for candidate in come:
            made._of[candidate.submission_id] = candidate
            made._keys_with(candidate).insert(made._place(candidate), made._key(candidate))
        return made

    def candidate(self, submission_id: int) -> Candidate:
        """The candidate on it whose submission this is. Raises KeyError."""
        return self._of[submission_id]

    def position(self, candidate: Candidate) -> int:
        """The place in the order, from 0, of a candidate that is on it."""
        return self._place(candidate) + (0 if candidate.meets else len(self._ranked))

    def rank(self, candidate: Candidate) -> int | None:
        """The rank that a candidate has beside those on it, from 1; None: it does not meet the condition for a rank."""
        return self.better(candidate.score) + 1 if candidate.meets else None

    def better(self, score: Fraction) -> int:
        """How many with a rank are strictly better than a score, such as that of a baseline."""
        return bisect_left(self._ranked, _badness(score, self.rule), key=_first)

    def as_good(self, score: Fraction) -> int:
        """How many with a rank are as good as a score, or better."""
        return bisect_right(self._ranked, _badness(score, self.rule), key=_first)

    def __len__(self) -> int:
        return len(self._of)

    @overload
    def __getitem__(self, place: int) -> Placed: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Placed]: ...

    def __getitem__(self, place: int | slice) -> Placed | Sequence[Placed]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        at = place + len(self) if place < 0 else place
        below = at - len(self._ranked)
        candidate = self._of[self._others[below][-1] if below >= 0 else self._ranked[at][-1]]
        return Placed(candidate, self.rank(candidate))

    def __iter__(self) -> Iterator[Placed]:
        score, rank = None, 0
        for position, key in enumerate(self._ranked, start=1):
            candidate = self._of[key[-1]]
            if candidate.score != score:
                score, rank = candidate.score, position
            yield Placed(candidate, rank)
        yield from (Placed(self._of[key[-1]], None) for key in self._others)

    def _keys_with(self, candidate: Candidate) -> list[Any]:
        return self._ranked if candidate.meets else self._others

    def _key(self, candidate: Candidate) -> Key | Moment:
        return _key(candidate, self.rule) if candidate.meets else _moment(candidate)

    def _place(self, candidate: Candidate) -> int:
        return bisect_left(self._keys_with(candidate), self._key(candidate))


def _key(candidate: Candidate, rule: Rule) -> Key:
    return (_badness(candidate.score, rule), *_moment(candidate))


def _first(key: Key) -> Fraction:
    return key[0]


def _sorted(keys: Iterable[Key]) -> list[Key]:
    """The keys in order: floats are compared quickly and never the wrong way round, and fractions where they are equal."""
    found = sorted(keys, key=lambda key: float(key[0]))
    runs = (sorted(run) for _, run in groupby(found, key=lambda key: float(key[0])))
    return list(chain.from_iterable(runs))


def _as_private(candidate: Candidate) -> Candidate:
    assert candidate.private is not None  # noqa: S101 - those without are left out before
    return replace(candidate, score=candidate.private, meets=candidate.private_meets)


def _badness(score: Fraction, rule: Rule) -> Fraction:
    return score if rule.lower_is_better else -score


def _moment(candidate: Candidate) -> Moment:
    """Submissions received in the same instant are told apart by their number."""
    return candidate.received_at, candidate.submission_id
