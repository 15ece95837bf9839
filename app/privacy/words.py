"""A person's name and address, taken out of what was written down; who did what and when stays.

An address is nobody else's, and goes wherever it stands. A name is a word that its person chose ("May", "live"), and goes
only where the person is meant.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.submissions.erased import GONE
from models.accounts import User
from models.audit import AuditEntry


def forget_words(session: Session, user: User, subjects: Collection[str]) -> None:
    """Cleans the audit log of a person, with the subjects of entries that are about them."""
    words = _Words(user.email, _pattern(user.email, re.IGNORECASE), _pattern(user.name))
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id)).yield_per(500):
        is_theirs = entry.actor_id == user.id or entry.subject in subjects or entry.detail.get("user") == user.id
        cleaned = words.taken_from(entry.detail, with_name=is_theirs)
        if cleaned != entry.detail:
            entry.detail = cleaned
    session.flush()


@dataclass(frozen=True, slots=True)
class _Words:
    """What a person is called: whole words alone, since somebody may be called Ann."""

    email: str
    address: re.Pattern[str]
    name: re.Pattern[str]

    def taken_from(self, value: Any, *, with_name: bool) -> Any:
        """A value without the address, and without the name where the person is meant."""
        if isinstance(value, str):
            told = self.address.sub(GONE, value)
            return self.name.sub(GONE, told) if with_name else told
        if isinstance(value, list):
            return [self.taken_from(each, with_name=with_name) for each in value]
        if isinstance(value, dict):
            # A line of a roster says whom it is about by the address.
            is_theirs = with_name or any(isinstance(each, str) and each == self.email for each in value.values())
            return {key: self.taken_from(each, with_name=is_theirs) for key, each in value.items()}
        return value


def _pattern(word: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", flags)
