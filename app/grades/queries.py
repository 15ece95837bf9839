"""What grades are made of: who is in the course, and what staff decided about their entrants."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models.accounts import User
from models.courses import Membership, Role
from models.entrants import Entrant, EntrantMember
from models.points import Adjustment, Extension, HandPoints

Row = TypeVar("Row", HandPoints, Adjustment)


@dataclass(frozen=True, slots=True)
class Student:
    """A student of a course, and the entrant that they compete as; None before the first submission."""

    user_id: int
    name: str
    email: str
    entrant_id: int | None
    alias: str | None


@dataclass(frozen=True, slots=True)
class Decisions:
    """What staff decided in one competition, by entrant."""

    by_hand: Mapping[int, Sequence[HandPoints]]
    adjustments: Mapping[int, Sequence[Adjustment]]
    extensions: Mapping[int, Extension]

    def until(self, entrant_id: int) -> datetime | None:
        """The last moment on time that was granted to an entrant."""
        found = self.extensions.get(entrant_id)
        return found.until if found else None


def students(session: Session, course_id: int, competition_id: int, user_id: int | None = None) -> Sequence[Student]:
    """The students of a course by name, admins left out as on the board; only one of them where that is asked for."""
    member = (
        select(EntrantMember.user_id, Entrant.id, Entrant.alias)
        .join(Entrant, Entrant.id == EntrantMember.entrant_id)
        .where(EntrantMember.competition_id == competition_id)
        .subquery()
    )
    wanted = (
        select(User.id, User.name, User.email, member.c.id, member.c.alias)
        .join(Membership, Membership.user_id == User.id)
        .outerjoin(member, member.c.user_id == User.id)
        .where(Membership.course_id == course_id, Membership.role == Role.STUDENT, ~User.is_admin)
        .order_by(User.name, User.id)
    )
    if user_id is not None:
        wanted = wanted.where(User.id == user_id)
    return [Student(*row) for row in session.execute(wanted).all()]


def decisions(session: Session, competition_id: int) -> Decisions:
    """What staff decided about the entrants of a competition, the earliest first."""
    entrants = select(Entrant.id).where(Entrant.competition_id == competition_id)
    by_hand = select(HandPoints).where(HandPoints.entrant_id.in_(entrants)).order_by(HandPoints.id)
    adjustments = select(Adjustment).where(Adjustment.entrant_id.in_(entrants)).order_by(Adjustment.id)
    extensions = select(Extension).where(Extension.entrant_id.in_(entrants))
    return Decisions(
        _grouped(session.scalars(by_hand.options(joinedload(HandPoints.by))).all()),
        _grouped(session.scalars(adjustments.options(joinedload(Adjustment.by))).all()),
        {each.entrant_id: each for each in session.scalars(extensions.options(joinedload(Extension.by))).all()},
    )


def _grouped(rows: Iterable[Row]) -> Mapping[int, Sequence[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.entrant_id, []).append(row)
    return found
