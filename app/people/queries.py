"""What is asked about the people of a course."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, contains_eager

from app.clock import db_now
from app.paging import PAGE_ROWS
from app.people.matching import Member
from models.accounts import User
from models.courses import Course, Membership, Role
from models.joining import AccountLink, Identity, JoinCode
from models.rosters import RosterImport

KEPT = timedelta(days=1)
"""After which a roster that nobody applied is forgotten: it holds names."""
IS_FORGOTTEN = and_(RosterImport.applied_at.is_(None), RosterImport.created_at <= db_now(-KEPT))
"""Whether a roster is there no more; its row goes with the next one, or when the service tidies."""
Attribute = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def search(
    session: Session, course_id: int, words: str = "", role: Role | None = None, after: int = 0
) -> Sequence[Membership]:
    """Members of a course by name, from the row `after` on, one more than a page holds."""
    wanted = (
        select(Membership)
        .join(Membership.user)
        .where(Membership.course_id == course_id)
        .options(contains_eager(Membership.user))
        .order_by(func.lower(User.name), User.id)
        .offset(after)
        .limit(PAGE_ROWS + 1)
    )
    if role is not None:
        wanted = wanted.where(Membership.role == role)
    for word in words.split():
        wanted = wanted.where(_holds(word))
    return session.scalars(wanted).all()


def numbers_by_role(session: Session, course_id: int) -> dict[Role, int]:
    """How many members of a course have each role."""
    counted = select(Membership.role, func.count()).where(Membership.course_id == course_id).group_by(Membership.role)
    return dict(session.execute(counted).all())


def member(session: Session, course_id: int, user_id: int) -> Membership | None:
    """A person's part in a course, with the person."""
    wanted = (
        select(Membership)
        .join(Membership.user)
        .where(Membership.course_id == course_id, Membership.user_id == user_id)
        .options(contains_eager(Membership.user))
    )
    return session.scalar(wanted)


def instructors(session: Session, course_id: int) -> int:
    """How many instructors a course has who can sign in."""
    wanted = (
        select(func.count())
        .select_from(Membership)
        .join(User, User.id == Membership.user_id)
        .where(Membership.course_id == course_id, Membership.role == Role.INSTRUCTOR, User.disabled_at.is_(None))
    )
    return session.execute(wanted).scalar_one()


def is_in_a_course_beyond(session: Session, user_id: int, actor_id: int) -> bool:
    """Whether a person is in a course that another one is no instructor of, or is an instructor of any."""
    theirs, mine = aliased(Membership), aliased(Membership)
    runs = exists().where(mine.course_id == theirs.course_id, mine.user_id == actor_id, mine.role == Role.INSTRUCTOR)
    beyond = select(theirs.id).where(theirs.user_id == user_id, or_(theirs.role == Role.INSTRUCTOR, ~runs))
    return session.execute(beyond.limit(1)).first() is not None


def members_for_roster(session: Session, course_id: int) -> list[Member]:
    """Everybody in a course, as a roster is compared with them."""
    wanted = select(Membership).join(Membership.user).where(Membership.course_id == course_id).order_by(User.id)
    return [
        Member(each.user_id, each.user.name, each.user.email, each.role, each.sid or "", each.login or "", each.section)
        for each in session.scalars(wanted.options(contains_eager(Membership.user)))
    ]


def accounts_by_email(session: Session, emails: Sequence[str]) -> Mapping[str, int]:
    """The accounts that have one of these addresses."""
    found: dict[str, int] = {}
    for begin in range(0, len(emails), 500):
        part = emails[begin : begin + 500]
        found |= dict(session.execute(select(User.email, User.id).where(User.email.in_(part))).all())
    return found


def unproven(session: Session, user_ids: Sequence[int]) -> set[int]:
    """Which of these accounts were made with a join code, and nobody has checked whose they are."""
    found: set[int] = set()
    for begin in range(0, len(user_ids), 500):
        part = user_ids[begin : begin + 500]
        found |= set(session.scalars(select(User.id).where(User.id.in_(part), User.is_unproven)))
    return found


def roster(session: Session, course_id: int, roster_id: int, *, locked: bool = False) -> RosterImport | None:
    """A roster that was uploaded for a course, unless it is forgotten."""
    wanted = select(RosterImport).where(
        RosterImport.id == roster_id, RosterImport.course_id == course_id, ~IS_FORGOTTEN
    )
    return session.scalar(wanted.with_for_update() if locked else wanted)


def join_code(session: Session, course_id: int) -> JoinCode | None:
    """The code that a course has now, good or used up."""
    return session.scalar(select(JoinCode).where(JoinCode.course_id == course_id, JoinCode.ended_at.is_(None)))


def course_of_code(session: Session, code: str) -> tuple[JoinCode, Course] | None:
    """A code that was not replaced or switched off, and its course."""
    wanted = select(JoinCode, Course).join(Course, Course.id == JoinCode.course_id)
    found = session.execute(wanted.where(JoinCode.code == code, JoinCode.ended_at.is_(None))).one_or_none()
    return (found[0], found[1]) if found else None


def not_yet_in(session: Session, course_id: int) -> Sequence[User]:
    """The members of a course who have no way to sign in yet."""
    known = exists().where(Identity.user_id == User.id)
    wanted = _people().join(Membership, Membership.user_id == User.id)
    wanted = wanted.where(Membership.course_id == course_id, User.password_hash.is_(None), ~known)
    return session.scalars(wanted.where(User.disabled_at.is_(None), ~User.is_admin)).all()


def open_links(session: Session, user_ids: Sequence[int]) -> set[int]:
    """Which of these people have a link that was not used."""
    wanted = select(AccountLink.user_id).where(AccountLink.user_id.in_(user_ids), AccountLink.ended_at.is_(None))
    return set(session.scalars(wanted))


def everybody(session: Session, words: str = "", after: int = 0) -> Sequence[User]:
    """All people of the service by name, from the row `after` on, one more than a page holds."""
    wanted = _people().offset(after).limit(PAGE_ROWS + 1)
    for word in words.split():
        wanted = wanted.where(or_(_like(User.name, word), _like(User.email, word)))
    return session.scalars(wanted).all()


def _people() -> Select[User]:
    return select(User).order_by(func.lower(User.name), User.id)


def _holds(word: str) -> ColumnElement[bool]:
    """Whether anything that a page shows of a member holds the word."""
    shown: tuple[Attribute, ...] = (User.name, User.email, Membership.sid, Membership.login, Membership.section)
    return or_(*(_like(column, word) for column in shown))


def _like(column: Attribute, word: str) -> ColumnElement[bool]:
    return func.lower(column).contains(word.lower(), autoescape=True)
