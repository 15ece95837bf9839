"""A network that looks at other images of its batch is refused; one that does not is not."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from grader.errors import Refusal
from grader.evaluating import alone, job
from grader.facts import FloatArray
from grader.networks.graph import IMAGES, OPSET
from tests.grader.evaluating.noise import ImagesOfNoise

SHAPE = (2, 4, 4)


class Formula:
    """An engine that is a function of the images."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def logits(self, images: FloatArray) -> FloatArray:
        return np.asarray(self.function(images.reshape(len(images), -1)[:, :3]), np.float32)


CHEATS = {
    "mean-taken-away": lambda rows: rows - rows.mean(0),
    "largest-of-the-batch": lambda rows: rows * (rows == rows.max(0)),
    "first-image": lambda rows: rows + rows[:1],
    "neighbour": lambda rows: rows + np.roll(rows, 1, 0),
    "size-of-the-batch": lambda rows: rows + len(rows),
    "fewer-rows": lambda rows: rows[: len(rows) // 2 + 1],
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_a_network_that_looks_at_its_batch_is_refused(cheat: Any) -> None:
    with pytest.raises(Refusal) as caught:
        alone.check(Formula(cheat), ImagesOfNoise(SHAPE, 40))

    assert [finding.code for finding in caught.value.findings] == ["batch-dependent"]


@pytest.mark.parametrize("examples", [1, 2, 40])
def test_a_network_that_judges_each_image_by_itself_is_not(examples: int) -> None:
    alone.check(Formula(lambda rows: rows * 3), ImagesOfNoise(SHAPE, examples))


def test_what_an_engine_rounds_otherwise_in_a_batch_is_allowed() -> None:
    alone.check(Formula(lambda rows: rows * (1 + 1e-6 * (len(rows) > 1))), ImagesOfNoise(SHAPE, 40))


def test_infinite_logits_are_no_reason() -> None:
    alone.check(Formula(lambda rows: np.where(rows > 0.9, np.inf, rows)), ImagesOfNoise(SHAPE, 40))


def evaluated(nodes: Sequence[Any]) -> Any:
    """The answer of the evaluating job on a model that no drawing would make."""
    images = helper.make_tensor_value_info(IMAGES, onnx.TensorProto.FLOAT, ["samples", *SHAPE])
    logits = helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["samples", 32])
    graph = helper.make_graph(nodes, "batch", [images], [logits])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    pixels = np.random.default_rng(0).integers(0, 256, (20, *SHAPE), dtype=np.uint8)
    files = [os.memfd_create("graph"), os.memfd_create("images")]
    try:
        os.write(files[0], model.SerializeToString())
        os.write(files[1], pixels.tobytes())
        rule = {"divide_by": 255.0, "mean": None, "std": None}
        arguments = {"dtype": "uint8", "shape": [20, *SHAPE], "offset": 0, "input": rule, "batch": 4, "classes": 32}
        return job.run({**arguments, "alone": True}, files)
    finally:
        for file in files:
            os.close(file)


def test_the_evaluating_job_refuses_such_a_graph() -> None:
    flat = helper.make_node("Flatten", [IMAGES], ["flat"])
    mean = helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[0], keepdims=1)
    cheat = helper.make_node("Sub", ["flat", "mean"], ["logits"])

    with pytest.raises(Refusal, match="batch-dependent"):
        evaluated([flat, mean, cheat])


def test_the_evaluating_job_takes_an_honest_one() -> None:
    _, arrays = evaluated([helper.make_node("Flatten", [IMAGES], ["logits"])])

    assert arrays["classes"].shape == (20,)
