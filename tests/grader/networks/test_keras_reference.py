"""Keras itself as the reference: the same configuration and weights give the same logits."""

import json
import os
import warnings
from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
import pytest

from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine
from grader.facts import FloatArray, Weights
from grader.networks.graph import Network, bind
from grader.networks.keras_config import TRAINING_ONLY, network_from_config
from grader.networks.keras_layers import LAYERS

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore")]

SHAPE = (45, 41, 3)
IMAGES = 8
SEEDS = range(20)
TOLERANCE = 1e-4  # of the largest logit
CLEAR = 1e-3  # of the largest logit: a margin that float32 cannot turn over
NAMES_OF_ACTIVATIONS = ("relu", "elu", "selu", "sigmoid", "tanh", "softplus", "swish", "linear", "softmax")

# Random networks are dealt from these, so that the seeds together use each one.
SHRINKING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Conv2D", {"filters": 8, "kernel_size": 3, "padding": "same", "activation": "relu"}),
    ("Conv2D", {"filters": 8, "kernel_size": (3, 2), "padding": "valid", "use_bias": False}),
    ("Conv2D", {"filters": 6, "kernel_size": (2, 4), "padding": "same", "strides": 2, "activation": "tanh"}),
    ("Conv2D", {"filters": 6, "kernel_size": 3, "strides": (2, 1), "padding": "valid", "activation": "elu"}),
    ("Conv2D", {"filters": 9, "kernel_size": 3, "dilation_rate": 2, "padding": "same", "activation": "swish"}),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "dilation_rate": (1, 2), "padding": "valid"}),
    ("Conv2D", {"filters": 5, "kernel_size": 1, "strides": 3, "padding": "same", "activation": "softmax"}),
    ("MaxPooling2D", {"pool_size": 2}),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}),
    ("MaxPooling2D", {"pool_size": (3, 2), "strides": (1, 2)}),
    ("AveragePooling2D", {"pool_size": 2}),
    ("AveragePooling2D", {"pool_size": (3, 4), "strides": (2, 1), "padding": "same"}),
    ("ZeroPadding2D", {"padding": ((1, 2), (0, 3))}),
    ("ZeroPadding2D", {"padding": (2, 1)}),
)
KEEPING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("BatchNormalization", {}),
    ("BatchNormalization", {"scale": False, "epsilon": 0.01}),
    ("BatchNormalization", {"center": False}),
    ("ReLU", {}),
    ("ReLU", {"max_value": 1.5}),
    ("ReLU", {"max_value": 2.0, "negative_slope": 0.1, "threshold": 0.25}),
    ("ReLU", {"threshold": 0.5}),
    ("ReLU", {"negative_slope": 0.3}),
    ("LeakyReLU", {}),
    ("Rescaling", {"scale": 1.5, "offset": -0.5}),
    ("Softmax", {}),
    *(("Activation", {"activation": name}) for name in NAMES_OF_ACTIVATIONS),
    ("Dropout", {"rate": 0.5}),
    ("GaussianNoise", {"stddev": 0.5}),
    ("SpatialDropout2D", {"rate": 0.5}),
)
ENDS: tuple[tuple[tuple[str, dict[str, Any]], ...], ...] = (
    (("Flatten", {}), ("Dense", {"units": 7, "activation": "relu"}), ("BatchNormalization", {})),
    (("GlobalAveragePooling2D", {}), ("Dense", {"units": 9, "activation": "sigmoid", "use_bias": False})),
    (("GlobalAveragePooling2D", {"keepdims": True}), ("Conv2D", {"filters": 8, "kernel_size": 1}), ("Flatten", {})),
    (("GlobalMaxPooling2D", {}), ("LeakyReLU", {})),
)


@pytest.fixture(scope="module", params=["keras", "tf_keras"])
def keras(request: pytest.FixtureRequest) -> Iterator[Any]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip(request.param)


def _random_model(keras: Any, seed: int) -> Any:
    """A model of the seed's share of the layers, with random weights."""
    random = np.random.default_rng(seed)
    body = [SHRINKING[(3 * seed + place) % len(SHRINKING)] for place in range(3)]
    body += [KEEPING[(3 * seed + place) % len(KEEPING)] for place in range(3)]
    kinds = [body[place] for place in random.permutation(len(body))] + list(ENDS[seed % len(ENDS)])
    kinds.append(("Dense", {"units": 5, "activation": ("linear", "softmax")[seed % 2]}))
    return _model(keras, kinds, random)


def _model(keras: Any, kinds: list[tuple[str, dict[str, Any]]], random: np.random.Generator) -> Any:
    layers = [getattr(keras.layers, kind)(**options) for kind, options in kinds]
    model = keras.Sequential([keras.layers.InputLayer(SHAPE), *layers])
    for layer in model.layers:
        layer.set_weights([_draw(weight.name, tuple(weight.shape), random) for weight in layer.weights])
    return model


def _draw(name: str, shape: tuple[int, ...], random: np.random.Generator) -> FloatArray:
    if "variance" in name:
        return random.uniform(0.2, 2.0, shape).astype(np.float32)
    return random.normal(0, 1.5 / prod(shape[:-1]) ** 0.5, shape).astype(np.float32)


def _network(model: Any) -> tuple[Network, Weights]:
    network = network_from_config(json.loads(model.to_json()))
    arrays = [np.asarray(weight) for layer in model.layers for weight in layer.weights]
    return network, {slot.name: array for slot, array in zip(network.slots, arrays, strict=True)}


def _compare(model: Any, images: FloatArray) -> None:
    network, weights = _network(model)
    model.layers[-1].activation = None
    expected = np.asarray(model(images, training=False))
    bound = bind(network, weights)

    logits, exact = Engine(bound).logits(images), ExactNetwork(bound).logits(images)

    scale = np.abs(expected).max()
    assert np.abs(logits - expected).max() <= TOLERANCE * scale
    assert np.abs(exact - expected).max() <= TOLERANCE * scale
    best = np.sort(exact, axis=1)
    clear = best[:, -1] - best[:, -2] > CLEAR * scale
    assert clear.any()
    assert (logits.argmax(axis=1) == expected.argmax(axis=1))[clear].all()
    assert (exact.argmax(axis=1) == expected.argmax(axis=1))[clear].all()


def _images() -> FloatArray:
    return np.random.default_rng(5).normal(0.3, 1, (IMAGES, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_network_gives_the_logits_of_keras(keras: Any, seed: int) -> None:
    _compare(_random_model(keras, seed), _images())


def test_a_grouped_convolution_gives_the_logits_of_keras(keras: Any) -> None:
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 3, "strides": 2, "padding": "same"}),
        ("GlobalAveragePooling2D", {}),
        ("Dense", {"units": 3}),
    ]

    _compare(_model(keras, kinds, np.random.default_rng(1)), _images())


def test_scales_by_channel_give_the_logits_of_keras(keras: Any) -> None:
    rescaling: tuple[str, dict[str, Any]] = ("Rescaling", {"scale": [0.5, 1.0, 2.0], "offset": [0.0, -1.0, 1.0]})
    kinds = [rescaling, ("MaxPooling2D", {}), rescaling, ("Flatten", {}), ("Dense", {"units": 3})]

    _compare(_model(keras, kinds, np.random.default_rng(2)), _images())


def test_the_random_networks_use_every_supported_kind_of_layer() -> None:
    dealt = {SHRINKING[(3 * seed + place) % len(SHRINKING)][0] for seed in SEEDS for place in range(3)}
    dealt |= {KEEPING[(3 * seed + place) % len(KEEPING)][0] for seed in SEEDS for place in range(3)}
    dealt |= {kind for seed in SEEDS for kind, _ in ENDS[seed % len(ENDS)]}

    assert dealt - TRAINING_ONLY == LAYERS.keys()


def test_keras_loads_the_shipped_cmu_network_with_592933_parameters(cmu_config: dict[str, Any]) -> None:
    keras = pytest.importorskip("keras")

    model = keras.models.model_from_json(json.dumps(cmu_config))

    assert model.count_params() == 592_933
    assert json.loads(model.to_json()) == cmu_config


def test_keras_2_describes_the_cmu_network_as_keras_3_does(cmu_config: dict[str, Any]) -> None:
    layers = pytest.importorskip("tf_keras").layers
    keras_2 = pytest.importorskip("tf_keras").Sequential(
        [
            layers.Conv2D(32, 3, padding="same", activation="relu", input_shape=(25, 25, 3), name="conv2d"),
            layers.Conv2D(32, 3, activation="relu", name="conv2d_1"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2d_2"),
            layers.Conv2D(64, 3, activation="relu", name="conv2d_3"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(512, activation="relu", name="dense"),
            layers.Dropout(0.5),
            layers.Dense(5, activation="softmax", name="dense_1"),
        ],
        name="sequential",
    )

    assert network_from_config(json.loads(keras_2.to_json())) == network_from_config(cmu_config)
