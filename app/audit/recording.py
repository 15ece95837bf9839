"""The one place where an act of staff is written down, in the transaction that does it."""

from typing import Any

from sqlalchemy.orm import Session

from models.audit import AuditEntry


def record(
    session: Session, actor_id: int | None, action: str, subject: str, *, competition_id: int | None, **detail: Any
) -> None:
    """Adds an entry about a competition: domain and verb, kind and id, and what helps to answer a question later.

    A reason stands in `detail` as `reason`. `actor_id` None: the command line, or the service itself.
    """
    entry = AuditEntry(actor_id=actor_id, action=action, subject=subject, competition_id=competition_id, detail=detail)
    session.add(entry)
    session.flush()


def note(session: Session, actor_id: int | None, action: str, subject: str, **detail: Any) -> None:
    """Adds an entry that is about no competition in particular, such as one about a course's people.

    A course's log finds it by its subject: `course:1`, or a `user`, `dataset` or `network` of the course.
    """
    record(session, actor_id, action, subject, competition_id=None, **detail)
