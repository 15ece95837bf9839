"""Links with which a person sets a password, once: an invitation, or a reset by the staff. There is no mail server."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from app.accounts import service
from app.accounts.tokens import digest_of, new_session_token
from app.audit.recording import note
from app.clock import db_now
from app.errors import Conflict, NotFound
from models.accounts import User
from models.joining import AccountLink, LinkKind

LIFETIMES = {LinkKind.INVITATION: timedelta(days=14), LinkKind.RESET: timedelta(days=2)}
"""How long a link may wait for its person."""


class IssuedLink(NamedTuple):
    """A new link: its row, and the path that is shown once."""

    link: AccountLink
    path: str


def make(session: Session, person: User, by_id: int | None) -> IssuedLink:
    """A new link for a person; those from before end. Raises Conflict for somebody who is disabled."""
    if person.disabled_at is not None:
        raise Conflict("account-disabled", f"{person.email} is disabled. Let them in again first.")
    kind = LinkKind.INVITATION if person.password_hash is None else LinkKind.RESET
    _end_all(session, person.id)
    token = new_session_token()
    link = AccountLink(
        user_id=person.id,
        kind=kind,
        token_sha256=digest_of(token),
        created_by_id=by_id,
        expires_at=db_now(LIFETIMES[kind]),
    )
    session.add(link)
    session.flush()
    note(session, by_id, f"user.link_{kind.value}", f"user:{person.id}")
    return IssuedLink(link, f"/links/{token}")


def find(session: Session, token: str, *, locked: bool = False) -> AccountLink:
    """A link that is still good, with its person. Raises NotFound for one that is used, replaced, expired or unknown."""
    wanted = (
        select(AccountLink)
        .join(AccountLink.user)
        .where(
            AccountLink.token_sha256 == digest_of(token),
            AccountLink.ended_at.is_(None),
            AccountLink.expires_at > db_now(),
            User.disabled_at.is_(None),
        )
        .options(joinedload(AccountLink.user))
    )
    found = session.scalar(wanted.with_for_update(of=AccountLink) if locked else wanted)
    if found is None:
        detail = "This link was used, replaced by a newer one, or is too old. Ask the staff of your course for another."
        raise NotFound(detail, code="link-ended")
    return found


def use(session: Session, token: str, password_hash: str) -> User:
    """Sets the password of the link's person, ends their sessions and API tokens, and the link. Raises NotFound."""
    found = find(session, token, locked=True)
    person = found.user
    service.hand_over(session, person.id, password_hash)
    _end_all(session, person.id)
    note(session, person.id, "user.set_password", f"user:{person.id}", by_link=found.kind.value)
    return person


def _end_all(session: Session, user_id: int) -> None:
    still = update(AccountLink).where(AccountLink.user_id == user_id, AccountLink.ended_at.is_(None))
    session.execute(still.values(ended_at=db_now()))
