"""What one person may see of the private part of a test set, and which board is the one that holds now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.clock import read_clock
from app.competitions import calendar
from app.competitions.access import Entry
from app.courses.queries import extension_of
from grader.splits import Part
from models.accounts import User


@dataclass(frozen=True, slots=True)
class Reveal:
    """Whether there is a private part, whether this person may see it, and whether its board is the one that holds.

    `at` is the first moment at which the person may see it; None: there is no private part, or it is kept by the staff.
    """

    has_private: bool = False
    may_see: bool = False
    is_over: bool = False
    at: datetime | None = None

    @property
    def part(self) -> Part:
        """The board that is shown where nobody asks for another."""
        return Part.PRIVATE if self.is_over and self.may_see else Part.PUBLIC


def reveal(session: Session, entry: Entry, user: User) -> Reveal:
    """What a person may see now. Staff see both parts at any time."""
    if entry.definition.grading.grading.splits is None:
        return Reveal()
    extension = None if entry.is_staff else extension_of(session, entry.competition.id, user.id)
    at = _first_moment(entry, extension.until if extension else None)
    is_over = at is not None and read_clock(session) >= at
    return Reveal(True, entry.is_staff or (is_over and entry.shows_scores), is_over, at)


def _first_moment(entry: Entry, extended: datetime | None) -> datetime | None:
    """When an entrant may see the private board: as the definition says, or since staff published it.

    Nobody sees it while files of theirs are still taken.
    """
    rules, zone = entry.definition.course, entry.zone
    stated = calendar.private_from(rules, zone, extended)
    closes = entry.takes_until(extended)
    if closes is None or entry.board is None or entry.board.published_at is None:
        return stated
    published = max(entry.board.published_at, closes)
    return published if stated is None else min(stated, published)
