from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from grader.facts import NetworkLayer, Shape, Slot, StoredLayer, StoredWeights

CMU_SHAPES: Mapping[str, Shape] = {
    "conv2d": (3, 3, 3, 32),
    "conv2d_1": (3, 3, 32, 32),
    "conv2d_2": (3, 3, 32, 64),
    "conv2d_3": (3, 3, 64, 64),
    "dense": (1024, 512),
    "dense_1": (512, 5),
}


@pytest.fixture
def network() -> tuple[NetworkLayer, ...]:
    """The six layers with weights of the 10-605 network."""
    return tuple(
        NetworkLayer(name, name.partition("_")[0], (Slot(f"{name}/kernel", shape), Slot(f"{name}/bias", (shape[-1],))))
        for name, shape in CMU_SHAPES.items()
    )


@pytest.fixture
def own_layers() -> Callable[[], list[StoredLayer]]:
    """Makes the same layers under the names that a notebook gives when it builds its network twice."""

    def make() -> list[StoredLayer]:
        random = np.random.default_rng(5)
        names = ["conv2d_8", "conv2d_9", "conv2d_10", "conv2d_11", "dense_4", "dense_5"]
        return [
            StoredLayer(
                name, {"kernel": random.random(shape, np.float32), "bias": random.random(shape[-1], np.float32)}
            )
            for name, shape in zip(names, CMU_SHAPES.values(), strict=True)
        ]

    return make


@pytest.fixture
def in_order() -> Callable[[Sequence[StoredLayer]], StoredWeights]:
    """A file whose layers stand in the network's order."""
    return lambda layers: StoredWeights("keras-legacy", True, tuple(layers))


@pytest.fixture
def by_kind() -> Callable[[Sequence[StoredLayer]], StoredWeights]:
    """A file whose layers stand by kind and number, with arrays by index."""

    def make(layers: Sequence[StoredLayer]) -> StoredWeights:
        renamed = [StoredLayer(layer.name, dict(zip("01", layer.arrays.values(), strict=False))) for layer in layers]
        return StoredWeights("keras-vars", False, tuple(renamed))

    return make
