"""`python -m grader`: grade or check a weight file, make or inspect a data set.

Exit status: 0 scored (or accepted by `check`), 1 rejected, 2 usage, 3 our own fault.
"""

import argparse
import json
import os
import stat
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from enum import IntEnum
from pathlib import Path
from typing import TypeVar

from grader import competition, dataset_cli, exports, file_names, pipeline, shrinking
from grader.airlock.on_demand import OnDemand
from grader.airlock.runner import Airlock
from grader.archives import Upload
from grader.checked import Checked, reject
from grader.competition import Definition
from grader.dataset_errors import DatasetError
from grader.errors import Cause, ChildDied, DefinitionError, GraderFault
from grader.keras_process import EngineMissing, KerasProcess
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.report import Report, Status
from grader.running import EVALUATING_JOB, EXPORTING_JOB, READING_JOB, Runner
from grader.summary import summarise
from grader.testset import check_fit, check_parts, open_test_set

T = TypeVar("T")


class Exit(IntEnum):
    """Exit statuses of the command."""

    SCORED = 0
    REJECTED = 1
    USAGE = 2
    FAULT = 3


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (DefinitionError, DatasetError, EngineMissing, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.USAGE
    except GraderFault as fault:
        print(f"our fault, not the file's: {fault}", file=sys.stderr)
        return Exit.FAULT
    except Exception:  # else Python would end with 1, which means that the file was rejected
        traceback.print_exc()
        return Exit.FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m grader", description="Grades pruned networks against a competition."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    grade = commands.add_parser("grade", help="check, evaluate and score a weight file")
    _add_file_options(grade)
    grade.add_argument("--dataset", type=Path, required=True, help="the hidden test set, a .npz with images and labels")
    grade.add_argument(
        "--engine",
        choices=("onnxruntime", "tensorflow"),
        default="onnxruntime",
        help="what evaluates; tensorflow is the reference, slower and not jailed (needs the extra `tensorflow`)",
    )
    grade.add_argument(
        "--compacted", type=Path, metavar="FOLDER", help="write the smaller network there, where it was verified"
    )
    grade.set_defaults(run=_run_grade)
    check = commands.add_parser("check", help="everything but the evaluation; needs no data")
    _add_file_options(check)
    check.add_argument("--as-upload", action="store_true", help="also apply the rule about the file's name")
    check.set_defaults(run=_run_check)
    dataset_cli.add_parser(commands)
    return parser


def _add_file_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the weight file")
    parser.add_argument("--competition", type=Path, required=True, help="the competition's definition, a YAML file")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--own-file", action="store_true", help="no jail: the file is your own")


def _run_check(options: argparse.Namespace) -> int:
    definition = competition.load(options.competition)
    with ExitStack() as stack:
        _, checked = _check(options, definition, stack)
    report = checked.report
    if options.as_upload and (finding := file_names.misnamed(options.file.name, definition.grading.file.names)):
        report = reject(report, [finding])
    return _show(report, definition, options)


def _run_grade(options: argparse.Namespace) -> int:
    definition = competition.load(options.competition)
    keras = KerasProcess(definition) if options.engine == "tensorflow" else None
    with ExitStack() as stack:
        test_set = stack.enter_context(open_test_set(options.dataset))
        check_fit(test_set, definition, str(options.dataset))
        check_parts(test_set, definition.grading.splits, str(options.dataset))
        upload, checked = _check(options, definition, stack)
        if not checked.accepted:
            return _show(checked.report, definition, options)
        evaluator = keras or _runner(options, EVALUATING_JOB, stack)
        watch = Watch(timings=dict(checked.report.timings))
        report = _twice(lambda: pipeline.evaluate(upload, checked, test_set, evaluator, watch))
    if isinstance(report, Cause):
        return _show(pipeline.too_heavy(checked.report, report), definition, options)
    for kind, content in report.artifacts.items() if options.compacted else ():
        (options.compacted / shrinking.FILE_NAMES[kind]).write_bytes(content)
    return _show(report, definition, options)


def _check(options: argparse.Namespace, definition: Definition, stack: ExitStack) -> tuple[Upload, Checked]:
    file = os.open(options.file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    stack.callback(os.close, file)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise OSError(f"{options.file} is not a file")
    reader = _runner(options, READING_JOB, stack)
    upload = pipeline.begin(file, definition, reader, exporter=_exporter(options, definition, stack))
    checked = _twice(lambda: pipeline.check(upload, Watch()))
    return upload, Checked(pipeline.too_heavy(upload.begun, checked)) if isinstance(checked, Cause) else checked


def _runner(options: argparse.Namespace, job: str, stack: ExitStack) -> Runner:
    return OwnFile(job) if options.own_file else stack.enter_context(Airlock(job))


def _exporter(options: argparse.Namespace, definition: Definition, stack: ExitStack) -> Runner | None:
    """What runs the code in a zip, where the definition takes one and torch is installed."""
    if definition.grading.file.code is None or not exports.has_torch():
        return None
    return OwnFile(EXPORTING_JOB) if options.own_file else stack.enter_context(OnDemand(EXPORTING_JOB))


def _twice(step: Callable[[], T]) -> T | Cause:
    """The step's result at the first or second try, or the limit of its own that ended it both times."""
    try:
        return step()
    except ChildDied as first:
        try:
            return step()
        except ChildDied as second:
            if first.cause.own_limit and second.cause.own_limit:
                return second.cause
            raise


def _show(report: Report, definition: Definition, options: argparse.Namespace) -> int:
    print(json.dumps(report.as_json(), indent=2) if options.json else summarise(report, definition))
    return Exit.REJECTED if report.status is Status.REJECTED else Exit.SCORED
