"""Everybody's submissions to a competition, for its staff: what they can be searched by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from app.competitions.moments import first_instant, last_instant
from app.leaderboard.eligibility import disqualified
from app.submissions.queries import listed
from models.accounts import User
from models.boards import Baseline
from models.entrants import Entrant
from models.gradings import Grading, State
from models.moderation import Note
from models.submissions import Submission, SubmissionFile

DIGEST_CHARACTERS = 6
"""Of a digest that are looked for: fewer are the beginning of too many."""


class Flag(StrEnum):
    """What a submission can be marked by."""

    COUNTS = "counts"
    CHOSEN = "chosen"
    REFERENCE = "reference"
    TEST = "test"
    BASELINE = "baseline"
    DISQUALIFIED = "disqualified"
    NOTED = "noted"
    REGRADED = "regraded"
    TROUBLED = "troubled"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search. Days are local ones of the competition; None and empty texts leave a thing open."""

    state: State | None = None
    entrant: int | None = None
    since: date | None = None
    until: date | None = None
    flag: Flag | None = None
    cause: str = ""
    """A code of a refused file, or a piece of the text of a fault."""
    text: str = ""
    """A piece of a name, an e-mail address, a file's name or digest, or a submission's number."""

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return self != Wanted()


def found(
    session: Session, competition_id: int, wanted: Wanted, zone: ZoneInfo, counting: Sequence[int], before: int | None
) -> Sequence[Grading]:
    """The live gradings that a search finds, newest first, one more than a page holds.

    `counting` are the submissions that count on the board.
    """
    conditions = _conditions(wanted, zone, counting)
    return session.scalars(listed(before).where(Submission.competition_id == competition_id, *conditions)).all()


def numbers_by_state(
    session: Session, competition_id: int, wanted: Wanted, zone: ZoneInfo, counting: Sequence[int]
) -> Mapping[State, int]:
    """How many submissions a search finds in each state, whichever state it asks for."""
    open_search = Wanted(None, wanted.entrant, wanted.since, wanted.until, wanted.flag, wanted.cause, wanted.text)
    counted = (
        select(Grading.state, func.count())
        .join(Submission, Submission.id == Grading.submission_id)
        .where(Submission.competition_id == competition_id, Grading.is_live, *_conditions(open_search, zone, counting))
        .group_by(Grading.state)
    )
    return dict(session.execute(counted).all())


def _conditions(wanted: Wanted, zone: ZoneInfo, counting: Sequence[int]) -> Iterator[ColumnElement[bool]]:
    if wanted.state is not None:
        yield Grading.state == wanted.state
    if wanted.entrant is not None:
        yield Submission.entrant_id == wanted.entrant
    if wanted.since is not None:
        yield Submission.received_at >= first_instant(datetime.combine(wanted.since, time()), zone)
    if wanted.until is not None:
        yield Submission.received_at <= last_instant(datetime.combine(wanted.until, time(23, 59)), zone)
    if wanted.flag is not None:
        yield _flagged(wanted.flag, counting)
    if wanted.cause:
        yield _caused(wanted.cause)
    if wanted.text:
        yield _says(wanted.text)


def _flagged(flag: Flag, counting: Sequence[int]) -> ColumnElement[bool]:
    match flag:
        case Flag.COUNTS:
            return Submission.id.in_(counting)
        case Flag.CHOSEN:
            return Submission.is_chosen.is_(True)
        case Flag.REFERENCE:
            return Submission.is_reference.is_(True)
        case Flag.TEST:
            return and_(Submission.is_staff, ~_is_baseline())
        case Flag.BASELINE:
            return _is_baseline()
        case Flag.DISQUALIFIED:
            return disqualified()
        case Flag.NOTED:
            about = or_(Note.submission_id == Submission.id, Note.entrant_id == Submission.entrant_id)
            return exists().where(about).correlate(Submission)
        case Flag.REGRADED:
            numbers = select(func.count(Grading.id)).where(Grading.submission_id == Submission.id)
            return numbers.correlate(Submission).scalar_subquery() > 1
        case Flag.TROUBLED:
            return (Grading.crashes > 0) | (Grading.losses > 0)


def _is_baseline() -> ColumnElement[bool]:
    return exists().where(Baseline.entrant_id == Submission.entrant_id).correlate(Submission)


def _caused(cause: str) -> ColumnElement[bool]:
    """A refused file names its problems by code; our own faults have texts, and causes of crashes."""
    refused = cast(Grading.report, Text).contains(f'"code": "{cause}"', autoescape=True)
    return or_(
        and_(Grading.state == State.REJECTED, refused),
        Grading.fault.icontains(cause, autoescape=True),
        cast(Grading.crash_causes, Text).contains(f'"{cause}"', autoescape=True),
    )


def _says(text: str) -> ColumnElement[bool]:
    of_person = exists().where(
        User.id == Submission.user_id,
        or_(User.name.icontains(text, autoescape=True), User.email.icontains(text, autoescape=True)),
    )
    of_entrant = exists().where(Entrant.id == Submission.entrant_id, Entrant.alias.icontains(text, autoescape=True))
    names = [SubmissionFile.name.icontains(text, autoescape=True)]
    if len(text) >= DIGEST_CHARACTERS:
        names.append(SubmissionFile.sha256.startswith(text.lower(), autoescape=True))
    of_file = exists().where(SubmissionFile.submission_id == Submission.id, or_(*names))
    either = or_(*(each.correlate(Submission) for each in (of_person, of_entrant, of_file)))
    return or_(either, Submission.id == int(text)) if text.isdecimal() and len(text) < 10 else either
