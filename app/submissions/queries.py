"""What pages and the API ask about submissions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from app.paging import PAGE_ROWS
from models.columns import unindexed
from models.competitions import CompetitionVersion
from models.entrants import EntrantMember
from models.gradings import Grading, State
from models.submissions import Submission
from models.workers import Worker


@dataclass(frozen=True, slots=True)
class Reference:
    """The submission that an entrant named as the dense one, with its live grading's report."""

    submission_id: int
    file_sha256: str
    report: Mapping[str, Any]


_REFERENCE = (
    select(Submission.id, Grading.file_sha256, Grading.report)
    .join(Grading, Grading.submission_id == Submission.id)
    .where(Submission.entrant_id == bindparam("entrant"), Submission.is_reference)
    .where(Grading.is_live, unindexed(Grading.state) == State.SCORED)
)


def reference_of(session: Session, entrant_id: int) -> Reference | None:
    """What an entrant's submissions are compared with; None where nothing was named, or it has no score any more."""
    found = session.execute(_REFERENCE, {"entrant": entrant_id}).one_or_none()
    return Reference(*found) if found else None


_NAMED = aliased(Submission)
_REFERENCE_FILE = (
    select(Grading.file_sha256)
    .join(_NAMED, _NAMED.id == Grading.submission_id)
    .join(Submission, Submission.entrant_id == _NAMED.entrant_id)
    .where(
        Submission.id == bindparam("submission"),
        _NAMED.is_reference,
        Grading.is_live,
        unindexed(Grading.state) == State.SCORED,
    )
)
"""Asked for each grading, and so put together once."""


def reference_file(session: Session, submission_id: int) -> str | None:
    """SHA-256 of the file of the dense reference that the entrant of a submission has named, if there is one."""
    return session.execute(_REFERENCE_FILE, {"submission": submission_id}).scalar_one_or_none()


_SUBMISSION = (
    select(Submission)
    .where(Submission.id == bindparam("submission"))
    .options(
        joinedload(Submission.competition),
        joinedload(Submission.entrant),
        joinedload(Submission.user),
        joinedload(Submission.files),
        selectinload(Submission.gradings).joinedload(Grading.version).joinedload(CompetitionVersion.dataset),
        selectinload(Submission.gradings).joinedload(Grading.artifacts),
    )
)
_MEMBER = select(EntrantMember.id).where(
    EntrantMember.entrant_id == bindparam("entrant"), EntrantMember.user_id == bindparam("user")
)
"""Asked for each page of a submission, and so put together once."""


OWN_ENTRANT = (
    select(EntrantMember.entrant_id)
    .where(EntrantMember.competition_id == bindparam("competition"), EntrantMember.user_id == bindparam("user"))
    .scalar_subquery()
)
BY_PERSON_ELSEWHERE = (
    Submission.user_id == bindparam("user"),
    unindexed(Submission.competition_id) == bindparam("competition"),
    Submission.entrant_id != func.coalesce(OWN_ENTRANT, 0),
)
"""What a person handed in for another entrant than the present one: whoever leaves a team may not send as much anew."""


def submission(session: Session, submission_id: int) -> Submission | None:
    """A submission with its files, gradings and people."""
    return session.scalars(_SUBMISSION, {"submission": submission_id}).unique().one_or_none()


def live(found: Submission) -> Grading:
    """The grading of a loaded submission that counts."""
    return next(grading for grading in found.gradings if grading.is_live)


def own(
    session: Session,
    user_id: int,
    competition_id: int | None = None,
    before: int | None = None,
    most: int = PAGE_ROWS + 1,
) -> Sequence[Grading]:
    """The live gradings of what a person handed in, alone or in a team, and of what their team did.

    Newest first; by default one more than a page holds.
    """
    # First the numbers alone, team and person each by their index: of one statement with OR or a join a planner knows too
    # little, and reads everybody's submissions, the newest first.
    member = select(EntrantMember.entrant_id).where(EntrantMember.user_id == user_id)
    only = [] if competition_id is None else [unindexed(Submission.competition_id) == competition_id]
    only += [] if before is None else [Submission.id < before]
    of_team = select(Submission.id).where(Submission.entrant_id.in_(member), *only)
    mine = of_team.union(select(Submission.id).where(Submission.user_id == user_id, *only)).subquery()
    newest = select(mine.c.id).order_by(mine.c.id.desc()).limit(most)
    return session.scalars(listed(None).where(Submission.id.in_(newest))).all()


def numbers_by_state(session: Session, competition_id: int) -> dict[State, int]:
    """How many submissions of a competition are in each state."""
    counted = (
        select(Grading.state, func.count())
        .join(Submission, Submission.id == Grading.submission_id)
        .where(Submission.competition_id == competition_id, Grading.is_live)
        .group_by(Grading.state)
    )
    return dict(session.execute(counted).all())


def is_of(session: Session, found: Submission, user_id: int) -> bool:
    """Whether a person belongs to the entrant that made a submission."""
    return session.execute(_MEMBER, {"entrant": found.entrant_id, "user": user_id}).first() is not None


def workers_of(session: Session, found: Submission) -> Mapping[int, str]:
    """The names of the workers that had a loaded submission last, by number."""
    numbers = {grading.worker_id for grading in found.gradings if grading.worker_id is not None}
    return dict(session.execute(select(Worker.id, Worker.name).where(Worker.id.in_(numbers))).all())


def listed(before: int | None) -> Select[Grading]:
    """The live gradings of submissions with what a list shows of them, newest first, one more than a page holds."""
    wanted = (
        select(Grading)
        .join(Grading.submission)
        .where(Grading.is_live)
        .options(
            contains_eager(Grading.submission).joinedload(Submission.competition),
            contains_eager(Grading.submission).joinedload(Submission.entrant),
            contains_eager(Grading.submission).joinedload(Submission.user),
            contains_eager(Grading.submission).selectinload(Submission.files),
            joinedload(Grading.version).load_only(CompetitionVersion.number),
        )
        .order_by(Submission.id.desc())
        .limit(PAGE_ROWS + 1)
    )
    return wanted if before is None else wanted.where(Submission.id < before)
