"""Random networks whose weights Keras saves: read, matched and evaluated by us, they give the logits of Keras."""

import json
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from grader.checking import architecture, values
from grader.evaluating.deciding import evaluate
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine
from grader.facts import FloatArray
from grader.networks.graph import Network, bind
from grader.networks.keras_config import network_from_config
from grader.networks.keras_layers import LAYERS
from grader.reading import stored
from tests.grader.networks.keras_models import random_model

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore")]

LIBRARIES = ("keras", "tf_keras")
FEW = range(20)  # of each library
MANY = range(150)
KINDS = range(60)
IMAGES = 8
TOLERANCE = 1e-4  # of the largest logit
CLEAR = 1e-3  # of the largest logit: a margin that float32 cannot turn over


@dataclass(frozen=True)
class Images:
    """Images that are already scaled."""

    pixels: FloatArray

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> FloatArray:
        taken: FloatArray = self.pixels[np.asarray(indices)]
        return taken


@pytest.fixture(scope="module", params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> Iterator[Any]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip(request.param)


def _graded(model: Any, path: Path) -> tuple[Network, bytes]:
    """The network of a model's configuration, and the graph bound to the weights in a file that Keras saved."""
    _save(model, path)
    network = network_from_config(json.loads(model.to_json()))
    matched = architecture.match(stored.read_own(path), network.layers)
    weights, findings = values.canonical(matched.arrays, network.slots)
    assert (matched.problems, findings) == ((), ())
    return network, bind(network, weights)


def _save(model: Any, path: Path) -> None:
    """Saves as Keras does: Keras 3 writes its old layout only where the whole model is saved."""
    if "".join(path.suffixes) == ".weights.h5" or hasattr(model, "_undeduplicated_weights"):
        model.save_weights(path)
    else:
        model.save(path)


def _expected(library: Any, model: Any, images: FloatArray) -> FloatArray:
    """The logits that Keras gives, without the softmax at the end."""
    model.layers[-1].activation = library.activations.linear
    return np.asarray(model(images, training=False))


def _compare(library: Any, model: Any, path: Path) -> None:
    network, bound = _graded(model, path)
    images = np.random.default_rng(5).normal(0.3, 1, (IMAGES, *network.input_shape)).astype(np.float32)
    expected = _expected(library, model, images)
    engine, exact = Engine(bound), ExactNetwork(bound)

    logits, precise = engine.logits(images), exact.logits(images)
    outcome = evaluate(engine, bound, Images(images), 3, network.classes)

    scale = np.abs(expected).max()
    assert np.abs(logits - expected).max() <= TOLERANCE * scale
    assert np.abs(precise - expected).max() <= TOLERANCE * scale
    assert network.parameters == _parameters(model)
    assert outcome.classes.tolist() == precise.argmax(axis=1).tolist()
    best = np.sort(precise, axis=1)
    clear = best[:, -1] - best[:, -2] > CLEAR * scale
    assert (expected.argmax(axis=1) == outcome.classes)[clear].all()


def _parameters(model: Any) -> int:
    """Trainable numbers: what is not trained are the running statistics of BatchNormalization."""
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_channels_first_give_the_logits_of_keras(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")  # tf_keras pools no such images on a processor

    for seed in FEW[:8]:
        model = random_model(keras, seed, channels_first=True)
        _compare(keras, model, tmp_path / f"saved_{seed}.weights.h5")


def test_the_random_networks_use_every_supported_kind_of_layer() -> None:
    keras = pytest.importorskip("keras")
    configs = [json.loads(random_model(keras, seed).to_json())["config"] for seed in KINDS]

    used = {layer["class_name"] for config in configs for layer in config["layers"]}

    assert used >= LAYERS.keys()


def _suffix(seed: int) -> str:
    return ".h5" if seed % 2 else ".weights.h5"


@pytest.mark.parametrize("seed", FEW)
def test_a_random_network_gives_the_logits_of_keras(library: Any, seed: int, tmp_path: Path) -> None:
    _compare(library, random_model(library, seed), tmp_path / f"saved{_suffix(seed)}")


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_random_networks_do_too(library: Any, seed: int, tmp_path: Path) -> None:
    library.backend.clear_session()
    _compare(library, random_model(library, seed), tmp_path / f"saved{_suffix(seed)}")
