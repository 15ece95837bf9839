"""How submissions stand, and what rejudges there are."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.leaderboard.eligibility import competes
from app.rejudges.comparing import Judged
from models.accounts import User
from models.competitions import CompetitionVersion
from models.entrants import Entrant
from models.gradings import Grading, State
from models.rejudges import Rejudge, RejudgeState
from models.submissions import Submission

_SHADOW = aliased(Grading)
_WHO = (
    Submission.id,
    Submission.entrant_id,
    Submission.received_at,
    competes().label("competes"),
    Submission.is_chosen,
)
"""The first fields of `Judged`, in their order."""


def rejudges(session: Session, competition_id: int, before: int | None, limit: int) -> Sequence[Rejudge]:
    """The rejudges of a competition, the newest first."""
    wanted = select(Rejudge).where(Rejudge.competition_id == competition_id).order_by(Rejudge.id.desc()).limit(limit)
    people = joinedload(Rejudge.by), joinedload(Rejudge.ended_by), joinedload(Rejudge.version)
    if before is not None:
        wanted = wanted.where(Rejudge.id < before)
    return session.scalars(wanted.options(*people)).all()


def rejudge(session: Session, competition_id: int, rejudge_id: int) -> Rejudge | None:
    """A rejudge of a competition."""
    wanted = select(Rejudge).where(Rejudge.id == rejudge_id, Rejudge.competition_id == competition_id)
    people = joinedload(Rejudge.by), joinedload(Rejudge.ended_by), joinedload(Rejudge.version)
    return session.scalars(wanted.options(*people)).one_or_none()


def locked(session: Session, rejudge_id: int) -> Rejudge | None:
    """A rejudge for whoever is about to end it; locked for this transaction."""
    wanted = select(Rejudge).where(Rejudge.id == rejudge_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def open_rejudge(session: Session, competition_id: int) -> int | None:
    """The rejudge of a competition that is not decided about yet."""
    wanted = select(Rejudge.id).where(Rejudge.competition_id == competition_id, Rejudge.state == RejudgeState.OPEN)
    return session.execute(wanted).scalar_one_or_none()


def progress(session: Session, rejudge_ids: Sequence[int]) -> Mapping[int, Mapping[State, int]]:
    """How many gradings of each rejudge are in each state."""
    counted = (
        select(Grading.rejudge_id, Grading.state, func.count())
        .where(Grading.rejudge_id.in_(rejudge_ids))
        .group_by(Grading.rejudge_id, Grading.state)
    )
    found: dict[int, dict[State, int]] = {number: {} for number in rejudge_ids}
    for rejudge_id, state, count in session.execute(counted).all():
        found[rejudge_id or 0][state] = count
    return found


def pairs(session: Session, rejudge: Rejudge) -> Sequence[tuple[Judged, Judged | None, State | None]]:
    """Every submission of a competition as it counts, with its judgement by a rejudge and that one's state.

    None where the rejudge is not about it, or has no judgement of it.
    """
    wanted = (
        select(*_WHO, *_told(Grading), *_told(_SHADOW))
        .join(Grading, (Grading.submission_id == Submission.id) & Grading.is_live)
        .outerjoin(_SHADOW, (_SHADOW.submission_id == Submission.id) & (_SHADOW.rejudge_id == rejudge.id))
        .where(Submission.competition_id == rejudge.competition_id)
        .order_by(Submission.id)
    )
    return [_pair(tuple(row)) for row in session.execute(wanted).all()]


def outcome(session: Session, rejudge_id: int) -> Mapping[str, Any] | None:
    """What changed when a rejudge ended, as it was kept then."""
    kept: Mapping[str, Any] | None = session.execute(
        select(Rejudge.outcome).where(Rejudge.id == rejudge_id)
    ).scalar_one()
    return kept


def people(session: Session, submission_ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
    """By submission, who handed it in, and the name on the board."""
    wanted = (
        select(Submission.id, User.name, Entrant.alias)
        .join(User, User.id == Submission.user_id)
        .join(Entrant, Entrant.id == Submission.entrant_id)
        .where(Submission.id.in_(submission_ids))
    )
    return {number: (name, alias) for number, name, alias in session.execute(wanted).all()}


def versions_of(session: Session, competition_id: int) -> Mapping[int, CompetitionVersion]:
    """The versions of a competition by their rows' numbers."""
    wanted = select(CompetitionVersion).where(CompetitionVersion.competition_id == competition_id)
    return {version.id: version for version in session.scalars(wanted).all()}


def _told(grading: Any) -> Sequence[Any]:
    """What is read of a grading, in the order of `judged`."""
    return (
        grading.state,
        grading.score_exact,
        grading.ranks,
        grading.private_score_exact,
        grading.private_ranks,
    )


def _pair(row: Sequence[Any]) -> tuple[Judged, Judged | None, State | None]:
    who, live, shadow = row[:5], row[5:10], row[10:15]
    is_judged = shadow[0] in (State.SCORED, State.REJECTED)
    return judged(who, live), judged(who, shadow) if is_judged else None, shadow[0]


def judged(who: Sequence[Any], told: Sequence[Any]) -> Judged:
    """The record of a submission under the rules of one of its gradings."""
    submission_id, entrant_id, received_at, does_compete, is_chosen = who
    state, score, ranks, private, private_ranks = told
    return Judged(
        submission_id,
        entrant_id,
        received_at,
        bool(does_compete),
        is_chosen,
        state,
        None if score is None else Fraction(score),
        ranks is not False,
        None if private is None else Fraction(private),
        private_ranks is not False,
    )


LIVE_COLUMNS = (*_WHO, *_told(Grading))
"""What `judged` takes, of the grading that counts: five columns about the submission, and five about the grading."""
