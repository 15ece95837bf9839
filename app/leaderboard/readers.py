"""Who looks at a board, and whether they may: all of it in one statement, since hundreds of pages look at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from app.accounts.queries import GOOD_SESSION, GOOD_TOKEN
from app.accounts.service import SESSION_TOUCH_INTERVAL, TOKEN_TOUCH_INTERVAL
from app.accounts.tokens import digest_of, prefix_of
from app.clock import db_now
from models.accounts import ApiToken, AuthSession, User
from models.competitions import Competition
from models.courses import Membership, Role
from models.entrants import EntrantMember
from models.points import Extension


@dataclass(frozen=True, slots=True)
class Reader:
    """A student of a competition's course; `entrant_id`: as whom they compete, 0: not yet."""

    user_id: int
    name: str
    entrant_id: int
    is_extended: bool


def _of_students(*columns: Any) -> Select[Any]:
    return select(*columns, db_now(), User.id, User.name, EntrantMember.entrant_id, Extension.id).select_from(User)


def _in_course(found: Select[Any], *who: Any) -> Select[Any]:
    """Of people those who are students of the course of a competition that students see."""
    own = and_(EntrantMember.competition_id == Competition.id, EntrantMember.user_id == User.id)
    return (
        found.join(Competition, Competition.slug == bindparam("slug"))
        .join(Membership, and_(Membership.course_id == Competition.course_id, Membership.user_id == User.id))
        .outerjoin(EntrantMember, own)
        .outerjoin(Extension, Extension.entrant_id == EntrantMember.entrant_id)
        .where(*who, Membership.role == Role.STUDENT, Competition.opened_at.is_not(None), User.is_admin.is_(False))
    )


_BY_TOKEN = _in_course(
    _of_students(ApiToken.token_sha256, ApiToken.last_used_at).join(ApiToken, ApiToken.user_id == User.id), *GOOD_TOKEN
)
_BY_SESSION = _in_course(
    _of_students(AuthSession.token_sha256, AuthSession.last_seen_at).join(AuthSession, AuthSession.user_id == User.id),
    *GOOD_SESSION,
)


def by_token(session: Session, text: str, slug: str) -> Reader | None:
    """The student with this API token.

    None for everybody else, and for whom there is more to do than to look: its use is to be noted, or it to be refused.
    """
    if (prefix := prefix_of(text)) is None:
        return None
    return _reader(session, _BY_TOKEN, {"prefix": prefix, "slug": slug}, digest_of(text), TOKEN_TOUCH_INTERVAL)


def by_session(session: Session, token: str, slug: str) -> Reader | None:
    """The student who is signed in with this cookie's token; None as for a token."""
    digest = digest_of(token)
    return _reader(session, _BY_SESSION, {"digest": digest, "slug": slug}, digest, SESSION_TOUCH_INTERVAL)


def _reader(
    session: Session, statement: Select[Any], of: Mapping[str, str], digest: str, noted: timedelta
) -> Reader | None:
    found = session.execute(statement, of).one_or_none()
    if found is None:
        return None
    stored, used_at, now, user_id, name, entrant_id, extension_id = found
    if not compare_digest(stored, digest) or used_at is None or now - used_at >= noted:
        return None
    return Reader(user_id, name, entrant_id or 0, extension_id is not None)
