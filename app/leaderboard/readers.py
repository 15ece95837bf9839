"""Who looks at a board, and whether they may: all of it in one statement, since hundreds of pages look at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, NamedTuple, Self

from sqlalchemy import Select, and_, bindparam, select

from app.accounts.queries import GOOD_SESSION, GOOD_TOKEN
from app.accounts.service import is_to_be_touched
from app.accounts.tokens import digest_of, prefix_of
from app.accounts.touches import Touches
from app.clock import db_now
from app.database import Database
from models.accounts import ApiToken, AuthSession, User
from models.boards import BoardMode, BoardState
from models.competitions import Competition
from models.courses import Membership, Role
from models.entrants import EntrantMember
from models.points import Extension


class Shown(NamedTuple):
    """What staff decided about a competition's boards; all None: nothing."""

    mode: BoardMode | None
    since: datetime | None
    published_at: datetime | None

    @classmethod
    def of(cls, state: BoardState | None) -> Self:
        """What a row says."""
        return cls(None, None, None) if state is None else cls(state.mode, state.since, state.published_at)


@dataclass(frozen=True, slots=True)
class Reader:
    """A student of a competition's course; `entrant_id`: as whom they compete, 0: not yet."""

    user_id: int
    name: str
    entrant_id: int
    is_extended: bool
    shown: Shown


def _of_students(*columns: Any) -> Select[Any]:
    shown = (BoardState.mode, BoardState.since, BoardState.published_at)
    who = (User.id, User.name, EntrantMember.entrant_id, Extension.id)
    return select(*columns, db_now(), *who, *shown).select_from(User)


def _in_course(found: Select[Any], *who: Any) -> Select[Any]:
    """Of people those who are students of the course of a competition that students see."""
    own = and_(EntrantMember.competition_id == Competition.id, EntrantMember.user_id == User.id)
    return (
        found.join(Competition, Competition.slug == bindparam("slug"))
        .join(Membership, and_(Membership.course_id == Competition.course_id, Membership.user_id == User.id))
        .outerjoin(EntrantMember, own)
        .outerjoin(Extension, Extension.entrant_id == EntrantMember.entrant_id)
        .outerjoin(BoardState, BoardState.competition_id == Competition.id)
        .where(*who, Membership.role == Role.STUDENT, Competition.opened_at.is_not(None), User.is_admin.is_(False))
    )


_BY_TOKEN = _in_course(
    _of_students(ApiToken.id, ApiToken.token_sha256, ApiToken.last_used_at).join(ApiToken, ApiToken.user_id == User.id),
    *GOOD_TOKEN,
)
_BY_SESSION = _in_course(
    _of_students(AuthSession.id, AuthSession.token_sha256, AuthSession.last_seen_at).join(
        AuthSession, AuthSession.user_id == User.id
    ),
    *GOOD_SESSION,
)


def by_token(database: Database, touches: Touches, text: str, slug: str) -> Reader | None:
    """The student with this API token; None for everybody else."""
    if (prefix := prefix_of(text)) is None:
        return None
    return _reader(database, _BY_TOKEN, {"prefix": prefix, "slug": slug}, digest_of(text), touches.token)


def by_session(database: Database, touches: Touches, token: str, slug: str) -> Reader | None:
    """The student who is signed in with this cookie's token; None for everybody else."""
    digest = digest_of(token)
    return _reader(database, _BY_SESSION, {"digest": digest, "slug": slug}, digest, touches.session)


def _reader(
    database: Database, statement: Select[Any], of: Mapping[str, str], digest: str, touch: Callable[[int], None]
) -> Reader | None:
    found = database.first(statement, of)
    if found is None:
        return None
    number, stored, used_at, now, user_id, name, entrant_id, extension_id, *shown = found
    if not compare_digest(stored, digest):
        return None
    if is_to_be_touched(used_at, now):
        touch(number)
    return Reader(user_id, name, entrant_id or 0, extension_id is not None, Shown(*shown))
