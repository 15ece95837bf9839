"""What was read from a file that waits: taken up by the one who evaluates it, and never trusted further than a reading."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.competitions.stored import RulesCache
from app.database import Database
from app.queue import parked as module
from app.queue import tickets
from app.queue.grading import Grader
from app.queue.parked import Parked, Reading
from app.queue.workers import Identity
from app.storage import Store
from grader.airlock.protocol import Answer, JobLimits, Usage
from grader.airlock.runner import Airlock
from grader.checked import Known
from grader.running import EVALUATING_JOB, READING_JOB, Runner
from models.gradings import Lane, State
from tests.app.world import SAMPLES, World, hand_in, live_grading

LIMITS = JobLimits(1, 1, 1, 1)
KNOWN = Known("file", "weights")
ANSWER = Answer({"layout": "keras2"}, {"0/0": np.arange(3, dtype=np.float32)}, Usage(0.5, 0.5, 1))


class Counting:
    """A jail that counts its runs."""

    def __init__(self, jail: Runner | None = None) -> None:
        self.jail, self.runs = jail, 0

    @property
    def level(self) -> str:
        return "A" if self.jail is None else str(self.jail.level)

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        self.runs += 1
        return ANSWER if self.jail is None else self.jail.run(arguments, inputs, job_limits)


def kept(folder: Path) -> Parked:
    parked = Parked(folder)
    parked.keep(7, Reading(Counting(), "B", ANSWER), KNOWN)
    return parked


def test_a_kept_answer_comes_back_as_it_was_given(tmp_path: Path) -> None:
    jail = Counting()
    reading = kept(tmp_path).recall(7, jail)

    answer = reading.run({}, [], LIMITS)

    assert (jail.runs, reading.level, reading.known) == (0, "B", KNOWN)
    assert answer.head == ANSWER.head
    assert answer.arrays["0/0"].dtype == np.float32
    np.testing.assert_array_equal(answer.arrays["0/0"], ANSWER.arrays["0/0"])


def test_without_a_kept_answer_the_jail_reads(tmp_path: Path) -> None:
    jail = Counting()
    reading = kept(tmp_path).recall(8, jail)

    reading.run({}, [], LIMITS)

    assert (jail.runs, reading.level, reading.known) == (1, "A", None)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, (2).to_bytes(8, "little") + b"{}"])
def test_a_damaged_answer_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    parked = kept(tmp_path)
    (tmp_path / "parked" / "7").write_bytes(content)

    assert parked.recall(7, Counting()).answer is None


def test_findings_that_have_changed_are_as_good_as_none(tmp_path: Path) -> None:
    parked = kept(tmp_path)
    place = tmp_path / "parked" / "7"
    content = place.read_bytes()
    told = b'\\"weights\\": \\"weights\\"'
    assert content.count(told) == 1
    place.write_bytes(content.replace(told, told.replace(b'"weights\\"', b'"wejghts\\"')))

    assert parked.recall(7, Counting()).answer is None


def test_nothing_is_kept_beyond_the_room_that_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parked = kept(tmp_path)
    monkeypatch.setattr(module, "MAX_BYTES", 1)
    monkeypatch.setattr(module, "COUNTED_SECONDS", 0.0)

    parked.keep(8, Reading(Counting(), "B", ANSWER), KNOWN)

    assert parked.recall(7, Counting()).answer is not None
    assert parked.recall(8, Counting()).answer is None


def test_what_nobody_came_back_for_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parked = kept(tmp_path)
    parked.sweep()
    assert parked.recall(7, Counting()).answer is not None

    monkeypatch.setattr(module, "ABANDONED_SECONDS", -60.0)
    parked.sweep()

    assert list((tmp_path / "parked").iterdir()) == []


def test_what_another_worker_dropped_while_it_was_looked_at_is_in_nobodys_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parked = kept(tmp_path)
    gone = tmp_path / "parked" / "8"
    monkeypatch.setattr(Path, "iterdir", lambda _: iter([gone, gone.with_name("7")]))
    monkeypatch.setattr(module, "ABANDONED_SECONDS", -60.0)

    parked.sweep()

    assert not gone.with_name("7").exists()


@pytest.fixture
def two(world: World, queue: Database) -> Iterator[tuple[Grader, Counting]]:
    """A worker for all work, whose reader counts, with one sample in the queue."""
    content = (SAMPLES / "pruned-50" / "my_model_weights.h5").read_bytes()
    with (
        Airlock(READING_JOB) as reading,
        Airlock(EVALUATING_JOB) as evaluating,
        RulesCache(queue, Store(world.folder)) as rules,
    ):
        reader, store = Counting(reading), Store(world.folder)
        with store.receive() as incoming:
            incoming.write(content)
            hand_in(queue, world, "ada", sha256_hex=incoming.keep().sha256)
        lanes = (Lane.CHECK, Lane.EVALUATE)
        yield Grader(queue, store, rules, reader, evaluating, lanes, Parked(world.folder)), reader


def grade_next(grader: Grader, worker: Identity, lane: Lane) -> None:
    """Claims in one lane and grades; in the lane of checks as a worker that only checks."""
    with grader.database.write() as session:
        ticket = tickets.claim(session, worker.id, (lane,))
    assert ticket is not None
    alone = Grader(grader.database, grader.store, grader.rules, grader.reader, grader.evaluator, (lane,), grader.parked)
    alone.grade(ticket)


def test_a_file_that_waited_is_read_once(two: tuple[Grader, Counting], worker: Identity, world: World) -> None:
    grader, reader = two
    grade_next(grader, worker, Lane.CHECK)
    grade_next(grader, worker, Lane.EVALUATE)

    with grader.database.read() as session:
        assert live_grading(session, 1).state is State.SCORED
    assert reader.runs == 1
    assert list((world.folder / "parked").iterdir()) == []


def test_it_waits_for_a_file_that_came_while_its_own_was_read(
    two: tuple[Grader, Counting], worker: Identity, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    grader, reader = two
    with grader.database.write() as session:
        ticket = tickets.claim(session, worker.id, grader.lanes)
    assert ticket is not None
    read = reader.run

    def meanwhile(*job: Any) -> Answer:
        hand_in(grader.database, world, "grace")
        return read(*job)

    monkeypatch.setattr(reader, "run", meanwhile)
    grader.grade(ticket)

    with grader.database.read() as session:
        found = live_grading(session, 1)
        assert (found.state, found.lane) == (State.QUEUED, Lane.EVALUATE)


def test_kept_numbers_that_have_changed_are_not_graded(
    two: tuple[Grader, Counting], worker: Identity, world: World
) -> None:
    grader, reader = two
    grade_next(grader, worker, Lane.CHECK)
    place = world.folder / "parked" / "1"
    content = place.read_bytes()
    place.write_bytes(content[:-400] + bytes(400))
    assert json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])  # the table of arrays is as it was

    grade_next(grader, worker, Lane.EVALUATE)

    with grader.database.read() as session:
        report = live_grading(session, 1).report
    assert reader.runs == 2
    assert report is not None
    assert report["zeros"] == 296_467
