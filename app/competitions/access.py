"""Who may see which competition, and what holds in it now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session, contains_eager, defer

from app.authorisation.refusals import hidden, refused
from app.authorisation.rules import Need, Place
from app.competitions import calendar
from app.competitions.calendar import Window
from app.competitions.definition import CompetitionDefinition, Scores, zone_of
from app.competitions.service import IS_CURRENT
from app.competitions.stored import Definitions
from app.courses import queries as courses
from models.accounts import User
from models.boards import BoardMode, BoardState
from models.competitions import Competition, CompetitionVersion
from models.courses import Membership, Role

# Asked by nearly every request, and so in one statement that is put together once. A definition is some 10 KB of JSON
# that `Definitions` wants a single time.
_ENTRIES = (
    select(Competition, CompetitionVersion, Membership.role, BoardState)
    .join(Competition.course)
    .join(CompetitionVersion, and_(CompetitionVersion.competition_id == Competition.id, IS_CURRENT))
    .outerjoin(Membership, and_(Membership.course_id == Competition.course_id, Membership.user_id == bindparam("user")))
    .outerjoin(BoardState, BoardState.competition_id == Competition.id)
    .options(contains_eager(Competition.course), defer(CompetitionVersion.source), defer(CompetitionVersion.definition))
)
_ENTRY = _ENTRIES.where(Competition.slug == bindparam("slug"))
_ALL = _ENTRIES.order_by(Competition.id.desc())
_OWN = _ALL.where(Membership.role.is_not(None))
_OF_COURSE = _ALL.where(Competition.course_id == bindparam("course"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A competition as one person enters it: the version that holds, its rules, and whether the person is staff."""

    competition: Competition
    version: CompetitionVersion
    definition: CompetitionDefinition
    is_staff: bool
    board: BoardState | None = None
    """What staff decided about the boards; None: nothing, and they are as the definition says."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its moments and days."""
        return zone_of(self.definition.course, self.competition.course.time_zone)

    @property
    def is_draft(self) -> bool:
        """Whether students do not see it yet."""
        return self.competition.opened_at is None

    def window(self, now: datetime, extended: datetime | None = None) -> Window:
        """The phase as it stands for an entrant with such an extension; over where staff have closed the competition."""
        found = calendar.window(self.definition.course, self.zone, now, extended)
        return found if self.competition.closed_at is None else calendar.ended(found, self.competition.closed_at)

    def takes_until(self, extended: datetime | None = None) -> datetime | None:
        """The last moment at which files of an entrant with such an extension are taken; None: there is no end."""
        return self._closed_or(calendar.closing(self.definition.course, self.zone, extended))

    @property
    def teams_until(self) -> datetime | None:
        """The last moment at which students change teams; None: there is no end."""
        return self._closed_or(calendar.teams_until(self.definition.course, self.zone))

    @property
    def shows_scores(self) -> bool:
        """Whether this person may see scores."""
        return self.is_staff or self.students_see_scores

    @property
    def students_see_scores(self) -> bool:
        """Whether students may see scores, whoever this person is."""
        return self.is_published or self.definition.course.board.scores is Scores.SHOWN

    @property
    def shows_board(self) -> bool:
        """Whether this person may see the boards."""
        return self.is_staff or (self.shows_scores and self.board_mode is not BoardMode.HIDDEN)

    @property
    def board_mode(self) -> BoardMode:
        """What students see of the boards."""
        return self.board.mode if self.board else BoardMode.LIVE

    @property
    def sees_frozen(self) -> bool:
        """Whether this person sees the boards as they were when staff froze them."""
        return not self.is_staff and self.board_mode is BoardMode.FROZEN

    @property
    def is_published(self) -> bool:
        """Whether staff opened what the definition keeps to them."""
        return self.board is not None and self.board.published_at is not None

    def _closed_or(self, stated: datetime | None) -> datetime | None:
        """The earlier of a stated end and of the moment at which staff closed the competition."""
        return min((end for end in (stated, self.competition.closed_at) if end is not None), default=None)


def enter(session: Session, definitions: Definitions, slug: str, user: User) -> Entry:
    """The competition for a member of its course or an admin. Raises NotFound for everyone else, as if it were not there."""
    found = session.execute(_ENTRY, {"user": user.id, "slug": slug}).one_or_none()
    if found is None or not _may_enter(user, *found):
        raise hidden(Place.COMPETITION, slug)
    return _entry(definitions, user, *found)


def enter_as_staff(session: Session, definitions: Definitions, slug: str, user: User) -> Entry:
    """The competition for its staff. Raises NotFound or Forbidden."""
    entry = enter(session, definitions, slug, user)
    if not entry.is_staff:
        raise refused(Need.STAFF)
    return entry


def enter_as_instructor(session: Session, definitions: Definitions, slug: str, user: User) -> Entry:
    """The competition for those who decide about it. Raises NotFound or Forbidden."""
    entry = enter_as_staff(session, definitions, slug, user)
    if not courses.is_instructor(session, entry.competition.course_id, user):
        raise refused(Need.INSTRUCTOR)
    return entry


def entries_of(session: Session, definitions: Definitions, user: User) -> Sequence[Entry]:
    """All competitions that a person may enter, the newest first."""
    found = session.execute(_ALL if user.is_admin else _OWN, {"user": user.id}).all()
    return [_entry(definitions, user, *each) for each in found if _may_enter(user, *each)]


def entries_of_course(session: Session, definitions: Definitions, user: User, course_id: int) -> Sequence[Entry]:
    """All competitions of a course that a person may enter, the newest first."""
    found = session.execute(_OF_COURSE, {"user": user.id, "course": course_id}).all()
    return [_entry(definitions, user, *each) for each in found if _may_enter(user, *each)]


def _may_enter(
    user: User, competition: Competition, _: CompetitionVersion, role: Role | None, __: BoardState | None
) -> bool:
    """Whether a person may know of a competition: a draft is for staff alone."""
    return _is_staff(user, role) or (role is not None and competition.opened_at is not None)


def _is_staff(user: User, role: Role | None) -> bool:
    return user.is_admin or (role is not None and role.is_staff)


def _entry(
    definitions: Definitions,
    user: User,
    competition: Competition,
    version: CompetitionVersion,
    role: Role | None,
    board: BoardState | None,
) -> Entry:
    return Entry(competition, version, definitions.of(version), _is_staff(user, role), board)
