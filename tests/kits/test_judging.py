"""The service's own verdict beside the training script's numbers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import competitions
from grader import datasets
from grader.report import Report
from grader.testset import TestSet
from kits.reference import judging
from kits.reference.data import Images
from kits.reference.plan import MASKED
from kits.reference.results import Result
from tests.kits.records import result

DEMO = Path(competitions.__file__).parent / "demo"
PRUNED = replace(result(MASKED, 296_467, 854), examples=1_000)


@pytest.fixture(scope="module")
def test_set() -> Iterator[TestSet]:
    found = datasets.load(DEMO / "hidden-test.npz")
    with judging.hidden(Images(found.images, found.labels)) as test_set:
        yield test_set


@pytest.fixture(scope="module")
def report(test_set: TestSet) -> Report:
    path = DEMO / "samples" / "pruned-50" / "my_model_weights.h5"
    return judging.grade(path, judging.assignment(), test_set)


def test_equal_numbers_are_found_equal(report: Report) -> None:
    graded = judging.compare(PRUNED, report)

    assert graded.problems == ()
    assert (graded.file, graded.score) == (report.digests.file, str(PRUNED.score))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (replace(PRUNED, correct=855), "correct: 855 here, 854 by the service"),
        (replace(PRUNED, zeros=296_466), "zeros: 296466 here, 296467 by the service"),
        (replace(PRUNED, examples=5_000), "images: 5000 here, 1000 by the service"),
    ],
)
def test_one_wrong_number_is_told(report: Report, wrong: Result, told: str) -> None:
    assert told in judging.compare(wrong, report).problems


def test_a_refused_file_is_no_agreement(test_set: TestSet) -> None:
    path = DEMO / "samples" / "wrong-architecture" / "my_model_weights.h5"

    graded = judging.compare(PRUNED, judging.grade(path, judging.assignment(), test_set))

    assert graded.problems[:2] == ("it was not scored", "conv2d_1/kernel: shape-mismatch")
