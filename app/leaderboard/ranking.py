"""Which submission counts, order and ties: pure rules over scores and moments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction


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
        return min(eligible, key=lambda each: (_badness(each, rule), *_moment(each)))
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
    leading = sorted(pool, key=lambda each: (not each.meets, _badness(each, rule), *_moment(each)))[: rule.choose]
    return counting(map(_as_private, leading), replace(rule, best=True))


def place(score: Fraction, placed: Iterable[Placed], rule: Rule) -> int:
    """How many ranked candidates are strictly better than a score, such as that of a baseline."""
    return sum(each.rank is not None and is_better(each.candidate.score, score, rule) for each in placed)


def is_better(score: Fraction, other: Fraction, rule: Rule) -> bool:
    """Whether a score is strictly better than another."""
    return score < other if rule.lower_is_better else score > other


def order(candidates: Iterable[Candidate], rule: Rule = Rule()) -> Sequence[Placed]:
    """The best score first; below, in order of time, those that do not meet the condition.

    Equal scores share a rank (1, 1, 3); the earlier one stands above, without ranking above.
    """
    found = list(candidates)
    ranked = sorted((each for each in found if each.meets), key=lambda each: (_badness(each, rule), *_moment(each)))
    placed: list[Placed] = []
    for position, candidate in enumerate(ranked, start=1):
        tied = bool(placed) and placed[-1].candidate.score == candidate.score
        placed.append(Placed(candidate, placed[-1].rank if tied else position))
    return placed + [Placed(each, None) for each in sorted(found, key=_moment) if not each.meets]


def _as_private(candidate: Candidate) -> Candidate:
    assert candidate.private is not None  # noqa: S101 - those without are left out before
    return replace(candidate, score=candidate.private, meets=candidate.private_meets)


def _badness(candidate: Candidate, rule: Rule) -> Fraction:
    return candidate.score if rule.lower_is_better else -candidate.score


def _moment(candidate: Candidate) -> tuple[datetime, int]:
    """Submissions received in the same instant are told apart by their number."""
    return candidate.received_at, candidate.submission_id
