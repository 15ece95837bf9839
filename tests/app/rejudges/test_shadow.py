"""A rejudge in the shadow of live work: nobody waits behind it, and it counts all at once or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from threading import Event

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import Conflict
from app.leaderboard.ranking import Rule
from app.leaderboard.standings import standings
from app.observability.traces import Traces
from app.queue import tickets, workers
from app.queue import worker as worker_process
from app.queue.grading import Grader
from app.queue.tickets import Ticket
from app.queue.workers import Identity
from app.rejudges import service
from models.audit import AuditEntry
from models.gradings import Grading, Lane, State
from models.rejudges import Rejudge, RejudgeKind, RejudgeState
from tests.app.queue.test_grading import grade_all, grader, jails, live, upload, watched
from tests.app.rejudges.doing import REASON, begin, entered, judge, live_scores, make_live
from tests.app.world import World, change_rules, hand_in, settle

__all__ = ["grader", "jails"]

FORMULA = "  score: (accuracy + num_zero_weights / total_parameters) / 2 if accuracy > 0.6 and sparsity > 0 else 0\n"


@dataclass
class Load:
    """A grader that has files handed in while it works, and notes what it was given and what waited then."""

    inner: Grader
    world: World
    stop: Event
    arrivals: list[tuple[str, str]]
    given: list[tuple[int, Lane]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    """How many live gradings waited whenever one of a rejudge was taken."""

    @property
    def database(self) -> Database:
        return self.inner.database

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return self.inner.lanes

    @property
    def traces(self) -> Traces:
        return self.inner.traces

    @property
    def competitions(self) -> tuple[str, ...]:
        return self.inner.competitions

    def grade(self, ticket: Ticket, *, at_once: bool) -> bool:
        self.given.append((ticket.submission_id, ticket.lane))
        if ticket.rejudge_id is not None:
            self.waiting.append(self._live_waiting())
            if self.arrivals:
                upload(self.world, self.database, *self.arrivals.pop())
        was_evaluated = self.inner.grade(ticket, at_once=at_once)
        if not self.arrivals and not self._left():
            self.stop.set()
        return was_evaluated

    def _live_waiting(self) -> int:
        return self._count(Grading.state == State.QUEUED, Grading.is_live)

    def _left(self) -> int:
        return self._count(Grading.state.in_((State.QUEUED, State.RUNNING)))

    def _count(self, *conditions: object) -> int:
        with self.database.read() as session:
            return session.execute(select(func.count()).select_from(Grading).where(*conditions)).scalar_one()  # type: ignore[arg-type]


@pytest.fixture
def three(world: World, queue: Database) -> Sequence[int]:
    """Three scored submissions: 3/10, 2/10 and 1/10."""
    numbers = [hand_in(queue, world, name) for name in ("ada", "grace", "alan")]
    for place, number in enumerate(numbers):
        settle(queue, number, Fraction(3 - place, 10))
    return numbers


def test_no_live_submission_waits_behind_a_rejudge(
    world: World, queue: Database, grader: Grader, worker: Identity
) -> None:
    old = [upload(world, queue, name, "pruned-50") for name in ("ada", "grace", "alan")]
    grade_all(grader, worker)
    begin(queue, world)
    load = Load(grader, world, Event(), [("ada", "dense"), ("grace", "pruned-93"), ("alan", "dense")])

    worker_process._work(load, worker, load.stop)  # type: ignore[arg-type] # all that a worker asks of a grader

    new = [number for number, lane in load.given if lane is not Lane.SHADOW]
    shadows = [number for number, lane in load.given if lane is Lane.SHADOW]
    assert load.waiting == [0, 0, 0]
    assert shadows == old
    assert len(new) == 3
    assert not set(new) & set(old)
    # After each grading of the rejudge comes what was handed in meanwhile, before the next of them.
    assert [lane is Lane.SHADOW for _, lane in load.given] == [True, False] * 3


def test_a_worker_for_checks_alone_takes_no_rejudge(
    world: World, queue: Database, three: Sequence[int], worker: Identity
) -> None:
    begin(queue, world)

    with queue.write() as session:
        assert tickets.claim(session, worker.id, [Lane.CHECK]) is None
        assert tickets.claim(session, worker.id, [Lane.EVALUATE]) is not None


def test_what_counts_stays_until_the_rejudge_is_made_live(world: World, queue: Database, three: Sequence[int]) -> None:
    before = {number: str(Fraction(3 - place, 10)) for place, number in enumerate(three)}
    rejudge = begin(queue, world)
    judge(queue, rejudge, {number: Fraction(place, 7) for place, number in enumerate(three, start=1)})
    with queue.read() as session:
        assert live_scores(session) == before

    make_live(queue, world, rejudge)

    with queue.read() as session:
        assert live_scores(session) == {number: f"{place}/7" for place, number in enumerate(three, start=1)}


def test_a_reader_sees_all_of_the_old_or_all_of_the_new(world: World, queue: Database, three: Sequence[int]) -> None:
    rejudge = begin(queue, world)
    judge(queue, rejudge, {number: Fraction(place, 7) for place, number in enumerate(three, start=1)})
    old = [Fraction(3, 10), Fraction(2, 10), Fraction(1, 10)]
    new = [Fraction(place, 7) for place in (1, 2, 3)]

    with queue.read() as early:
        assert _board(early) == old
        with queue.write() as session:
            service.make_live(session, entered(session, world), rejudge, world.people["instructor"].id)
            with queue.read() as meanwhile:
                assert _board(meanwhile) == old
        assert _board(early) == old
    with queue.read() as late:
        assert _board(late) == new


def _board(session: Session) -> Sequence[Fraction]:
    found = standings(session, 1, Rule()).counted
    return [found[number].scored.candidate.score for number in sorted(found)]


def test_dropping_leaves_everything_as_it_was(world: World, queue: Database, three: Sequence[int]) -> None:
    with queue.read() as session:
        before = live_scores(session)
    rejudge = begin(queue, world)
    judge(queue, rejudge, {three[0]: Fraction(1)})

    with queue.write() as session:
        service.drop(session, entered(session, world), rejudge, world.people["instructor"].id)

    with queue.read() as session:
        assert live_scores(session) == before
        assert session.execute(select(func.count()).select_from(Grading)).scalar_one() == 3
        assert session.get_one(Rejudge, rejudge).state is RejudgeState.DROPPED


def test_a_grading_under_way_of_a_dropped_rejudge_writes_nothing(
    world: World, queue: Database, grader: Grader, worker: Identity
) -> None:
    number = upload(world, queue, "ada", "dense")
    grade_all(grader, worker)
    rejudge = begin(queue, world)

    def drop() -> None:
        with queue.write() as session:
            service.drop(session, entered(session, world), rejudge, world.people["instructor"].id)
        watched(grader.reader).before.clear()

    watched(grader.reader).before.append(drop)
    grade_all(grader, worker)

    with queue.read() as session:
        found = session.scalars(select(Grading).where(Grading.submission_id == number)).one()
    assert (found.is_live, found.state) == (True, State.SCORED)


def test_a_worker_that_vanishes_loses_nothing_of_a_rejudge(
    world: World, queue: Database, three: Sequence[int], worker: Identity
) -> None:
    begin(queue, world)
    with queue.write() as session:
        lost = tickets.claim(session, worker.id, (Lane.CHECK, Lane.EVALUATE))

    with queue.write() as session:
        again = workers.register(session, worker.name, (Lane.CHECK, Lane.EVALUATE), "A", {}, {})
        taken = [tickets.claim(session, again.id, (Lane.CHECK, Lane.EVALUATE)) for _ in range(4)]

    assert lost is not None
    assert [ticket and ticket.submission_id for ticket in taken] == [*three, None]


def test_it_is_made_live_only_when_every_grading_has_ended(world: World, queue: Database, three: Sequence[int]) -> None:
    rejudge = begin(queue, world)
    judge(queue, rejudge, {three[0]: Fraction(1), three[1]: Fraction(1)})

    with pytest.raises(Conflict, match="1 gradings of rejudge") as caught:
        make_live(queue, world, rejudge)

    assert caught.value.code == "rejudge-unfinished"


def test_what_could_not_be_judged_stays_as_it_is(world: World, queue: Database, three: Sequence[int]) -> None:
    rejudge = begin(queue, world)
    judge(queue, rejudge, {three[0]: None, three[1]: Fraction(1), three[2]: Fraction(1)})

    make_live(queue, world, rejudge)

    with queue.read() as session:
        assert live_scores(session) == {three[0]: "3/10", three[1]: "1", three[2]: "1"}


def test_rules_that_changed_meanwhile_are_not_passed_over(world: World, queue: Database, three: Sequence[int]) -> None:
    rejudge = begin(queue, world)
    judge(queue, rejudge, dict.fromkeys(three, Fraction(1)))
    change_rules(queue, world, FORMULA, "  score: accuracy\n")

    with pytest.raises(Conflict, match="version 2 holds now"):
        make_live(queue, world, rejudge)


def test_the_audit_log_tells_who_and_why(world: World, queue: Database, three: Sequence[int]) -> None:
    rejudge = begin(queue, world)
    judge(queue, rejudge, dict.fromkeys(three, Fraction(1, 4)))

    make_live(queue, world, rejudge)

    with queue.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [each.action for each in entries] == ["rejudge.begin", "rejudge.live"]
    assert {each.actor_id for each in entries} == {world.people["instructor"].id}
    assert {each.subject for each in entries} == {f"rejudge:{rejudge}"}
    assert {each.detail["reason"] for each in entries} == {REASON}
    assert (entries[1].detail["better"], entries[1].detail["worse"]) == (2, 1)


def test_only_chosen_submissions_are_judged(world: World, queue: Database, three: Sequence[int]) -> None:
    rejudge = begin(queue, world, only=[three[1]])

    with queue.read() as session:
        judged = session.scalars(select(Grading.submission_id).where(Grading.rejudge_id == rejudge)).all()
    assert list(judged) == [three[1]]


def test_what_is_on_its_way_under_the_same_rules_is_left_alone(
    world: World, queue: Database, three: Sequence[int]
) -> None:
    waiting = hand_in(queue, world, "ada")

    rejudge = begin(queue, world)

    with queue.read() as session:
        judged = session.scalars(select(Grading.submission_id).where(Grading.rejudge_id == rejudge)).all()
    assert waiting not in judged
    assert list(judged) == list(three)


def test_scores_alone_are_taken_from_what_is_kept(
    world: World, queue: Database, grader: Grader, worker: Identity
) -> None:
    numbers = [upload(world, queue, "ada", "pruned-50"), upload(world, queue, "grace", "wrong-architecture")]
    grade_all(grader, worker)
    runs = watched(grader.reader).runs, watched(grader.evaluator).runs
    change_rules(queue, world, FORMULA, "  score: accuracy * 2\n", ("accuracy > 0.6 and score > 0.36", "score > 1"))

    rejudge = begin(queue, world, RejudgeKind.RESCORE)
    grade_all(grader, worker)
    make_live(queue, world, rejudge)

    scored, refused = (live(queue, number) for number in numbers)
    assert (watched(grader.reader).runs, watched(grader.evaluator).runs) == runs
    assert (scored.state, refused.state) == (State.SCORED, State.REJECTED)
    assert scored.report is not None
    split = scored.report["splits"]["test"]
    assert Fraction(scored.score_exact or 0) == 2 * Fraction(split["correct"], split["examples"])
    assert scored.copied_from_id is not None


def test_a_score_from_what_is_kept_equals_one_that_was_evaluated(
    world: World, queue: Database, grader: Grader, worker: Identity
) -> None:
    number = upload(world, queue, "ada", "pruned-50")
    grade_all(grader, worker)
    parts = "  splits: {seed: 13, parts: {public: 12, private: 8}}\n"
    change_rules(queue, world, "  split: test\n", parts, (FORMULA, "  score: accuracy + sparsity / 3\n"))
    found = []
    for kind in (RejudgeKind.RESCORE, RejudgeKind.EVALUATE):
        rejudge = begin(queue, world, kind)
        grade_all(grader, worker)
        make_live(queue, world, rejudge)
        found.append(live(queue, number))

    kept, evaluated = found
    assert kept.private_score_exact is not None
    for name in ("score", "score_exact", "private_score", "private_score_exact", "ranks", "state"):
        assert getattr(kept, name) == getattr(evaluated, name), name
    assert kept.report is not None
    assert evaluated.report is not None
    for key in kept.report.keys() - {"timings", "airlock"}:
        assert kept.report[key] == evaluated.report[key], key


def test_a_file_whose_rules_changed_otherwise_is_evaluated(
    world: World, queue: Database, grader: Grader, worker: Identity
) -> None:
    upload(world, queue, "ada", "pruned-50")
    grade_all(grader, worker)
    runs = watched(grader.evaluator).runs
    change_rules(queue, world, "divide_by: 255", "divide_by: 127")

    begin(queue, world, RejudgeKind.RESCORE)
    grade_all(grader, worker)

    assert watched(grader.evaluator).runs == runs + 1


def test_failed_gradings_are_tried_again(world: World, queue: Database, three: Sequence[int], worker: Identity) -> None:
    rejudge = begin(queue, world)
    judge(queue, rejudge, {three[0]: None, three[1]: Fraction(1), three[2]: Fraction(1)})

    with queue.write() as session:
        service.retry(session, entered(session, world), rejudge, world.people["instructor"].id)
        ticket = tickets.claim(session, worker.id, (Lane.CHECK, Lane.EVALUATE))

    assert ticket is not None
    assert ticket.submission_id == three[0]
