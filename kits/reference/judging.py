"""What the service says of a file, by the service's own steps, beside what the training script found."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import competitions
from grader import competition, datasets, pipeline
from grader.competition import Definition
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.report import Report, Status
from grader.running import EVALUATING_JOB, READING_JOB
from grader.testset import TestSet, open_test_set
from kits.reference.data import Images
from kits.reference.results import Result

DEFINITION = Path(competitions.__file__).parent / "cmu-10605.yaml"


@dataclass(frozen=True)
class Graded:
    """A result with what grading made of its file; `problems` is empty where all numbers are equal."""

    result: Result
    file: str  # SHA-256
    score: str  # an exact fraction
    problems: tuple[str, ...]


def assignment() -> Definition:
    """The rules of the assignment, as the service has them."""
    return competition.load(DEFINITION)


@contextmanager
def hidden(images: Images) -> Iterator[TestSet]:
    """The images as the service's hidden test set."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "test.npz"
        datasets.save(datasets.create(images.pixels, images.labels), path)
        with open_test_set(path) as test_set:
            yield test_set


def grade(path: Path, definition: Definition, test_set: TestSet) -> Report:
    """The report on a file of one's own."""
    file = os.open(path, os.O_RDONLY)
    try:
        upload = pipeline.begin(file, definition, OwnFile(READING_JOB))
        checked = pipeline.check(upload, Watch())
        if checked.accepted is None:
            return checked.report
        return pipeline.evaluate(upload, checked, test_set, OwnFile(EVALUATING_JOB), Watch())
    finally:
        os.close(file)


def compare(result: Result, report: Report) -> Graded:
    """The result beside the report on its file."""
    if report.status is not Status.SCORED or report.counts is None or report.score is None:
        told = [f"{problem.where}: {problem.code}" for problem in report.problems]
        return Graded(result, report.digests.file, "", ("it was not scored", *told))
    measured = next(iter(report.splits.values()))
    pairs = {
        "parameters": (result.parameters, report.counts.parameters),
        "zeros": (result.zeros, report.counts.zeros),
        "images": (result.examples, measured.examples),
        "correct": (result.correct, measured.correct),
        "score": (result.score, report.score),
    }
    problems = [
        f"{name}: {ours} here, {theirs} by the service" for name, (ours, theirs) in pairs.items() if ours != theirs
    ]
    return Graded(result, report.digests.file, str(report.score), tuple(problems))
