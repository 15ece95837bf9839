"""How large a network's tensors are, told from its graph without weights."""

import numpy as np
import pytest

from grader.evaluating.exact import ExactNetwork
from grader.network_rule import NetworkRule
from grader.networks.activation_sizes import largest_activation, shapes_of
from grader.networks.graph import Network, bind

LAYERS = [
    {"conv2d": {"channels": 6, "kernel": 3, "padding": "same", "groups": 3}},
    "batch_norm2d",
    "gelu",
    {"upsample": 2},
    {"zero_pad2d": [1, 2, 3, 4]},
    {"avg_pool2d": {"kernel": 3, "padding": 1}},
    {"max_pool2d": {"kernel": 2, "ceil_mode": True}},
    "softplus",
    "flatten",
    {"linear": 5},
    "batch_norm1d",
    {"linear": 2},
]


@pytest.fixture
def network() -> Network:
    found = NetworkRule.model_validate({"input_shape": [3, 7, 5], "layers": LAYERS}).network
    assert found is not None
    return found


def test_the_shapes_are_those_of_what_is_computed(network: Network) -> None:
    exact = ExactNetwork(bind(network, {slot.name: np.ones(slot.shape, np.float32) for slot in network.slots}))

    computed = [value.shape for value in exact.values(np.zeros((1, 3, 7, 5), np.float32))]

    assert [(1, 3, 7, 5), *shapes_of(network).values()] == computed


def test_the_largest_is_told_in_bytes_of_one_sample(network: Network) -> None:
    assert largest_activation(network) == 4 * 6 * 21 * 13


def test_an_image_that_only_shrinks_is_itself_the_largest() -> None:
    network = NetworkRule.model_validate({"input_shape": [1, 9, 9], "layers": ["flatten", {"linear": 2}]}).network

    assert network is not None
    assert largest_activation(network) == 4 * 81
