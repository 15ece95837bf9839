"""What teams are made of: who competes with whom, what they have handed in, and who is invited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, joinedload

from app.teams.planning import Competitor
from models.accounts import User
from models.competitions import Competition
from models.courses import Membership, Role
from models.entrants import Entrant, EntrantMember
from models.gradings import Grading, State
from models.moderation import Disqualification, Note
from models.points import Adjustment, Extension, HandPoints
from models.submissions import Submission
from models.teams import TeamInvitation

DECISIONS = (HandPoints, Adjustment, Extension, Disqualification, Note)
"""What staff decide about an entrant."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person of an entrant."""

    user_id: int
    name: str
    email: str


def lock(session: Session, competition_id: int) -> None:
    """Has everything that changes the teams of a competition follow one after the other; files may come in meanwhile."""
    # The weaker lock: each submission's foreign key takes a share of the row.
    session.execute(select(Competition.id).where(Competition.id == competition_id).with_for_update(key_share=True))


def membership(session: Session, competition_id: int, user_id: int) -> EntrantMember | None:
    """The person's place in an entrant, locked for this transaction: an upload of theirs waits."""
    wanted = select(EntrantMember).where(
        EntrantMember.competition_id == competition_id, EntrantMember.user_id == user_id
    )
    return session.scalars(wanted.with_for_update()).one_or_none()


def entrant(session: Session, competition_id: int, entrant_id: int) -> Entrant | None:
    """The entrant of that number in a competition."""
    return session.scalars(
        select(Entrant).where(Entrant.id == entrant_id, Entrant.competition_id == competition_id)
    ).one_or_none()


def entrant_by_code(session: Session, competition_id: int, code: str) -> Entrant | None:
    """The entrant that this link lets somebody join."""
    return session.scalars(
        select(Entrant).where(Entrant.join_code == code, Entrant.competition_id == competition_id)
    ).one_or_none()


def aliases(session: Session, competition_id: int) -> Mapping[int, str]:
    """The names on the board of all entrants."""
    return dict(
        session.execute(select(Entrant.id, Entrant.alias).where(Entrant.competition_id == competition_id)).all()
    )


def members(session: Session, entrant_ids: Sequence[int]) -> Mapping[int, Sequence[Member]]:
    """The people of entrants, by name."""
    wanted = (
        select(EntrantMember.entrant_id, User.id, User.name, User.email)
        .join(User, User.id == EntrantMember.user_id)
        .where(EntrantMember.entrant_id.in_(entrant_ids))
        .order_by(User.name, User.id)
    )
    found: dict[int, list[Member]] = {}
    for number, user_id, name, email in session.execute(wanted).all():
        found.setdefault(number, []).append(Member(user_id, name, email))
    return found


def charged_by(session: Session, entrant_id: int, user_id: int) -> int:
    """How many of an entrant's charged submissions a person handed in."""
    return session.execute(_charged(Submission.entrant_id == entrant_id, Submission.user_id == user_id)).scalar_one()


def competitors(session: Session, course_id: int, competition_id: int) -> Sequence[Competitor]:
    """All students of the course by name, admins left out as on the board."""
    place = (
        select(EntrantMember.user_id, Entrant.id, Entrant.alias)
        .join(Entrant, Entrant.id == EntrantMember.entrant_id)
        .where(EntrantMember.competition_id == competition_id)
        .subquery()
    )
    counted = (
        select(Submission.entrant_id, func.count().label("charged"))
        .join(Grading, Grading.submission_id == Submission.id)
        .where(Submission.competition_id == competition_id, *_is_charged())
        .group_by(Submission.entrant_id)
        .subquery()
    )
    wanted = (
        select(User.id, User.name, User.email, place.c.id, place.c.alias, func.coalesce(counted.c.charged, 0))
        .join(Membership, Membership.user_id == User.id)
        .outerjoin(place, place.c.user_id == User.id)
        .outerjoin(counted, counted.c.entrant_id == place.c.id)
        .where(Membership.course_id == course_id, Membership.role == Role.STUDENT, ~User.is_admin)
        .order_by(User.name, User.id)
    )
    return [Competitor(*row) for row in session.execute(wanted).all()]


def is_decided_about(session: Session, entrant_id: int) -> bool:
    """Whether staff gave the entrant points, an adjustment or an extension, disqualified it or noted something."""
    return any(session.execute(select(exists().where(each.entrant_id == entrant_id))).scalar() for each in DECISIONS)


def is_disqualified(session: Session, entrant_id: int) -> bool:
    """Whether the entrant counts nowhere at present."""
    held = exists().where(Disqualification.entrant_id == entrant_id, Disqualification.submission_id.is_(None))
    return bool(session.execute(select(held)).scalar())


def has_submissions(session: Session, entrant_id: int) -> bool:
    """Whether anything was ever handed in by the entrant."""
    return bool(session.execute(select(exists().where(Submission.entrant_id == entrant_id))).scalar())


def invitations_for(session: Session, competition_id: int, email: str) -> Sequence[TeamInvitation]:
    """The places that are offered to an address, the earliest first."""
    return session.scalars(_invitations(Entrant.competition_id == competition_id, TeamInvitation.email == email)).all()


def invitations_of(session: Session, entrant_id: int) -> Sequence[TeamInvitation]:
    """The places that an entrant offers, the earliest first."""
    return session.scalars(_invitations(TeamInvitation.entrant_id == entrant_id)).all()


def _invitations(*conditions: ColumnElement[bool]) -> Select[TeamInvitation]:
    return (
        select(TeamInvitation)
        .join(TeamInvitation.entrant)
        .where(*conditions)
        .options(joinedload(TeamInvitation.entrant))
        .order_by(TeamInvitation.id)
    )


def _charged(*conditions: ColumnElement[bool]) -> Select[int]:
    counted = select(func.count()).select_from(Submission).join(Grading, Grading.submission_id == Submission.id)
    return counted.where(*conditions, *_is_charged())


def _is_charged() -> tuple[ColumnElement[bool], ...]:
    """What uses up a try: neither refused files nor our own faults."""
    return Grading.is_live.is_(True), Grading.state.not_in((State.REJECTED, State.FAILED))
