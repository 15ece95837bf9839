"""Who changed what: the one place where an act of staff is written down."""

from typing import Any

from sqlalchemy.orm import Session

from models.audit import AuditEntry


def note(session: Session, actor_id: int | None, action: str, subject: str, **detail: Any) -> None:
    """Adds an entry to the audit log: domain and verb, kind and id, and what helps to answer a question later.

    `actor_id` None: the command line, or the service itself.
    """
    session.add(AuditEntry(actor_id=actor_id, action=action, subject=subject, detail=detail))
    session.flush()
