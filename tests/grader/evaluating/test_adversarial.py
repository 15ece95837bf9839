"""Networks made so that float32 engines disagree: the predicted classes are the same, whoever evaluates."""

import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from grader.evaluating.agreement import undecided
from grader.evaluating.deciding import evaluate
from grader.evaluating.exact import ExactNetwork, decide
from grader.evaluating.keras_model import KerasModel
from grader.evaluating.onnx_runtime import Engine
from grader.evaluating.rounding import magnitude
from grader.facts import FloatArray, Weights
from grader.networks.graph import Network, bind
from grader.networks.keras_config import network_from_config
from tests.grader.evaluating.devices import DEVICES

Make = Callable[[Network], dict[str, FloatArray]]
Bound = tuple[bytes, Network, Weights, FloatArray]

SHAPE = (12, 12, 3)
CLASSES = 5
COUNT = 192
CONFIG: dict[str, Any] = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {
        "name": "small",
        "layers": [
            {
                "module": "keras.layers",
                "class_name": "InputLayer",
                "config": {"name": "input", "batch_shape": [None, *SHAPE]},
            },
            *(
                {"module": "keras.layers", "class_name": kind, "config": {"name": name, **options}}
                for kind, name, options in (
                    ("Conv2D", "conv", {"filters": 16, "kernel_size": [3, 3], "activation": "relu"}),
                    ("MaxPooling2D", "pool", {"pool_size": [2, 2]}),
                    ("Conv2D", "conv_1", {"filters": 16, "kernel_size": [3, 3], "activation": "relu"}),
                    ("Flatten", "flatten", {}),
                    ("Dense", "dense", {"units": 64, "activation": "relu"}),
                    ("Dense", "dense_1", {"units": CLASSES, "activation": "softmax"}),
                )
            ),
        ],
    },
}


def _ordinary(network: Network) -> dict[str, FloatArray]:
    random = np.random.default_rng(7)
    return {
        slot.name: random.normal(
            0, 1.4 / np.prod(slot.shape[:-1]) ** 0.5 if len(slot.shape) > 1 else 0.1, slot.shape
        ).astype(np.float32)
        for slot in network.slots
    }


def _cancelling(network: Network) -> dict[str, FloatArray]:
    """Pairs of neurons that hardly differ, one times a million and one times minus that."""
    weights, random = _ordinary(network), np.random.default_rng(8)
    kernel, last = weights["dense/kernel"], weights["dense_1/kernel"]
    kernel[:, 1::2] = kernel[:, ::2] * (1 + random.normal(0, 3e-7, kernel[:, ::2].shape)).astype(np.float32)
    weights["dense/bias"][1::2] = weights["dense/bias"][::2]
    last[::2] = np.where(random.random(last[::2].shape) < 0.5, 1e6, -1e6)
    last[1::2] = -last[::2]
    return weights


def _cancelling_early(network: Network) -> dict[str, FloatArray]:
    """The same in the second convolution, so that small numbers with large errors go on."""
    weights, random = _ordinary(network), np.random.default_rng(9)
    first, second = weights["conv/kernel"], weights["conv_1/kernel"]
    first[..., 1::2] = first[..., ::2] * (1 + random.normal(0, 3e-7, first[..., ::2].shape)).astype(np.float32)
    weights["conv/bias"][1::2] = weights["conv/bias"][::2]
    second[:, :, ::2] = second[:, :, ::2] * 1e6
    second[:, :, 1::2] = -second[:, :, ::2]
    return weights


def _large(network: Network) -> dict[str, FloatArray]:
    """Numbers up to some 1e38 on the way."""
    weights = _ordinary(network)
    weights["conv_1/kernel"] *= np.float32(1e37)
    weights["conv_1/bias"] *= np.float32(1e37)
    weights["dense/kernel"] *= np.float32(1e-38)
    return weights


def _too_large(network: Network) -> dict[str, FloatArray]:
    weights = _ordinary(network)
    return weights | {"conv_1/kernel": np.sign(weights["conv_1/kernel"]) * np.float32(3e38)}


def _tiny(network: Network) -> dict[str, FloatArray]:
    """Numbers below float32's smallest normal one, some of which processors take for 0; made large again at the end."""
    weights = _ordinary(network)
    weights["conv_1/kernel"] *= np.float32(1e-42)
    weights["conv_1/bias"] *= np.float32(1e-42)
    weights["dense/kernel"] *= np.float32(1e20)
    weights["dense/bias"] *= np.float32(1e-22)
    weights["dense_1/kernel"] *= np.float32(1e22)
    return weights


NETWORKS: tuple[Make, ...] = (_ordinary, _cancelling, _cancelling_early, _large, _too_large, _tiny)


@pytest.fixture(scope="module")
def network() -> Network:
    return network_from_config(CONFIG)


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda make: make.__name__.strip("_"))
def bound(request: pytest.FixtureRequest, network: Network) -> Bound:
    """A network's graph with adversarial weights, and images close to where its classes meet."""
    weights = request.param(network)
    model = bind(network, weights)
    return model, network, weights, _near_ties(ExactNetwork(model))


def _near_ties(network: ExactNetwork) -> FloatArray:
    """Images bisected, as far as float32 pixels allow, between two that float64 gives different classes."""
    random = np.random.default_rng(3)
    pool = random.uniform(0, 1, (2 * COUNT, *SHAPE)).astype(np.float32)
    one, other = pool[:COUNT].astype(np.float64), pool[COUNT:].astype(np.float64)
    goal = network.logits(pool[:COUNT]).argmax(axis=1)
    for _ in range(26):
        middle = (one + other) / 2
        same = network.logits(middle.astype(np.float32)).argmax(axis=1) == goal
        one[same], other[~same] = middle[same], middle[~same]
    return one.astype(np.float32)


@pytest.fixture(scope="module")
def keras_model() -> Iterator[Callable[[Network, Weights], KerasModel]]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("keras")
        yield lambda network, weights: KerasModel(CONFIG, network.layers, weights)


def _exact_classes(model: bytes, images: Any) -> list[int]:
    network = ExactNetwork(model)
    size = magnitude(network, np.abs(images.pixels).max(axis=0, keepdims=True))
    classes: list[int] = decide(network, images, np.arange(COUNT), size).tolist()
    return classes


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [1, 7, 64, COUNT])
def test_batch_and_threads_change_no_class(bound: Bound, batch: int, threads: int, in_memory: type) -> None:
    model, _, _, pixels = bound
    images = in_memory(pixels)

    outcome = evaluate(Engine(model, threads), model, images, batch, CLASSES)

    assert outcome.classes.tolist() == _exact_classes(model, images)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("batch", [1, COUNT])
def test_torch_predicts_the_same_classes(bound: Bound, batch: int, device: str, in_memory: type) -> None:
    torch_engine = pytest.importorskip("grader.evaluating.torch_engine")
    torch_engine.prepare(device)
    model, _, _, pixels = bound
    images = in_memory(pixels)

    outcome = evaluate(torch_engine.Engine(model, device), model, images, batch, CLASSES)

    assert outcome.classes.tolist() == _exact_classes(model, images)


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
def test_tensorflow_predicts_the_same_classes(
    bound: Bound, keras_model: Callable[[Network, Weights], KerasModel], in_memory: type
) -> None:
    model, network, weights, pixels = bound
    images = in_memory(pixels)

    outcome = evaluate(keras_model(network, weights), model, images, 64, CLASSES)

    assert outcome.classes.tolist() == _exact_classes(model, images)


def test_near_ties_are_too_close_for_float32(network: Network) -> None:
    model = bind(network, _ordinary(network))
    pixels = _near_ties(ExactNetwork(model))

    best = np.sort(ExactNetwork(model).logits(pixels), axis=1)

    margins: npt.NDArray[np.float64] = best[:, -1] - best[:, -2]
    assert np.median(margins) < 1e-6
    assert len(set(ExactNetwork(model).logits(pixels).argmax(axis=1).tolist())) > 2


@pytest.mark.parametrize("make", [_cancelling, _cancelling_early])
def test_terms_that_cancel_leave_samples_open_that_logits_alone_would_not(make: Make, network: Network) -> None:
    model = bind(network, make(network))
    pixels = np.random.default_rng(4).uniform(0, 1, (COUNT, *SHAPE)).astype(np.float32)
    logits, exact = Engine(model).logits(pixels), ExactNetwork(model)
    wrong = logits.argmax(axis=1) != exact.logits(pixels).argmax(axis=1)
    size = magnitude(exact, pixels.max(axis=0, keepdims=True))

    assert (wrong & ~undecided(logits)).any()
    assert not (wrong & ~undecided(logits, size)).any()


def test_ordinary_weights_are_decided_by_the_engine(network: Network, in_memory: type) -> None:
    model = bind(network, _ordinary(network))
    pixels = np.random.default_rng(4).uniform(0, 1, (COUNT, *SHAPE)).astype(np.float32)

    outcome = evaluate(Engine(model), model, in_memory(pixels), 64, CLASSES)

    assert outcome.rechecked <= 2
