"""The audit log as the API tells it."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from models.accounts import User
from models.audit import AuditEntry

_EXAMPLE: dict[str, Any] = {
    "id": 7,
    "at": "2026-11-27T10:00:00Z",
    "who": "Ada Lovelace",
    "email": "ada@example.org",
    "action": "rejudge.live",
    "subject": "rejudge:4",
    "reason": "Sparsity weighs more now.",
    "detail": {"better": 12, "worse": 3},
}


class EntryBody(BaseModel):
    """One act of staff."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: int
    at: datetime
    who: str | None = Field(description="Null: the command line, or the service itself.")
    email: str | None
    action: str = Field(examples=["rejudge.live"])
    subject: str = Field(description="A kind and a number.", examples=["rejudge:4"])
    reason: str | None
    detail: dict[str, Any]


class AuditLog(BaseModel):
    """Acts of staff, newest first. `next` is the address of the next part."""

    items: list[EntryBody]
    next: str | None


def entry_body(entry: AuditEntry, actor: User | None) -> EntryBody:
    """An entry, with who did it."""
    rest = {key: value for key, value in entry.detail.items() if key != "reason"}
    return EntryBody(
        id=entry.id,
        at=entry.at,
        who=actor and actor.name,
        email=actor and actor.email,
        action=entry.action,
        subject=entry.subject,
        reason=entry.detail.get("reason") or None,
        detail=rest,
    )
