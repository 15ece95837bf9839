"""Keras itself as the reference: the same configuration and weights give the same logits."""

import json
import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine
from grader.facts import FloatArray, Weights
from grader.networks.graph import Network, bind
from grader.networks.keras_config import network_from_config
from tests.grader.networks.keras_models import fill

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore")]

SHAPE = (45, 41, 3)
IMAGES = 8
TOLERANCE = 1e-4  # of the largest logit
CLEAR = 1e-3  # of the largest logit: a margin that float32 cannot turn over


@pytest.fixture(scope="module", params=["keras", "tf_keras"])
def keras(request: pytest.FixtureRequest) -> Iterator[Any]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip(request.param)


def _model(keras: Any, kinds: list[tuple[str, dict[str, Any]]], random: np.random.Generator) -> Any:
    layers = [getattr(keras.layers, kind)(**options) for kind, options in kinds]
    model = keras.Sequential([keras.layers.InputLayer(SHAPE), *layers])
    fill(model, random)
    return model


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


def test_hard_sigmoid_is_the_one_of_the_version_that_wrote_the_configuration(keras: Any) -> None:
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("Flatten", {}),
        ("Dense", {"units": 9, "activation": "hard_sigmoid"}),
        ("Dense", {"units": 3}),
    ]

    _compare(_model(keras, kinds, np.random.default_rng(3)), _images())


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
