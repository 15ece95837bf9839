"""What a grading leaves beside its result: attachments, the smaller network, times against a reference."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from app.competitions import definition
from app.competitions import service as competition_service
from app.competitions.stored import RulesCache
from app.database import Database
from app.privacy import erasing
from app.queue import tickets
from app.queue.grading import Grader
from app.queue.workers import Identity
from app.storage import Store
from app.submissions import queries
from grader.airlock.runner import Airlock
from grader.running import EVALUATING_JOB, READING_JOB
from models.artifacts import Artifact, ArtifactKind
from models.courses import Course
from models.gradings import Grading, Lane, State
from models.submissions import FileRole, Submission, SubmissionFile
from tests.app.queue.test_grading import grade_all, live
from tests.app.world import World, hand_in
from tests.grader.test_archives import DEFINITION, SERIES, network, saved, zipped

COURSE = """\
title: Steps
summary: Networks in steps.
course:
  phases:
    - {name: all, opens: 2020-01-01 00:00}
"""
BOTH = (Lane.CHECK, Lane.EVALUATE)


@pytest.fixture(scope="module")
def jails() -> Iterator[tuple[Airlock, Airlock]]:
    with Airlock(READING_JOB) as reader, Airlock(EVALUATING_JOB) as evaluator:
        yield reader, evaluator


@pytest.fixture
def grader(world: World, queue: Database, jails: tuple[Airlock, Airlock], tmp_path: Path) -> Iterator[Grader]:
    """A grader beside whose competition there is another one, of series of PyTorch files."""
    random = np.random.default_rng(5)
    images = random.integers(0, 256, (40, 1, 6, 6), dtype=np.uint8)
    np.savez(tmp_path / "steps.npz", images=images, labels=np.arange(40, dtype=np.uint8) % 3)
    text = DEFINITION + COURSE
    with queue.write() as session:
        copied = competition_service.copy_dataset(Store(world.folder), "steps", tmp_path / "steps.npz")
        dataset = competition_service.add_dataset(session, copied)
        read = definition.from_yaml(text, "steps.yaml", tmp_path)
        competition_service.apply(session, session.get_one(Course, world.course_id), read, text, dataset, None)
    with RulesCache(queue, Store(world.folder)) as rules:
        yield Grader(queue, Store(world.folder), rules, *jails, BOTH)


def upload(world: World, queue: Database, name: str, content: bytes) -> int:
    with Store(world.folder).receive() as incoming:
        incoming.write(content)
        return hand_in(queue, world, name, sha256_hex=incoming.keep().sha256, slug="steps")


def content_of(world: World, sha256: str) -> bytes:
    file = Store(world.folder).open(sha256)
    try:
        return os.pread(file, 1 << 20, 0)
    finally:
        os.close(file)


def attachments(queue: Database, submission: int) -> Mapping[str, str]:
    with queue.read() as session:
        files = session.scalars(
            select(SubmissionFile).where(
                SubmissionFile.submission_id == submission, SubmissionFile.role == FileRole.ATTACHMENT
            )
        )
        return {file.name: file.sha256 for file in files}


def artifacts(queue: Database, submission: int) -> Mapping[ArtifactKind, Artifact]:
    with queue.read() as session:
        wanted = select(Artifact).join(Grading).where(Grading.submission_id == submission)
        return {made.kind: made for made in session.scalars(wanted)}


def test_attachments_and_the_smaller_network_are_kept(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    number = upload(world, queue, "ada", zipped(SERIES))
    grade_all(grader, worker)

    found = live(queue, number)
    assert (found.state, found.report and found.report["compacted"]["verified"]) == (State.SCORED, True)
    assert found.report is not None
    assert [step["name"] for step in found.report["series"]["steps"]] == ["step-1"]
    kept = attachments(queue, number)
    assert {name: content_of(world, digest) for name, digest in kept.items()} == {
        "lab/report.pdf": SERIES["lab/report.pdf"]
    }
    made = artifacts(queue, number)
    assert made.keys() == {ArtifactKind.ONNX, ArtifactKind.STATE_DICT}
    state_dict = made[ArtifactKind.STATE_DICT]
    assert state_dict.name == f"submission-{number}-compacted.pt"
    assert len(content_of(world, state_dict.sha256)) == state_dict.bytes


def test_whoever_is_erased_while_their_file_is_graded_gets_numbers_alone(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    first = upload(world, queue, "ada", zipped(SERIES))
    with queue.write() as session:
        ticket = tickets.claim(session, worker.id, BOTH)
        erasing.erase(session, world.people["ada"].id, None)
    assert ticket is not None

    grader.grade(ticket)

    found = live(queue, first)
    assert (found.state, found.score is not None, found.equality_key) == (State.SCORED, True, None)
    assert (attachments(queue, first), artifacts(queue, first)) == ({}, {})
    assert found.report is not None
    assert [step["name"] for step in found.report["series"]["steps"]] == ["step 1"]


def test_whoever_is_erased_copies_no_files(world: World, queue: Database, worker: Identity, grader: Grader) -> None:
    upload(world, queue, "grace", zipped(SERIES))
    grade_all(grader, worker)
    second = upload(world, queue, "ada", zipped(SERIES))
    with queue.write() as session:
        ticket = tickets.claim(session, worker.id, BOTH)
        erasing.erase(session, world.people["ada"].id, None)
    assert ticket is not None

    grader.grade(ticket)

    assert live(queue, second).copied_from_id is not None
    assert (attachments(queue, second), artifacts(queue, second)) == ({}, {})


def test_a_copied_result_has_the_same_files(world: World, queue: Database, worker: Identity, grader: Grader) -> None:
    first = upload(world, queue, "ada", zipped(SERIES))
    grade_all(grader, worker)
    second = upload(world, queue, "grace", zipped(SERIES))
    grade_all(grader, worker)

    assert live(queue, second).copied_from_id == live(queue, first).id
    assert attachments(queue, second) == attachments(queue, first)
    assert [made.sha256 for made in artifacts(queue, second).values()] == [
        made.sha256 for made in artifacts(queue, first).values()
    ]


def test_a_rejected_archive_leaves_no_files(world: World, queue: Database, worker: Identity, grader: Grader) -> None:
    number = upload(world, queue, "ada", zipped({"mine.pt": b"no weights", "report.pdf": b"%PDF"}))
    grade_all(grader, worker)

    assert live(queue, number).state is State.REJECTED
    assert (attachments(queue, number), artifacts(queue, number)) == ({}, {})


def test_later_submissions_are_timed_against_the_reference(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    dense = upload(world, queue, "ada", saved(network()))
    before = upload(world, queue, "ada", saved(network(dead=2)))
    grade_all(grader, worker)
    with queue.write() as session:
        session.execute(update(Submission).where(Submission.id == dense).values(is_reference=True))

    after = upload(world, queue, "ada", saved(network(dead=2)))
    others = upload(world, queue, "grace", saved(network(dead=2)))
    grade_all(grader, worker)

    reports = [live(queue, number).report or {} for number in (before, after, others)]
    assert [report["lineage"] is not None for report in reports] == [False, True, False]
    with queue.read() as session:
        assert reports[1]["lineage"]["reference"] == queries.reference_file(session, after)
    assert live(queue, after).copied_from_id is None
    assert live(queue, others).copied_from_id == live(queue, before).id
