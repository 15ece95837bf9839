"""The 10-605 network saved by the installed Keras 3 and tf_keras, each way that a student would."""

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from grader.checking import architecture, values
from grader.facts import NetworkLayer, Slot
from grader.reading.stored import read_own

pytestmark = [
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore"),  # TensorFlow warns on import, and Keras of the format
]
Save = Callable[[Any, str], None]


@pytest.fixture(scope="module")
def frameworks() -> dict[str, ModuleType]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return {name: pytest.importorskip(name) for name in ("keras", "tf_keras")}


@pytest.fixture(scope="module")
def models(frameworks: dict[str, ModuleType]) -> dict[str, Any]:
    """A trained network of each framework, the second of its kind, so that its layers are not numbered from 0."""
    made = {}
    for name, framework in frameworks.items():
        build(framework)
        model = build(framework)
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(np.random.default_rng(1).random((4, 25, 25, 3)), np.zeros(4), verbose=0)
        made[name] = model
    return made


def build(framework: ModuleType) -> Any:
    layers = framework.layers
    return framework.Sequential(
        [
            framework.Input((25, 25, 3)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(5, activation="softmax"),
        ]
    )


def network_of(model: Any) -> tuple[NetworkLayer, ...]:
    kinds = {"Conv2D": "conv2d", "Dense": "dense"}
    return tuple(
        NetworkLayer(
            f"layer{index}",
            kinds[type(layer).__name__],
            tuple(
                Slot(f"layer{index}/{name}", tuple(weight.shape))
                for name, weight in zip(("kernel", "bias"), layer.weights, strict=True)
            ),
        )
        for index, layer in enumerate(layer for layer in model.layers if layer.weights)
    )


@pytest.mark.parametrize(
    ("framework", "file_name", "whole", "layout"),
    [
        ("keras", "w.weights.h5", False, "keras-vars"),
        ("keras", "m.h5", True, "keras-legacy"),
        ("tf_keras", "w.weights.h5", False, "keras-vars"),
        ("tf_keras", "w.h5", False, "keras-legacy"),
        ("tf_keras", "m.h5", True, "keras-legacy"),
    ],
)
def test_every_way_of_saving_gives_the_weights_bit_for_bit(
    models: dict[str, Any], tmp_path: Path, framework: str, file_name: str, whole: bool, layout: str
) -> None:
    model = models[framework]
    path = tmp_path / file_name
    model.save(path) if whole else model.save_weights(path)
    network = network_of(model)

    stored = read_own(path)
    matched = architecture.match(stored, network)
    weights, findings = values.canonical(matched.arrays, [slot for layer in network for slot in layer.slots])

    assert stored.layout == layout
    assert (matched.problems, findings) == ((), ())
    for array, wanted in zip(weights.values(), model.get_weights(), strict=True):
        assert array.tobytes() == (wanted + np.float32(0)).tobytes()
    if whole:
        assert {note.code for note in stored.notes} == {"optimizer-ignored", "model-config-ignored"}


def test_a_network_of_hundreds_of_long_names_is_read(frameworks: dict[str, ModuleType], tmp_path: Path) -> None:
    """Its list of names is longer than one attribute may be, so that Keras splits it."""
    keras = frameworks["tf_keras"]
    names = [f"{'a_rather_long_name_' * 9}{index:04}" for index in range(400)]
    model = keras.Sequential([keras.layers.Dense(1, use_bias=False, name=name) for name in names])
    model.build((None, 1))  # once: with an input from the start, each further layer would build the network anew
    path = tmp_path / "w.h5"
    model.save_weights(path)

    stored = read_own(path)

    assert [layer.name for layer in stored.layers] == names
