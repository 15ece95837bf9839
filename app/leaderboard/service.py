"""The board as one person sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.courses import queries as courses
from app.leaderboard import queries, ranking
from models.accounts import User


@dataclass(frozen=True, slots=True)
class Row:
    """One entrant on the board. Shares are from 0 to 1; `received_at` is of the submission that counts."""

    rank: int
    alias: str
    score: float
    score_exact: str
    accuracy: float
    sparsity: float
    full_credit: bool | None
    in_top: bool
    entries: int
    received_at: datetime
    submission_id: int
    is_own: bool


@dataclass(frozen=True, slots=True)
class Board:
    """All rows in order, and the reader's own one, if there is one."""

    rows: Sequence[Row]
    own: Row | None
    behind: float | None
    """How much score is missing to the rank above the reader's own."""


def board(session: Session, entry: Entry, user: User) -> Board:
    """The board of a competition; the row of the reader's own entrant is marked."""
    candidates, facts = queries.counting(session, entry.competition.id)
    numbers = queries.entries(session, entry.competition.id)
    mine = courses.entrant_of(session, entry.competition.id, user.id)
    top = entry.definition.course.board.top
    rows = []
    for placed in ranking.order(candidates):
        candidate = placed.candidate
        fact = facts[candidate.submission_id]
        rows.append(
            Row(
                rank=placed.rank,
                alias=fact.alias,
                score=float(candidate.score),
                score_exact=str(candidate.score),
                accuracy=fact.accuracy,
                sparsity=fact.sparsity,
                full_credit=fact.full_credit,
                in_top=placed.rank <= top,
                entries=numbers[candidate.entrant_id],
                received_at=candidate.received_at.astimezone(entry.zone),
                submission_id=candidate.submission_id,
                is_own=mine is not None and candidate.entrant_id == mine.id,
            )
        )
    own = next((row for row in rows if row.is_own), None)
    return Board(rows, own, _behind(rows, own))


def _behind(rows: Sequence[Row], own: Row | None) -> float | None:
    if own is None:
        return None
    above = [row.score for row in rows if row.rank < own.rank]
    return above[-1] - own.score if above else None
