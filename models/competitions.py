"""Competitions and the versions of their definitions."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.columns import SHA256_HEX_LENGTH, db_now
from models.courses import SLUG_LENGTH, Course
from models.datasets import Dataset


class Competition(Base):
    """A competition of a course. What it asks for is in its versions."""

    __tablename__ = "competitions"
    __table_args__ = (Index(None, "course_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), unique=True)
    title: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=db_now())
    opened_at: Mapped[datetime | None]
    """When it was first opened; None: a draft, which students do not see."""
    closed_at: Mapped[datetime | None]
    """Since when staff take no more files, whatever its phases say; None: they decide."""

    course: Mapped[Course] = relationship()


class CompetitionVersion(Base):
    """A definition as it was applied once. A row never changes; the highest `number` is the current one."""

    __tablename__ = "competition_versions"
    __table_args__ = (
        UniqueConstraint("competition_id", "number"),
        CheckConstraint("number > 0", name="number"),
        Index(None, "dataset_id"),
        Index(None, "created_by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int] = mapped_column(ForeignKey("competitions.id", ondelete="RESTRICT"))
    number: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    """The YAML as the instructor wrote it."""
    definition: Mapped[dict[str, Any]]
    """The same, resolved: needs no other file."""
    definition_digest: Mapped[str] = mapped_column(String(SHA256_HEX_LENGTH))
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("datasets.id", ondelete="RESTRICT"))
    """The hidden test set; None: a draft has none yet, and nothing can be graded."""
    created_at: Mapped[datetime] = mapped_column(default=db_now())
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    competition: Mapped[Competition] = relationship()
    dataset: Mapped[Dataset | None] = relationship()
    created_by: Mapped[User | None] = relationship()
