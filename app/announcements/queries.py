"""The announcements of a competition."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models.boards import Announcement


def announcements(
    session: Session, competition_id: int, limit: int, before: int | None = None
) -> Sequence[Announcement]:
    """So many of the newest ones, the newest first."""
    wanted = select(Announcement).where(Announcement.competition_id == competition_id)
    if before is not None:
        wanted = wanted.where(Announcement.id < before)
    wanted = wanted.order_by(Announcement.id.desc()).limit(limit).options(joinedload(Announcement.by))
    return session.scalars(wanted).all()


def announcement(session: Session, competition_id: int, announcement_id: int) -> Announcement | None:
    """One announcement of a competition."""
    wanted = select(Announcement).where(
        Announcement.id == announcement_id, Announcement.competition_id == competition_id
    )
    return session.scalars(wanted).one_or_none()
