"""The work on one ticket: from a claimed grading to its result. The grader does the grading; this connects it."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import monotonic

from app.competitions.stored import Rules, RulesCache
from app.database import Database
from app.observability import traces
from app.observability.traces import Traces
from app.queue import rescoring, results, tickets, waiting
from app.queue.equality import equality_key
from app.queue.files import keep_files, note_files
from app.queue.order import anything
from app.queue.parked import Parked, Reading
from app.queue.tickets import Ticket
from app.storage import Store
from app.submissions import products
from app.submissions.queries import reference_file
from grader import pipeline
from grader.archives import Upload
from grader.checked import Checked, Known
from grader.errors import ChildDied, GraderFault
from grader.pipeline import Reference, Watch
from grader.report import Report
from grader.running import Runner
from models.gradings import Grading, Lane, Phase, State

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grader:
    """What one worker needs to grade: the database, the files, the rules, and the jails."""

    database: Database
    store: Store
    rules: RulesCache
    reader: Runner
    evaluator: Runner
    lanes: tuple[Lane, ...]
    parked: Parked | None = None
    """Where answers of the reading jail wait with their gradings; without it each file is read again."""
    exporter: Runner | None = None
    """What runs the code of students; None where torch is not installed."""
    competitions: tuple[str, ...] = ()
    """The slugs of those that this worker grades; empty: of all."""
    traces: Traces = field(default_factory=Traces)

    def grade(self, ticket: Ticket, *, at_once: bool = True) -> bool:
        """Brings a ticket as far as it goes now, and returns whether that took an evaluation.

        Without `at_once` a check is not followed by one. Raises ChildDied or anything else where the fault is not the file's.
        """
        rules = self.rules.of(ticket.version_id)
        times = _Times(ticket)
        reference = self._reference_file(ticket)
        key = equality_key(ticket.file_sha256, rules, reference)
        if ticket.is_live and ticket.lane is Lane.CHECK and self._copy(ticket, rules, key, times):
            return False
        if ticket.rejudge_id is not None and self._rescore(ticket, rules, key, times):
            return False
        with self._file(ticket.file_sha256) as file:
            watch = Watch(tell=times.tell)
            reading = self._recall(ticket)
            upload = pipeline.begin(file, rules.definition, reading, reading.known, self.exporter)
            if upload.begun.digests.file != ticket.file_sha256:
                raise GraderFault(f"the file store holds other bytes under {ticket.file_sha256}")
            is_left = self._must_park(ticket, at_once=at_once)
            try:
                checked = _check(upload, reading, watch, in_full=not is_left)
                if not checked.accepted:
                    self._finish(ticket, checked, checked.report, key, times)
                    return False
                if is_left or self._must_park(ticket, at_once=at_once):  # who came while it was read goes first
                    self._park(ticket, checked, reading, times)
                    return False
                if self._tell_evaluating(ticket, times):
                    against = self._reference(reference, rules)
                    report = pipeline.evaluate(upload, checked, rules.test_set(), self.evaluator, watch, against)
                    self._finish(ticket, checked, report, key, times)
            except ChildDied as death:
                self._crashed(ticket, upload.begun, death, key, times)
            return True

    def tidy(self) -> None:
        """Removes what this machine keeps for gradings that another one has ended, and copies of files that take room."""
        self.store.trim()
        if self.parked is not None and (numbers := self.parked.numbers()):
            with self.database.read() as session:
                known = waiting.still_waiting(session, numbers)
            for number in numbers - known:
                self.parked.drop(number)

    def _copy(self, ticket: Ticket, rules: Rules, key: str, times: "_Times") -> bool:
        """Takes over the result of an equal grading, where there is one: same file, rules, data and grader."""
        with self.database.read() as session:
            found = results.equal_grading(session, key)
        if found is None:
            return False
        with self.database.write() as session:
            equal = session.get(Grading, found)
            if equal is None or equal.report is None:
                return False
            if tickets.finish(session, ticket, results.copied(equal, rules.definition.slug, key), times.begun):
                products.copy(session, equal, ticket.grading_id, ticket.submission_id)
        return True

    def _rescore(self, ticket: Ticket, rules: Rules, key: str, times: "_Times") -> bool:
        """Scores anew from what is kept, for a rejudge that asked for it, where rules and data allow that."""
        with self.database.read() as session:
            known = rescoring.kept(session, ticket)
        if known is None or (result := rescoring.result(known, self.rules.of(known.version_id), rules, key)) is None:
            return False
        with self.database.write() as session:
            if tickets.finish(session, ticket, result, times.begun):
                products.copy(session, known, ticket.grading_id, ticket.submission_id)
        return True

    def _must_park(self, ticket: Ticket, *, at_once: bool) -> bool:
        """Whether the evaluation is left for later: not this worker's work, or others wait, or soon will."""
        if Lane.EVALUATE not in self.lanes:
            return True
        if ticket.lane is not Lane.CHECK:
            return False
        return not at_once or self.database.finds(anything((Lane.CHECK, Lane.EVALUATE), self.competitions))

    def _recall(self, ticket: Ticket) -> Reading:
        if self.parked is not None and ticket.lane is Lane.EVALUATE:
            return self.parked.recall(ticket.grading_id, self.reader)
        return Reading.fresh(self.reader)

    def _park(self, ticket: Ticket, checked: Checked, reading: Reading, times: "_Times") -> None:
        times.tell(pipeline.Phase.WAITING)
        report = checked.report
        if self.parked is not None and report.digests.weights is not None:
            self.parked.keep(ticket.grading_id, reading, Known(report.digests.file, report.digests.weights))
        with self.database.write() as session:
            tickets.park(session, ticket, report.as_json(), times.begun)

    def _tell_evaluating(self, ticket: Ticket, times: "_Times") -> bool:
        """False where the ticket was lost. Who takes one that waited for this says so by taking it."""
        if ticket.lane is Lane.EVALUATE:
            return True
        with self.database.write() as session:
            return tickets.tell_phase(session, ticket, Phase.EVALUATING, times.begun)

    def _reference_file(self, ticket: Ticket) -> str | None:
        """SHA-256 of the file that this entrant named as the dense reference, unless it is this one."""
        with self.database.read() as session:
            named = reference_file(session, ticket.submission_id)
        return None if named == ticket.file_sha256 else named

    def _reference(self, sha256: str | None, rules: Rules) -> Reference | None:
        """The network in the reference's file, None where the rules that hold now do not take it."""
        if sha256 is None:
            return None
        with self._file(sha256) as file:
            upload = pipeline.begin(file, rules.definition, self.reader, exporter=self.exporter)
            accepted = pipeline.check(upload, Watch()).accepted
        return None if accepted is None else Reference(sha256, accepted)

    def _finish(self, ticket: Ticket, checked: Checked, report: Report, key: str, times: "_Times") -> None:
        files = keep_files(self.store, checked, report)
        with self.database.write() as session:
            written = tickets.finish(session, ticket, results.result_of(report, key), times.begun)
            if written:
                note_files(session, ticket, files)
        if written:
            log.info(
                "grading.ended grading=%d submission=%d %s", ticket.grading_id, ticket.submission_id, report.status
            )
        else:
            log.warning("grading.fenced grading=%d fence=%d", ticket.grading_id, ticket.fence)
        if self.parked is not None and ticket.lane is Lane.EVALUATE:
            self.parked.drop(ticket.grading_id)

    def _crashed(self, ticket: Ticket, begun: Report, death: ChildDied, key: str, times: "_Times") -> None:
        log.warning("grading.child_died grading=%d cause=%s", ticket.grading_id, death.cause)
        with self.database.write() as session:
            state = tickets.crash(session, ticket, death.cause, str(death))
            if state is State.RUNNING:
                report = pipeline.too_heavy(begun, death.cause)
                tickets.finish(session, ticket, results.result_of(report, key), times.begun)

    @contextmanager
    def _file(self, sha256: str) -> Iterator[int]:
        file = self.store.open(sha256)
        try:
            yield file
        finally:
            os.close(file)


def _check(upload: Upload, reading: Reading, watch: Watch, *, in_full: bool) -> Checked:
    """The file after checking. An answer that was kept must come to the weights that it came to before."""
    checked = pipeline.check(upload, watch, in_full=in_full)
    if reading.known is None or reading.known.weights == checked.report.digests.weights:
        return checked
    log.warning("parked.damaged file=%s", upload.begun.digests.file)
    reading.forget()
    return pipeline.check(replace(upload, begun=replace(upload.begun, airlock=reading.level)), watch, in_full=in_full)


@dataclass(slots=True)
class _Times:
    """When each phase began, in the database's time: the claim's moment and what has passed since."""

    ticket: Ticket
    begun: dict[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = monotonic
    start: float = field(default_factory=monotonic)

    def tell(self, phase: pipeline.Phase) -> None:
        passed = timedelta(seconds=self.clock() - self.start)
        traces.happened(phase.value)
        self.begun[phase.value] = (self.ticket.claimed_at + passed).isoformat(timespec="milliseconds")
