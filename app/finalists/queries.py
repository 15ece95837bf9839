"""What is asked about finalists: their code and what staff found."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models.entrants import Entrant, EntrantMember
from models.finalists import CodeUpload, FinalistReview
from models.moderation import Disqualification


def code_of(session: Session, entrant_id: int) -> Sequence[CodeUpload]:
    """What an entrant has uploaded, the newest first."""
    wanted = select(CodeUpload).where(CodeUpload.entrant_id == entrant_id).options(joinedload(CodeUpload.user))
    return session.scalars(wanted.order_by(CodeUpload.id.desc())).all()


def newest_code(session: Session, competition_id: int) -> Mapping[int, CodeUpload]:
    """The newest upload of each entrant of a competition that has one."""
    newest = (
        select(func.max(CodeUpload.id))
        .join(Entrant, Entrant.id == CodeUpload.entrant_id)
        .where(Entrant.competition_id == competition_id)
        .group_by(CodeUpload.entrant_id)
    )
    wanted = select(CodeUpload).where(CodeUpload.id.in_(newest)).options(joinedload(CodeUpload.user))
    return {each.entrant_id: each for each in session.scalars(wanted).all()}


def reviews(session: Session, competition_id: int) -> Mapping[int, FinalistReview]:
    """What staff found, by entrant."""
    wanted = (
        select(FinalistReview)
        .join(Entrant, Entrant.id == FinalistReview.entrant_id)
        .where(Entrant.competition_id == competition_id)
        .options(joinedload(FinalistReview.by))
    )
    return {each.entrant_id: each for each in session.scalars(wanted).all()}


def disqualified(session: Session, competition_id: int) -> Mapping[int, Disqualification]:
    """The entrants of a competition that are disqualified as a whole."""
    wanted = (
        select(Disqualification)
        .join(Entrant, Entrant.id == Disqualification.entrant_id)
        .where(Entrant.competition_id == competition_id, Disqualification.submission_id.is_(None))
        .options(joinedload(Disqualification.by))
    )
    return {each.entrant_id: each for each in session.scalars(wanted).all()}


def entrants(session: Session, entrant_ids: Sequence[int]) -> Mapping[int, Entrant]:
    """Entrants by number."""
    return {each.id: each for each in session.scalars(select(Entrant).where(Entrant.id.in_(entrant_ids))).all()}


def upload(session: Session, competition_id: int, upload_id: int) -> CodeUpload | None:
    """One upload to a competition."""
    wanted = (
        select(CodeUpload)
        .join(CodeUpload.entrant)
        .where(CodeUpload.id == upload_id, Entrant.competition_id == competition_id)
    )
    return session.scalars(wanted).one_or_none()


def is_of(session: Session, found: CodeUpload, user_id: int) -> bool:
    """Whether a person handed the code in, or belongs to the entrant that did."""
    member = select(EntrantMember.id).where(
        EntrantMember.entrant_id == found.entrant_id, EntrantMember.user_id == user_id
    )
    return found.user_id == user_id or session.execute(member).first() is not None
