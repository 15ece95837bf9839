"""Rosters on their way in: stored, shown as what they would do, and applied as they were shown."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts import service as account_service
from app.audit.recording import note
from app.clock import read_clock
from app.courses import service as course_service
from app.errors import AppError, Conflict, NotFound, Unprocessable
from app.people import columns, queries, roster, tables
from app.people.columns import Choice
from app.people.matching import Addition, Change, Member, Plan, plan
from app.people.service import MAX_TEXT_CHARACTERS
from app.people.tables import Table
from models.accounts import User
from models.courses import Course, Membership, Role
from models.rosters import RosterImport

MAX_ROSTER_BYTES = 2 << 20
"""A gradebook of 1,000 students with 200 assignments has 1.5 MB."""
MAX_FILE_NAME_CHARACTERS = 200


class Shown(NamedTuple):
    """A stored roster as its page shows it. `digest` stands for what would be done, to the last value."""

    stored: RosterImport
    table: Table
    choice: Choice
    plan: Plan | None
    """None where the columns are not chosen yet, and `why` says what is missing."""
    why: str
    digest: str


def store(session: Session, course: Course, by_id: int, file_name: str, content: bytes) -> RosterImport:
    """The roster with guessed columns; older ones that nobody applied are forgotten. Raises AppError 422."""
    text = tables.decode(content)
    table = tables.read(text)
    session.execute(delete(RosterImport).where(queries.IS_FORGOTTEN))
    found = RosterImport(
        course_id=course.id,
        file_name=file_name[:MAX_FILE_NAME_CHARACTERS] or "roster.csv",
        content=text,
        mapping=Choice(columns.guess(table.header)).as_json(),
        created_by_id=by_id,
    )
    session.add(found)
    session.flush()
    return found


def find(session: Session, course: Course, roster_id: int, *, locked: bool = False) -> RosterImport:
    """A roster of the course. Raises NotFound."""
    found = queries.roster(session, course.id, roster_id, locked=locked)
    if found is None:
        raise NotFound(
            f"This course has no roster {roster_id}; one that was not applied is forgotten after a day, or when a person is erased."
        )
    return found


def columns_named(stored: RosterImport, chosen: Mapping[str, str]) -> dict[str, int]:
    """The numbers of columns by their headers. Raises AppError 422 for a header that the file has not."""
    if stored.applied_at is not None:
        raise _applied()
    header = tables.read(stored.content).header
    for what, name in chosen.items():
        if name not in header:
            raise Unprocessable("roster-mapping", f"`{what}` is to be {name!r}; the file has no such header.")
    return {what: header.index(name) for what, name in chosen.items()}


def choose(session: Session, course: Course, roster_id: int, choice: Choice) -> RosterImport:
    """The roster with other columns. Raises NotFound, and AppError where the columns will not do or it was applied."""
    found = _unapplied(session, course, roster_id)
    columns.check(choice.columns, len(tables.read(found.content).header), choice.email_domain)
    found.mapping = choice.as_json()
    session.flush()
    return found


def show(session: Session, stored: RosterImport) -> Shown:
    """What applying a roster would do now."""
    choice = Choice.from_json(stored.mapping)
    if stored.applied_at is not None:
        return Shown(stored, Table((), ()), choice, None, "", "")
    table = tables.read(stored.content)
    try:
        columns.check(choice.columns, len(table.header), choice.email_domain)
    except AppError as error:
        return Shown(stored, table, choice, None, error.detail, "")
    lines = list(roster.lines(table, choice))
    members = queries.members_for_roster(session, stored.course_id)
    accounts = queries.accounts_by_email(session, sorted({line.email for line in lines if line.email}))
    unproven = queries.unproven(session, sorted({*accounts.values(), *(each.user_id for each in members)}))
    planned = plan(lines, members, accounts, unproven=unproven, drops=choice.drop_missing)
    return Shown(stored, table, choice, planned, "", digest_of(planned))


def digest_of(planned: Plan) -> str:
    """SHA-256 of everything that a plan would do and leave."""
    text = json.dumps(asdict(planned), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def apply(session: Session, course: Course, by_id: int, roster_id: int, digest: str) -> RosterImport:
    """The roster, applied. Raises Conflict where that is no longer what was shown: people came or went meanwhile."""
    found = _unapplied(session, course, roster_id)
    shown = show(session, found)
    if shown.plan is None:
        raise Unprocessable("roster-mapping", shown.why)
    if shown.digest != digest:
        detail = "The course has changed since this was shown, or the columns have. Look at it again, then confirm."
        raise Conflict("roster-changed", detail)
    added = [_add(session, course, each) for each in shown.plan.added]
    for change in shown.plan.changed:
        _change(session, course, change)
    left = list(shown.plan.missing) if shown.plan.drops else []
    for each in left:
        course_service.remove_member(session, course, session.get_one(User, each.user_id))
    _finish(session, found, by_id, _summary(added, shown.plan.changed, left))
    return found


def _unapplied(session: Session, course: Course, roster_id: int) -> RosterImport:
    found = find(session, course, roster_id, locked=True)
    if found.applied_at is not None:
        raise _applied()
    return found


def _applied() -> Conflict:
    return Conflict("roster-applied", "This roster was applied already. Upload it again to see what is new.")


def _add(session: Session, course: Course, addition: Addition) -> User:
    line = addition.line
    if addition.user_id is None:
        person = account_service.create_user(session, email=line.email, name=line.name or line.email)
    else:
        person = session.get_one(User, addition.user_id)
    membership = course_service.add_member(session, course.id, person.id, addition.role)
    _write(membership, {"sid": line.sid, "login": line.login, "section": line.section})
    return person


def _change(session: Session, course: Course, change: Change) -> None:
    membership = queries.member(session, course.id, change.member.user_id)
    if membership is None:
        raise RuntimeError(f"member {change.member.user_id} was planned and is gone within one transaction")
    after = {what: values[1] for what, values in change.values.items()}
    if name := after.pop("name", ""):
        membership.user.name = name
    if role := after.pop("role", ""):
        membership.role = Role(role)
    _write(membership, after)


def _write(membership: Membership, values: Mapping[str, str]) -> None:
    for what, text in values.items():
        if len(text) > MAX_TEXT_CHARACTERS:
            raise Unprocessable("text-too-long", f"{text[:40]}...: at most {MAX_TEXT_CHARACTERS} characters fit.")
        setattr(membership, what, text if what == "section" else text or None)


def _summary(added: Sequence[User], changed: Sequence[Change], left: Sequence[Member]) -> dict[str, Any]:
    return {
        "added": [each.email for each in added],
        "changed": [{"email": each.member.email, **each.values} for each in changed],
        "dropped": [each.email for each in left],
    }


def _finish(session: Session, found: RosterImport, by_id: int, summary: dict[str, Any]) -> None:
    """Notes what was done, and forgets the file."""
    note(session, by_id, "roster.apply", f"course:{found.course_id}", file=found.file_name, **summary)
    found.applied_at, found.content = read_clock(session), ""
    found.mapping = {**found.mapping, "done": {what: len(each) for what, each in summary.items()}}
    session.flush()
