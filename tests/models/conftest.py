"""A migrated database and the rows that every grading stands on."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.database import Database
from models import Competition, CompetitionVersion, Course, Dataset, Entrant, Grading, Submission, User, Via
from tests.databases import Backend

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def session(backend: Backend, tmp_path: Path) -> Iterator[Session]:
    with (
        backend.copied(backend.migrated(), tmp_path) as url,
        closing(Database(url)) as database,
        database.write() as session,
    ):
        yield session
        session.rollback()


@pytest.fixture
def submission(session: Session) -> Submission:
    user = User(email="ada@example.org", name="Ada")
    course = Course(slug="ml", title="Machine Learning", time_zone="UTC")
    dataset = Dataset(name="images", digest="d" * 64, examples=5, sample_shape=[2, 2, 1], dtype="uint8", classes=2)
    competition = Competition(course=course, slug="pruning", title="Pruning")
    version = CompetitionVersion(
        competition=competition,
        number=1,
        source="a: 1",
        definition={"a": 1},
        definition_digest="e" * 64,
        dataset=dataset,
    )
    session.add_all([user, version])
    session.flush()
    entrant = Entrant(competition_id=competition.id, alias="Mossy Quince 42")
    submission = Submission(entrant=entrant, user=user, received_at=NOON, via=Via.API)
    submission.gradings.append(Grading(version=version, file_sha256="f" * 64))
    session.add(submission)
    session.flush()
    return submission
