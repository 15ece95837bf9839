"""What tests about people look up."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.database import Database
from models.audit import AuditEntry


@pytest.fixture
def audited(records: Database) -> Callable[[], list[str]]:
    """The actions in the audit log, the oldest first."""

    def actions() -> list[str]:
        with records.read() as session:
            return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))

    return actions
