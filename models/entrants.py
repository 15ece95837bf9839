"""Who competes: quota, board row and choice belong to an entrant, one student or a team."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.columns import db_now

ALIAS_LENGTH = 64
"""Characters of an alias."""
JOIN_CODE_LENGTH = 32
"""Characters of the secret in a link by which others join."""


class Entrant(Base):
    """Who hands in under one name on the board. `is_staff`: what is handed in now never ranks."""

    __tablename__ = "entrants"
    __table_args__ = (
        UniqueConstraint("competition_id", "alias"),
        # Lets members and submissions name entrant and competition together, so that the two cannot disagree.
        UniqueConstraint("id", "competition_id"),
        Index("uq_entrants_join_code", "join_code", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int] = mapped_column(ForeignKey("competitions.id", ondelete="RESTRICT"))
    alias: Mapped[str] = mapped_column(String(ALIAS_LENGTH))
    is_staff: Mapped[bool] = mapped_column(default=False, server_default=false())
    join_code: Mapped[str | None] = mapped_column(String(JOIN_CODE_LENGTH))
    """Whoever knows it may join while teams are formed; None: nobody joins by a link. Kept in clear, to be shown again."""
    created_at: Mapped[datetime] = mapped_column(default=db_now())

    members: Mapped[list["EntrantMember"]] = relationship(back_populates="entrant")


class EntrantMember(Base):
    """A person of an entrant; a person is in one entrant of a competition at most."""

    __tablename__ = "entrant_members"
    __table_args__ = (
        UniqueConstraint("competition_id", "user_id"),
        ForeignKeyConstraint(
            ["entrant_id", "competition_id"], ["entrants.id", "entrants.competition_id"], ondelete="CASCADE"
        ),
        Index(None, "entrant_id"),
        Index(None, "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int]
    competition_id: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))

    entrant: Mapped[Entrant] = relationship(back_populates="members")
