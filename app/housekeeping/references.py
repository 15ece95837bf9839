"""Which files of the store somebody knows: one list, which a test holds complete."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.artifacts import Artifact
from models.finalists import CodeUpload
from models.submissions import SubmissionFile

REFERENCES: Sequence[tuple[InstrumentedAttribute[str], ColumnElement[bool]]] = (
    (SubmissionFile.sha256, SubmissionFile.erased_at.is_(None)),
    (Artifact.sha256, true()),
    (CodeUpload.sha256, true()),
)
"""The columns that name a file of the store, and which of their rows still do."""


def known(session: Session, digests: Collection[str]) -> set[str]:
    """Those of some files that a row names."""
    found: set[str] = set()
    for column, condition in REFERENCES:
        found.update(session.scalars(select(column).where(column.in_(digests), condition).distinct()).all())
    return found


def all_known(session: Session) -> Iterator[tuple[str, int]]:
    """Every file that a row names with the bytes that it says there are, once or several times."""
    for column, condition in REFERENCES:
        found = session.execute(select(column, column.class_.bytes).where(condition).distinct())
        yield from ((sha256, size) for sha256, size in found)
