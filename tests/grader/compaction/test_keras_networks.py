"""Random Keras networks of all supported layers, with zeros in rows and columns of their kernels."""

import json
import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from grader.compaction.compacting import compact
from grader.facts import FloatArray, NetworkLayer, SlotRole, Weights
from grader.flops import dense_macs
from grader.networks.graph import Network
from grader.networks.keras_config import network_from_config
from tests.grader.compaction.comparing import check_same
from tests.grader.networks.keras_models import random_model

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore")]

FEW = range(10)
MANY = range(10, 210)


@pytest.fixture(scope="module")
def keras() -> Iterator[Any]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip("keras")


def _network(keras: Any, seed: int) -> Network:
    model = random_model(keras, seed, channels_first=seed % 3 == 2)
    return network_from_config(json.loads(model.to_json()))


def _pruned(network: Network, seed: int) -> Weights:
    """Random weights; in some layers a part of the outputs is zero, or constant, or a part of the inputs unused."""
    random = np.random.default_rng(seed)
    weights: dict[str, FloatArray] = {}
    for layer in network.layers:
        weights |= _pruned_layer(random, layer)
    return weights


def _pruned_layer(random: np.random.Generator, layer: NetworkLayer) -> Weights:
    weights = {}
    units = layer.slots[0].shape[-1]
    dead = (random.random(units) < random.choice([0.3, 0.6, 1.0], p=[0.6, 0.3, 0.1])) & (random.random() < 0.7)
    for slot in layer.slots:
        values = random.normal(0, 0.3, slot.shape)
        if slot.role is SlotRole.BUFFER:
            values = np.abs(values) + 0.1
        elif slot.shape[-1] == units and not (slot.name.endswith("bias") and random.random() < 0.3):
            values[..., dead] = 0
        if values.ndim > 1 and random.random() < 0.3:
            values[..., random.random(slot.shape[-2]) < 0.4, :] = 0
        weights[slot.name] = values.astype(np.float32)
    return weights


def _check(keras: Any, seed: int) -> None:
    keras.backend.clear_session()
    network = _network(keras, seed)
    weights = _pruned(network, seed)

    folded, plain = compact(network, weights), compact(network, weights, fold=False)

    assert dense_macs(folded.network) <= dense_macs(plain.network) <= dense_macs(network)
    check_same(network, weights, folded)
    check_same(network, weights, plain)


@pytest.mark.parametrize("seed", FEW)
def test_a_compacted_network_gives_the_same_logits(keras: Any, seed: int) -> None:
    _check(keras, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_do_too(keras: Any, seed: int) -> None:
    _check(keras, seed)
