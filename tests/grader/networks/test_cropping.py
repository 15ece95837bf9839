from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from grader.checking import values
from grader.errors import GraderFault
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine
from grader.facts import Weights
from grader.networks import draft
from grader.networks.activation_sizes import shapes_of
from grader.networks.graph import Network, bind
from grader.networks.keras_config import network_from_config
from tests.corpus.makers import onnx as maker
from tests.grader.checking.free_fits import codes, fitted

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
    monkeypatch.setattr(draft, "crop", lambda *told: None)
    whole = network_from_config(config)
    images = np.random.default_rng(0).normal(0, 1, (5, *shape)).astype(np.float32)

    first, second = (bind(network, draw_weights(network, 1)) for network in (cropped, whole))

    np.testing.assert_array_equal(Engine(first).logits(images), Engine(second).logits(images))
    np.testing.assert_allclose(ExactNetwork(first).logits(images), ExactNetwork(second).logits(images), rtol=1e-12)


BESIDE: dict[str, list[list[Any]]] = {
    "the-image": [["Add", ["c", "images"], ["s"]]],
    "the-image-less-it": [["Sub", ["images", "c"], ["s"]]],
    "a-learnt-map": [["Add", ["c", "map"], ["s"]]],
    "a-learnt-row": [["Mul", ["c", "row"], ["s"]]],
    "a-map-of-one-number": [["Mul", ["c", "onnx::ones"], ["s"]]],
    "a-divisor": [["Div", ["c", "map"], ["s"]]],
    "both": [["Mul", ["c", "map"], ["m"]], ["Add", ["m", "images"], ["s"]]],
    "a-number": [["Mul", ["c", "scale"], ["s"]]],
}
NUMBERS = {
    "map": {"dims": [1, 1, 4, 4], "values": [0.5, -1, 2]},
    "row": {"dims": [4], "values": [0.5, -1, 2, 4]},
    "onnx::ones": {"dims": [1, 1, 4, 4], "values": 3},
    "scale": {"dims": [1, 1, 1, 1], "values": 3},
}


@pytest.mark.parametrize("beside", BESIDE)
def test_what_fits_an_image_of_one_size_alone_keeps_every_row(beside: str) -> None:
    """Of 4 rows the window takes 3; the file's own graph is computed beside ours."""
    nodes = [
        ["Conv", ["images", "k"], ["c"], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}],
        *BESIDE[beside],
        ["Relu", ["s"], ["r"]],
        ["MaxPool", ["r"], ["p"], {"kernel_shape": [3, 3], "strides": [3, 3]}],
        ["Flatten", ["p"], ["f"], {"axis": 1}],
        ["Gemm", ["f", "fc.weight", "fc.bias"], ["logits"], {"transB": 1}],
    ]
    used = {name: NUMBERS[name] for node in nodes for name in node[1] if name in NUMBERS}
    tensors = {"conv.weight": None, "conv.bias": None, "k": {"dims": [1, 1, 3, 3]}, "fc.weight": {"dims": [3, 1]}}
    content = maker.make({"nodes": nodes, "tensors": tensors | used}, 1)
    images = np.random.default_rng(0).normal(0, 1, (5, 1, 4, 4)).astype(np.float32)

    fit = fitted(content, (1, 4, 4), 3)

    assert codes(fit) == []
    assert fit.network is not None
    weights, _ = values.canonical(fit.arrays, fit.slots)
    bound = bind(fit.network, weights)
    reference = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"images": images})
    np.testing.assert_allclose(Engine(bound).logits(images), reference[0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ExactNetwork(bound).logits(images), reference[0], rtol=1e-5, atol=1e-5)
    assert _pads(fit.network.graph) == [[1, 1, 0, 0] if beside == "a-number" else [1, 1, 1, 1]]


def test_a_graph_that_contradicts_itself_is_our_fault(sequential: Sequential) -> None:
    network = network_from_config(sequential(("Conv2D", SAME), ("MaxPooling2D", {}), *END))
    network.graph.node[-1].input[1] = network.slots[0].name

    with pytest.raises(GraderFault, match="the drawn graph of small contradicts itself"):
        shapes_of(network)
