"""The leaders of a board whose code is looked at: what they uploaded, and what staff found."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.columns import SHA256_HEX_LENGTH, db_now
from models.entrants import Entrant


class CodeUpload(Base):
    """The code that an entrant handed in as a finalist; the newest is the one that is looked at."""

    __tablename__ = "code_uploads"
    __table_args__ = (
        CheckConstraint("bytes >= 0", name="bytes"),
        Index(None, "entrant_id", "id"),
        Index(None, "user_id"),
        Index(None, "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int] = mapped_column(ForeignKey("entrants.id", ondelete="RESTRICT"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    name: Mapped[str]
    """The name that the student's own computer gave it; shown, never used as a path."""
    sha256: Mapped[str] = mapped_column(String(SHA256_HEX_LENGTH))
    bytes: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(default=db_now())
    scan: Mapped[dict[str, Any] | None]
    """What the code names, as the jail told it; None: it could not be looked at, `scan_failure` says why."""
    scan_failure: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))

    user: Mapped[User] = relationship()
    entrant: Mapped[Entrant] = relationship()


class FinalistReview(Base):
    """What staff found about a finalist: which checks are done, whether all is well, and a note for each other.

    Who is not confirmed may be disqualified; that has a row of its own.
    """

    __tablename__ = "finalist_reviews"
    __table_args__ = (Index(None, "by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int] = mapped_column(ForeignKey("entrants.id", ondelete="CASCADE"), unique=True)
    is_confirmed: Mapped[bool] = mapped_column(default=False, server_default=false())
    checks: Mapped[list[str]] = mapped_column(default=list)
    """Those of the definition's checks that are done. Assign a new list: a change in place is not seen."""
    note: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=db_now())

    by: Mapped[User | None] = relationship()
