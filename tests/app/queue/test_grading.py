"""From a ticket to its result: the real grader in real jails, on small files and twenty images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import select

from app.competitions.stored import RulesCache
from app.database import Database
from app.leaderboard.ranking import Rule
from app.leaderboard.standings import standings
from app.queue import tickets
from app.queue.grading import Grader
from app.queue.tickets import Ticket
from app.queue.workers import Identity
from app.storage import Store
from grader.airlock.protocol import Answer, JobLimits
from grader.airlock.runner import Airlock
from grader.errors import Cause, ChildDied, GraderFault
from grader.running import EVALUATING_JOB, READING_JOB, Runner
from models.gradings import Grading, Lane, Phase, State
from tests.app.world import SAMPLES, World, change_rules, hand_in, live_grading

BOTH = (Lane.CHECK, Lane.EVALUATE)


@dataclass(slots=True)
class Watched:
    """A jail that counts its runs; `before` happens at the start of each, and may raise."""

    jail: Airlock
    runs: int = 0
    before: list[Any] = field(default_factory=list)

    @property
    def level(self) -> str:
        return str(self.jail.level)

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        self.runs += 1
        for each in self.before:
            each()
        return self.jail.run(arguments, inputs, job_limits)


@pytest.fixture(scope="module")
def jails() -> Iterator[tuple[Airlock, Airlock]]:
    with Airlock(READING_JOB) as reader, Airlock(EVALUATING_JOB) as evaluator:
        yield reader, evaluator


@pytest.fixture
def grader(world: World, queue: Database, jails: tuple[Airlock, Airlock]) -> Iterator[Grader]:
    reader, evaluator = (Watched(jail) for jail in jails)
    with RulesCache(queue, Store(world.folder)) as rules:
        yield Grader(queue, Store(world.folder), rules, reader, evaluator, BOTH)


def watched(runner: Runner) -> Watched:
    assert isinstance(runner, Watched)
    return runner


def upload(world: World, queue: Database, name: str, sample: str) -> int:
    """A submission of one of the demo's files."""
    with Store(world.folder).receive() as incoming:
        incoming.write((SAMPLES / sample / "my_model_weights.h5").read_bytes())
        return hand_in(queue, world, name, sha256_hex=incoming.keep().sha256)


def claim(queue: Database, worker: Identity) -> Ticket:
    with queue.write() as session:
        ticket = tickets.claim(session, worker.id, BOTH)
    assert ticket is not None
    return ticket


def grade_all(grader: Grader, worker: Identity) -> None:
    while True:
        with grader.database.write() as session:
            ticket = tickets.claim(session, worker.id, grader.lanes)
        if ticket is None:
            return
        grader.grade(ticket)


def live(queue: Database, submission: int) -> Grading:
    with queue.read() as session:
        return live_grading(session, submission)


def grade_again(queue: Database, world: World, submission: int) -> int:
    with queue.write() as session:
        before = live_grading(session, submission)
        again = Grading(
            submission_id=submission, version_id=world.version_id, is_live=False, file_sha256=before.file_sha256
        )
        session.add(again)
        session.flush()
        return again.id


def die(cause: Cause) -> Any:
    def before() -> None:
        raise ChildDied(cause, "as the test asked for")

    return before


def test_a_good_file_ends_scored_with_everything_that_is_known(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    number = upload(world, queue, "ada", "pruned-93")

    grade_all(grader, worker)

    found = live(queue, number)
    assert (found.state, found.phase, found.copied_from_id, found.fault) == (State.SCORED, Phase.DONE, None, None)
    assert found.report is not None
    assert (found.report["zeros"], found.report["splits"]["test"]["examples"]) == (551_427, 20)
    assert found.score_exact == found.report["score_exact"]
    assert {"reading", "checking", "evaluating", "scoring"} <= found.phase_times.keys()
    with queue.read() as session:
        predictions = session.scalars(select(Grading.predictions)).one()
    assert predictions is not None
    assert len(predictions) == 4 * 20


def test_a_wrong_file_ends_rejected_without_an_evaluation(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    number = upload(world, queue, "ada", "wrong-architecture")

    grade_all(grader, worker)

    found = live(queue, number)
    assert found.state is State.REJECTED
    assert found.report is not None
    assert found.report["problems"][0]["where"] == "conv2d_1/kernel"
    assert found.score is None
    assert watched(grader.evaluator).runs == 0


def test_a_b_a_counts_as_a_and_the_third_is_a_copy(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    numbers = []
    for sample in ("pruned-93", "pruned-50", "pruned-93"):
        numbers.append(upload(world, queue, "ada", sample))
        grade_all(grader, worker)

    first, second, third = (live(queue, number) for number in numbers)
    assert (first.copied_from_id, second.copied_from_id, third.copied_from_id) == (None, None, first.id)
    assert (third.state, third.score_exact, third.report) == (State.SCORED, first.score_exact, first.report)
    assert watched(grader.evaluator).runs == watched(grader.reader).runs == 2
    with queue.read() as session:
        candidates = [each.candidate for each in standings(session, 1, Rule()).scored]
        copies = session.scalars(select(Grading.predictions).where(Grading.id.in_([first.id, third.id]))).all()
    assert [candidate.submission_id for candidate in candidates] == [third.submission_id]
    assert copies[0] == copies[1]


def test_a_stored_file_that_was_damaged_is_our_fault(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    number = upload(world, queue, "ada", "pruned-50")
    sha256 = live(queue, number).file_sha256
    stored = world.folder / "files" / sha256[:2] / sha256
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")

    with pytest.raises(GraderFault, match=sha256):
        grader.grade(claim(queue, worker))

    assert live(queue, number).state is State.RUNNING


def test_another_students_equal_file_is_copied_too(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    upload(world, queue, "ada", "wrong-architecture")
    grade_all(grader, worker)
    number = upload(world, queue, "grace", "wrong-architecture")
    grade_all(grader, worker)

    found = live(queue, number)
    assert found.state is State.REJECTED
    assert found.copied_from_id is not None
    assert watched(grader.reader).runs == 1


def test_a_copied_result_names_its_own_competition(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    first = upload(world, queue, "ada", "wrong-architecture")
    grade_all(grader, worker)
    with queue.write() as session:
        equal = session.get_one(Grading, live(queue, first).id)
        assert equal.report is not None
        equal.report = equal.report | {"competition": "one-of-the-same-rules"}
    number = upload(world, queue, "grace", "wrong-architecture")
    grade_all(grader, worker)

    found = live(queue, number)
    assert found.copied_from_id is not None
    assert found.report is not None
    assert found.report["competition"] == "demo"


def test_changed_rules_are_not_copied_over(world: World, queue: Database, worker: Identity, grader: Grader) -> None:
    upload(world, queue, "ada", "pruned-50")
    grade_all(grader, worker)
    change_rules(queue, world, "accuracy > 0.6 and sparsity > 0 else 0", "accuracy > 0.7 and sparsity > 0 else 0")
    number = upload(world, queue, "ada", "pruned-50")
    grade_all(grader, worker)

    assert live(queue, number).copied_from_id is None
    assert watched(grader.evaluator).runs == 2


def test_a_failed_grading_is_never_copied(world: World, queue: Database, worker: Identity, grader: Grader) -> None:
    failed = upload(world, queue, "ada", "pruned-50")
    watched(grader.evaluator).before = [die(Cause.CRASH)]
    grade_all(grader, worker)
    watched(grader.evaluator).before = []
    number = upload(world, queue, "ada", "pruned-50")
    grade_all(grader, worker)

    assert live(queue, failed).state is State.FAILED
    assert (live(queue, number).state, live(queue, number).copied_from_id) == (State.SCORED, None)


def test_grading_again_evaluates_again(world: World, queue: Database, worker: Identity, grader: Grader) -> None:
    number = upload(world, queue, "ada", "pruned-50")
    grade_all(grader, worker)
    before = live(queue, number)
    again = grade_again(queue, world, number)

    grade_all(grader, worker)

    found = live(queue, number)
    assert (found.id, found.copied_from_id, found.score_exact) == (again, None, before.score_exact)
    assert watched(grader.evaluator).runs == 2


@pytest.mark.parametrize(("cause", "end"), [(Cause.CPU, State.REJECTED), (Cause.CRASH, State.FAILED)])
@pytest.mark.parametrize("where", ["reader", "evaluator"])
def test_what_kills_its_child_twice_is_too_heavy_or_our_fault(
    world: World, queue: Database, worker: Identity, grader: Grader, cause: Cause, end: State, where: str
) -> None:
    number = upload(world, queue, "ada", "pruned-50")
    runner = watched(getattr(grader, where))
    runner.before = [die(cause)]

    grade_all(grader, worker)

    found = live(queue, number)
    assert (found.state, found.crashes, found.losses, runner.runs) == (end, 2, 0, 2)
    if end is State.REJECTED:
        assert found.report is not None
        assert [problem["code"] for problem in found.report["problems"]] == ["too-heavy"]
    else:
        assert found.report is None
        assert "crash" in (found.fault or "")


def test_one_dead_child_costs_nothing(world: World, queue: Database, worker: Identity, grader: Grader) -> None:
    number = upload(world, queue, "ada", "pruned-50")
    deaths = [die(Cause.CRASH)]
    watched(grader.evaluator).before = [lambda: deaths.pop()() if deaths else None]

    grade_all(grader, worker)

    assert (live(queue, number).state, live(queue, number).crashes) == (State.SCORED, 1)


def test_a_ticket_that_was_lost_meanwhile_is_not_written(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    number = upload(world, queue, "ada", "pruned-50")
    ticket = claim(queue, worker)

    def take_away() -> None:
        with queue.write() as session:
            tickets.lose(session, ticket, "the worker was silent for too long")

    watched(grader.evaluator).before = [take_away]
    grader.grade(ticket)

    found = live(queue, number)
    assert (found.state, found.losses, found.score) == (State.QUEUED, 1, None)


def test_an_evaluation_waits_while_files_are_unchecked(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    first = upload(world, queue, "ada", "pruned-50")
    second = upload(world, queue, "grace", "wrong-architecture")

    grader.grade(claim(queue, worker))
    parked = live(queue, first)
    assert (parked.state, parked.lane, parked.phase) == (State.QUEUED, Lane.EVALUATE, Phase.WAITING)
    assert parked.report is not None
    assert parked.report["zeros"] == 296_467

    grader.grade(claim(queue, worker))
    assert live(queue, second).state is State.REJECTED
    grade_all(grader, worker)
    assert live(queue, first).state is State.SCORED


def test_a_check_that_is_not_to_be_evaluated_at_once_waits(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    number = upload(world, queue, "ada", "pruned-50")

    grader.grade(claim(queue, worker), at_once=False)
    waits = live(queue, number)
    grade_all(grader, worker)

    assert (waits.state, waits.lane) == (State.QUEUED, Lane.EVALUATE)
    reports = [each.report or {} for each in (waits, live(queue, number))]
    assert [each["zeros"] for each in reports] == [296_467, 296_467]
    assert [each["macs"]["dense"] is None for each in reports] == [True, False]


def test_a_worker_for_checks_leaves_the_evaluation_to_others(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    number = upload(world, queue, "ada", "pruned-50")

    grade_all(replace(grader, lanes=(Lane.CHECK,)), worker)

    assert (live(queue, number).state, live(queue, number).lane) == (State.QUEUED, Lane.EVALUATE)
    assert watched(grader.evaluator).runs == 0


def test_a_file_that_is_not_in_the_store_is_our_fault(
    world: World, queue: Database, worker: Identity, grader: Grader
) -> None:
    hand_in(queue, world, "ada")

    with pytest.raises(FileNotFoundError):
        grader.grade(claim(queue, worker))
