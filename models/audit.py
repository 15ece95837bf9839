"""Who changed what: one row for each act of staff that a student might ask about."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.columns import db_now


class AuditEntry(Base):
    """One act. Rows are added and never changed."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "subject"),
        Index(None, "actor_id"),
        Index(None, "competition_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=db_now())
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    """None: the command line or the service itself."""
    competition_id: Mapped[int | None] = mapped_column(ForeignKey("competitions.id", ondelete="SET NULL"))
    """The competition that it is about; None: none in particular."""
    action: Mapped[str] = mapped_column(String(64))
    """Domain and verb, such as `grading.repeat`."""
    subject: Mapped[str] = mapped_column(String(128))
    """Kind and id, such as `submission:12`."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
