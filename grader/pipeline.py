"""The grading of one file: read, check, count, evaluate, score. Only the order of the steps lives here."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from grader import counting, flops, limits, messages, scoring
from grader.airlock.protocol import Answer, JobLimits
from grader.checking import architecture, values
from grader.competition import Definition
from grader.errors import Cause, ChildDied, Finding, GraderFault, Refusal
from grader.facts import AnyArray, Macs, Note, Predictions, StoredWeights, Weights
from grader.networks.graph import bind
from grader.reading import stored
from grader.report import Digests, Report, Status
from grader.testset import TestSet

READING_JOB = "grader.reading.job"
EVALUATING_JOB = "grader.evaluating.job"


class Phase(StrEnum):
    """What is being done, in order, for the eye."""

    READING = "reading"
    CHECKING = "checking"
    WAITING = "waiting"
    EVALUATING = "evaluating"
    SCORING = "scoring"


class Runner(Protocol):
    """Runs one job on untrusted input: the airlock, or one's own process for one's own file."""

    @property
    def level(self) -> str:
        """How well the job is contained, as the report says it: A, B, C, or none."""

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        """The job's answer. Raises Refusal, ChildDied or another GraderFault."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file after checking: its report so far and, unless it was rejected, its canonical weights."""

    report: Report
    weights: Weights | None

    @property
    def accepted(self) -> bool:
        """Whether the file may be evaluated."""
        return self.weights is not None


@dataclass(slots=True)
class Watch:
    """Tells each phase as it begins and keeps how long it took, in seconds."""

    tell: Callable[[Phase], None] = lambda phase: None
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[None]:
        """Tells and times what happens in the `with` block."""
        self.tell(phase)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.timings[phase.value] = time.perf_counter() - begun


def begin(file: int, definition: Definition, reader: Runner) -> Report:
    """The report of a file that nobody has looked into yet."""
    return Report(
        status=Status.CHECKED,
        competition=definition.slug,
        digests=Digests(file=digest_of_file(file), definition=definition.digest),
        file_bytes=os.fstat(file).st_size,
        airlock=str(reader.level),
    )


def check(file: int, report: Report, definition: Definition, reader: Runner, watch: Watch) -> Checked:
    """Reads and checks the file behind a descriptor. Every problem is found at once; nothing is evaluated."""
    try:
        with watch.phase(Phase.READING):
            found = _read(file, definition, reader)
        with watch.phase(Phase.CHECKING):
            checked = _check(found, definition, report)
    except Refusal as refusal:
        checked = Checked(reject(report, refusal.findings), None)
    return replace(checked, report=replace(checked.report, timings=dict(watch.timings)))


def evaluate(checked: Checked, definition: Definition, test_set: TestSet, evaluator: Runner, watch: Watch) -> Report:
    """The finished report of a file that passed `check`. Raises GraderFault where the fault is not the file's."""
    report, weights = checked.report, checked.weights
    if weights is None or report.counts is None or report.macs is None:
        raise GraderFault("only a file that passed its checks is evaluated")
    with watch.phase(Phase.EVALUATING):
        predictions = _predict(weights, definition, test_set, evaluator, report.macs)
    with watch.phase(Phase.SCORING):
        report = replace(
            report,
            digests=replace(report.digests, dataset=test_set.digest),
            engine=predictions.engine,
            predictions=predictions,
        )
        report = _score(report, definition, test_set)
    return replace(report, timings=dict(watch.timings))


def reject(report: Report, findings: Sequence[Finding]) -> Report:
    """The report with more problems, rejected."""
    problems = (*report.problems, *(messages.problem(finding) for finding in findings))
    return replace(report, status=Status.REJECTED, problems=problems)


def too_heavy(report: Report, cause: Cause) -> Report:
    """The report of a file whose reading or evaluation ran into its own limits twice."""
    return reject(report, [Finding("too-heavy", got=str(cause))])


def digest_of_file(file: int) -> str:
    """SHA-256 of the file behind a descriptor, as hexadecimal text."""
    with os.fdopen(os.dup(file), "rb") as stream:
        stream.seek(0)
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_of_weights(weights: Weights) -> str:
    """SHA-256 of canonical weights: for each slot in network order its name, shape and little-endian float32 bytes."""
    digest = hashlib.sha256()
    for name, array in weights.items():
        digest.update(f"{name} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _read(file: int, definition: Definition, reader: Runner) -> StoredWeights:
    rule = definition.grading.file
    if os.fstat(file).st_size > rule.max_bytes:
        raise Refusal(
            Finding("too-large", expected=f"{rule.max_bytes:,} bytes", got=f"{os.fstat(file).st_size:,} bytes")
        )
    job_limits = JobLimits(
        cpu_seconds=limits.READ_CPU_SECONDS,
        wall_seconds=limits.READ_WALL_SECONDS,
        memory_bytes=limits.READ_MEMORY_BYTES,
        answer_bytes=limits.READ_ANSWER_BYTES,
    )
    answer = reader.run({"format": rule.format, "max_bytes": rule.max_bytes}, [file], job_limits)
    return stored.from_answer(answer.head, answer.arrays)


def _check(found: StoredWeights, definition: Definition, report: Report) -> Checked:
    network = definition.network
    matched = architecture.match(found, network.layers)
    report = replace(report, layout=found.layout, notes=(*found.notes, *matched.notes))
    weights, findings = values.canonical(matched.arrays, network.slots)
    if problems := [*matched.problems, *findings]:
        return Checked(reject(report, problems), None)
    macs = flops.macs(network, weights)
    counts = counting.count(network.slots, weights)
    digests = replace(report.digests, weights=digest_of_weights(weights))
    report = replace(report, digests=digests, counts=counts, macs=macs)
    return Checked(replace(report, notes=(*report.notes, *_remarks(counts.zeros, weights))), weights)


def _remarks(zeros: int, weights: Weights) -> Iterator[Note]:
    """The usual reason for a sparsity of 0: weights that were made small, and not zero."""
    small = sum(int(np.count_nonzero(np.abs(array) < limits.ALMOST_ZERO)) for array in weights.values()) - zeros
    if small > zeros:
        yield messages.note("almost-zero", got=f"{small:,}", expected=f"{zeros:,}")


def _predict(weights: Weights, definition: Definition, test_set: TestSet, evaluator: Runner, macs: Macs) -> Predictions:
    rule = definition.grading.input
    cpu_seconds = limits.EVALUATE_BASE_SECONDS + macs.dense * test_set.examples // limits.EVALUATE_MACS_PER_CPU_SECOND
    job_limits = JobLimits(
        cpu_seconds=cpu_seconds,
        wall_seconds=cpu_seconds * limits.EVALUATE_WALL_FACTOR,
        memory_bytes=limits.EVALUATE_MEMORY_BYTES,
        answer_bytes=limits.ANSWER_FRAME_BYTES + 4 * test_set.examples,
    )
    arguments = {
        "dtype": test_set.images.dtype,
        "shape": list(test_set.images.shape),
        "offset": test_set.images.offset,
        "input": rule.model_dump(mode="json"),
        "batch": limits.EVALUATE_BATCH,
        "classes": len(definition.grading.classes),
    }
    with _memory_file(bind(definition.network, weights)) as graph:
        answer = evaluator.run(arguments, [graph, test_set.images.file], job_limits)
    return _predictions(answer, test_set.examples, len(definition.grading.classes))


def _predictions(answer: Answer, examples: int, classes: int) -> Predictions:
    """The engine's answer, believed only as far as its form goes."""
    array: AnyArray | None = answer.arrays.get("classes")
    engine, rechecked = answer.head.get("engine"), answer.head.get("rechecked")
    if array is None or array.dtype != np.int32 or array.shape != (examples,):
        raise ChildDied(Cause.ANSWER, "the predicted classes do not fit the test set")
    if array.min(initial=0) < -1 or array.max(initial=0) >= classes:
        raise ChildDied(Cause.ANSWER, "a predicted class does not exist")
    if not isinstance(engine, str) or type(rechecked) is not int or not 0 <= rechecked <= examples:
        raise ChildDied(Cause.ANSWER, "the engine does not say what it is and did")
    return Predictions(array, rechecked, engine)


def _score(report: Report, definition: Definition, test_set: TestSet) -> Report:
    assert report.predictions is not None and report.counts is not None and report.macs is not None  # noqa: S101, PT018 - evaluate() has set them
    result = scoring.compare(report.predictions.classes, test_set.labels)
    numbers = dict(scoring.metrics(report.counts, report.macs, result, report.file_bytes))
    score: Fraction = definition.score(numbers)
    return replace(
        report,
        status=Status.SCORED,
        splits={definition.grading.split: result},
        score=score,
        full_credit=scoring.passes(definition.full_credit, numbers | {"score": score}),
        ranks=scoring.passes(definition.rank_if, numbers | {"score": score}),
    )


@contextmanager
def _memory_file(content: bytes) -> Iterator[int]:
    """A descriptor of an anonymous file, so that nothing of a student's network is written to disk."""
    file = os.memfd_create("graph", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(file), "wb") as stream:
            stream.write(content)
        yield file
    finally:
        os.close(file)
