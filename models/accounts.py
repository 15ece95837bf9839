"""People, and the two ways in which they show who they are: a browser's session and an API token."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.columns import SHA256_HEX_LENGTH, Email, db_now, vocabulary

TOKEN_PREFIX_LENGTH = 8
"""Characters of an API token that are stored in clear, to find its row and to tell tokens apart in a list."""
USER_AGENT_LENGTH = 200
"""Characters of a browser's own description that are kept."""


class User(Base):
    """A person. Never deleted once something was submitted: `disabled_at` ends the account."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Email, unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    """Argon2id in its own text form; None: this account cannot sign in with a password."""
    is_admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    may_create_courses: Mapped[bool] = mapped_column(default=False, server_default=false())
    """True for those who may make courses of their own without being administrators."""
    is_unproven: Mapped[bool] = mapped_column(default=False, server_default=false())
    """True where the person typed the e-mail address in with a join code: nobody knows that it is theirs."""
    created_at: Mapped[datetime] = mapped_column(default=db_now())
    disabled_at: Mapped[datetime | None]


class AuthSession(Base):
    """A browser that is signed in. The token itself is only in its cookie."""

    __tablename__ = "auth_sessions"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_sha256: Mapped[str] = mapped_column(String(SHA256_HEX_LENGTH), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=db_now())
    last_seen_at: Mapped[datetime] = mapped_column(default=db_now())
    expires_at: Mapped[datetime]
    user_agent: Mapped[str] = mapped_column(String(USER_AGENT_LENGTH), default="")

    user: Mapped[User] = relationship()


class Scope(StrEnum):
    """What an API token may do; each also what the ones before it may."""

    READ = "read"
    SUBMIT = "submit"
    ADMIN = "admin"


class ApiToken(Base):
    """A token for the command line and scripts, shown once when it is made."""

    __tablename__ = "api_tokens"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(String(TOKEN_PREFIX_LENGTH), unique=True)
    token_sha256: Mapped[str] = mapped_column(String(SHA256_HEX_LENGTH))
    """Digest of the whole token as the user types it."""
    scope: Mapped[Scope] = mapped_column(vocabulary(Scope, "scope"), server_default=Scope.ADMIN.value)
    """Tokens from before there were scopes could do everything."""
    created_at: Mapped[datetime] = mapped_column(default=db_now())
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
