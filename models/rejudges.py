"""A rejudge: gradings in the shadow of those that count, compared with them and then made live together, or dropped."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.columns import db_now, vocabulary
from models.competitions import CompetitionVersion


class RejudgeKind(StrEnum):
    """Whether files are evaluated anew, or scored from what is kept wherever only formulas changed."""

    EVALUATE = "evaluate"
    RESCORE = "rescore"


class RejudgeState(StrEnum):
    """Whether a rejudge is still decided about."""

    OPEN = "open"
    LIVE = "live"
    DROPPED = "dropped"


class Rejudge(Base):
    """What staff asked to be judged again, and what became of it. Its gradings name it by `rejudge_id`."""

    __tablename__ = "rejudges"
    __table_args__ = (
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        Index(None, "competition_id", "id"),
        Index(None, "version_id"),
        Index(None, "by_id"),
        Index(None, "ended_by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int] = mapped_column(ForeignKey("competitions.id", ondelete="RESTRICT"))
    version_id: Mapped[int] = mapped_column(ForeignKey("competition_versions.id", ondelete="RESTRICT"))
    """The rules under which it judges."""
    kind: Mapped[RejudgeKind] = mapped_column(vocabulary(RejudgeKind, "kind"))
    state: Mapped[RejudgeState] = mapped_column(vocabulary(RejudgeState, "state"), default=RejudgeState.OPEN)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=db_now())
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    outcome: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    """What changed when it was made live: kept, since what it was compared with is history by then."""

    version: Mapped[CompetitionVersion] = relationship()
    by: Mapped[User | None] = relationship(foreign_keys=[by_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])
