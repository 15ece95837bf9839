"""Rosters as they were uploaded: shown as a dry run first, then applied."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.columns import db_now


class RosterImport(Base):
    """One uploaded roster of a course."""

    __tablename__ = "roster_imports"
    __table_args__ = (Index(None, "course_id"), Index(None, "created_by_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    file_name: Mapped[str]
    content: Mapped[str] = mapped_column(Text)
    """The CSV as text."""
    mapping: Mapped[dict[str, Any]]
    """Which column holds what, and whether those who are missing leave the course."""
    created_at: Mapped[datetime] = mapped_column(default=db_now())
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    applied_at: Mapped[datetime | None]
