"""The ways into an account and a course: one-time links, identities of other providers, join codes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.columns import SHA256_HEX_LENGTH, db_now, vocabulary

CODE_LENGTH = 32
"""Characters of a join code."""


class LinkKind(StrEnum):
    """What a one-time link is for."""

    INVITATION = "invitation"
    RESET = "reset"


class AccountLink(Base):
    """A link with which a person sets a password, once. The link itself is not stored: staff see it when it is made."""

    __tablename__ = "account_links"
    __table_args__ = (Index(None, "user_id"), Index(None, "created_by_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[LinkKind] = mapped_column(vocabulary(LinkKind, "kind"))
    token_sha256: Mapped[str] = mapped_column(String(SHA256_HEX_LENGTH), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=db_now())
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When it was used, or replaced by a newer one."""

    user: Mapped[User] = relationship(foreign_keys=[user_id])


class Identity(Base):
    """A person as another provider knows them (OpenID Connect): its name for them never changes, unlike an e-mail."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), Index(None, "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=db_now())

    user: Mapped[User] = relationship()


class JoinCode(Base):
    """A code with which students join a course by themselves. A course has one that holds at most."""

    __tablename__ = "join_codes"
    __table_args__ = (
        CheckConstraint("uses >= 0", name="uses"),
        CheckConstraint("max_uses IS NULL OR max_uses > 0", name="max_uses"),
        Index(
            "uq_join_codes_course",
            "course_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "created_by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), unique=True)
    """In clear: staff write it on the board."""
    max_uses: Mapped[int | None]
    uses: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(default=db_now())
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was replaced or switched off."""
