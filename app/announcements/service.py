"""Announcing something, and taking it away again; the audit log keeps both."""

from sqlalchemy.orm import Session

from app.announcements import queries
from app.audit.recording import record
from app.competitions.access import Entry
from app.errors import NotFound, Unprocessable
from models.boards import Announcement

MAX_TEXT_CHARACTERS = 10_000


def announce(session: Session, entry: Entry, text: str, by_id: int) -> Announcement:
    """Puts a text in Markdown on the competition's page. Raises Unprocessable where there is none."""
    if not (told := text.strip()[:MAX_TEXT_CHARACTERS]):
        raise Unprocessable("announcement-empty", "Write the announcement first.")
    announcement = Announcement(competition_id=entry.competition.id, text=told, by_id=by_id)
    session.add(announcement)
    session.flush()
    _record(session, announcement, "announcement.add", by_id, text=told)
    return announcement


def remove(session: Session, entry: Entry, announcement_id: int, by_id: int) -> None:
    """Takes an announcement away. Raises NotFound."""
    known = queries.announcement(session, entry.competition.id, announcement_id)
    if known is None:
        raise NotFound(f"There is no announcement {announcement_id} in this competition.")
    session.delete(known)
    _record(session, known, "announcement.remove", by_id, before=known.text)


def _record(session: Session, announcement: Announcement, action: str, by_id: int, **detail: object) -> None:
    subject = f"announcement:{announcement.id}"
    record(session, by_id, action, subject, competition_id=announcement.competition_id, **detail)
