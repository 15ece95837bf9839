"""Order and ties: pure rules over scores and moments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Candidate:
    """The submission that counts for one entrant. `score` is exact; `received_at` an aware moment."""

    entrant_id: int
    submission_id: int
    score: Fraction
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate and its rank, from 1."""

    candidate: Candidate
    rank: int


def order(candidates: Iterable[Candidate]) -> Sequence[Placed]:
    """Highest score first. Equal scores share a rank (1, 1, 3); the earlier one stands above, without ranking above."""
    ordered = sorted(candidates, key=lambda candidate: (-candidate.score, *_moment(candidate)))
    placed: list[Placed] = []
    for position, candidate in enumerate(ordered, start=1):
        tied = bool(placed) and placed[-1].candidate.score == candidate.score
        placed.append(Placed(candidate, placed[-1].rank if tied else position))
    return placed


def _moment(candidate: Candidate) -> tuple[datetime, int]:
    """Submissions received in the same instant are told apart by their number."""
    return candidate.received_at, candidate.submission_id
