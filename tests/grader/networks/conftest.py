"""Configurations of networks, as the tests need them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.facts import SlotRole, Weights
from grader.networks.graph import Network

COMPETITIONS = Path(__file__).resolve().parents[3] / "competitions"

Layer = tuple[str, dict[str, Any]]


@pytest.fixture(scope="session")
def cmu_config() -> dict[str, Any]:
    config: dict[str, Any] = json.loads((COMPETITIONS / "cmu-10605.keras.json").read_text())
    return config


@pytest.fixture(scope="session")
def sequential() -> Callable[..., dict[str, Any]]:
    """Makes a configuration of layers (kind, options); each is named after its kind and its place."""

    def make(*layers: Layer, shape: tuple[int | None, ...] = (8, 8, 3)) -> dict[str, Any]:
        first = {"class_name": "InputLayer", "config": {"name": "input", "batch_shape": [None, *shape]}}
        others = [
            {"class_name": kind, "config": {"name": f"{kind.lower()}_{place}", **options}}
            for place, (kind, options) in enumerate(layers)
        ]
        return {"class_name": "Sequential", "config": {"name": "small", "layers": [first, *others]}}

    return make


@pytest.fixture(scope="session")
def draw_weights() -> Callable[[Network, int], Weights]:
    """Draws random weights for a network; a running variance is positive."""

    def draw(network: Network, seed: int) -> Weights:
        random = np.random.default_rng(seed)
        weights = {}
        for slot in network.slots:
            values = random.normal(0, 0.3, slot.shape)
            is_variance = slot.role is SlotRole.BUFFER and slot.name.endswith("variance")
            weights[slot.name] = (np.abs(values) + 0.1 if is_variance else values).astype(np.float32)
        return weights

    return draw
