"""A tiny competition on disk, and the two airlocks, each started once for all tests that need one."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from grader import competition
from grader.airlock.runner import Airlock
from grader.competition import Definition
from grader.facts import AnyArray
from grader.running import EVALUATING_JOB, READING_JOB
from grader.testset import TestSet, open_test_set

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = """\
slug: tiny
grading:
  file:
    format: keras-h5
    names: ["my_*.h5"]
    max_bytes: 20000
  network:
    keras_config: tiny.keras.json
  input:
    divide_by: 255
  classes: [red, green, blue]
  score: (accuracy + sparsity) / 2 if accuracy > 0.6 and sparsity > 0 else 0
  full_credit: score > 0.36
"""
NETWORK = {
    "class_name": "Sequential",
    "config": {
        "name": "tiny",
        "layers": [
            {"class_name": "InputLayer", "config": {"name": "input", "batch_input_shape": [None, 2, 2, 1]}},
            {"class_name": "Flatten", "config": {"name": "flatten"}},
            {"class_name": "Dense", "config": {"name": "dense", "units": 3, "activation": "softmax"}},
        ],
    },
}
LABELS = [0, 0, 0, 1, 1, 1, 2, 2, 2, 0]
"""The picture of class k has one white pixel, the k-th; the last image shows class 1, so that 9 of 10 can be right."""


@pytest.fixture(scope="session")
def write_weights() -> Callable[[Path, AnyArray, AnyArray], Path]:
    """Writes kernel (4, 3) and bias (3,) of the tiny network as Keras 3 does."""

    def write(path: Path, kernel: AnyArray, bias: AnyArray) -> Path:
        with h5py.File(path, "w") as file:
            file["layers/dense/vars/0"] = kernel
            file["layers/dense/vars/1"] = bias
        return path

    return write


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, write_weights: Callable[[Path, AnyArray, AnyArray], Path]) -> Path:
    """A folder with tiny.yaml, tiny.npz, my_good.h5 (9 of 10 right, 12 of 15 zero) and my_wrong.h5 (two problems)."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.yaml").write_text(DEFINITION, encoding="utf-8")
    (folder / "tiny.keras.json").write_text(json.dumps(NETWORK), encoding="utf-8")
    pixels = np.zeros((len(LABELS), 4), np.uint8)
    pixels[np.arange(len(LABELS)), [*LABELS[:-1], 1]] = 255
    np.savez(folder / "tiny.npz", images=pixels.reshape(-1, 2, 2, 1), labels=np.array(LABELS, np.uint8))
    kernel = np.eye(4, 3, dtype=np.float32)
    write_weights(folder / "my_good.h5", kernel, np.zeros(3, np.float32))
    write_weights(folder / "my_wrong.h5", np.ones((4, 2), np.float32), np.ones(2, np.float32))
    return folder


@pytest.fixture(scope="session")
def tiny_definition(tiny: Path) -> Definition:
    return competition.load(tiny / "tiny.yaml")


@pytest.fixture(scope="session")
def tiny_test_set(tiny: Path) -> Iterator[TestSet]:
    with open_test_set(tiny / "tiny.npz") as test_set:
        yield test_set


@pytest.fixture
def open_file() -> Iterator[Callable[[Path], int]]:
    """Opens files for reading and closes them after the test."""
    opened: list[int] = []

    def open_it(path: Path) -> int:
        opened.append(os.open(path, os.O_RDONLY))
        return opened[-1]

    yield open_it
    for file in opened:
        os.close(file)


@pytest.fixture(scope="session")
def cmu() -> Definition:
    return competition.load(ROOT / "competitions" / "cmu-10605.yaml")


@pytest.fixture(scope="session")
def reading_airlock() -> Iterator[Airlock]:
    with Airlock(READING_JOB) as airlock:
        yield airlock


@pytest.fixture(scope="session")
def evaluating_airlock() -> Iterator[Airlock]:
    with Airlock(EVALUATING_JOB) as airlock:
        yield airlock
