"""What the accounts' service asks the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from app.clock import db_now
from models import ApiToken, AuthSession, Identity, User


class FoundSession(NamedTuple):
    """A session that is still good, whose it is, and the database's time when it was found."""

    session: AuthSession
    user: User
    now: datetime


class FoundToken(NamedTuple):
    """An API token that is still good, whose it is, and the database's time when it was found."""

    token: ApiToken
    user: User
    now: datetime


GOOD_SESSION = (
    AuthSession.token_sha256 == bindparam("digest"),
    AuthSession.expires_at > db_now(),
    User.disabled_at.is_(None),
)
"""Which session lets its user in: that of a digest, while it lasts."""
GOOD_TOKEN = (
    ApiToken.prefix == bindparam("prefix"),
    ApiToken.revoked_at.is_(None),
    or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > db_now()),
    User.disabled_at.is_(None),
)
"""Which token may let its user in: the one with a prefix; its digest is still to be compared."""
# Who makes a request is asked by each one, and so put together once.
_GOOD_SESSION = select(AuthSession, User, db_now()).join(User, AuthSession.user_id == User.id).where(*GOOD_SESSION)
_GOOD_TOKEN = select(ApiToken, User, db_now()).join(User, ApiToken.user_id == User.id).where(*GOOD_TOKEN)


def user_by_email(session: Session, email: str) -> User | None:
    """The user with this e-mail, however it is capitalised."""
    return session.scalar(select(User).where(User.email == email))


def good_session(session: Session, token_sha256: str) -> FoundSession | None:
    """The session with this digest, unless it has expired or its user is disabled."""
    found = session.execute(_GOOD_SESSION, {"digest": token_sha256}).one_or_none()
    return FoundSession(*found) if found else None


def good_token(session: Session, prefix: str) -> FoundToken | None:
    """The API token with this prefix, unless it is revoked or has expired or its user is disabled."""
    found = session.execute(_GOOD_TOKEN, {"prefix": prefix}).one_or_none()
    return FoundToken(*found) if found else None


def sessions_of(session: Session, user_id: int) -> Sequence[AuthSession]:
    """The user's sessions that have not expired, the one seen last first."""
    wanted = select(AuthSession).where(AuthSession.user_id == user_id, AuthSession.expires_at > db_now())
    return session.scalars(wanted.order_by(AuthSession.last_seen_at.desc(), AuthSession.id.desc())).all()


def tokens_of(session: Session, user_id: int) -> Sequence[ApiToken]:
    """The user's API tokens, revoked and expired ones too, the newest first."""
    return session.scalars(select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())).all()


def touch(session: Session, session_ids: Collection[int], token_ids: Collection[int]) -> None:
    """Note that these sessions were seen and these API tokens used now."""
    if session_ids:
        session.execute(update(AuthSession).where(AuthSession.id.in_(session_ids)).values(last_seen_at=db_now()))
    if token_ids:
        session.execute(update(ApiToken).where(ApiToken.id.in_(token_ids)).values(last_used_at=db_now()))


def delete_session(session: Session, token_sha256: str) -> None:
    """Delete the session with this digest, if there is one."""
    session.execute(delete(AuthSession).where(AuthSession.token_sha256 == token_sha256))


def delete_sessions_of(session: Session, user_id: int) -> None:
    """Delete all sessions of the user."""
    session.execute(delete(AuthSession).where(AuthSession.user_id == user_id))


def delete_expired_sessions(session: Session) -> None:
    """Delete everybody's expired sessions."""
    session.execute(delete(AuthSession).where(AuthSession.expires_at <= db_now()))


def identity(session: Session, issuer: str, subject: str) -> Identity | None:
    """A person as a provider knows them."""
    return session.scalar(select(Identity).where(Identity.issuer == issuer, Identity.subject == subject))


def identities_of(session: Session, user_id: int) -> Sequence[Identity]:
    """The providers that a user signs in with."""
    return session.scalars(select(Identity).where(Identity.user_id == user_id).order_by(Identity.id)).all()


def revoke_tokens_of(session: Session, user_id: int) -> None:
    """End all API tokens of the user."""
    held = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    session.execute(held.values(revoked_at=db_now()))
