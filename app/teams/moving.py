"""One person on the way from an entrant to another: what both the student's own wish and the staff's come down to."""

from sqlalchemy.orm import Session

from app.audit.recording import record
from app.teams import queries
from models.entrants import Entrant, EntrantMember


def move(session: Session, member: EntrantMember | None, user_id: int, to: Entrant) -> None:
    """Makes the person one of `to`. What was handed in stays with the entrant that it was handed in by."""
    if member is None:
        session.add(EntrantMember(entrant_id=to.id, competition_id=to.competition_id, user_id=user_id))
        session.flush()
        return
    before = member.entrant_id
    member.entrant_id = to.id
    session.flush()
    tidy(session, before)


def take_out(session: Session, member: EntrantMember) -> None:
    """Has the person compete alone from now on; an entrant of their own is made when they hand in."""
    before = member.entrant_id
    session.delete(member)
    session.flush()
    tidy(session, before)


def tidy(session: Session, entrant_id: int) -> None:
    """Removes an entrant that nobody is in, unless something was handed in by it or decided about it."""
    kept = (
        queries.members(session, [entrant_id])
        or queries.has_submissions(session, entrant_id)
        or queries.is_decided_about(session, entrant_id)
    )
    if kept:
        return
    session.delete(session.get_one(Entrant, entrant_id))
    session.flush()


def note(session: Session, actor_id: int, action: str, entrant_id: int, **detail: object) -> None:
    """Writes down who changed a team, and how."""
    entrant = session.get(Entrant, entrant_id)
    competition_id = entrant.competition_id if entrant else None
    record(session, actor_id, action, f"entrant:{entrant_id}", competition_id=competition_id, **detail)
    session.flush()
