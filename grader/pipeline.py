"""The grading of one file: read, check, count, evaluate, score. Only the order of the steps lives here."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction

import numpy as np

from grader import counting, extraction, flops, limits, messages, scoring
from grader.checking import values
from grader.competition import Definition
from grader.errors import Cause, Finding, GraderFault, Refusal
from grader.evaluation import predict
from grader.facts import Note, StoredWeights, Weights
from grader.networks.graph import Network, bind
from grader.report import Digests, Report, Status
from grader.running import Runner
from grader.testset import TestSet


class Phase(StrEnum):
    """What is being done, in order, for the eye."""

    READING = "reading"
    CHECKING = "checking"
    WAITING = "waiting"
    EVALUATING = "evaluating"
    SCORING = "scoring"


@dataclass(frozen=True, slots=True)
class Checked:
    """A file after checking: its report so far and, unless it was rejected, its canonical weights and their network."""

    report: Report
    weights: Weights | None
    network: Network | None = None

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
            found = extraction.weights(file, definition.grading.file, reader)
        with watch.phase(Phase.CHECKING):
            checked = _check(found, definition, report)
    except Refusal as refusal:
        checked = Checked(reject(report, refusal.findings), None)
    return replace(checked, report=replace(checked.report, timings=dict(watch.timings)))


def evaluate(checked: Checked, definition: Definition, test_set: TestSet, evaluator: Runner, watch: Watch) -> Report:
    """The finished report of a file that passed `check`. Raises GraderFault where the fault is not the file's."""
    report, weights, network = checked.report, checked.weights, checked.network
    if weights is None or network is None or report.counts is None or report.macs is None:
        raise GraderFault("only a file that passed its checks is evaluated")
    with watch.phase(Phase.EVALUATING):
        model = bind(network, weights)
        predictions = predict(model, report.macs.dense, definition.grading, test_set, evaluator)
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


def digest_of_weights(weights: Weights, derived: Sequence[str] = ()) -> str:
    """SHA-256 of canonical weights: for each slot in network order its name, shape and little-endian float32 bytes.

    `derived` is what was told by the shapes and stands in none of them, so that equal digests are of equal networks.
    """
    digest = hashlib.sha256("".join(f"{text}\n" for text in derived).encode())
    for name, array in weights.items():
        digest.update(f"{name} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _check(found: StoredWeights, definition: Definition, report: Report) -> Checked:
    fitted = definition.fit(found)
    network = fitted.network
    report = replace(report, layout=found.layout, notes=(*found.notes, *fitted.notes))
    weights, findings = values.canonical(fitted.arrays, fitted.slots)
    heavy = definition.grading.limits.findings(network) if network and definition.exact is None else ()
    problems = [*fitted.problems, *findings, *heavy]
    if problems or network is None:
        return Checked(reject(report, problems), None)
    macs = flops.macs(network, weights)
    counts = counting.count(network.slots, weights)
    digests = replace(report.digests, weights=digest_of_weights(weights, fitted.derived))
    report = replace(report, digests=digests, counts=counts, macs=macs)
    report = replace(report, notes=(*report.notes, *_remarks(counts.zeros, weights)))
    return Checked(report, weights, network)


def _remarks(zeros: int, weights: Weights) -> Iterator[Note]:
    """The usual reason for a sparsity of 0: weights that were made small, and not zero."""
    small = sum(int(np.count_nonzero(np.abs(array) < limits.ALMOST_ZERO)) for array in weights.values()) - zeros
    if small > zeros:
        yield messages.note("almost-zero", got=f"{small:,}", expected=f"{zeros:,}")


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
