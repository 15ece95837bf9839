"""What staff hold against a submission or an entrant, and what they note about it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.columns import db_now


class Disqualification(Base):
    """An entrant, or one submission of it, that counts nowhere for as long as the row is there."""

    __tablename__ = "disqualifications"
    __table_args__ = (
        UniqueConstraint("submission_id"),
        Index(
            "uq_disqualifications_entrant",
            "entrant_id",
            unique=True,
            sqlite_where=text("submission_id IS NULL"),
            postgresql_where=text("submission_id IS NULL"),
        ),
        Index(None, "entrant_id"),
        Index(None, "by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int] = mapped_column(ForeignKey("entrants.id", ondelete="CASCADE"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    """None: all of the entrant's submissions, those to come too."""
    reason: Mapped[str] = mapped_column(Text)
    """The student reads it."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=db_now())

    by: Mapped[User | None] = relationship()


class Note(Base):
    """What staff wrote down for each other about a submission, or about an entrant; no student sees it."""

    __tablename__ = "notes"
    __table_args__ = (
        CheckConstraint("(submission_id IS NULL) <> (entrant_id IS NULL)", name="subject"),
        Index(None, "submission_id"),
        Index(None, "entrant_id"),
        Index(None, "by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    entrant_id: Mapped[int | None] = mapped_column(ForeignKey("entrants.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=db_now())

    by: Mapped[User | None] = relationship()
