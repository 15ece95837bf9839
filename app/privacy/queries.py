"""Everything that rows say of one person."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models.accounts import ApiToken, AuthSession
from models.audit import AuditEntry
from models.competitions import CompetitionVersion
from models.courses import Membership
from models.entrants import Entrant, EntrantMember
from models.finalists import CodeUpload
from models.gradings import Grading
from models.points import Adjustment, Extension, HandPoints
from models.submissions import Submission


def memberships(session: Session, user_id: int) -> Sequence[Membership]:
    """The person's part in courses."""
    wanted = select(Membership).where(Membership.user_id == user_id).options(joinedload(Membership.course))
    return session.scalars(wanted.order_by(Membership.id)).all()


def entrants(session: Session, user_id: int) -> Sequence[Entrant]:
    """The entrants that the person is one of."""
    wanted = select(Entrant).join(EntrantMember, EntrantMember.entrant_id == Entrant.id)
    return session.scalars(wanted.where(EntrantMember.user_id == user_id).order_by(Entrant.id)).all()


def submissions(session: Session, user_id: int) -> Sequence[Submission]:
    """What the person handed in, with all gradings."""
    wanted = (
        select(Submission)
        .where(Submission.user_id == user_id)
        .options(
            joinedload(Submission.competition),
            joinedload(Submission.entrant),
            joinedload(Submission.user),
            selectinload(Submission.files),
            selectinload(Submission.gradings).joinedload(Grading.version).defer(CompetitionVersion.source),
            selectinload(Submission.gradings).selectinload(Grading.artifacts),
        )
        .order_by(Submission.id)
    )
    return session.scalars(wanted).all()


def code(session: Session, user_id: int) -> Sequence[CodeUpload]:
    """The code that the person handed in."""
    return session.scalars(select(CodeUpload).where(CodeUpload.user_id == user_id).order_by(CodeUpload.id)).all()


def decisions(
    session: Session, entrant_ids: Sequence[int]
) -> tuple[Sequence[HandPoints], Sequence[Adjustment], Sequence[Extension]]:
    """What staff decided about entrants."""
    return (
        session.scalars(select(HandPoints).where(HandPoints.entrant_id.in_(entrant_ids))).all(),
        session.scalars(select(Adjustment).where(Adjustment.entrant_id.in_(entrant_ids))).all(),
        session.scalars(select(Extension).where(Extension.entrant_id.in_(entrant_ids))).all(),
    )


def sessions(session: Session, user_id: int) -> Sequence[AuthSession]:
    """The person's browsers."""
    return session.scalars(select(AuthSession).where(AuthSession.user_id == user_id).order_by(AuthSession.id)).all()


def tokens(session: Session, user_id: int) -> Sequence[ApiToken]:
    """The person's API tokens, ended ones too."""
    return session.scalars(select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id)).all()


def acts(session: Session, user_id: int, entrant_ids: Sequence[int]) -> Sequence[AuditEntry]:
    """What the person did that was written down, and what was done about them."""
    subjects = [f"user:{user_id}", *(f"entrant:{number}" for number in entrant_ids)]
    wanted = select(AuditEntry).where(or_(AuditEntry.actor_id == user_id, AuditEntry.subject.in_(subjects)))
    return session.scalars(wanted.order_by(AuditEntry.id)).all()
