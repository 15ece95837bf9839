"""Who may see which competition, and what holds in it now."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.competitions import service
from app.competitions.definition import CompetitionDefinition, Scores, zone_of
from app.competitions.stored import Definitions
from app.courses import queries as courses
from app.errors import Forbidden, NotFound
from models.accounts import User
from models.competitions import Competition, CompetitionVersion
from models.courses import Membership


@dataclass(frozen=True, slots=True)
class Entry:
    """A competition as one person enters it: the version that holds, its rules, and whether the person is staff."""

    competition: Competition
    version: CompetitionVersion
    definition: CompetitionDefinition
    is_staff: bool

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its moments and days."""
        return zone_of(self.definition.course, self.competition.course.time_zone)

    @property
    def shows_scores(self) -> bool:
        """Whether this person may see scores and the board."""
        return self.is_staff or self.definition.course.board.scores is Scores.SHOWN


def enter(session: Session, definitions: Definitions, slug: str, user: User) -> Entry:
    """The competition for a member of its course or an admin. Raises NotFound for everyone else, as if it were not there."""
    wanted = select(Competition).where(Competition.slug == slug).options(joinedload(Competition.course))
    competition = session.scalars(wanted).one_or_none()
    entry = competition and _entry(session, definitions, competition, user)
    if not entry:
        raise NotFound(f"You are in no course that has a competition {slug!r}. Ask your instructor to add you.")
    return entry


def enter_as_staff(session: Session, definitions: Definitions, slug: str, user: User) -> Entry:
    """The competition for its staff. Raises NotFound or Forbidden."""
    entry = enter(session, definitions, slug, user)
    if not entry.is_staff:
        raise Forbidden("This is for the staff of the course.")
    return entry


def enter_as_instructor(session: Session, definitions: Definitions, slug: str, user: User) -> Entry:
    """The competition for those who decide about it. Raises NotFound or Forbidden."""
    entry = enter_as_staff(session, definitions, slug, user)
    if not courses.is_instructor(session, entry.competition.course_id, user):
        raise Forbidden("This is for the instructors of the course.")
    return entry


def entries_of(session: Session, definitions: Definitions, user: User) -> Sequence[Entry]:
    """All competitions that a person may enter, the newest first."""
    wanted = select(Competition).options(joinedload(Competition.course)).order_by(Competition.id.desc())
    if not user.is_admin:
        wanted = wanted.join(Membership, Membership.course_id == Competition.course_id).where(
            Membership.user_id == user.id
        )
    entries = (_entry(session, definitions, competition, user) for competition in session.scalars(wanted).all())
    return [entry for entry in entries if entry]


def _entry(session: Session, definitions: Definitions, competition: Competition, user: User) -> Entry | None:
    is_staff = courses.is_staff(session, competition.course_id, user)
    if is_staff is None:
        return None
    version = service.current_version(session, competition.id)
    if version is None:
        return None
    return Entry(competition, version, definitions.of(version), is_staff)
