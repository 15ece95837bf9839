from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import limits, pipeline
from grader.airlock.protocol import Answer, JobLimits, Usage
from grader.airlock.runner import Airlock
from grader.archives import Upload
from grader.checked import Checked
from grader.competition import Definition, Grading
from grader.errors import Cause, ChildDied, GraderFault
from grader.formula import FormulaError
from grader.own_file import OwnFile
from grader.pipeline import Phase, Watch
from grader.report import Status
from grader.running import READING_JOB
from grader.testset import TestSet

Both = tuple[Upload, Checked]

RIGHT = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 0], np.int32)


@dataclass
class Stub:
    """An evaluator that answers what it is told to, and keeps what it was asked."""

    answer: Answer
    asked: tuple[Mapping[str, Any], int, JobLimits] | None = None
    level: str = "A"

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        self.asked = (arguments, len(inputs), job_limits)
        return self.answer


def answer_of(classes: object, engine: object = "stub 1.0", rechecked: object = 0) -> Answer:
    head = {"engine": engine, "rechecked": rechecked}
    arrays = {} if classes is None else {"classes": np.asarray(classes)}
    return Answer(head, arrays, Usage(0.0, 0.0, 0))


def check(path: Path, definition: Definition, watch: Watch) -> Both:
    with path.open("rb") as file:
        upload = pipeline.begin(file.fileno(), definition, OwnFile(READING_JOB))
        return upload, pipeline.check(upload, watch)


@pytest.fixture
def good(tiny: Path, tiny_definition: Definition) -> Both:
    """The tiny competition's good file, checked: 12 of its 15 numbers are zero."""
    return check(tiny / "my_good.h5", tiny_definition, Watch())


def test_a_file_through_both_airlocks_is_scored(
    tiny: Path,
    tiny_definition: Definition,
    tiny_test_set: TestSet,
    reading_airlock: Airlock,
    evaluating_airlock: Airlock,
) -> None:
    with (tiny / "my_good.h5").open("rb") as file:
        upload = pipeline.begin(file.fileno(), tiny_definition, reading_airlock)
        checked = pipeline.check(upload, Watch())

    report = pipeline.evaluate(upload, checked, tiny_test_set, evaluating_airlock, Watch())

    assert report.status is Status.SCORED
    assert report.splits["test"].correct == 9
    assert report.score == (Fraction(9, 10) + Fraction(12, 15)) / 2
    assert report.full_credit is True
    assert report.digests.dataset == tiny_test_set.digest
    assert report.predictions is not None
    assert report.predictions.classes.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 1]
    assert report.airlock == reading_airlock.level


def test_every_phase_is_told_in_order_and_timed(
    tiny: Path, tiny_definition: Definition, tiny_test_set: TestSet
) -> None:
    told: list[Phase] = []
    watch = Watch(tell=told.append)

    upload, checked = check(tiny / "my_good.h5", tiny_definition, watch)
    report = pipeline.evaluate(upload, checked, tiny_test_set, Stub(answer_of(RIGHT)), watch)

    assert told == [Phase.READING, Phase.CHECKING, Phase.EVALUATING, Phase.SCORING]
    assert list(checked.report.timings) == ["reading", "checking"]
    assert list(report.timings) == ["reading", "checking", "evaluating", "scoring"]


@pytest.mark.parametrize(
    "answer",
    [
        answer_of(None),
        answer_of(RIGHT.astype(np.int64)),
        answer_of(RIGHT.astype(np.float32)),
        answer_of(RIGHT[:9]),
        answer_of(RIGHT[:, None]),
        answer_of(np.int32(0)),
        answer_of(np.append(RIGHT, RIGHT)),
        answer_of(np.full(10, 3, np.int32)),
        answer_of(np.full(10, -2, np.int32)),
        answer_of(np.full(10, 2**31 - 1, np.int32)),
        answer_of(RIGHT, engine=None),
        answer_of(RIGHT, engine=["x"]),
        answer_of(RIGHT, rechecked=None),
        answer_of(RIGHT, rechecked=True),
        answer_of(RIGHT, rechecked=1.5),
        answer_of(RIGHT, rechecked=-1),
        answer_of(RIGHT, rechecked=11),
    ],
)
def test_an_evaluation_whose_answer_has_another_form_is_not_believed(
    good: Both, tiny_test_set: TestSet, answer: Answer
) -> None:
    with pytest.raises(ChildDied) as caught:
        pipeline.evaluate(*good, tiny_test_set, Stub(answer), Watch())

    assert caught.value.cause is Cause.ANSWER


def test_a_class_of_minus_1_is_taken_and_is_never_correct(good: Both, tiny_test_set: TestSet) -> None:
    stub = Stub(answer_of(np.full(10, -1, np.int32), rechecked=10))

    report = pipeline.evaluate(*good, tiny_test_set, stub, Watch())

    assert report.splits["test"].correct == 0
    assert report.score == 0


def test_an_evaluation_is_told_the_shape_of_the_images_and_given_two_files(good: Both, tiny_test_set: TestSet) -> None:
    stub = Stub(answer_of(RIGHT))

    pipeline.evaluate(*good, tiny_test_set, stub, Watch())

    assert stub.asked is not None
    arguments, inputs, job_limits = stub.asked
    assert inputs == 2
    assert (arguments["shape"], arguments["dtype"], arguments["classes"]) == ([10, 2, 2, 1], "uint8", 3)
    assert "labels" not in arguments
    assert job_limits.cpu_seconds == limits.EVALUATE_BASE_SECONDS


def test_a_rejected_file_is_never_evaluated(tiny: Path, tiny_definition: Definition, tiny_test_set: TestSet) -> None:
    upload, checked = check(tiny / "my_wrong.h5", tiny_definition, Watch())

    with pytest.raises(GraderFault):
        pipeline.evaluate(upload, checked, tiny_test_set, Stub(answer_of(RIGHT)), Watch())


def test_a_file_that_is_too_heavy_keeps_what_was_found_out(good: Both) -> None:
    _, checked = good

    report = pipeline.too_heavy(checked.report, Cause.CPU)

    assert report.status is Status.REJECTED
    assert [problem.code for problem in report.problems] == ["too-heavy"]
    assert report.counts == checked.report.counts


def test_a_division_by_zero_is_the_definitions_mistake_and_gives_no_score(
    good: Both, tiny_definition: Definition, tiny_test_set: TestSet
) -> None:
    rules = tiny_definition.grading.model_dump(mode="json") | {"score": "1 / (correct - 10)"}
    definition = Definition("tiny", Grading.model_validate(rules))
    upload, checked = good

    with pytest.raises(FormulaError, match="divides by zero"):
        pipeline.evaluate(
            replace(upload, definition=definition), checked, tiny_test_set, Stub(answer_of(RIGHT)), Watch()
        )
