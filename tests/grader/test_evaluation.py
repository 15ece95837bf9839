from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from grader import evaluation, limits
from grader.airlock.protocol import Answer, JobLimits, Usage
from grader.competition import Definition
from grader.facts import Shape
from grader.testset import TestSet


class Remembering:
    """A runner that evaluates nothing and remembers what it was asked for."""

    level = "none"

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        self.asked = dict(arguments)
        return Answer({"engine": "none", "rechecked": 0}, {"classes": np.zeros(10, np.int32)}, Usage(0, 0, 0))


@pytest.mark.parametrize(
    ("shape", "images"),
    [
        ((25, 25, 3), 16),
        ((1, 28, 28), 16),
        ((3, 64, 64), 16),
        ((3, 128, 128), 5),
        ((3, 224, 224), 1),
        ((3, 2000, 2000), 1),
    ],
)
def test_fewer_images_go_through_a_network_at_once_the_larger_they_are(shape: Shape, images: int) -> None:
    assert evaluation.batch(shape) == images
    assert images <= limits.EVALUATE_BATCH


def test_the_job_is_told_how_many_images_to_take_at_once(tiny_definition: Definition, tiny_test_set: TestSet) -> None:
    runner = Remembering()

    evaluation.predict(b"", 1, tiny_definition.grading, tiny_test_set, runner)

    assert runner.asked["batch"] == limits.EVALUATE_BATCH
    assert runner.asked["shape"] == [10, 2, 2, 1]
