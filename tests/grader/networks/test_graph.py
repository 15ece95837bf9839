from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from grader.errors import GraderFault
from grader.facts import Weights
from grader.networks.graph import Network, bind
from grader.networks.keras_config import network_from_config

Draw = Callable[[Network, int], Weights]


@pytest.fixture
def network(cmu_config: dict[str, Any]) -> Network:
    return network_from_config(cmu_config)


def test_equal_weights_give_equal_bytes(network: Network, cmu_config: dict[str, Any], draw_weights: Draw) -> None:
    weights = draw_weights(network, 0)

    assert bind(network, weights) == bind(network_from_config(cmu_config), weights)


def test_a_bound_model_passes_onnx_own_full_check(network: Network, draw_weights: Draw) -> None:
    model = onnx.load_model_from_string(bind(network, draw_weights(network, 0)))

    onnx.checker.check_model(model, full_check=True)


def test_binding_leaves_the_network_without_weights(network: Network, draw_weights: Draw) -> None:
    bind(network, draw_weights(network, 0))

    assert not network.graph.initializer


def test_a_convolution_kernel_is_stored_in_the_order_that_onnx_wants(network: Network, draw_weights: Draw) -> None:
    weights = draw_weights(network, 0)

    model = onnx.load_model_from_string(bind(network, weights))

    kernel = next(tensor for tensor in model.graph.initializer if tensor.name == "conv2d_1/kernel")
    np.testing.assert_array_equal(numpy_helper.to_array(kernel), weights["conv2d_1/kernel"].transpose(3, 2, 0, 1))


def test_a_missing_array_is_our_own_fault(network: Network, draw_weights: Draw) -> None:
    weights = {name: array for name, array in draw_weights(network, 0).items() if name != "dense/bias"}

    with pytest.raises(GraderFault, match=r"dense/bias takes float32 \(512,\), was bound to nothing"):
        bind(network, weights)


def test_an_array_of_another_shape_is_our_own_fault(network: Network, draw_weights: Draw) -> None:
    weights = {**draw_weights(network, 0), "dense/bias": np.zeros(511, np.float32)}

    with pytest.raises(GraderFault, match=r"dense/bias takes float32 \(512,\)"):
        bind(network, weights)
