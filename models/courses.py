"""Courses and who takes part in them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.columns import db_now, vocabulary

SLUG_LENGTH = 64
"""Characters of the short name that stands in addresses."""


class Role(StrEnum):
    """What a member may do in a course, from least to most."""

    STUDENT = "student"
    TA = "ta"
    INSTRUCTOR = "instructor"

    @property
    def is_staff(self) -> bool:
        """True for those whose submissions never rank and who see everybody's."""
        return self is not Role.STUDENT


class Course(Base):
    """A course as it runs once."""

    __tablename__ = "courses"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), unique=True)
    title: Mapped[str]
    time_zone: Mapped[str]
    """IANA name: the day of a daily quota begins at its midnight."""
    created_at: Mapped[datetime] = mapped_column(default=db_now())


class Membership(Base):
    """A person's part in a course."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("course_id", "user_id"), Index(None, "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(vocabulary(Role, "role"))
    sid: Mapped[str | None]
    """What the university's register calls the person: Gradescope's SID, Canvas' SIS User ID, Moodle's ID number."""
    login: Mapped[str | None]
    """Canvas' SIS Login ID."""
    section: Mapped[str] = mapped_column(default="", server_default=text("''"))
    created_at: Mapped[datetime] = mapped_column(default=db_now())

    course: Mapped[Course] = relationship()
    user: Mapped[User] = relationship()
