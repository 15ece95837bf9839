"""An upload of several files: each weight file is checked like one that came alone, and the series is measured."""

from dataclasses import dataclass, replace
from fractions import Fraction

from grader import extraction, messages, scoring
from grader.checked import Accepted, Checked, check_weights, with_problems
from grader.competition import Definition
from grader.errors import Cause, ChildDied, Refusal
from grader.evaluation import predict
from grader.facts import Problem, SplitResult
from grader.networks.graph import bind
from grader.report import Report
from grader.running import Runner
from grader.series.outcome import Measured, Series, outcome
from grader.series.plan import Plan
from grader.series.planning import plan_of
from grader.testset import TestSet


@dataclass(frozen=True, slots=True)
class Upload:
    """The file behind a descriptor, the rules for it, and what reads it. `begun` is the report before it was looked into.

    `exporter` runs the code of students; None where there is no torch.
    """

    file: int
    begun: Report
    definition: Definition
    reader: Runner
    exporter: Runner | None = None


def plan(upload: Upload) -> Plan | None:
    """What each file of an archive is for, None where the upload is a weight file itself. Raises Refusal."""
    rules = upload.definition.grading
    found = extraction.contents(upload.file, rules.file, upload.reader)
    if found is None:
        return None
    max_files = None if rules.series is None else rules.series.max_files
    return plan_of([member.name for member in found.members], found.manifest, max_files)


def check(upload: Upload, planned: Plan) -> Checked:
    """The final weight file after checking, with the problems of every other file as well."""
    final = _check_member(upload, planned.final)
    problems = list(final.report.problems)
    for name in planned.weights[1:]:
        problems += _check_member(upload, name).report.problems
    attachments: dict[str, bytes] = {}
    for name in planned.attachments:
        try:
            attachments[name] = extraction.content(upload.file, upload.definition.grading.file, upload.reader, name)
        except Refusal as refusal:
            problems += _told(name, refusal)
    if problems:
        return Checked(with_problems(replace(final.report, problems=()), problems))
    return replace(final, plan=planned, attachments=attachments)


def measure(upload: Upload, planned: Plan, final: Measured, test_set: TestSet, evaluator: Runner) -> Series | None:
    """The series of a checked archive, None where it holds one weight file. `final` is not measured again."""
    rule = upload.definition.grading.series
    if rule is None or not (planned.steps or planned.declared):
        return None
    found = {planned.final: final}
    for name in planned.weights[1:]:
        accepted = _check_member(upload, name).accepted
        if accepted is None:
            raise ChildDied(Cause.ANSWER, f"{name} was accepted before and is not now")
        predictions = predict(
            bind(accepted.network, accepted.weights),
            accepted.macs.dense,
            upload.definition.grading,
            test_set,
            evaluator,
        )
        found[name] = measured(name, accepted, scoring.compare(predictions.classes, test_set.labels))
    return outcome(planned, found, Fraction(str(rule.max_drop)))


def measured(name: str, accepted: Accepted, result: SplitResult) -> Measured:
    """A weight file of a series with what was counted and what it came to."""
    return Measured(name, accepted.counts, accepted.macs, result, accepted.outline.removed)


def _check_member(upload: Upload, name: str) -> Checked:
    """One weight file of the archive, its problems told with its name."""
    try:
        found = extraction.weights(upload.file, upload.definition.grading.file, upload.reader, name)
    except Refusal as refusal:
        return Checked(with_problems(upload.begun, _told(name, refusal)))
    checked = check_weights(found, upload.definition, upload.begun)
    problems = tuple(messages.in_file(name, problem) for problem in checked.report.problems)
    return replace(checked, report=replace(checked.report, problems=problems))


def _told(name: str, refusal: Refusal) -> list[Problem]:
    return [messages.problem(replace(finding, file=name)) for finding in refusal.findings]
