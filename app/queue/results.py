"""What a grading ends with, as it is written: what was found out, or the result of an equal one."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.queue.equality import can_be_copied
from app.queue.tickets import Result
from grader.report import Report, Status
from grader.splits import Part
from models.gradings import Grading, State

_EQUAL = (
    select(Grading.id)
    .where(Grading.equality_key == bindparam("key"), Grading.state.in_((State.SCORED, State.REJECTED)))
    .order_by(Grading.id.desc())
    .limit(1)
)


def equal_grading(session: Session, key: str) -> int | None:
    """The newest result under a key."""
    return session.execute(_EQUAL, {"key": key}).scalar_one_or_none()


def copied(equal: Grading, slug: str, key: str) -> Result:
    """The result of an equal grading for another one, of the competition `slug`."""
    return Result(
        state=equal.state,
        report=(equal.report or {}) | {"competition": slug},
        equality_key=key,
        score=equal.score,
        score_exact=equal.score_exact,
        ranks=equal.ranks,
        private_score=equal.private_score,
        private_score_exact=equal.private_score_exact,
        private_ranks=equal.private_ranks,
        predictions=equal.predictions,
        copied_from_id=equal.id,
    )


def result_of(report: Report, key: str) -> Result:
    """The result that a finished report comes to."""
    scored = report.status is Status.SCORED
    private = report.scores.get(Part.PRIVATE)
    return Result(
        state=State.SCORED if scored else State.REJECTED,
        report=report.as_json(),
        equality_key=key if can_be_copied(report) else None,
        score=None if report.score is None else float(report.score),
        score_exact=None if report.score is None else str(report.score),
        ranks=report.ranks,
        private_score=float(private.score) if private else None,
        private_score_exact=str(private.score) if private else None,
        private_ranks=private.ranks if private else None,
        predictions=report.predictions.classes.astype("<i4").tobytes() if report.predictions else None,
    )
