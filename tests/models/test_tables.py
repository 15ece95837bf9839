"""What the tables themselves refuse, whatever the code above them does."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from models import (
    Artifact,
    ArtifactKind,
    AuditEntry,
    Competition,
    Course,
    Entrant,
    EntrantMember,
    Grading,
    Phase,
    State,
    Submission,
    SubmissionFile,
    User,
    Via,
    Worker,
)
from models.submissions import FileRole

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_new_grading_is_queued_and_counts(session: Session, submission: Submission) -> None:
    grading = session.scalars(select(Grading)).one()

    assert (grading.state, grading.phase, grading.fence, grading.is_live) == (State.QUEUED, Phase.READING, 0, True)


def test_a_submission_has_one_live_grading(session: Session, submission: Submission) -> None:
    version_id = submission.gradings[0].version_id
    session.add(Grading(submission_id=submission.id, version_id=version_id, file_sha256="f" * 64))

    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        session.flush()


def test_older_gradings_are_kept_beside_the_live_one(session: Session, submission: Submission) -> None:
    version_id = submission.gradings[0].version_id
    old = [Grading(submission_id=submission.id, version_id=version_id, file_sha256="f", is_live=False) for _ in "ab"]
    session.add_all(old)
    session.flush()

    assert session.scalar(select(func.count()).select_from(Grading)) == 3


@pytest.mark.parametrize(
    "change",
    [
        "state = 'lost'",
        "phase = 'thinking'",
        "lane = 'fast'",
        "state = 'scored'",
        "finished_at = created_at",
        "score = 0.5",
        "fence = -1",
    ],
)
def test_a_grading_that_contradicts_itself_is_refused(session: Session, submission: Submission, change: str) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)check"):
        session.execute(text(f"UPDATE gradings SET {change}"))


def test_a_score_comes_with_its_end(session: Session, submission: Submission) -> None:
    grading = submission.gradings[0]
    grading.state, grading.finished_at, grading.score, grading.score_exact = State.SCORED, NOON, 0.5, "1/2"
    session.flush()
    session.expire(grading)

    assert (grading.state, grading.score, grading.finished_at) == (State.SCORED, 0.5, NOON)


def test_a_submission_cannot_name_an_entrant_of_another_competition(session: Session, submission: Submission) -> None:
    other = Competition(course=session.scalars(select(Course)).one(), slug="other", title="Other")
    session.add(other)
    session.flush()
    astray = Submission(
        competition_id=other.id, entrant_id=submission.entrant_id, user_id=1, received_at=NOON, via=Via.FORM
    )
    session.add(astray)

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        session.flush()


def test_a_person_is_in_one_entrant_of_a_competition(session: Session, submission: Submission) -> None:
    entrants = [Entrant(competition_id=submission.competition_id, alias=alias) for alias in ("A", "B")]
    for entrant in entrants:
        entrant.members.append(EntrantMember(user_id=submission.user_id))
    session.add_all(entrants)

    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        session.flush()


def test_an_idempotency_key_belongs_to_one_submission_of_a_user(session: Session, submission: Submission) -> None:
    def add(key: str | None) -> None:
        session.add(Submission(entrant=submission.entrant, user_id=1, received_at=NOON, via="api", idempotency_key=key))
        session.flush()

    for key in (None, None, "once"):
        add(key)
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        add("once")


@pytest.mark.parametrize("table", [User, Entrant, Competition, Course])
def test_what_a_submission_stands_on_cannot_be_deleted(
    session: Session, submission: Submission, table: type[User | Entrant | Competition | Course]
) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        session.execute(delete(table))


def test_a_deleted_submission_takes_its_files_and_gradings_along(session: Session, submission: Submission) -> None:
    submission.files.append(SubmissionFile(role=FileRole.WEIGHTS, name="w.h5", sha256="f" * 64, bytes=2**40))
    made = Artifact(kind=ArtifactKind.ONNX, name="small.onnx", sha256="f" * 64, bytes=1)
    submission.gradings[0].artifacts.append(made)
    session.flush()

    session.delete(submission)
    session.flush()

    for table in (SubmissionFile, Grading, Artifact):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_submission_has_one_upload_and_attachments_of_different_names(
    session: Session, submission: Submission
) -> None:
    def add(role: FileRole, name: str) -> None:
        submission.files.append(SubmissionFile(role=role, name=name, sha256="f" * 64, bytes=1))
        session.flush()

    for role, name in ((FileRole.ATTACHMENT, "a.pdf"), (FileRole.WEIGHTS, "a.zip"), (FileRole.ATTACHMENT, "b.ipynb")):
        add(role, name)

    assert submission.upload.name == "a.zip"
    assert [file.name for file in submission.attachments] == ["a.pdf", "b.ipynb"]
    for role, name in ((FileRole.WEIGHTS, "b.zip"), (FileRole.ATTACHMENT, "a.pdf")):
        with pytest.raises(IntegrityError, match=r"(?i)unique"), session.begin_nested():
            add(role, name)


def test_an_entrant_has_one_reference(session: Session, submission: Submission) -> None:
    submission.is_reference = True
    others = [
        Submission(entrant=submission.entrant, user_id=1, received_at=NOON, via=Via.FORM, is_reference=is_reference)
        for is_reference in (False, False, True)
    ]
    session.add_all(others[:2])
    session.flush()

    session.add(others[2])
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        session.flush()


def test_a_grading_has_one_artifact_of_a_kind(session: Session, submission: Submission) -> None:
    def artifact() -> Artifact:
        return Artifact(kind=ArtifactKind.ONNX, name="small.onnx", sha256="f" * 64, bytes=1)

    submission.gradings[0].artifacts.append(artifact())
    session.flush()

    submission.gradings[0].artifacts.append(artifact())
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        session.flush()


def test_a_grading_outlives_its_worker(session: Session, submission: Submission) -> None:
    worker = Worker(name="w", incarnation="i", airlock_level="A", airlock_report={}, lanes=["check"], versions={})
    session.add(worker)
    session.flush()
    submission.gradings[0].worker_id = worker.id
    session.flush()

    session.execute(delete(Worker))

    assert session.scalars(select(Grading.worker_id)).one() is None


def test_a_moment_is_stored_in_utc(session: Session) -> None:
    session.add(AuditEntry(at=NOON.astimezone(timezone(timedelta(hours=-5))), action="test", subject="x"))
    session.flush()
    session.expire_all()

    assert session.scalars(select(AuditEntry.at)).one() == NOON


@pytest.mark.only_on("sqlite", reason="Postgres has a type for moments, SQLite compares texts")
def test_a_moment_is_stored_as_a_text_in_utc(session: Session) -> None:
    session.add(AuditEntry(at=NOON.astimezone(timezone(timedelta(hours=-5))), action="test", subject="x"))
    session.flush()

    assert session.scalar(text("SELECT at FROM audit_entries")) == "2026-11-21 12:00:00.000000"


def test_a_moment_without_a_time_zone_is_refused(session: Session) -> None:
    session.add(AuditEntry(at=NOON.replace(tzinfo=None), action="test", subject="x"))

    with pytest.raises(StatementError, match="has no time zone"):
        session.flush()


@pytest.mark.only_on("sqlite", reason="Postgres has a type for moments, SQLite compares texts")
def test_the_databases_clock_writes_moments_as_they_are_stored(session: Session) -> None:
    session.add(AuditEntry(action="test", subject="x"))
    session.flush()

    assert len(session.scalars(text("SELECT at FROM audit_entries")).one()) == len("2026-11-21 12:00:00.000000")


def test_an_email_is_compared_folded(session: Session) -> None:
    session.add(User(email=" Ada@Example.ORG", name="Ada"))
    session.flush()

    assert session.scalar(select(User.id).where(User.email == "aDa@example.org ")) == 1


def test_keys_of_json_keep_their_order_and_none_is_null(session: Session, submission: Submission) -> None:
    grading = submission.gradings[0]
    assert session.scalar(select(func.count()).where(Grading.report.is_(None))) == 1

    grading.report = {"b": 1, "a": {"d": 2, "c": 3}}
    session.flush()
    session.expire(grading)

    assert list(grading.report) == ["b", "a"]


def plan_of(session: Session, statement: str) -> str:
    """How the database would go about it; Postgres, which reads tables of a few rows from end to end, is told not to."""
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SET LOCAL enable_seqscan = off"))
        return " ".join(session.scalars(text(f"EXPLAIN {statement}")))
    return " ".join(str(row) for row in session.execute(text(f"EXPLAIN QUERY PLAN {statement}")))


@pytest.mark.only_on("sqlite", reason="Postgres goes by the sizes of the tables")
def test_the_board_finds_live_gradings_by_their_index(session: Session, submission: Submission) -> None:
    board = (
        select(Submission.id)
        .join(Grading, Grading.submission_id == Submission.id)
        .where(Submission.competition_id == 1, Grading.is_live, Grading.state == State.SCORED)
    )
    statement = board.compile(session.connection(), compile_kwargs={"literal_binds": True})

    plan = plan_of(session, str(statement))

    assert "ix_submissions_competition_id_id" in plan
    assert "uq_gradings_live" in plan


def test_the_queue_finds_the_next_ticket_by_its_index(session: Session) -> None:
    waiting = "SELECT id FROM gradings WHERE state = 'queued' AND lane = 'check' ORDER BY id LIMIT 1"

    plan = plan_of(session, waiting)

    assert re.search(r"ix_gradings_state_lane_id.*\(.*state\W.* AND .*lane\W", plan), plan
