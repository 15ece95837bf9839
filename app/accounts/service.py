"""Accounts: who exists, who is signed in, and whose API token this is."""

from datetime import datetime, timedelta
from hmac import compare_digest
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.passwords import Passwords
from app.accounts.tokens import digest_of, new_api_token, new_session_token, prefix_of
from app.accounts.touches import Touches
from app.clock import db_now
from app.errors import AppError
from models import ApiToken, AuthSession, Scope, User
from models.accounts import USER_AGENT_LENGTH
from models.columns import fold_email

TOUCH_INTERVAL = timedelta(minutes=5)
"""How old a session's `last_seen_at` and a token's `last_used_at` may grow before a request notes it again."""
MAX_EMAIL_CHARACTERS = 254
"""Longest address that mail can be sent to (RFC 3696, erratum 1690)."""
MAX_NAME_CHARACTERS = 200
"""Longest name of a person or of an API token."""


class SignedIn(NamedTuple):
    """A user and the session that says so."""

    user: User
    session_id: int


class TokenUser(NamedTuple):
    """A user and the API token that says so."""

    user: User
    token_id: int
    scope: Scope


class IssuedToken(NamedTuple):
    """A new API token: its row, and the text that is shown once."""

    token: ApiToken
    text: str


def create_user(
    session: Session, *, email: str, name: str, password_hash: str | None = None, is_admin: bool = False
) -> User:
    """The new user. Raises AppError where the e-mail is taken (409) or e-mail or name will not do (422)."""
    address = _checked_email(email)
    if queries.user_by_email(session, address) is not None:
        raise AppError(409, "email-taken", f"There is already an account for {address}.", field="email")
    user = User(email=address, name=_checked_name(name), password_hash=password_hash, is_admin=is_admin)
    session.add(user)
    session.flush()
    return user


def set_password(session: Session, user_id: int, password_hash: str) -> None:
    """Give the user a new password and end all sessions: whoever knew the old one is signed out."""
    session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))
    queries.delete_sessions_of(session, user_id)


def hand_over(session: Session, user_id: int, password_hash: str) -> None:
    """Give an account to the person whom the staff know: a new password, and every way in from before ends."""
    set_password(session, user_id, password_hash)
    queries.revoke_tokens_of(session, user_id)
    session.execute(update(User).where(User.id == user_id).values(is_unproven=False))


def set_admin(session: Session, user_id: int, *, is_admin: bool) -> None:
    """Make the user an administrator, or no longer one."""
    session.execute(update(User).where(User.id == user_id).values(is_admin=is_admin))


def disable(session: Session, user_id: int) -> None:
    """Let the user in no more: sessions end, and password and API tokens are refused until `enable`."""
    session.execute(
        update(User).where(User.id == user_id).values(disabled_at=func.coalesce(User.disabled_at, db_now()))
    )
    queries.delete_sessions_of(session, user_id)


def enable(session: Session, user_id: int) -> None:
    """Let a disabled user in again, with the password and the API tokens from before."""
    session.execute(update(User).where(User.id == user_id).values(disabled_at=None))


def authenticate(session: Session, passwords: Passwords, email: str, password: str) -> User | None:
    """The user with this e-mail and password; None for anything else, after the same time. A read session will do."""
    user = queries.user_by_email(session, email)
    matches = passwords.matches(user.password_hash if user else None, password)
    return user if user is not None and matches and user.disabled_at is None else None


def open_session(
    session: Session, user_id: int, *, lifetime: timedelta, user_agent: str = "", replaces: str | None = None
) -> str:
    """The token of a new session, for the cookie. The session of `replaces`, the browser's old token, ends."""
    if replaces is not None:
        queries.delete_session(session, digest_of(replaces))
    queries.delete_expired_sessions(session)
    token = new_session_token()
    session.add(
        AuthSession(
            user_id=user_id,
            token_sha256=digest_of(token),
            expires_at=db_now(lifetime),
            user_agent=user_agent[:USER_AGENT_LENGTH],
        )
    )
    session.flush()
    return token


def close_session(session: Session, token: str) -> None:
    """End the session of this token. Nothing happens where there is none."""
    queries.delete_session(session, digest_of(token))


def revoke_session(session: Session, user_id: int, session_id: int) -> None:
    """End one of the user's own sessions. Raises AppError 404 for any other."""
    found = session.scalar(select(AuthSession).where(AuthSession.id == session_id, AuthSession.user_id == user_id))
    if found is None:
        raise AppError(404, "session-not-found", f"You have no session with the number {session_id}.")
    session.delete(found)


def user_of_session(session: Session, touches: Touches, token: str) -> SignedIn | None:
    """Who is signed in with this cookie's token; None where it is unknown, expired or its user disabled."""
    found = queries.good_session(session, digest_of(token))
    if found is None:
        return None
    if is_to_be_touched(found.session.last_seen_at, found.now):
        touches.session(found.session.id)
    return SignedIn(found.user, found.session.id)


def create_token(
    session: Session, user_id: int, name: str, lifetime: timedelta | None = None, scope: Scope = Scope.ADMIN
) -> IssuedToken:
    """A new API token that lasts for `lifetime`, None: until it is revoked. Its text is not stored."""
    new = new_api_token()
    expires_at = None if lifetime is None else db_now(lifetime)
    token = ApiToken(
        user_id=user_id,
        name=_checked_name(name),
        prefix=new.prefix,
        token_sha256=digest_of(new.text),
        scope=scope,
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    return IssuedToken(token, new.text)


def user_of_token(session: Session, touches: Touches, text: str) -> TokenUser | None:
    """Whose API token this is; None where it is unknown, revoked, expired or its user disabled."""
    prefix = prefix_of(text)
    if prefix is None:
        return None
    found = queries.good_token(session, prefix)
    if found is None or not compare_digest(found.token.token_sha256, digest_of(text)):
        return None
    if is_to_be_touched(found.token.last_used_at, found.now):
        touches.token(found.token.id)
    return TokenUser(found.user, found.token.id, found.token.scope)


def is_to_be_touched(used_at: datetime | None, now: datetime) -> bool:
    """Whether the use of a session or a token is so long ago that it is to be noted again."""
    return used_at is None or now - used_at >= TOUCH_INTERVAL


def revoke_token(session: Session, user_id: int, token_id: int) -> None:
    """End one of the user's own API tokens; its row stays. Raises AppError 404 for any other."""
    mine = update(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id)
    ended = session.execute(mine.values(revoked_at=func.coalesce(ApiToken.revoked_at, db_now())).returning(ApiToken.id))
    if ended.first() is None:
        raise AppError(404, "token-not-found", f"You have no API token with the number {token_id}.")


def _checked_email(email: str) -> str:
    """The folded address. Raises AppError 422 unless it has the form of one."""
    address = fold_email(email)
    mailbox, at, host = address.rpartition("@")
    if not (mailbox and at and host) or any(part.isspace() or not part.isprintable() for part in address):
        detail = f"{email.strip()!r} is not an e-mail address; it needs the form name@host."
        raise AppError(422, "email-form", detail, field="email")
    if len(address) > MAX_EMAIL_CHARACTERS:
        detail = f"The e-mail address has {len(address)} characters; at most {MAX_EMAIL_CHARACTERS} fit."
        raise AppError(422, "email-too-long", detail, field="email")
    return address


def _checked_name(name: str) -> str:
    """The trimmed name. Raises AppError 422 where nothing is left or too much."""
    trimmed = " ".join(name.split())
    if not 1 <= len(trimmed) <= MAX_NAME_CHARACTERS:
        detail = f"The name has {len(trimmed)} characters; it needs 1 to {MAX_NAME_CHARACTERS}."
        raise AppError(422, "name-length", detail, field="name")
    return trimmed
