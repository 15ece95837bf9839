"""What counts of each entrant, written down so that a board need not look for it among all submissions.

Nothing here is a source: whatever changes what counts leaves a mark (triggers of the database do that, so that no writer can
forget it), and marked entrants are computed anew before their rows are believed. So there are no foreign keys to hold up
writers, and backups leave these tables out.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.entrants import ALIAS_LENGTH

ZONE_LENGTH = 64
"""Characters of the IANA name of a time zone."""


class StandingMark(Base):
    """An entrant whose standing may have changed since it was written down."""

    __tablename__ = "standing_marks"
    __table_args__ = (Index(None, "competition_id", "entrant_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int]
    entrant_id: Mapped[int | None]
    """None: the rule may have changed by which all standings of the competition are told."""


class StandingBook(Base):
    """The standings of a competition as a whole; its row is locked by whoever writes one of them."""

    __tablename__ = "standing_books"
    __table_args__ = (UniqueConstraint("competition_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int] = mapped_column(ForeignKey("competitions.id", ondelete="CASCADE"))
    serial: Mapped[int] = mapped_column(default=0)
    """Grows with each change."""
    best: Mapped[bool]
    lower_is_better: Mapped[bool]
    choose: Mapped[int]
    """The three of the rule under which the standings were computed."""
    zone: Mapped[str] = mapped_column(String(ZONE_LENGTH))
    """The time zone of its days."""


class Standing(Base):
    """What counts of an entrant on one part of the test set; without a submission: nothing does any more."""

    __tablename__ = "standings"
    __table_args__ = (UniqueConstraint("entrant_id", "part"), Index(None, "competition_id", "part", "serial"))

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int]
    entrant_id: Mapped[int]
    part: Mapped[str] = mapped_column(String(16))
    """`public` or `private`."""
    serial: Mapped[int]
    """That of the book when this row was written."""
    alias: Mapped[str] = mapped_column(String(ALIAS_LENGTH))
    entries: Mapped[int]
    """How many scored submissions the entrant has."""

    submission_id: Mapped[int | None]
    version_id: Mapped[int | None]
    """The version of the definition that it was graded under."""
    score_exact: Mapped[str | None] = mapped_column(Text)
    meets: Mapped[bool | None]
    """Whether it meets the condition for a rank."""
    received_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any] | None]
    """What boards and plots speak of, out of the grading's report."""
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it has no rank, in numbers."""

    newest_at: Mapped[datetime | None]
    """When the newest of the scored submissions came in, whether it counts or not."""
    then_before: Mapped[datetime | None]
    """The beginning of the day on which this was computed. The rest: what counted of those that came in before."""
    then_submission_id: Mapped[int | None]
    then_score_exact: Mapped[str | None] = mapped_column(Text)
    then_meets: Mapped[bool | None]
    then_received_at: Mapped[datetime | None]
