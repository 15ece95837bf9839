"""Invitations into a team; who is in one is in the entrant's members."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.columns import Email, db_now
from models.entrants import Entrant


class TeamInvitation(Base):
    """A place in a team that is offered to whoever has an address. It is gone once it was taken, refused or withdrawn."""

    __tablename__ = "team_invitations"
    __table_args__ = (UniqueConstraint("entrant_id", "email"), Index(None, "email"), Index(None, "by_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int] = mapped_column(ForeignKey("entrants.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(Email)
    """An address and not a person: who invites learns nothing about who is in the course."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=db_now())

    entrant: Mapped[Entrant] = relationship()
