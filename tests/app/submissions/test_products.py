"""What a grading adds to the files of a submission, and what it is compared with."""

from fractions import Fraction

import pytest
from sqlalchemy.orm import Session

from app.database import Database
from app.storage import Stored
from app.submissions import products, queries
from models.artifacts import ArtifactKind
from models.gradings import State
from models.submissions import Submission
from tests.app.world import World, hand_in, live_grading, settle

PDF = Stored("a" * 64, 10)
ONNX = Stored("b" * 64, 20)


def attachments(session: Session, submission_id: int) -> list[tuple[str, str, int]]:
    found = queries.submission(session, submission_id)
    assert found is not None
    return [(file.name, file.sha256, file.bytes) for file in found.attachments]


def test_a_regrading_notes_the_same_attachment_once(records: Database, world: World) -> None:
    submission_id = hand_in(records, world, "ada")
    for _ in range(2):
        with records.write() as session:
            products.attach(session, submission_id, "report.pdf", PDF)

    with records.read() as session:
        assert attachments(session, submission_id) == [("report.pdf", PDF.sha256, 10)]


def test_a_copied_grading_has_the_same_attachments_and_artifacts(records: Database, world: World) -> None:
    first, second = (hand_in(records, world, "ada") for _ in range(2))
    with records.write() as session:
        equal = live_grading(session, first)
        products.attach(session, first, "report.pdf", PDF)
        products.keep(session, equal.id, ArtifactKind.ONNX, "compacted.onnx", ONNX)

    with records.write() as session:
        equal, copying = live_grading(session, first), live_grading(session, second)
        products.copy(session, equal, copying.id, second)

    with records.read() as session:
        (made,) = live_grading(session, second).artifacts
        assert (made.kind, made.name, made.sha256, made.bytes) == (ArtifactKind.ONNX, "compacted.onnx", "b" * 64, 20)
        assert attachments(session, second) == [("report.pdf", PDF.sha256, 10)]


def test_the_reference_comes_with_its_report(records: Database, world: World) -> None:
    submission_id = hand_in(records, world, "ada", file="dense")
    settle(records, submission_id, Fraction(1, 2))
    with records.write() as session:
        submission = session.get_one(Submission, submission_id)
        submission.is_reference = True
        entrant_id = submission.entrant_id

    with records.read() as session:
        reference = queries.reference_of(session, entrant_id)
        assert reference is not None
        assert (reference.submission_id, reference.report["score_exact"]) == (submission_id, "1/2")
        assert reference.file_sha256 == live_grading(session, submission_id).file_sha256


@pytest.mark.parametrize("state", [None, State.REJECTED])
def test_what_has_no_score_is_no_reference(records: Database, world: World, state: State | None) -> None:
    submission_id = hand_in(records, world, "ada")
    if state is not None:
        settle(records, submission_id, state=state)
    with records.write() as session:
        submission = session.get_one(Submission, submission_id)
        submission.is_reference = True
        entrant_id = submission.entrant_id

    with records.read() as session:
        assert queries.reference_of(session, entrant_id) is None
