"""A report as text for a terminal."""

from collections.abc import Iterator

from grader.competition import Definition
from grader.report import Report, Status


def summarise(report: Report, definition: Definition) -> str:
    """The report in a few lines: what was found and, for a rejected file, every problem with what to do about it."""
    return "\n".join(_lines(report, definition))


def _lines(report: Report, definition: Definition) -> Iterator[str]:
    yield f"{report.competition}: {report.status}"
    for problem in report.problems:
        yield f"  [{problem.code}] {problem.message}"
        if problem.hint:
            yield f"      {problem.hint}"
    if report.counts and report.macs:
        share = report.counts.zeros / report.counts.parameters
        yield f"  parameters  {report.counts.parameters:,}"
        yield f"  zeros       {report.counts.zeros:,} ({share:.6f})"
        yield f"  macs        {report.macs.dense:,} dense, {report.macs.nonzero:,} with non-zero weights"
        if report.macs.effective is not None:
            yield f"              {report.macs.effective:,} effective, without units that no output depends on"
    if report.counts and report.status is Status.REJECTED:  # too large: where its parameters are
        for layer in report.counts.layers:
            yield f"  {layer.parameters:>11,} {layer.name} {layer.shape}"
        yield f"  {report.counts.parameters:>11,} parameters"
    for name, split in report.splits.items():
        yield f"  {name:<11} {split.correct:,} of {split.examples:,} correct ({split.correct / split.examples:.4f})"
    for name, found in report.scores.items():
        yield f"  {name:<11} score {float(found.score):.6f} = {found.score}"
    if report.status is Status.SCORED and report.score is not None:
        yield f"  score       {float(report.score):.6f} = {report.score}"
        yield f"              {definition.grading.score}"
    if report.full_credit is not None:
        yield f"  full credit {'yes' if report.full_credit else 'no'}: {definition.grading.full_credit}"
    for note in report.notes:
        yield f"  note: {note.message}"
