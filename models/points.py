"""What staff decide about an entrant's grade beside what was measured: points by hand, adjustments, extensions.

Rows say what holds now; who changed what and when is in the audit entries. The grade is computed when it is read.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.columns import db_now, vocabulary

PART_LENGTH = 200
"""Characters of the name of a part of the grade."""
EXACT_LENGTH = 64
"""Characters of a number that staff enter."""


class AdjustmentKind(StrEnum):
    """What an adjustment does to a grade."""

    MULTIPLY = "multiply"
    ADD = "add"


class HandPoints(Base):
    """Points that staff gave for one part of the grade; for the bonus, that they confirmed it."""

    __tablename__ = "hand_points"
    __table_args__ = (UniqueConstraint("entrant_id", "part"), Index(None, "by_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int] = mapped_column(ForeignKey("entrants.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(String(PART_LENGTH))
    points: Mapped[str] = mapped_column(String(EXACT_LENGTH))
    """A decimal number or a fraction, as it was entered."""
    note: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=db_now())

    by: Mapped[User | None] = relationship()


class Adjustment(Base):
    """A factor of the whole grade, or points added to it or taken from it, with the reason that the student is told."""

    __tablename__ = "adjustments"
    __table_args__ = (Index(None, "entrant_id"), Index(None, "by_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int] = mapped_column(ForeignKey("entrants.id", ondelete="CASCADE"))
    kind: Mapped[AdjustmentKind] = mapped_column(vocabulary(AdjustmentKind, "kind"))
    value: Mapped[str] = mapped_column(String(EXACT_LENGTH))
    """A decimal number or a fraction, as it was entered."""
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=db_now())

    by: Mapped[User | None] = relationship()


class Extension(Base):
    """A later end of the last phase for one entrant, and tries beyond those of a day."""

    __tablename__ = "extensions"
    __table_args__ = (
        UniqueConstraint("entrant_id"),
        CheckConstraint("extra_tries >= 0", name="extra_tries"),
        Index(None, "by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int] = mapped_column(ForeignKey("entrants.id", ondelete="CASCADE"))
    until: Mapped[datetime | None]
    """The last moment at which a submission of this entrant is on time; None: that of everybody."""
    extra_tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    reason: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=db_now())

    by: Mapped[User | None] = relationship()
