"""Zips with code in the queue: what is kept of them, what is copied, and what becomes of them where code cannot be run."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.competitions import definition
from app.competitions import service as competition_service
from app.competitions.stored import RulesCache
from app.database import Database
from app.queue import worker as worker_process
from app.queue.grading import Grader
from app.queue.workers import Identity
from app.storage import Store
from grader.airlock.layers import Level
from grader.errors import GraderFault
from grader.own_file import OwnFile
from grader.running import EVALUATING_JOB, READING_JOB
from models.courses import Course
from models.gradings import Lane, State
from tests.app.queue.test_grading import grade_all, live
from tests.app.queue.test_grading_archives import attachments
from tests.app.world import World, hand_in
from tests.corpus.cases import COMPETITIONS
from tests.corpus.conftest import write_images
from tests.corpus.makers import code
from tests.grader.test_code_archives import Exporter, graph

SLUG = "corpus-code"
BOTH = (Lane.CHECK, Lane.EVALUATE)


@pytest.fixture
def grader(world: World, queue: Database, tmp_path: Path) -> Iterator[Grader]:
    """A grader beside whose competition there is another one that takes code; a stand-in builds the networks."""
    path = COMPETITIONS[SLUG]
    text = path.read_text(encoding="utf-8")
    images = write_images(tmp_path / "test.npz", SLUG)
    with queue.write() as session:
        dataset = competition_service.add_dataset(
            session, competition_service.copy_dataset(Store(world.folder), SLUG, images)
        )
        read = definition.from_yaml(text, path.name, path.parent)
        competition_service.apply(session, session.get_one(Course, world.course_id), read, text, dataset, None)
    jails = OwnFile(READING_JOB), OwnFile(EVALUATING_JOB)
    with RulesCache(queue, Store(world.folder)) as rules:
        yield Grader(queue, Store(world.folder), rules, *jails, BOTH, exporter=Exporter([graph()]))


def upload(world: World, queue: Database, name: str) -> int:
    with Store(world.folder).receive() as incoming:
        incoming.write(code.make({}, 0))
        return hand_in(queue, world, name, sha256_hex=incoming.keep().sha256, slug=SLUG)


def test_code_is_scored_and_kept_for_the_staff(world: World, queue: Database, worker: Identity, grader: Grader) -> None:
    number = upload(world, queue, "ada")
    grade_all(grader, worker)

    assert live(queue, number).state is State.SCORED
    assert [*attachments(queue, number)] == ["hw13.py"]


def test_an_equal_zip_is_not_built_again(world: World, queue: Database, worker: Identity, grader: Grader) -> None:
    upload(world, queue, "ada")
    grade_all(grader, worker)
    assert isinstance(grader.exporter, Exporter)
    runs = grader.exporter.runs

    second = upload(world, queue, "grace")
    grade_all(grader, worker)

    assert live(queue, second).copied_from_id is not None
    assert grader.exporter.runs == runs


def test_a_refusal_for_the_jails_level_is_copied_to_nobody(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    first = upload(world, queue, "ada")
    grade_all(replace(grader, exporter=Exporter([graph()], level="B")), worker)
    second = upload(world, queue, "grace")
    grade_all(grader, worker)

    assert (live(queue, first).state, live(queue, first).equality_key) == (State.REJECTED, None)
    assert (live(queue, second).state, live(queue, second).copied_from_id) == (State.SCORED, None)


def test_a_worker_without_torch_says_what_is_missing(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    number = upload(world, queue, "ada")

    with pytest.raises(GraderFault, match="torch, which is not installed here"):
        grade_all(replace(grader, exporter=None), worker)

    assert live(queue, number).state is State.RUNNING, "whoever caught that gives the ticket back as a fault of ours"


@pytest.mark.parametrize(
    ("level", "exporter", "event"),
    [(Level.A, None, "worker.no_torch"), (Level.B, object(), "worker.no_code"), (Level.A, object(), "")],
)
def test_a_worker_says_at_its_start_why_it_runs_no_code(
    caplog: pytest.LogCaptureFixture, level: Level, exporter: object, event: str
) -> None:
    worker_process._tell_what_is_missing("worker-1", level, exporter)  # type: ignore[arg-type] # it only asks whether it is there

    assert [record.message.partition(" ")[0] for record in caplog.records] == ([event] if event else [])
