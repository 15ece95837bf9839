"""Everything of one person as an archive: what rows say, and every file that they handed in.

Scores and reports are told as the person may see them now: asking for one's data is no way to the private board. Points
and what staff write for each other come the same way, but for an administrator, who has them in full.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi.encoders import jsonable_encoder
from sqlalchemy.orm import Session

from app.competitions.stored import Definitions
from app.exports.zip_stream import Member, chunks, safe
from app.privacy import queries, sight
from app.privacy.sight import NOTHING, Sight
from app.storage import Store
from app.submissions.queries import live
from app.submissions.schemas import submission_body
from models.accounts import User
from models.audit import AuditEntry
from models.submissions import Submission


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held of a person: tables by name, and files by their place in the archive."""

    tables: Mapping[str, Any]
    files: Sequence[tuple[str, str]]
    """Place and SHA-256."""


def holding_of(session: Session, definitions: Definitions, user: User, *, in_full: bool) -> Holding:
    """Everything that is held of a person, as they may see it; `in_full` with what staff decided and keep from them."""
    entrants = queries.entrants(session, user.id)
    numbers = [each.id for each in entrants]
    points, adjustments, extensions = queries.decisions(session, numbers)
    submissions, code = queries.submissions(session, user.id), queries.code(session, user.id)
    acts = queries.acts(session, user.id, numbers)
    seen = sight.sights(session, definitions, user)
    shown = {each.id for each in entrants if in_full or seen.get(each.competition_id, NOTHING).points}
    tables = {
        "account": {"email": user.email, "name": user.name, "is_admin": user.is_admin, "created_at": user.created_at},
        "courses": [_columns(each) | {"course": each.course.slug} for each in queries.memberships(session, user.id)],
        "entries": [{"id": each.id, "name": each.alias, "since": each.created_at} for each in entrants],
        "submissions": [_submission(each, seen.get(each.competition_id, NOTHING)) for each in submissions],
        "code": [_columns(each) for each in code],
        "points": [_columns(each) for each in points if each.entrant_id in shown],
        "adjustments": [_columns(each) for each in adjustments if each.entrant_id in shown],
        "extensions": [_columns(each) for each in extensions],
        "browsers": [_columns(each, "token_sha256") for each in queries.sessions(session, user.id)],
        "tokens": [_columns(each, "token_sha256") for each in queries.tokens(session, user.id)],
        "acts": _acts(acts, user.id, seen, in_full=in_full),
    }
    files = [
        (f"files/submission-{each.id}/{file.id}-{safe(file.name)}", file.sha256)
        for each in submissions
        for file in each.files
        if file.erased_at is None
    ]
    files += [(f"files/code/{each.id}-{safe(each.name)}", each.sha256) for each in code]
    return Holding(tables, files)


def archive(store: Store, holding: Holding) -> Iterator[bytes]:
    """The archive in pieces; a database is no longer needed."""
    missing: list[str] = []

    def members() -> Iterator[Member]:
        for name, rows in holding.tables.items():
            yield Member(f"{name}.json", json.dumps(jsonable_encoder(rows), indent=1).encode())
        for name, sha256 in holding.files:
            yield Member(name, partial(store.path, sha256))
        if missing:
            yield Member("missing.txt", "\n".join(missing).encode())

    return chunks(members(), missing)


def _submission(found: Submission, seen: Sight) -> dict[str, Any]:
    return submission_body(live(found), shows_scores=seen.scores, shows_private=seen.private).model_dump(mode="json")


def _acts(
    acts: Sequence[AuditEntry], user_id: int, seen: Mapping[int, Sight], *, in_full: bool
) -> Sequence[dict[str, Any]]:
    if in_full:
        return [_columns(each) for each in acts]
    return [_columns(each) | {"detail": sight.detail_for(each, user_id)} for each in sight.told(acts, user_id, seen)]


def _columns(row: Any, *without: str) -> dict[str, Any]:
    """The columns of a row by name."""
    return {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name not in without}
