"""Teams that staff form: from a file, or one person at a time."""

import hashlib
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.baselines import service as baselines
from app.competitions.access import Entry
from app.errors import Conflict, NotFound, Unprocessable
from app.teams import moving, queries
from app.teams.names import checked_name
from app.teams.planning import Plan, Planned, Wish, plan
from app.teams.service import rule_of
from models.accounts import User
from models.entrants import Entrant


def planned(session: Session, entry: Entry, wishes: Sequence[Wish]) -> Plan:
    """What the wishes come to as things are now. Raises NotFound where there are no teams."""
    competition = entry.competition
    return plan(
        wishes,
        queries.competitors(session, competition.course_id, competition.id),
        queries.aliases(session, competition.id),
        rule_of(entry).size,
        baselines.names(session, entry),
    )


def digest_of(found: Plan) -> str:
    """What tells whether a plan is the one that was looked at."""
    return hashlib.sha256(repr(found).encode()).hexdigest()[:32]


def apply(session: Session, entry: Entry, wishes: Sequence[Wish], by: User, expected: str | None = None) -> Plan:
    """Does what the wishes come to; all or nothing.

    Raises Unprocessable where something cannot be done, Conflict where things have changed since it was `expected`.
    """
    queries.lock(session, entry.competition.id)
    found = planned(session, entry, wishes)
    if found.problems:
        told = "; ".join(f"line {each.line}: {each.text}" for each in found.problems[:5])
        raise Unprocessable(
            "teams-problems", f"{told}. Nothing was changed.", lines=[each.line for each in found.problems]
        )
    if expected is not None and expected != digest_of(found):
        raise Conflict(
            "teams-changed", "Something has changed since this was shown. Look at it again; nothing was done."
        )
    for person in found.alone:
        _take_out(session, entry, person.user_id, by)
    for team in found.teams:
        _form(session, entry, team, by)
    return found


def rename(session: Session, entry: Entry, entrant_id: int, name: str, by: User) -> None:
    """Gives an entry another name on the board, for staff. Raises AppError."""
    queries.lock(session, entry.competition.id)
    found = queries.entrant(session, entry.competition.id, entrant_id)
    if found is None:
        raise NotFound(f"There is no entry {entrant_id} in this competition.")
    before = found.alias
    aliases = queries.aliases(session, entry.competition.id)
    found.alias = checked_name(name, aliases, found.id, baselines.names(session, entry))
    moving.note(session, by.id, "team.rename", found.id, before=before, after=found.alias)


def _form(session: Session, entry: Entry, team: Planned, by: User) -> None:
    target = session.get(Entrant, team.entrant_id) if team.entrant_id is not None else None
    if target is None:
        target = Entrant(competition_id=entry.competition.id, alias=team.name)
        session.add(target)
    elif team.was is not None:
        target.alias = team.name
    session.flush()
    for person in team.joining:
        member = queries.membership(session, entry.competition.id, person.user_id)
        detail = {"user": person.user_id, "from": person.entrant_id, "left_behind": person.charged}
        moving.note(session, by.id, "team.assign", target.id, **detail)
        moving.move(session, member, person.user_id, target)
    if team.was is not None:
        moving.note(session, by.id, "team.rename", target.id, before=team.was, after=team.name)


def _take_out(session: Session, entry: Entry, user_id: int, by: User) -> None:
    member = queries.membership(session, entry.competition.id, user_id)
    if member is not None:
        moving.note(session, by.id, "team.take_out", member.entrant_id, user=user_id)
        moving.take_out(session, member)
