from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest

from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine
from grader.facts import Weights
from grader.networks import draft
from grader.networks.graph import Network, bind
from grader.networks.keras_config import network_from_config

Sequential = Callable[..., dict[str, Any]]
Draw = Callable[[Network, int], Weights]

SAME = {"filters": 3, "kernel_size": 3, "padding": "same"}
VALID = {"filters": 4, "kernel_size": 2, "activation": "relu"}
END: tuple[tuple[str, dict[str, Any]], ...] = (("Flatten", {}), ("Dense", {"units": 3}))


def _pads(graph: onnx.GraphProto) -> list[list[int]]:
    return [
        list(attribute.ints)
        for node in graph.node
        if node.op_type == "Conv"
        for attribute in node.attribute
        if attribute.name == "pads"
    ]


def test_the_cmu_network_computes_no_row_that_pooling_leaves_out(cmu_config: dict[str, Any]) -> None:
    assert _pads(network_from_config(cmu_config).graph) == [[1, 1, 0, 0], [0] * 4, [1, 1, 0, 0], [0] * 4]


def test_padding_stays_where_every_row_is_used(sequential: Sequential) -> None:
    network = network_from_config(sequential(("Conv2D", SAME), ("MaxPooling2D", {}), *END))

    assert _pads(network.graph) == [[1, 1, 1, 1]]


def test_what_is_counted_does_not_change(cmu_config: dict[str, Any]) -> None:
    assert network_from_config(cmu_config).slots[0].positions == 25 * 25


@pytest.mark.parametrize(
    "layers",
    [
        [("Conv2D", SAME), ("MaxPooling2D", {})],
        [("Conv2D", SAME), ("Activation", {"activation": "swish"}), ("AveragePooling2D", {"pool_size": 4})],
        [("Conv2D", {**SAME, "strides": 2}), ("Conv2D", {**VALID, "strides": 2}), ("MaxPooling2D", {})],
        [("Conv2D", {**SAME, "dilation_rate": 2}), ("Conv2D", VALID), ("MaxPooling2D", {"pool_size": 3})],
        [("Conv2D", SAME), ("MaxPooling2D", {"padding": "same"}), ("Conv2D", {**VALID, "strides": 4})],
        [("Conv2D", SAME), ("AveragePooling2D", {"padding": "same", "strides": 1}), ("MaxPooling2D", {"pool_size": 3})],
        [("Conv2D", SAME), ("BatchNormalization", {}), ("Conv2D", SAME), ("MaxPooling2D", {}), ("Conv2D", SAME)],
        [("Conv2D", SAME), ("ZeroPadding2D", {}), ("MaxPooling2D", {"pool_size": 2}), ("Conv2D", VALID)],
    ],
)
@pytest.mark.parametrize("shape", [(13, 15, 3), (14, 17, 3), (16, 18, 3)])
def test_no_logit_changes(
    layers: Any, shape: Any, sequential: Sequential, draw_weights: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = sequential(*layers, *END, shape=shape)
    cropped = network_from_config(config)
    monkeypatch.setattr(draft, "crop", lambda nodes, covered, output: None)
    whole = network_from_config(config)
    images = np.random.default_rng(0).normal(0, 1, (5, *shape)).astype(np.float32)

    first, second = (bind(network, draw_weights(network, 1)) for network in (cropped, whole))

    np.testing.assert_array_equal(Engine(first).logits(images), Engine(second).logits(images))
    np.testing.assert_allclose(ExactNetwork(first).logits(images), ExactNetwork(second).logits(images), rtol=1e-12)
