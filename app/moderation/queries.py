"""What is held against submissions and entrants, and what staff noted about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session, joinedload

from models.accounts import User
from models.entrants import Entrant, EntrantMember
from models.moderation import Disqualification, Note
from models.submissions import Submission


@dataclass(frozen=True, slots=True)
class Marks:
    """What there is about the submissions of a list: reasons of disqualifications, and numbers of notes."""

    of_submissions: Mapping[int, str]
    of_entrants: Mapping[int, str]
    notes: Mapping[int, int]
    entrant_notes: Mapping[int, int]

    def disqualified(self, submission: Submission) -> str | None:
        """Why a submission counts nowhere; None where it may count."""
        return self.of_entrants.get(submission.entrant_id) or self.of_submissions.get(submission.id)

    def noted(self, submission: Submission) -> int:
        """How many notes there are about a submission and its entrant."""
        return self.notes.get(submission.id, 0) + self.entrant_notes.get(submission.entrant_id, 0)


def marks(session: Session, submissions: Iterable[Submission]) -> Marks:
    """The marks of some submissions, in four statements whatever their number."""
    found = list(submissions)
    numbers, entrants = [each.id for each in found], list({each.entrant_id for each in found})
    reasons = select(Disqualification.submission_id, Disqualification.reason)
    whole = select(Disqualification.entrant_id, Disqualification.reason).where(
        Disqualification.entrant_id.in_(entrants), Disqualification.submission_id.is_(None)
    )
    counted = select(Note.submission_id, func.count()).group_by(Note.submission_id)
    of_entrants = select(Note.entrant_id, func.count()).group_by(Note.entrant_id)
    return Marks(
        _pairs(session.execute(reasons.where(Disqualification.submission_id.in_(numbers))).all()),
        _pairs(session.execute(whole).all()),
        _pairs(session.execute(counted.where(Note.submission_id.in_(numbers))).all()),
        _pairs(session.execute(of_entrants.where(Note.entrant_id.in_(entrants))).all()),
    )


_HELD = (
    select(Disqualification)
    .where(
        Disqualification.entrant_id == bindparam("entrant"),
        or_(Disqualification.submission_id.is_(None), Disqualification.submission_id == bindparam("submission")),
    )
    .order_by(Disqualification.submission_id.is_not(None))
    .options(joinedload(Disqualification.by))
    .limit(1)
)
"""Asked for each page of a submission, and so put together once."""


def disqualification(session: Session, submission: Submission) -> Disqualification | None:
    """What is held against a submission; where its whole entrant is disqualified, that."""
    asked = {"entrant": submission.entrant_id, "submission": submission.id}
    return session.scalars(_HELD, asked).one_or_none()


def entrant_disqualification(session: Session, entrant_id: int) -> Disqualification | None:
    """What is held against a whole entrant."""
    wanted = select(Disqualification).where(
        Disqualification.entrant_id == entrant_id, Disqualification.submission_id.is_(None)
    )
    return session.scalars(wanted.options(joinedload(Disqualification.by))).one_or_none()


def lock(session: Session, entrant_ids: Iterable[int]) -> None:
    """Has others who decide about these entrants wait until this transaction has ended."""
    wanted = select(Entrant.id).where(Entrant.id.in_(list(entrant_ids))).order_by(Entrant.id)
    session.execute(wanted.with_for_update())


def held(session: Session, submission_ids: Sequence[int], entrant_ids: Sequence[int]) -> Sequence[Disqualification]:
    """The disqualifications of just these submissions and entrants."""
    whole = Disqualification.entrant_id.in_(entrant_ids) & Disqualification.submission_id.is_(None)
    wanted = select(Disqualification).where(or_(whole, Disqualification.submission_id.in_(submission_ids)))
    return session.scalars(wanted).all()


def notes(session: Session, submission: Submission) -> Sequence[Note]:
    """The notes about a submission and its entrant, the earliest first."""
    about = or_(Note.submission_id == submission.id, Note.entrant_id == submission.entrant_id)
    return session.scalars(select(Note).where(about).order_by(Note.id).options(joinedload(Note.by))).all()


def entrant_notes(session: Session, entrant_id: int) -> Sequence[Note]:
    """The notes about an entrant, the earliest first."""
    wanted = select(Note).where(Note.entrant_id == entrant_id).order_by(Note.id)
    return session.scalars(wanted.options(joinedload(Note.by))).all()


def note(session: Session, competition_id: int, note_id: int) -> Note | None:
    """A note about something of a competition."""
    of_submissions = select(Submission.id).where(Submission.competition_id == competition_id)
    of_entrants = select(Entrant.id).where(Entrant.competition_id == competition_id)
    ours = or_(Note.submission_id.in_(of_submissions), Note.entrant_id.in_(of_entrants))
    return session.scalars(select(Note).where(Note.id == note_id, ours)).one_or_none()


def submissions(session: Session, competition_id: int, numbers: Sequence[int]) -> Mapping[int, int]:
    """Of these submissions those of a competition, and the entrants that they are of."""
    wanted = select(Submission.id, Submission.entrant_id).where(
        Submission.competition_id == competition_id, Submission.id.in_(numbers)
    )
    return _pairs(session.execute(wanted).all())


def entrants(session: Session, competition_id: int, numbers: Sequence[int]) -> Sequence[int]:
    """Of these entrants those of a competition."""
    wanted = select(Entrant.id).where(Entrant.competition_id == competition_id, Entrant.id.in_(numbers))
    return session.scalars(wanted).all()


def entrant(session: Session, competition_id: int, entrant_id: int) -> Entrant | None:
    """An entrant of a competition."""
    return session.scalars(
        select(Entrant).where(Entrant.id == entrant_id, Entrant.competition_id == competition_id)
    ).one_or_none()


def members(session: Session, entrant_id: int) -> Sequence[User]:
    """The people of an entrant, by name."""
    wanted = select(User).join(EntrantMember, EntrantMember.user_id == User.id)
    return session.scalars(wanted.where(EntrantMember.entrant_id == entrant_id).order_by(User.name, User.id)).all()


def _pairs(rows: Iterable[Any]) -> Mapping[int, Any]:
    return dict(rows)
