import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from grader.airlock.runner import Airlock
from grader.errors import GraderFault
from grader.evaluating import job
from grader.facts import AnyArray, Shape, Weights
from grader.networks.graph import Network, bind
from grader.networks.keras_config import network_from_config

Make = Callable[..., Network]
Fill = Callable[[Network, Callable[[str, Shape], AnyArray]], Weights]
Hold = Callable[[bytes], int]

CMU = Path(__file__).resolve().parents[3] / "competitions" / "cmu-10605.keras.json"
LAYERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"}),
    ("Flatten", {}),
    ("Dense", {"units": 3}),
)


def _evaluate(
    hold: Hold, model: bytes, pixels: npt.NDArray[Any], classes: int, *, batch: int = 64, divide_by: float = 1
) -> tuple[dict[str, Any], list[int]]:
    arguments = {
        "dtype": pixels.dtype.name,
        "shape": list(pixels.shape),
        "offset": 0,
        "input": {"divide_by": divide_by, "mean": None, "std": None},
        "batch": batch,
        "classes": classes,
    }
    head, arrays = job.run(arguments, [hold(model), hold(pixels.tobytes())])
    assert arrays["classes"].dtype == np.int32
    return head, arrays["classes"].tolist()


def _random(name: str, shape: Shape) -> npt.NDArray[np.float64]:
    return np.random.default_rng(len(name)).normal(0, 0.5, shape)


def _images(count: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 1, (count, 6, 6, 3)).astype(np.float32)


def test_a_clear_winner_is_decided_by_the_engine(small_network: Make, fill: Fill, descriptor: Hold) -> None:
    network = small_network(("Flatten", {}), ("Dense", {"units": 3}))
    bias = np.array([0.0, 2.0, 1.0])
    weights = fill(network, lambda name, shape: bias if "bias" in name else np.zeros(shape))

    head, classes = _evaluate(descriptor, bind(network, weights), _images(5), 3)

    assert classes == [1] * 5
    assert head["rechecked"] == 0
    assert head["engine"].startswith("onnxruntime ")


def test_a_near_tie_is_decided_in_float64(small_network: Make, fill: Fill, descriptor: Hold) -> None:
    network = small_network(("Flatten", {}), ("Dense", {"units": 3}))
    bias = np.array([1.0, np.nextafter(np.float32(1), np.float32(2)), 1.0])
    weights = fill(network, lambda name, shape: bias if "bias" in name else np.zeros(shape))

    head, classes = _evaluate(descriptor, bind(network, weights), _images(5), 3)

    assert classes == [1] * 5
    assert head["rechecked"] == 5


def test_the_size_of_a_batch_does_not_matter(small_network: Make, fill: Fill, descriptor: Hold) -> None:
    network = small_network(*LAYERS)
    model = bind(network, fill(network, _random))

    answers = [_evaluate(descriptor, model, _images(23), 3, batch=batch)[1] for batch in (1, 7, 64)]

    assert answers[0] == answers[1] == answers[2]
    assert len(set(answers[0])) > 1


def test_a_network_of_zeros_ties_on_every_sample_and_takes_the_lowest_class(
    small_network: Make, fill: Fill, descriptor: Hold
) -> None:
    network = small_network(*LAYERS)

    head, classes = _evaluate(descriptor, bind(network, fill(network, lambda _, shape: np.zeros(shape))), _images(9), 3)

    assert classes == [0] * 9
    assert head["rechecked"] == 9


@pytest.mark.parametrize("sign", [-1, 1])
def test_weights_that_overflow_leave_no_class(sign: int, small_network: Make, fill: Fill, descriptor: Hold) -> None:
    network = small_network(("Flatten", {}), ("Dense", {"units": 4}), ("Dense", {"units": 3}))
    signs = np.where(np.arange(12).reshape(4, 3) % 2, sign, -sign)
    weights = fill(network, lambda name, shape: 1e38 * (signs if name == "dense_2/kernel" else np.ones(shape)))

    head, classes = _evaluate(descriptor, bind(network, weights), np.full((4, 6, 6, 3), 3, np.float32), 3)

    assert classes == [-1] * 4
    assert head["rechecked"] == 4


def test_an_overflow_that_rectifying_hides_leaves_no_class(small_network: Make, fill: Fill, descriptor: Hold) -> None:
    network = small_network(("Flatten", {}), ("Dense", {"units": 4, "activation": "relu"}), ("Dense", {"units": 3}))
    given = {"dense_1/kernel": np.full((108, 4), -1e38), "dense_2/bias": np.array([0.0, 5.0, 0.0])}
    weights = fill(network, lambda name, shape: given.get(name, np.zeros(shape)))

    head, classes = _evaluate(descriptor, bind(network, weights), np.full((4, 6, 6, 3), 3, np.float32), 3)

    assert classes == [-1] * 4
    assert head["rechecked"] == 4


def test_a_graph_of_other_classes_is_our_own_fault(small_network: Make, fill: Fill, descriptor: Hold) -> None:
    network = small_network(*LAYERS)

    with pytest.raises(GraderFault, match=r"logits of shape \(2, 3\); expected \(2, 5\)"):
        _evaluate(descriptor, bind(network, fill(network, _random)), _images(2), 5)


def test_warming_up_leaves_one_thread_and_prints_nothing() -> None:
    code = (
        "import os; from grader.evaluating import job; job.warm(); "
        "threads = len(os.listdir('/proc/self/task')); raise SystemExit(threads)"
    )
    environment = {"PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1"}

    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False, timeout=60)

    assert (ended.returncode, ended.stdout, ended.stderr) == (1, b"", b"")


@pytest.mark.parametrize(
    ("name", "correct"),
    [
        ("uncompressed_model_weights.h5", 3777),
        ("Layerwise_thres_weights.h5", 3330),
        ("Global_thres_weights.h5", 3330),
        ("f23_weights_6.h5", 3119),
        ("f23_weights_best.h5", 3458),
    ],
)
def test_real_files_of_the_cmu_course_score_what_they_scored_there(
    name: str, correct: int, shared: Path, descriptor: Hold
) -> None:
    network = network_from_config(json.loads(CMU.read_text()))
    with np.load(shared / "data" / "cifar10-5class-25x25.npz") as data:
        images, labels = data["x_test"], data["y_test"].ravel()

    weights = _weights_of(shared / "samples" / "cmu-10605" / name, network)
    _, classes = _evaluate(descriptor, bind(network, weights), images, 5, divide_by=255)

    assert len(labels) == 5000
    assert int((np.array(classes) == labels).sum()) == correct


def _weights_of(path: Path, network: Network) -> Weights:
    """The arrays of a legacy Keras file in the order of its own lists of names."""
    with h5py.File(path) as file:
        arrays = [
            file[layer][name][()] for layer in file.attrs["layer_names"] for name in file[layer].attrs["weight_names"]
        ]
    return {slot.name: array + np.float32(0) for slot, array in zip(network.slots, arrays, strict=True)}


def test_evaluations_give_way_to_whoever_answers_people(reading_airlock: Airlock, evaluating_airlock: Airlock) -> None:
    reads, evaluates = (
        os.getpriority(os.PRIO_PROCESS, each.process_id or 0) for each in (reading_airlock, evaluating_airlock)
    )

    assert evaluates == min(19, reads + job.GIVES_WAY)
