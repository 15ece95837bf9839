"""Acts of editing, written down in the transaction that does them."""

from typing import Any

from sqlalchemy.orm import Session

from models.audit import AuditEntry


def note(session: Session, actor_id: int, action: str, subject: str, **detail: Any) -> None:
    """Adds an entry: domain and verb, kind and id, and what helps to answer a question later."""
    session.add(AuditEntry(actor_id=actor_id, action=action, subject=subject, detail=detail))
    session.flush()
