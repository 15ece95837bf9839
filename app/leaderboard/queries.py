"""What a board is made of. Ranking is computed when it is read, from the gradings that count."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVarTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.leaderboard.ranking import Candidate
from models.entrants import Entrant
from models.gradings import Grading, State
from models.submissions import Submission

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a board shows of the submission that counts, beside its score."""

    alias: str
    accuracy: float
    sparsity: float
    full_credit: bool | None


def counting(session: Session, competition_id: int) -> tuple[Sequence[Candidate], Mapping[int, Facts]]:
    """For each entrant that is not staff the last scored submission; and, by submission, what the board shows of it."""
    newest = func.row_number().over(
        partition_by=Submission.entrant_id, order_by=(Submission.received_at.desc(), Submission.id.desc())
    )
    scored = _scored(
        select(
            Submission.id,
            Submission.entrant_id,
            Submission.received_at,
            Grading.id.label("grading_id"),
            newest.label("place"),
        ),
        competition_id,
    ).subquery()
    rows = session.execute(
        select(
            scored.c.id, scored.c.entrant_id, scored.c.received_at, Entrant.alias, Grading.score_exact, Grading.report
        )
        .join(Grading, Grading.id == scored.c.grading_id)
        .join(Entrant, Entrant.id == scored.c.entrant_id)
        .where(scored.c.place == 1)
    ).all()
    candidates = [Candidate(row.entrant_id, row.id, Fraction(row.score_exact), row.received_at) for row in rows]
    return candidates, {row.id: _facts(row.alias, row.report) for row in rows}


def entries(session: Session, competition_id: int) -> Mapping[int, int]:
    """How many scored submissions each entrant has."""
    counted = _scored(select(Submission.entrant_id, func.count()), competition_id).group_by(Submission.entrant_id)
    return dict(session.execute(counted).all())


def fingerprint(session: Session, competition_id: int, *also: object) -> str:
    """A weak ETag that changes whenever the board does; `also` is what else the answer depends on."""
    newest = select(func.count(), func.max(Grading.finished_at), func.max(Grading.id))
    facts = session.execute(_scored(newest, competition_id)).one()
    return f'W/"{hashlib.sha256(repr((competition_id, tuple(facts), also)).encode()).hexdigest()[:24]}"'


def counting_submission(session: Session, entrant_id: int) -> int | None:
    """The submission of an entrant that counts at present."""
    newest = (
        select(Submission.id)
        .join(Grading, Grading.submission_id == Submission.id)
        .where(
            Submission.entrant_id == entrant_id, Grading.is_live, Grading.state == State.SCORED, ~Submission.is_staff
        )
        .order_by(Submission.received_at.desc(), Submission.id.desc())
        .limit(1)
    )
    return session.scalars(newest).one_or_none()


def _scored(statement: "Select[*Columns]", competition_id: int) -> "Select[*Columns]":
    return (
        statement.select_from(Submission)
        .join(Grading, Grading.submission_id == Submission.id)
        .where(
            Submission.competition_id == competition_id,
            Grading.is_live,
            Grading.state == State.SCORED,
            ~Submission.is_staff,
        )
    )


def _facts(alias: str, report: Mapping[str, Any]) -> Facts:
    split = next(iter(report["splits"].values()))
    return Facts(alias, split["accuracy"], report["sparsity"], report["full_credit"])
