"""The audit log of a competition and that of a course: what is in it, and what it can be searched by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, Text, cast, exists, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.competitions.moments import first_instant, last_instant
from app.paging import PAGE_ROWS
from models.accounts import User
from models.audit import AuditEntry
from models.courses import Membership
from models.datasets import Dataset
from models.networks import ReferenceNetwork

_ACCESS = ("user.link_", "user.disable", "user.enable", "user.set_password")
"""How the acts begin that let somebody in, or no more; others about a person are not the course's."""


@dataclass(frozen=True, slots=True)
class Search:
    """What entries are looked for. Days are local ones; None and empty texts leave a thing open."""

    action: str = ""
    """The beginning of an action, such as `rejudge` or `rejudge.live`."""
    subject: str = ""
    who: str = ""
    """A piece of the name or the address of who did it."""
    text: str = ""
    """A piece of a reason or another detail."""
    since: date | None = None
    until: date | None = None


def of_competition(competition_id: int) -> ColumnElement[bool]:
    """Whether an entry is about a competition."""
    return AuditEntry.competition_id == competition_id


def of_course(course_id: int) -> ColumnElement[bool]:
    """Whether an entry is about a course: itself and its people, their access, the material that it may use."""
    datasets = select(_named("dataset", Dataset.id)).where(
        or_(Dataset.course_id == course_id, Dataset.course_id.is_(None))
    )
    networks = select(_named("network", ReferenceNetwork.id)).where(ReferenceNetwork.course_id == course_id)
    people = select(_named("user", Membership.user_id)).where(Membership.course_id == course_id)
    is_access = or_(*(AuditEntry.action.startswith(each, autoescape=True) for each in _ACCESS))
    return or_(
        AuditEntry.subject == f"course:{course_id}",
        AuditEntry.subject.in_(datasets),
        AuditEntry.subject.in_(networks),
        AuditEntry.subject.in_(people) & is_access,
    )


def _named(kind: str, number: InstrumentedAttribute[int]) -> ColumnElement[str]:
    return literal(f"{kind}:") + cast(number, String)


def entries(
    session: Session, about: ColumnElement[bool], search: Search, zone: ZoneInfo, before: int | None
) -> Sequence[AuditEntry]:
    """The acts of staff about a competition or a course, newest first, one more than a page holds."""
    wanted = (
        select(AuditEntry).where(about, *_conditions(search, zone)).order_by(AuditEntry.id.desc()).limit(PAGE_ROWS + 1)
    )
    if before is not None:
        wanted = wanted.where(AuditEntry.id < before)
    return session.scalars(wanted).all()


def actors(session: Session, found: Sequence[AuditEntry]) -> Mapping[int, User]:
    """The people who did these acts, by number."""
    numbers = {each.actor_id for each in found if each.actor_id is not None}
    return {user.id: user for user in session.scalars(select(User).where(User.id.in_(numbers))).all()}


def actions(session: Session, about: ColumnElement[bool]) -> Sequence[str]:
    """The kinds of acts that there are."""
    wanted = select(AuditEntry.action).where(about).distinct()
    return sorted(session.scalars(wanted).all())


def _conditions(search: Search, zone: ZoneInfo) -> Iterator[ColumnElement[bool]]:
    if search.action:
        yield AuditEntry.action.startswith(search.action, autoescape=True)
    if search.subject:
        yield AuditEntry.subject == search.subject
    if search.who:
        named = or_(User.name.icontains(search.who, autoescape=True), User.email.icontains(search.who, autoescape=True))
        yield exists().where(User.id == AuditEntry.actor_id, named)
    if search.text:
        yield _says(search.text)
    if search.since is not None:
        yield AuditEntry.at >= first_instant(datetime.combine(search.since, time()), zone)
    if search.until is not None:
        yield AuditEntry.at <= last_instant(datetime.combine(search.until, time(23, 59)), zone)


def _says(text: str) -> ColumnElement[bool]:
    """Details are kept as JSON, in which whatever is not ASCII is escaped."""
    escaped = text.encode("unicode_escape").decode("ascii").replace("\\x", "\\u00")
    return cast(AuditEntry.detail, Text).icontains(escaped, autoescape=True)
