"""Teams that students form themselves: inviting, accepting, leaving, and the name on the board."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom

from sqlalchemy.orm import Session

from app.baselines import service as baselines
from app.clock import read_clock
from app.competitions.access import Entry
from app.competitions.course_rules import TeamRule
from app.courses import queries as courses
from app.courses.service import entrant_for
from app.errors import Conflict, NotFound
from app.teams import moving, queries
from app.teams.names import checked_name
from app.teams.queries import Member
from models.accounts import User
from models.columns import fold_email
from models.entrants import JOIN_CODE_LENGTH, Entrant
from models.teams import TeamInvitation

_RANDOM = SystemRandom()
MAX_INVITATIONS = 20
"""Places that an entrant may offer at a time: enough for every team, too few to write to a whole class."""


@dataclass(frozen=True, slots=True)
class Team:
    """An entrant as one of its members sees it, and what is offered to that person."""

    rule: TeamRule
    entrant: Entrant | None
    """None: nothing was handed in yet, and nobody invited."""
    members: tuple[Member, ...]
    invited: tuple[TeamInvitation, ...]
    offered: tuple[TeamInvitation, ...]
    until: datetime | None
    """The last moment to change it; None: there is no end."""
    is_open: bool
    """Whether members may change it themselves now."""

    @property
    def room(self) -> int:
        """How many more may join."""
        return max(0, self.rule.size - max(1, len(self.members)))


def rule_of(entry: Entry) -> TeamRule:
    """The rule about teams. Raises NotFound where everybody competes alone."""
    rule = entry.definition.course.teams
    if rule is None:
        raise NotFound("In this competition everybody competes alone.", code="no-teams")
    return rule


def team_of(session: Session, entry: Entry, user: User) -> Team:
    """The team of a person as it is now. Raises NotFound where there are none."""
    rule = rule_of(entry)
    entrant = courses.entrant_of(session, entry.competition.id, user.id)
    until = entry.teams_until
    is_over = until is not None and read_clock(session) > until
    return Team(
        rule=rule,
        entrant=entrant,
        members=tuple(queries.members(session, [entrant.id])[entrant.id]) if entrant else (),
        invited=tuple(queries.invitations_of(session, entrant.id)) if entrant else (),
        offered=tuple(queries.invitations_for(session, entry.competition.id, user.email)),
        until=until,
        is_open=rule.formed_by == "students" and not is_over and not entry.is_staff,
    )


def rename(session: Session, entry: Entry, user: User, name: str) -> None:
    """Gives one's team, or oneself alone, another name on the board. Raises AppError."""
    own = _own(session, entry, user)
    aliases = queries.aliases(session, entry.competition.id)
    before, own.alias = own.alias, checked_name(name, aliases, own.id, baselines.names(session, entry))
    session.flush()
    moving.note(session, user.id, "team.rename", own.id, before=before, after=own.alias)


def invite(session: Session, entry: Entry, user: User, email: str) -> None:
    """Offers a place to an address. Whether anybody has it is not told. Raises AppError."""
    own = _own(session, entry, user)
    _check_room(session, entry, own)
    address = fold_email(email)
    known = [each.email for each in queries.invitations_of(session, own.id)]
    if address == user.email or any(each.email == address for each in queries.members(session, [own.id])[own.id]):
        raise Conflict("team-already", f"{address} is in this team.")
    if address in known:
        return
    if len(known) >= MAX_INVITATIONS:
        raise Conflict("team-invitations", f"{MAX_INVITATIONS} invitations are open; withdraw one first.")
    session.add(TeamInvitation(entrant_id=own.id, email=address, by_id=user.id))
    session.flush()


def withdraw(session: Session, entry: Entry, user: User, invitation_id: int) -> None:
    """Takes an invitation of one's own team back, or refuses one for oneself. Raises NotFound for any other."""
    found = session.get(TeamInvitation, invitation_id)
    own = courses.entrant_of(session, entry.competition.id, user.id)
    is_ours = found is not None and own is not None and found.entrant_id == own.id
    if found is None or not (is_ours or _is_for(found, entry, user)):
        raise NotFound(f"There is no invitation {invitation_id} of your team or for you.")
    session.delete(found)
    session.flush()


def renew_link(session: Session, entry: Entry, user: User) -> None:
    """Makes a new link by which others join; the one before is worth nothing then. Raises AppError."""
    own = _own(session, entry, user)
    own.join_code = secrets.token_hex(JOIN_CODE_LENGTH // 2)
    session.flush()


def remove_link(session: Session, entry: Entry, user: User) -> None:
    """Lets nobody join by a link any more. Raises AppError."""
    _own(session, entry, user).join_code = None
    session.flush()


def accept(session: Session, entry: Entry, user: User, invitation_id: int) -> None:
    """Takes the place that was offered to one's address. Raises AppError."""
    found = session.get(TeamInvitation, invitation_id)
    if found is None or not _is_for(found, entry, user):
        raise NotFound(f"There is no invitation {invitation_id} for you.")
    _join(session, entry, user, found.entrant)


def join_by_link(session: Session, entry: Entry, user: User, code: str) -> None:
    """Joins the team whose link this is. Raises AppError."""
    target = queries.entrant_by_code(session, entry.competition.id, code)
    if target is None:
        raise NotFound("This link is no longer good. Ask the team for its new one.")
    _join(session, entry, user, target)


def leave(session: Session, entry: Entry, user: User) -> None:
    """Has somebody compete alone again. Raises AppError."""
    check_open(session, entry)
    queries.lock(session, entry.competition.id)
    member = queries.membership(session, entry.competition.id, user.id)
    if member is None or len(queries.members(session, [member.entrant_id])[member.entrant_id]) < 2:
        raise Conflict("team-alone", "You are in no team with others.")
    _check_may_go(session, member.entrant_id, user)
    moving.note(session, user.id, "team.leave", member.entrant_id, user=user.id)
    moving.take_out(session, member)


def check_open(session: Session, entry: Entry) -> None:
    """Raises AppError unless students may change their teams now."""
    rule = rule_of(entry)
    if entry.is_staff:
        raise Conflict("team-staff", "Staff are in no team; assign students on the page of all teams.")
    if rule.formed_by == "staff":
        raise Conflict("teams-by-staff", "In this competition the staff form the teams. Ask them.")
    until = entry.teams_until
    if until is not None and read_clock(session) > until:
        when = f"{until.astimezone(entry.zone):%d %b %Y at %H:%M %Z}"
        raise Conflict("teams-frozen", f"Teams could be changed until {when}. Ask the staff.")


def _join(session: Session, entry: Entry, user: User, target: Entrant) -> None:
    check_open(session, entry)
    queries.lock(session, entry.competition.id)
    member = queries.membership(session, entry.competition.id, user.id)
    if member is not None and member.entrant_id == target.id:
        raise Conflict("team-already", f"You are in the team {target.alias!r} already.")
    _check_room(session, entry, target)
    if member is not None:
        _check_may_go(session, member.entrant_id, user)
    moving.note(session, user.id, "team.join", target.id, user=user.id)
    moving.move(session, member, user.id, target)
    for each in queries.invitations_for(session, entry.competition.id, user.email):
        if each.entrant_id == target.id:
            session.delete(each)
    session.flush()


def _is_for(invitation: TeamInvitation, entry: Entry, user: User) -> bool:
    return invitation.email == user.email and invitation.entrant.competition_id == entry.competition.id


def _own(session: Session, entry: Entry, user: User) -> Entrant:
    """One's own entrant, to be changed; made where there is none. Raises AppError."""
    check_open(session, entry)
    queries.lock(session, entry.competition.id)
    return entrant_for(session, entry.competition, user, _RANDOM)


def _check_room(session: Session, entry: Entry, target: Entrant) -> None:
    size = rule_of(entry).size
    if len(queries.members(session, [target.id]).get(target.id, ())) >= size:
        raise Conflict("team-full", f"The team {target.alias!r} has {size} members, as many as a team may have.")


def _check_may_go(session: Session, entrant_id: int, user: User) -> None:
    """Nobody leaves what they handed in behind by themselves: it would be a way to new tries."""
    number = queries.charged_by(session, entrant_id, user.id)
    if number:
        told = "submission of yours counts" if number == 1 else "submissions of yours count"
        raise Conflict(
            "team-has-submissions",
            f"{number} {told} for the entry that you would leave. Let the others join yours, or ask the staff.",
        )
    alone = len(queries.members(session, [entrant_id])[entrant_id]) < 2
    if queries.is_disqualified(session, entrant_id) or (alone and queries.is_decided_about(session, entrant_id)):
        raise Conflict(
            "team-has-decisions", "The staff have granted or decided something for your entry; ask them to move you."
        )
