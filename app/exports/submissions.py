"""All submissions of a competition as an archive: the files, each report, and a table of everything."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.database import Database
from app.exports.zip_stream import Member, chunks, safe
from app.leaderboard.values import csv_text
from app.storage import Store
from models.accounts import User
from models.entrants import Entrant
from models.gradings import Grading, State
from models.submissions import Submission, SubmissionFile

AT_ONCE = 50
"""Reports that are read at a time."""
HEAD = (
    "submission",
    "entry",
    "person",
    "email",
    "received_at",
    "staff",
    "state",
    "score",
    "role",
    "file",
    "sha256",
    "bytes",
    "path",
)


class Row(NamedTuple):
    """A file of a submission, with all that the table says of it."""

    submission: Submission
    entrant: Entrant
    user: User
    file: SubmissionFile
    state: State
    score_exact: str | None

    @property
    def folder(self) -> str:
        """Where the submission's files lie in the archive."""
        return f"{safe(self.entrant.alias)}/{self.submission.id}"

    @property
    def path(self) -> str:
        """Where the file lies in the archive; its number keeps two of one name apart."""
        last = self.file.name.replace("\\", "/").rpartition("/")[2]
        return f"{self.folder}/{self.file.id}-{safe(last)}"


def archive(database: Database, store: Store, entry: Entry, only: Sequence[int] | None = None) -> Iterator[bytes]:
    """The archive in pieces; of some submissions only, where they are given. No session is held while it is sent."""
    with database.read() as session:
        rows = _rows(session, entry, only)
    missing: list[str] = []

    def members() -> Iterator[Member]:
        for row in rows:
            yield Member(
                row.path, partial(store.path, row.file.sha256), row.submission.received_at.astimezone(entry.zone)
            )
        yield from _reports(database, {row.submission.id: row.folder for row in rows})
        yield Member("submissions.csv", _table(rows, set(missing), entry).encode())

    return chunks(members(), missing)


def _rows(session: Session, entry: Entry, only: Sequence[int] | None) -> Sequence[Row]:
    wanted = (
        select(Submission, Entrant, User, SubmissionFile, Grading.state, Grading.score_exact)
        .join(Entrant, Entrant.id == Submission.entrant_id)
        .join(User, User.id == Submission.user_id)
        .join(SubmissionFile, SubmissionFile.submission_id == Submission.id)
        .join(Grading, Grading.submission_id == Submission.id)
        .where(Submission.competition_id == entry.competition.id, Grading.is_live)
        .order_by(Submission.id, SubmissionFile.id)
    )
    if only is not None:
        wanted = wanted.where(Submission.id.in_(only))
    return [Row(*row) for row in session.execute(wanted).all()]


def _reports(database: Database, folders: dict[int, str]) -> Iterator[Member]:
    numbers = list(folders)
    for at in range(0, len(numbers), AT_ONCE):
        with database.read() as session:
            wanted = select(Grading.submission_id, Grading.report).where(
                Grading.submission_id.in_(numbers[at : at + AT_ONCE]), Grading.is_live
            )
            found = session.execute(wanted).all()
        for number, report in found:
            if report is not None:
                yield Member(f"{folders[number]}/report.json", json.dumps(report, indent=1).encode())


def _table(rows: Sequence[Row], missing: set[str], entry: Entry) -> str:
    return csv_text(
        HEAD,
        [
            (
                row.submission.id,
                row.entrant.alias,
                row.user.name,
                row.user.email,
                row.submission.received_at.astimezone(entry.zone).isoformat(),
                "yes" if row.submission.is_staff else "no",
                row.state.value,
                row.score_exact,
                row.file.role.value,
                row.file.name,
                row.file.sha256,
                row.file.bytes,
                "(not kept)" if row.path in missing else row.path,
            )
            for row in rows
        ],
    )
