"""Real files, and one network as five versions of Keras write it. The files are not part of the project."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.checking import architecture, values
from grader.facts import NetworkLayer, Slot
from grader.reading.stored import read_own

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"
SHAPES = {
    "conv2d": (3, 3, 3, 32),
    "conv2d_1": (3, 3, 32, 32),
    "conv2d_2": (3, 3, 32, 64),
    "conv2d_3": (3, 3, 64, 64),
    "dense": (1024, 512),
    "dense_1": (512, 5),
}
NETWORK = tuple(
    NetworkLayer(name, name.partition("_")[0], (Slot(f"{name}/kernel", shape), Slot(f"{name}/bias", shape[-1:])))
    for name, shape in SHAPES.items()
)
SLOTS = [slot for layer in NETWORK for slot in layer.slots]
ZEROS = {
    "uncompressed_model_weights": 0,
    "Layerwise_thres_weights": 249_034,
    "Global_thres_weights": 349_830,
    "f23_weights_6": 570_087,
    "f23_weights_best": 521_654,
}

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"needs the sample files of students in {SAMPLES}")


def canonical_arrays(path: Path) -> Iterator[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    matched = architecture.match(read_own(path), NETWORK)
    assert matched.problems == ()
    weights, findings = values.canonical(matched.arrays, SLOTS)
    assert findings == ()
    return iter(weights.values())


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("keras2.12-save_weights.weights", "keras-vars-2.12"),
        ("keras2.15-save_weights", "keras-legacy"),
        ("keras3.0.5-full_model", "keras-legacy"),
        ("keras3.15-save_weights.weights", "keras-vars"),
        ("tf_keras2.21-full_model_trained", "keras-legacy"),
    ],
)
def test_every_layout_holds_the_same_weights(name: str, layout: str) -> None:
    path = SAMPLES / "h5-layouts" / f"{name}.h5"
    with np.load(SAMPLES / "h5-layouts" / "expected_weights.npz") as archive:
        expected = [archive[f"arr_{index}"] for index in range(12)]

    assert read_own(path).layout == layout
    for array, wanted in zip(canonical_arrays(path), expected, strict=True):
        assert array.tobytes() == (wanted + np.float32(0)).tobytes()


@pytest.mark.parametrize("name", ZEROS)
def test_a_students_file_has_its_zeros(name: str) -> None:
    arrays = list(canonical_arrays(SAMPLES / "cmu-10605" / f"{name}.h5"))

    assert sum(array.size for array in arrays) == 592_933
    assert sum(int((array == 0).sum()) for array in arrays) == ZEROS[name]
    assert not any(np.signbit(array[array == 0]).any() for array in arrays)
