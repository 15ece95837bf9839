"""Functions that jump at a threshold: how far, and that images near the jump are decided by float64."""

from collections.abc import Callable, Mapping
from math import exp, log1p
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from grader.evaluating.agreement import MIN_MARGIN, ROUNDING_MARGIN
from grader.evaluating.deciding import evaluate
from grader.evaluating.exact import ExactNetwork, plan_of
from grader.evaluating.jumps import JUMP, UNKNOWN, jumps
from grader.evaluating.onnx_runtime import Engine
from grader.evaluating.rounding import magnitude
from grader.network_rule import NetworkRule
from grader.networks.graph import Network, bind

Make = Callable[..., Network]
Layer = str | dict[str, Any]


def _torch_network(*layers: Layer) -> bytes:
    listed = [*layers, "flatten", {"linear": {"features": 2, "bias": False}}]
    network = NetworkRule.model_validate({"input_shape": [1, 1, 2], "layers": listed}).network
    assert network is not None
    return bind(network, {network.slots[0].name: np.asarray([[1, 0], [0, 1]], np.float32)})


def _found(model: bytes) -> list[float]:
    graph = onnx.load_model_from_string(model).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    return list(jumps(graph.node, constants).values())


def _keras_network(small_network: Make, options: Mapping[str, float]) -> bytes:
    network = small_network(("ReLU", dict(options)), ("Flatten", {}), ("Dense", {"units": 2}))
    return bind(network, {slot.name: np.ones(slot.shape, np.float32) for slot in network.slots})


@pytest.mark.parametrize(("beta", "threshold"), [(1.0, 20.0), (2.0, 1.0), (0.5, 3.0)])
def test_softplus_jumps_by_what_it_leaves_out(beta: float, threshold: float) -> None:
    model = _torch_network({"softplus": {"beta": beta, "threshold": threshold}})

    assert _found(model) == [pytest.approx(log1p(exp(-threshold)) / beta, rel=1e-6)]


@pytest.mark.parametrize(
    ("options", "jump"),
    [
        ({"threshold": 0.25}, 0.25),
        ({"threshold": 0.25, "negative_slope": 0.5}, 0.25),
        ({"threshold": 0.25, "max_value": 6.0}, 0.25),
    ],
)
def test_relu_jumps_by_its_threshold(options: Mapping[str, float], jump: float, small_network: Make) -> None:
    assert _found(_keras_network(small_network, options)) == [pytest.approx(jump)]


def test_what_is_compared_with_another_tensor_may_jump_by_anything() -> None:
    nodes = [helper.make_node("Greater", ["x", "y"], ["asked"]), helper.make_node("Where", ["asked", "x", "y"], ["z"])]

    assert jumps(nodes, {}) == {"z": UNKNOWN}


def test_an_ordinary_threshold_widens_no_margin() -> None:
    model = ExactNetwork(_torch_network("softplus"))

    assert ROUNDING_MARGIN * magnitude(model, np.ones((1, 1, 1, 2), np.float32)) < MIN_MARGIN


def test_images_near_a_jump_are_decided_by_float64(in_memory: Callable[..., Any]) -> None:
    model = _torch_network({"softplus": {"beta": 2, "threshold": 1}})
    pixels = np.zeros((3, 1, 1, 2), np.float32)
    pixels[:, 0, 0, 0] = [np.nextafter(np.float32(0.5), np.float32(0)), np.nextafter(np.float32(0.5), np.float32(1)), 9]
    pixels[:, 0, 0, 1] = 0.53

    outcome = evaluate(Engine(model), model, in_memory(pixels), 3, 2)

    assert outcome.rechecked >= 2


def test_the_plan_tells_the_jump() -> None:
    steps = plan_of(_torch_network("softplus")).steps

    assert [JUMP in step.attributes for step in steps if step.operator == "Where"] == [True]
