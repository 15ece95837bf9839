"""What the trusted side asks of the evaluating job: one class for each image of a test set, and the times of networks."""

from collections.abc import Mapping
from contextlib import ExitStack
from math import prod
from typing import Any

import numpy as np

from grader import limits
from grader.airlock.protocol import JobLimits
from grader.competition import Grading
from grader.errors import Cause, ChildDied
from grader.evaluating.tasks import TIME
from grader.facts import AnyArray, Predictions, Shape
from grader.lineage import TimeRatio, time_ratio
from grader.memory_files import memory_file
from grader.running import Runner
from grader.testset import TestSet

FLOAT32_BYTES = 4


def predict(model: bytes, dense_macs: int, rules: Grading, test_set: TestSet, evaluator: Runner) -> Predictions:
    """The class of every image by a bound network of so many multiply-accumulates for one image. Raises GraderFault.

    Raises Refusal where a network of a free architecture does not judge each image by itself.
    """
    job_limits = _limits(dense_macs * test_set.examples, limits.ANSWER_FRAME_BYTES + 4 * test_set.examples)
    arguments = _images(rules, test_set) | {"classes": len(rules.classes), "alone": rules.network.free is not None}
    with memory_file(model) as graph:
        answer = evaluator.run(arguments, [graph, test_set.images.file], job_limits)
    return _predictions(answer.head, answer.arrays, test_set.examples, len(rules.classes))


def batch(image_shape: Shape) -> int:
    """How many images of that shape go through a network at once."""
    return max(1, min(limits.EVALUATE_BATCH, limits.EVALUATE_BATCH_BYTES // (FLOAT32_BYTES * prod(image_shape))))


def compare_times(
    model: bytes, reference: bytes, dense_macs: int, rules: Grading, test_set: TestSet, evaluator: Runner
) -> TimeRatio:
    """The time of a bound network against that of its reference, for the same images. Raises GraderFault.

    `dense_macs` are the multiply-accumulates of both for one image.
    """
    rounds, examples = limits.TIMING_ROUNDS, limits.TIMING_EXAMPLES
    job_limits = _limits(dense_macs * (rounds + 1) * examples, limits.ANSWER_FRAME_BYTES + 16 * rounds)
    arguments = _images(rules, test_set) | {"task": TIME, "rounds": rounds, "examples": examples}
    with ExitStack() as stack:
        graphs = [stack.enter_context(memory_file(each)) for each in (model, reference)]
        answer = evaluator.run(arguments, [*graphs, test_set.images.file], job_limits)
    seconds: AnyArray | None = answer.arrays.get("seconds")
    if seconds is None or seconds.dtype != np.float64 or seconds.shape != (rounds, 2):
        raise ChildDied(Cause.ANSWER, "the times are not those of the rounds")
    try:
        return time_ratio(seconds[:, 0].tolist(), seconds[:, 1].tolist(), examples)
    except ValueError as error:
        raise ChildDied(Cause.ANSWER, str(error)) from error


def _images(rules: Grading, test_set: TestSet) -> dict[str, Any]:
    """Where the images are, how they are scaled, and how many are taken at once, as the job's arguments say it."""
    return {
        "dtype": test_set.images.dtype,
        "shape": list(test_set.images.shape),
        "offset": test_set.images.offset,
        "input": rules.input.model_dump(mode="json"),
        "batch": batch(test_set.images.shape[1:]),
        "channels_first": rules.network.known.channels_first,
    }


def _limits(macs: int, answer_bytes: int) -> JobLimits:
    cpu_seconds = limits.EVALUATE_BASE_SECONDS + macs // limits.EVALUATE_MACS_PER_CPU_SECOND
    return JobLimits(
        cpu_seconds=cpu_seconds,
        wall_seconds=cpu_seconds * limits.EVALUATE_WALL_FACTOR,
        memory_bytes=limits.EVALUATE_MEMORY_BYTES,
        answer_bytes=answer_bytes,
    )


def _predictions(head: Mapping[str, Any], arrays: Mapping[str, AnyArray], examples: int, classes: int) -> Predictions:
    """The engine's answer, believed only as far as its form goes."""
    array = arrays.get("classes")
    engine, rechecked = head.get("engine"), head.get("rechecked")
    if array is None or array.dtype != np.int32 or array.shape != (examples,):
        raise ChildDied(Cause.ANSWER, "the predicted classes do not fit the test set")
    if array.min(initial=0) < -1 or array.max(initial=0) >= classes:
        raise ChildDied(Cause.ANSWER, "a predicted class does not exist")
    if not isinstance(engine, str) or type(rechecked) is not int or not 0 <= rechecked <= examples:
        raise ChildDied(Cause.ANSWER, "the engine does not say what it is and did")
    return Predictions(array, rechecked, engine)
