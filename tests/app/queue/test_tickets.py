"""The queue's rules on real databases: order, fence, counters, and one result for each grading."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.clock import db_now
from app.database import Database
from app.queue import order, tickets
from app.queue.tickets import MAX_LOSSES, Result, Ticket
from app.queue.workers import Identity
from grader.errors import Cause
from models.gradings import Grading, Lane, Phase, State
from tests.app.world import World, hand_in, live_grading, scored_report, settle

BOTH = (Lane.CHECK, Lane.EVALUATE)
SCORED = Result(State.SCORED, {"status": "scored"}, "key", 0.5, "1/2", b"\0\0\0\0")
REJECTED = Result(State.REJECTED, {"status": "rejected"}, "key")


def claim(queue: Database, worker: Identity, lanes: Sequence[Lane] = BOTH) -> Ticket | None:
    with queue.write() as session:
        return tickets.claim(session, worker.id, lanes)


def claimed(queue: Database, worker: Identity) -> Ticket:
    ticket = claim(queue, worker)
    assert ticket is not None
    return ticket


def finish(queue: Database, ticket: Ticket, result: Result = SCORED) -> bool:
    with queue.write() as session:
        return tickets.finish(session, ticket, result, {})


def park(queue: Database, ticket: Ticket) -> bool:
    with queue.write() as session:
        return tickets.park(session, ticket, {"status": "checked"}, {})


def crash(queue: Database, ticket: Ticket, cause: Cause) -> State | None:
    with queue.write() as session:
        return tickets.crash(session, ticket, cause, f"it died of {cause}")


def lose(queue: Database, ticket: Ticket) -> State | None:
    with queue.write() as session:
        return tickets.lose(session, ticket, "the worker vanished")


def regrade(queue: Database, world: World, submission: int) -> int:
    with queue.write() as session:
        found = live_grading(session, submission)
        again = Grading(
            submission_id=submission, version_id=world.version_id, is_live=False, file_sha256=found.file_sha256
        )
        session.add(again)
        session.flush()
        return again.id


def grading(queue: Database, number: int) -> Grading:
    with queue.read() as session:
        return session.get_one(Grading, number)


def claim_all(queue: Database, worker: Identity) -> list[int]:
    """The submissions in the order in which they are claimed."""
    order = []
    while ticket := claim(queue, worker):
        order.append(ticket.submission_id)
    return order


def forget_waiting(queue: Database) -> None:
    """As if every backoff was over."""
    with queue.write() as session:
        session.execute(update(Grading).values(not_before=db_now(timedelta(seconds=-1))))


def test_a_claim_says_who_and_since_when(queue: Database, world: World, worker: Identity) -> None:
    number = hand_in(queue, world, "ada")

    ticket = claimed(queue, worker)

    found = grading(queue, ticket.grading_id)
    assert (ticket.submission_id, ticket.fence, ticket.is_live, ticket.lane) == (number, 1, True, Lane.CHECK)
    assert (found.state, found.phase, found.worker_id, found.fence) == (State.RUNNING, Phase.READING, worker.id, 1)
    assert found.claimed_at == ticket.claimed_at


def test_an_empty_queue_gives_nothing(queue: Database, worker: Identity) -> None:
    assert claim(queue, worker) is None


def test_nobody_claims_what_another_has(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")

    assert claim(queue, worker) is not None
    assert claim(queue, worker) is None


def test_each_entrant_in_turn(queue: Database, world: World, worker: Identity) -> None:
    first, second, third = (hand_in(queue, world, "ada") for _ in range(3))
    grace = hand_in(queue, world, "grace")
    alan = hand_in(queue, world, "alan")

    assert claim_all(queue, worker) == [first, grace, alan, second, third]


def test_checks_go_ahead_of_evaluations(queue: Database, world: World, worker: Identity) -> None:
    checked = hand_in(queue, world, "ada")
    park(queue, claimed(queue, worker))
    later = [hand_in(queue, world, name) for name in ("grace", "ada")]

    assert claim_all(queue, worker) == [*later, checked]


def test_new_work_goes_ahead_of_regradings(queue: Database, world: World, worker: Identity) -> None:
    old = hand_in(queue, world, "ada")
    settle(queue, old)
    regrade(queue, world, old)
    new = hand_in(queue, world, "grace")

    assert claim_all(queue, worker) == [new, old]


def test_a_worker_for_checks_leaves_evaluations_alone(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    park(queue, claimed(queue, worker))

    assert claim(queue, worker, [Lane.CHECK]) is None
    assert claim(queue, worker, [Lane.EVALUATE]) is not None


def test_many_workers_at_once_claim_each_ticket_once(queue: Database, world: World, worker: Identity) -> None:
    waiting = sorted(hand_in(queue, world, name) for name in ("ada", "grace", "alan") for _ in range(5))
    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(claim_all, queue, worker) for _ in range(8)]
        found = sorted(number for run in runs for number in run.result())

    assert found == waiting


def test_a_result_is_written_once(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    ticket = claimed(queue, worker)

    assert finish(queue, ticket, SCORED)
    assert not finish(queue, ticket, REJECTED)

    found = grading(queue, ticket.grading_id)
    assert (found.state, found.phase, found.score_exact) == (State.SCORED, Phase.DONE, "1/2")
    assert found.finished_at is not None


def test_whoever_lost_the_ticket_writes_nothing(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    old = claimed(queue, worker)
    lose(queue, old)
    new = claimed(queue, worker)
    assert new.fence > old.fence
    before = facts(queue, old)

    with queue.write() as session:
        told = tickets.tell_phase(session, old, Phase.EVALUATING, {"evaluating": "now"})

    assert not told
    assert not finish(queue, old)
    assert not park(queue, old)
    assert crash(queue, old, Cause.CRASH) is None
    assert lose(queue, old) is None
    assert facts(queue, old) == before
    assert finish(queue, new)


def facts(queue: Database, ticket: Ticket) -> dict[str, Any]:
    found = grading(queue, ticket.grading_id)
    names = ("state", "phase", "lane", "fence", "worker_id", "crashes", "losses", "report", "phase_times", "fault")
    return {name: getattr(found, name) for name in names}


def test_a_parked_grading_waits_for_its_evaluation_with_what_is_known(
    queue: Database, world: World, worker: Identity
) -> None:
    hand_in(queue, world, "ada")
    first = claimed(queue, worker)

    assert park(queue, first)
    found = grading(queue, first.grading_id)
    assert (found.state, found.lane, found.phase, found.worker_id) == (
        State.QUEUED,
        Lane.EVALUATE,
        Phase.WAITING,
        None,
    )
    assert found.report == {"status": "checked"}
    assert not finish(queue, first)
    assert grading(queue, claimed(queue, worker).grading_id).phase is Phase.EVALUATING


def test_the_first_crash_is_tried_again_under_a_new_fence(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    ticket = claimed(queue, worker)

    assert crash(queue, ticket, Cause.CRASH) is State.QUEUED
    assert not finish(queue, ticket)
    assert claimed(queue, worker).fence > ticket.fence


@pytest.mark.parametrize(
    ("causes", "end"),
    [
        ((Cause.CRASH, Cause.CRASH), State.FAILED),
        ((Cause.CPU, Cause.CRASH), State.FAILED),
        ((Cause.ANSWER, Cause.MEMORY), State.FAILED),
        ((Cause.CPU, Cause.CPU), State.RUNNING),
        ((Cause.CPU, Cause.MEMORY), State.RUNNING),
        ((Cause.WALL, Cause.WALL), State.FAILED),
    ],
)
def test_the_second_crash_ends_it_as_ours_or_as_too_heavy(
    queue: Database, world: World, worker: Identity, causes: tuple[Cause, Cause], end: State
) -> None:
    hand_in(queue, world, "ada")
    crash(queue, claimed(queue, worker), causes[0])
    ticket = claimed(queue, worker)

    assert crash(queue, ticket, causes[1]) is end
    # RUNNING: both were limits of its own, and whoever holds the ticket writes that it is too heavy.
    assert finish(queue, ticket, REJECTED) is (end is State.RUNNING)
    found = grading(queue, ticket.grading_id)
    assert found.state is (State.REJECTED if end is State.RUNNING else State.FAILED)
    assert found.crash_causes == [cause.value for cause in causes]
    assert found.finished_at is not None


def test_the_number_of_those_ahead_is_the_number_that_is_taken_before(
    queue: Database, world: World, worker: Identity
) -> None:
    for name in ("ada", "ada", "ada", "grace", "alan", "grace"):
        hand_in(queue, world, name)
    with queue.read() as session:
        waiting = session.scalars(select(Grading)).all()
        ahead = {each.id: session.execute(order.ahead(each)).scalar_one() for each in waiting}

    taken = [claimed(queue, worker).grading_id for _ in waiting]

    assert taken == sorted(ahead, key=lambda number: ahead[number])
    assert sorted(ahead.values()) == [0, 1, 2, 3, 4, 5]


def test_losses_are_tried_again_later_and_later_and_end_at_six(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    for wait in (None, 0.5, 1.0, 2.0, 4.0):
        ticket = claimed(queue, worker)
        before = queue.now()
        assert lose(queue, ticket) is State.QUEUED
        after, not_before = queue.now(), grading(queue, ticket.grading_id).not_before
        if wait is None:
            assert not_before is None
        else:
            assert not_before is not None
            assert before <= not_before - timedelta(seconds=wait) <= after
            assert wait < 4 or claim(queue, worker) is None
        forget_waiting(queue)

    last = claimed(queue, worker)
    assert lose(queue, last) is State.FAILED
    found = grading(queue, last.grading_id)
    assert (found.losses, found.crashes, found.fault) == (MAX_LOSSES, 0, "the worker vanished")
    assert claim(queue, worker) is None


def test_a_crash_is_not_counted_as_a_loss_nor_a_loss_as_a_crash(
    queue: Database, world: World, worker: Identity
) -> None:
    hand_in(queue, world, "ada")
    for _ in range(3):
        lose(queue, claimed(queue, worker))
        forget_waiting(queue)

    assert crash(queue, claimed(queue, worker), Cause.CRASH) is State.QUEUED
    forget_waiting(queue)
    ticket = claimed(queue, worker)
    assert finish(queue, ticket)
    found = grading(queue, ticket.grading_id)
    assert (found.losses, found.crashes, found.fault) == (3, 1, None)


@pytest.mark.parametrize("result", [SCORED, REJECTED])
def test_a_regrading_counts_from_when_it_has_ended(
    queue: Database, world: World, worker: Identity, result: Result
) -> None:
    number = hand_in(queue, world, "ada")
    settle(queue, number)
    again = regrade(queue, world, number)

    ticket = claimed(queue, worker)
    assert not grading(queue, again).is_live
    finish(queue, ticket, result)

    with queue.read() as session:
        live = session.scalars(select(Grading.id).where(Grading.submission_id == number, Grading.is_live)).all()
    assert list(live) == [again]


def test_a_regrading_that_fails_leaves_what_counted(queue: Database, world: World, worker: Identity) -> None:
    number = hand_in(queue, world, "ada")
    settle(queue, number)
    again = regrade(queue, world, number)
    for _ in range(2):
        crash(queue, claimed(queue, worker), Cause.CRASH)

    assert grading(queue, again).state is State.FAILED
    with queue.read() as session:
        assert live_grading(session, number).id != again


def test_exactly_one_grading_counts_for_a_submission(queue: Database, world: World, worker: Identity) -> None:
    number = hand_in(queue, world, "ada")
    finish(queue, claimed(queue, worker))
    for _ in range(3):
        regrade(queue, world, number)
        finish(queue, claimed(queue, worker))

    with queue.read() as session:
        assert session.scalar(select(func.count()).where(Grading.is_live)) == 1
        assert session.scalar(select(func.count()).select_from(Grading)) == 4


def test_the_report_comes_back_as_it_was_written(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    ticket = claimed(queue, worker)
    report = scored_report(Fraction(1, 3)).as_json()

    finish(queue, ticket, Result(State.SCORED, report, "key", 1 / 3, "1/3", b"\1\0\0\0"))

    found = grading(queue, ticket.grading_id)
    assert (found.report, found.score, found.score_exact) == (report, 1 / 3, "1/3")
