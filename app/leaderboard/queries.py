"""What a board is made of. Ranking is computed when it is read, from the gradings that count."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnExpressionArgument, Select, exists, func, select
from sqlalchemy.orm import Session

from app.leaderboard.ranking import Candidate
from models.accounts import User
from models.competitions import Competition
from models.courses import Membership, Role
from models.entrants import Entrant, EntrantMember
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
    """For each entrant that competes the last scored submission; and, by submission, what the board shows of it."""
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
    newest = select(func.count(), func.max(Grading.finished_at), func.max(Grading.id), func.sum(Grading.id))
    facts = session.execute(_scored(newest, competition_id)).one()
    return f'W/"{hashlib.sha256(repr((competition_id, tuple(facts), also)).encode()).hexdigest()[:24]}"'


def counting_submission(session: Session, entrant_id: int) -> int | None:
    """The submission of an entrant that counts at present."""
    newest = (
        select(Submission.id)
        .join(Grading, Grading.submission_id == Submission.id)
        .where(Submission.entrant_id == entrant_id, *_ranks())
        .order_by(Submission.received_at.desc(), Submission.id.desc())
        .limit(1)
    )
    return session.scalars(newest).one_or_none()


def _scored(statement: "Select[*Columns]", competition_id: int) -> "Select[*Columns]":
    return (
        statement.select_from(Submission)
        .join(Grading, Grading.submission_id == Submission.id)
        .where(Submission.competition_id == competition_id, *_ranks())
    )


def _ranks() -> Sequence[ColumnExpressionArgument[bool]]:
    """What makes a submission rank: its live grading has a score, and a student of the course handed it in.

    Whoever is staff now or has left the course has no row, and what somebody handed in as staff never ranks.
    """
    is_student = exists().where(
        EntrantMember.entrant_id == Submission.entrant_id,
        Competition.id == Submission.competition_id,
        Membership.course_id == Competition.course_id,
        Membership.user_id == EntrantMember.user_id,
        Membership.role == Role.STUDENT,
        User.id == Membership.user_id,
        ~User.is_admin,
    )
    return Grading.is_live, Grading.state == State.SCORED, ~Submission.is_staff, is_student.correlate(Submission)


def _facts(alias: str, report: Mapping[str, Any]) -> Facts:
    split = next(iter(report["splits"].values()))
    return Facts(alias, split["accuracy"], report["sparsity"], report["full_credit"])
