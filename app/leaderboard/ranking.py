"""Which submission counts, order and ties: pure rules over scores and moments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Rule:
    """How a competition ranks.

    `best`: the best submission of an entrant counts, else the last one; `lower_is_better`: the smaller score is ahead.
    """

    best: bool = False
    lower_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scored submission. `score` is exact; `received_at` an aware moment; `meets`: the condition for a rank holds."""

    entrant_id: int
    submission_id: int
    score: Fraction
    received_at: datetime
    meets: bool = True


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


def _badness(candidate: Candidate, rule: Rule) -> Fraction:
    return candidate.score if rule.lower_is_better else -candidate.score


def _moment(candidate: Candidate) -> tuple[datetime, int]:
    """Submissions received in the same instant are told apart by their number."""
    return candidate.received_at, candidate.submission_id
