import importlib
import json
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest

from grader import datasets
from grader.facts import AnyArray

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "competitions" / "demo"
FASHION_MNIST = ROOT.parent / "shared" / "data" / "fashion-mnist"
EXPECTED = json.loads((DEMO / "expected.json").read_text(encoding="utf-8"))
SCORED = {path: facts for path, facts in EXPECTED["samples"].items() if facts["status"] == "scored"}
SHAPES = [
    ("conv2d/kernel:0", (3, 3, 3, 32)),
    ("conv2d/bias:0", (32,)),
    ("conv2d_1/kernel:0", (3, 3, 32, 32)),
    ("conv2d_1/bias:0", (32,)),
    ("conv2d_2/kernel:0", (3, 3, 32, 64)),
    ("conv2d_2/bias:0", (64,)),
    ("conv2d_3/kernel:0", (3, 3, 64, 64)),
    ("conv2d_3/bias:0", (64,)),
    ("dense/kernel:0", (1024, 512)),
    ("dense/bias:0", (512,)),
    ("dense_1/kernel:0", (512, 5)),
    ("dense_1/bias:0", (5,)),
]


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def legacy_arrays(path: Path) -> dict[str, AnyArray]:
    """The arrays of a file in the layout of Keras 2, followed by its own lists of names."""
    with h5py.File(path, "r") as file:
        groups = [file[name] for name in file.attrs["layer_names"]]
        return {name: group[name][()] for group in groups for name in group.attrs["weight_names"]}


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    pytest.importorskip("tf_keras", reason="TensorFlow and Keras are not installed")
    return importlib.import_module("kits.demo")


def test_the_demo_stays_small() -> None:
    assert bytes_below(DEMO / "samples") < 4_000_000
    assert bytes_below(DEMO) < 5_500_000


def test_the_hidden_set_is_the_one_that_was_expected() -> None:
    description = datasets.describe(datasets.load(DEMO / EXPECTED["dataset"]["file"]))

    assert description.digest == EXPECTED["dataset"]["digest"]
    assert (description.shape, description.dtype) == ((25, 25, 3), "uint8")
    assert description.per_class == (200,) * 5


def test_the_three_channels_of_a_gray_image_are_equal() -> None:
    images = datasets.load(DEMO / "hidden-test.npz").images

    np.testing.assert_array_equal(images, images[..., :1].repeat(3, axis=-1))


def test_the_licence_of_the_images_is_beside_them() -> None:
    text = (DEMO / "FASHION-MNIST-LICENSE.txt").read_text(encoding="utf-8")

    assert "Copyright (c) 2017 Zalando SE" in text
    assert "shall be included in all copies" in text


def test_every_sample_file_has_an_expectation() -> None:
    files = {path.relative_to(DEMO).as_posix() for path in DEMO.glob("samples/*/*")}

    assert files == set(EXPECTED["samples"])


@pytest.mark.parametrize("path", SCORED)
def test_a_sample_holds_the_networks_finite_float32_arrays(path: str) -> None:
    arrays = legacy_arrays(DEMO / path)

    assert [(name, array.shape) for name, array in arrays.items()] == SHAPES
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in arrays.values())


@pytest.mark.parametrize("path", SCORED)
def test_a_sample_has_the_expected_zeros(path: str) -> None:
    arrays = legacy_arrays(DEMO / path).values()

    assert sum(array.size for array in arrays) == SCORED[path]["parameters"]
    assert sum(int((array == 0).sum()) for array in arrays) == SCORED[path]["zeros"]


@pytest.mark.parametrize(("path", "facts"), SCORED.items(), ids=list(SCORED))
def test_expected_scores_follow_from_zeros_and_correct_images(path: str, facts: dict[str, Any]) -> None:
    accuracy = Fraction(facts["correct"], facts["examples"])
    mean = (accuracy + Fraction(facts["zeros"], facts["parameters"])) / 2

    assert accuracy > Fraction(3, 5)
    assert Fraction(facts["score_exact"]) == (mean if facts["zeros"] else 0)
    assert facts["score"] == float(Fraction(facts["score_exact"]))


def test_the_samples_tell_a_story_of_rising_scores() -> None:
    scores = [SCORED[f"samples/{name}/my_model_weights.h5"]["score"] for name in ("dense", "pruned-50", "pruned-93")]

    assert scores[0] == 0 < scores[1] < scores[2]


def test_the_wrong_architecture_is_wrong_where_it_says() -> None:
    ((path, facts),) = (item for item in EXPECTED["samples"].items() if item[1]["status"] == "rejected")
    arrays = legacy_arrays(DEMO / path)

    differing = [name for name, shape in SHAPES if arrays[name].shape != shape]

    assert differing == ["conv2d_1/kernel:0", "conv2d_1/bias:0", "conv2d_2/kernel:0"]
    assert facts["problem"]["got"] == str(arrays["conv2d_1/kernel:0"].shape)


@pytest.mark.keras
@pytest.mark.parametrize(("path", "facts"), SCORED.items(), ids=list(SCORED))
def test_keras_itself_gives_the_expected_numbers(maker: ModuleType, path: str, facts: dict[str, Any]) -> None:
    test_set = datasets.load(DEMO / "hidden-test.npz")

    assert maker.judge(DEMO / path, test_set) == facts


@pytest.mark.keras
@pytest.mark.skipif(not FASHION_MNIST.is_dir(), reason="the shared Fashion-MNIST files are not beside this checkout")
def test_the_hidden_set_is_made_from_fashion_mnist_again(maker: ModuleType) -> None:
    assert datasets.digest(maker.make_test_set(FASHION_MNIST)) == EXPECTED["dataset"]["digest"]
