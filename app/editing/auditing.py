"""Acts of editing, written down in the transaction that does them."""

from typing import Any

from sqlalchemy.orm import Session

from app.audit.recording import record


def note(session: Session, actor_id: int, action: str, subject: str, **detail: Any) -> None:
    """Adds an entry: domain and verb, kind and id, and what helps to answer a question later."""
    kind, _, number = subject.partition(":")
    competition_id = int(number) if kind == "competition" else None
    record(session, actor_id, action, subject, competition_id=competition_id, **detail)
