"""The grading of one upload: read, check, count, evaluate, score. Only the order of the steps lives here."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum

from grader import archives, code_archives, extraction, flops, scoring, shrinking, splits
from grader.archives import Upload
from grader.checked import Accepted, Checked, Known, check_weights, reject
from grader.competition import Definition
from grader.errors import Cause, ChildDied, Finding, GraderFault, Refusal
from grader.evaluation import compare_times, predict
from grader.facts import Predictions
from grader.lineage import Lineage
from grader.networks.graph import bind
from grader.report import Digests, Report, Status
from grader.running import Runner
from grader.testset import TestSet

log = logging.getLogger(__name__)


class Phase(StrEnum):
    """What is being done, in order, for the eye."""

    READING = "reading"
    CHECKING = "checking"
    WAITING = "waiting"
    EVALUATING = "evaluating"
    SCORING = "scoring"


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


@dataclass(frozen=True, slots=True)
class Reference:
    """The dense network that a result is timed against: SHA-256 of the file that it came in, and what was accepted of it."""

    file: str
    accepted: Accepted


def begin(
    file: int, definition: Definition, reader: Runner, known: Known | None = None, exporter: Runner | None = None
) -> Upload:
    """The upload behind a descriptor, that nobody has looked into yet, or that is `known` from a check before.

    `exporter` runs a student's code, where the definition takes some.
    """
    report = Report(
        status=Status.CHECKED,
        competition=definition.slug,
        digests=Digests(file=known.file if known else digest_of_file(file), definition=definition.digest),
        file_bytes=os.fstat(file).st_size,
        airlock=str(reader.level),
    )
    return Upload(file, report, definition, reader, exporter)


def check(upload: Upload, watch: Watch, *, in_full: bool = True) -> Checked:
    """Reads and checks an upload. Every problem is found at once; nothing is evaluated.

    Without `in_full` a weight file's report says no more than that; before an evaluation it has to be in full.
    """
    try:
        checked = _check(upload, watch, in_full=in_full)
    except Refusal as refusal:
        checked = Checked(reject(upload.begun, refusal.findings))
    return replace(checked, report=replace(checked.report, timings=dict(watch.timings)))


def evaluate(
    upload: Upload,
    checked: Checked,
    test_set: TestSet,
    evaluator: Runner,
    watch: Watch,
    reference: Reference | None = None,
) -> Report:
    """The finished report of an upload that passed `check`, timed against a reference where there is one.

    Raises GraderFault where the fault is not the upload's.
    """
    try:
        return _evaluate(upload, checked, test_set, evaluator, watch, reference)
    except Refusal as refusal:
        return replace(reject(checked.report, refusal.findings), timings=dict(watch.timings))


def _evaluate(
    upload: Upload,
    checked: Checked,
    test_set: TestSet,
    evaluator: Runner,
    watch: Watch,
    reference: Reference | None,
) -> Report:
    accepted, definition = checked.accepted, upload.definition
    if accepted is None:
        raise GraderFault("only a file that passed its checks is evaluated")
    with watch.phase(Phase.EVALUATING):
        model = bind(accepted.network, accepted.weights)
        predictions = predict(model, accepted.macs.dense, definition.grading, test_set, evaluator)
        report = _smaller(checked.report, accepted, predictions, definition, test_set, evaluator)
        if reference is not None:
            report = replace(report, lineage=_lineage(accepted, reference, definition, test_set, evaluator))
        if checked.plan is not None:
            result = scoring.compare(predictions.classes, test_set.labels)
            final = archives.measured(checked.plan.final, accepted, result)
            report = replace(report, series=archives.measure(upload, checked.plan, final, test_set, evaluator))
    with watch.phase(Phase.SCORING):
        report = _score(report, accepted, predictions, definition, test_set)
    return replace(report, timings=dict(watch.timings))


def too_heavy(report: Report, cause: Cause) -> Report:
    """The report of a file whose reading or evaluation ran into its own limits twice."""
    return reject(report, [Finding("too-heavy", got=str(cause))])


def digest_of_file(file: int) -> str:
    """SHA-256 of the file behind a descriptor, as hexadecimal text."""
    with os.fdopen(os.dup(file), "rb") as stream:
        stream.seek(0)
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check(upload: Upload, watch: Watch, *, in_full: bool) -> Checked:
    if code_archives.is_code(upload):
        with watch.phase(Phase.READING):
            exported = code_archives.export(upload)
            found = code_archives.read(upload, exported)
        with watch.phase(Phase.CHECKING):
            return code_archives.check(upload, exported, found)
    with watch.phase(Phase.READING):
        plan = archives.plan(upload)
        if plan is None:
            found = extraction.weights(upload.file, upload.definition.grading.file, upload.reader)
    with watch.phase(Phase.CHECKING):
        if plan is not None:
            return archives.check(upload, plan)
        return check_weights(found, upload.definition, upload.begun, in_full=in_full)


def _smaller(
    report: Report,
    accepted: Accepted,
    predictions: Predictions,
    definition: Definition,
    test_set: TestSet,
    evaluator: Runner,
) -> Report:
    """The report with the verified smaller network, where the definition offers one and there is one."""
    if not definition.grading.compacted or not accepted.outline.removed or report.shrunk is None:
        return report
    shrunk, files = shrinking.verify(accepted, report.shrunk, predictions, definition, test_set, evaluator)
    return replace(report, shrunk=shrunk, artifacts=files)


def _lineage(
    accepted: Accepted, reference: Reference, definition: Definition, test_set: TestSet, evaluator: Runner
) -> Lineage | None:
    """What is left of the network timed against its reference as it is; None where that did not work out.

    Nobody's score depends on it, so that a child that dies here costs nobody a result.
    """
    smaller, dense = accepted.compacted, reference.accepted
    models = [bind(smaller.network, smaller.weights), bind(dense.network, dense.weights)]
    macs = flops.dense_macs(smaller.network) + dense.macs.dense
    try:
        ratio = compare_times(models[0], models[1], macs, definition.grading, test_set, evaluator)
    except ChildDied as death:
        log.warning("timing.child_died cause=%s", death.cause)
        return None
    return Lineage(reference.file, ratio)


def _score(
    report: Report, accepted: Accepted, predictions: Predictions, definition: Definition, test_set: TestSet
) -> Report:
    rules = definition.grading
    results = splits.results(predictions.classes, test_set.labels, rules.splits, rules.split)
    formulas = definition.score, definition.full_credit, definition.rank_if
    outcomes = {
        name: scoring.outcome(*formulas, scoring.metrics(accepted.counts, accepted.macs, result, report.file_bytes))
        for name, result in results.items()
    }
    first = next(iter(outcomes.values()))
    split = rules.splits.digest if rules.splits else None
    return replace(
        report,
        status=Status.SCORED,
        digests=replace(report.digests, dataset=test_set.digest, split=split),
        engine=predictions.engine,
        predictions=predictions,
        splits=results,
        scores=outcomes if rules.splits else {},
        score=first.score,
        full_credit=first.full_credit,
        ranks=first.ranks,
    )
