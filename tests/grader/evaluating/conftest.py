"""Small networks with chosen weights, and images in memory, for the tests of evaluating."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from grader.facts import AnyArray, FloatArray, Shape, Weights
from grader.networks.graph import Network
from grader.networks.keras_config import network_from_config

SHARED = Path(__file__).resolve().parents[3].parent / "shared"

Layer = tuple[str, dict[str, Any]]
Fill = Callable[[str, Shape], AnyArray]


@dataclass(frozen=True)
class ImagesInMemory:
    """Images that are already scaled."""

    pixels: FloatArray

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> FloatArray:
        taken: FloatArray = self.pixels[np.asarray(indices)]
        return taken


@pytest.fixture(scope="session")
def in_memory() -> type[ImagesInMemory]:
    return ImagesInMemory


@pytest.fixture(scope="session")
def small_network() -> Callable[..., Network]:
    """Makes a network of layers (kind, options); each is named after its kind and its place."""

    def make(*layers: Layer, shape: Shape = (6, 6, 3)) -> Network:
        first = {"class_name": "InputLayer", "config": {"name": "input", "batch_shape": [None, *shape]}}
        others = [
            {"class_name": kind, "config": {"name": f"{kind.lower()}_{place}", **options}}
            for place, (kind, options) in enumerate(layers)
        ]
        return network_from_config(
            {"class_name": "Sequential", "config": {"name": "small", "layers": [first, *others]}}
        )

    return make


@pytest.fixture(scope="session")
def fill() -> Callable[[Network, Fill], Weights]:
    """Gives each slot of a network the array that a function makes from its name and shape."""

    def fill_slots(network: Network, values: Fill) -> Weights:
        return {slot.name: np.asarray(values(slot.name, slot.shape), np.float32) for slot in network.slots}

    return fill_slots


@pytest.fixture
def descriptor() -> Iterator[Callable[[bytes], int]]:
    """Puts bytes behind a descriptor, as the airlock hands them over."""
    opened: list[int] = []

    def hold(data: bytes) -> int:
        opened.append(os.memfd_create("test"))
        os.write(opened[-1], data)
        return opened[-1]

    yield hold
    for file in opened:
        os.close(file)


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the folder of real files beside the project is absent")
    return SHARED
