"""What staff decide about a competition's boards: what students see of them, baselines beside them, announcements."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.columns import db_now, vocabulary
from models.entrants import ALIAS_LENGTH, Entrant
from models.points import EXACT_LENGTH


class BoardMode(StrEnum):
    """What students see of a board: as it is, as it was at some moment, or nothing."""

    LIVE = "live"
    FROZEN = "frozen"
    HIDDEN = "hidden"


class BoardState(Base):
    """How a competition's boards are shown at present. Without a row: as the definition says."""

    __tablename__ = "board_states"
    __table_args__ = (UniqueConstraint("competition_id"), Index(None, "by_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int] = mapped_column(ForeignKey("competitions.id", ondelete="CASCADE"))
    mode: Mapped[BoardMode] = mapped_column(vocabulary(BoardMode, "mode"), default=BoardMode.LIVE)
    since: Mapped[datetime] = mapped_column(default=db_now())
    """When the mode was chosen; of a frozen board, the moment that it shows."""
    published_at: Mapped[datetime | None]
    """Since when the private board is open, and scores that the definition keeps to the staff; None: as it says."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    by: Mapped[User | None] = relationship()


class FrozenRow(Base):
    """A row of a frozen board: the grading that counted at that moment, of one entrant and one part of the test set."""

    __tablename__ = "frozen_rows"
    __table_args__ = (UniqueConstraint("competition_id", "part", "grading_id"), Index(None, "grading_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int] = mapped_column(ForeignKey("competitions.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(String(16))
    """`public` or `private`."""
    grading_id: Mapped[int] = mapped_column(ForeignKey("gradings.id", ondelete="CASCADE"))
    entries: Mapped[int]
    """How many scored submissions the entrant had."""


class Baseline(Base):
    """A score that staff put on the board without a rank: numbers, or the result of a file."""

    __tablename__ = "baselines"
    __table_args__ = (
        UniqueConstraint("competition_id", "name"),
        CheckConstraint("entrant_id IS NULL OR (public IS NULL AND private IS NULL)", name="source"),
        Index(None, "entrant_id"),
        Index(None, "by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int] = mapped_column(ForeignKey("competitions.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(ALIAS_LENGTH))
    public: Mapped[str | None] = mapped_column(String(EXACT_LENGTH))
    """The score as it was entered; where the test set has one part, that on the whole of it."""
    private: Mapped[str | None] = mapped_column(String(EXACT_LENGTH))
    entrant_id: Mapped[int | None] = mapped_column(ForeignKey("entrants.id", ondelete="CASCADE"))
    """The entrant without members whose last scored file it is."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=db_now())

    entrant: Mapped[Entrant | None] = relationship()
    by: Mapped[User | None] = relationship()


class Announcement(Base):
    """A text of the staff on a competition's page."""

    __tablename__ = "announcements"
    __table_args__ = (Index(None, "competition_id", "id"), Index(None, "by_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int] = mapped_column(ForeignKey("competitions.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    """Markdown."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=db_now())

    by: Mapped[User | None] = relationship()
