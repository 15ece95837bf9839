from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from grader.evaluating.ceiling import BOUNDS, QUICK, could_overflow
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.operators import OPERATORS
from grader.facts import AnyArray, Shape, Weights
from grader.network_rule import NetworkRule
from grader.networks.activations import ACTIVATIONS
from grader.networks.graph import Network, bind

Make = Callable[..., Network]
Fill = Callable[[Network, Callable[[str, Shape], AnyArray]], Weights]

END: tuple[tuple[str, dict[str, Any]], ...] = (("Flatten", {}), ("Dense", {"units": 3}))
LAYERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}),
    ("MaxPooling2D", {"pool_size": 2, "padding": "same"}),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}),
    ("GlobalMaxPooling2D", {}),
    ("GlobalAveragePooling2D", {}),
    ("BatchNormalization", {}),
    ("ZeroPadding2D", {}),
    ("Rescaling", {"scale": -2.0, "offset": -0.25}),
    ("LeakyReLU", {"alpha": 3.0}),
    ("ReLU", {"max_value": 0.75}),
    ("ReLU", {"max_value": 0.75, "negative_slope": 2.0, "threshold": 0.25}),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2, "padding": "same"}),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 2, "strides": 2}),
    ("LayerNormalization", {}),
    ("LayerNormalization", {"axis": [1, 2, 3], "center": False}),
    ("PReLU", {}),
    ("ELU", {"alpha": 0.5}),
    ("Gelu", {"approximate": True}),
    ("Dense", {"units": 4}),
    ("Permute", {"dims": [3, 1, 2]}),
    ("Reshape", {"target_shape": [12, -1]}),
    ("UpSampling2D", {"size": [2, 3]}),
    ("UpSampling2D", {"size": [3, 2], "interpolation": "bilinear"}),
    ("Cropping2D", {"cropping": [[1, 0], [2, 1]]}),
    ("Softmax", {"axis": 1}),
    ("BatchNormalization", {"axis": 1}),
    ("MaxPooling2D", {"data_format": "channels_first"}),
    *(("Activation", {"activation": name}) for name in sorted(ACTIVATIONS)),
)


def _random(name: str, shape: Shape) -> npt.NDArray[np.float64]:
    random = np.random.default_rng(len(name))
    return random.uniform(0.2, 2, shape) if "variance" in name else random.normal(0, 1, shape)


def _images(count: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 2, (count, 6, 6, 3)).astype(np.float32)


def test_every_operator_has_a_bound() -> None:
    assert BOUNDS.keys() == QUICK.keys() == OPERATORS.keys()


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: f"{layer[0]}-{'-'.join(map(str, layer[1].values()))}")
def test_no_value_exceeds_its_bound(layer: tuple[str, dict[str, Any]], small_network: Make, fill: Fill) -> None:
    network = small_network(layer, *END)
    model, images = bind(network, fill(network, _random)), _images(50)
    extreme = np.abs(images).max(axis=0, keepdims=True)

    exact = ExactNetwork(model)
    values, bounds, quick = exact.values(images), exact.values(extreme, BOUNDS), exact.values(extreme, QUICK)

    for value, bound, wider in zip(values, bounds, quick, strict=True):
        assert (np.abs(value) <= bound * (1 + 1e-12)).all()
        assert (bound <= wider * (1 + 1e-12)).all()
        assert bound.shape == wider.shape


def test_ordinary_weights_cannot_overflow(small_network: Make, fill: Fill) -> None:
    network = small_network(LAYERS[0], LAYERS[5], LAYERS[1], *END)

    assert not could_overflow(ExactNetwork(bind(network, fill(network, _random))), np.abs(_images(1)))


def test_what_the_quick_bound_leaves_open_is_looked_at_closely(small_network: Make, fill: Fill) -> None:
    network = small_network(*END)
    kernel = np.eye(108, 3) * 1e38  # 108 terms of 1e38 would not fit, and one does
    weights = fill(network, lambda name, shape: kernel if "kernel" in name else np.zeros(shape))

    assert not could_overflow(ExactNetwork(bind(network, weights)), np.ones((1, 6, 6, 3), np.float32))


def test_a_sum_that_could_overflow_in_one_order_is_found(small_network: Make, fill: Fill) -> None:
    network = small_network(*END)
    kernel = np.where(np.arange(108) % 2, 2e38, -2e38)[:, None] * np.ones((1, 3))
    weights = fill(network, lambda name, shape: kernel if "kernel" in name else np.zeros(shape))

    assert could_overflow(ExactNetwork(bind(network, weights)), np.ones((1, 6, 6, 3), np.float32))


def test_a_running_variance_below_zero_is_found(small_network: Make, fill: Fill) -> None:
    network = small_network(("BatchNormalization", {}), *END)
    weights = fill(network, lambda name, shape: np.full(shape, -1.0 if "variance" in name else 1.0))

    assert could_overflow(ExactNetwork(bind(network, weights)), np.ones((1, 6, 6, 3), np.float32))


def test_a_function_that_levels_off_away_from_0_is_bounded_by_its_level() -> None:
    layers = [{"hardtanh": {"min": 2, "max": 3}}, {"avg_pool2d": {"kernel": 2, "padding": 1}}, "flatten", {"linear": 2}]
    network = NetworkRule.model_validate({"input_shape": [1, 2, 2], "layers": layers}).network
    assert network is not None
    exact = ExactNetwork(bind(network, {slot.name: np.ones(slot.shape, np.float32) for slot in network.slots}))
    images = np.zeros((1, 1, 2, 2), np.float32)

    for value, bound in zip(exact.values(images), exact.values(images, BOUNDS), strict=True):
        assert (np.abs(value) <= bound).all()
