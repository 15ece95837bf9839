"""Networks and weights that are small enough to say by hand what goes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.compaction.compacting import Compacted
from grader.facts import SlotRole
from grader.networks.graph import Network
from grader.networks.keras_config import network_from_config

Sequential = Callable[..., dict[str, Any]]


def drawn(network: Network, seed: int = 0) -> dict[str, Any]:
    """Random weights, none of them zero."""
    random = np.random.default_rng(seed)
    weights = {}
    for slot in network.slots:
        values = random.normal(0, 0.4, slot.shape)
        variance = slot.role is SlotRole.BUFFER and slot.name.endswith("variance")
        weights[slot.name] = (np.abs(values) + 0.1 if variance else values).astype(np.float32)
    return weights


def shapes(found: Compacted) -> dict[str, tuple[int, ...]]:
    return {slot.name: slot.shape for slot in found.network.slots}


def convolution(**options: Any) -> tuple[str, dict[str, Any]]:
    return "Conv2D", {"filters": 4, "kernel_size": [3, 3], "activation": "relu", **options}


def two_convolutions(sequential: Sequential, **second: Any) -> Network:
    layers = [convolution(), convolution(filters=3, **second), ("Flatten", {}), ("Dense", {"units": 2})]
    return network_from_config(sequential(*layers, shape=(8, 8, 2)))
