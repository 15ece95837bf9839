"""Grading with Keras itself: the same classes as the engine of every day, in a process without labels."""

import importlib.util
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import cli, competition
from grader.airlock.protocol import JobLimits
from grader.competition import Definition
from grader.errors import GraderFault
from grader.facts import AnyArray, Weights
from grader.keras_process import EngineMissing, KerasProcess
from grader.networks.graph import bind, unbind
from grader.own_file import OwnFile

pytestmark = pytest.mark.keras

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
LIMITS = JobLimits(cpu_seconds=60, wall_seconds=60, memory_bytes=1 << 30, answer_bytes=1 << 20)
COUNT = 64

Hold = Callable[[bytes], int]


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Puts bytes behind a descriptor."""
    opened: list[int] = []

    def put(data: bytes) -> int:
        opened.append(os.memfd_create("test"))
        os.write(opened[-1], data)
        return opened[-1]

    yield put
    for file in opened:
        os.close(file)


def _weights(definition: Definition) -> Weights:
    random = np.random.default_rng(1)
    slots = definition.network.slots
    return {slot.name: random.normal(0, 0.1, slot.shape).astype(np.float32) for slot in slots}


def _arguments(images: AnyArray, classes: int) -> dict[str, Any]:
    scaling = {"divide_by": 255, "mean": None, "std": None}
    described = {"dtype": images.dtype.name, "shape": list(images.shape), "offset": 0}
    return described | {"input": scaling, "batch": 16, "classes": classes}


def test_keras_in_a_process_of_its_own_predicts_what_the_everyday_engine_does(cmu: Definition, hold: Hold) -> None:
    images = np.random.default_rng(2).integers(0, 256, (COUNT, 25, 25, 3)).astype(np.uint8)
    files = [hold(bind(cmu.network, _weights(cmu))), hold(images.tobytes())]

    answers = [
        runner.run(_arguments(images, 5), files, LIMITS)
        for runner in (KerasProcess(cmu), OwnFile("grader.evaluating.job"))
    ]

    assert answers[0].arrays["classes"].tolist() == answers[1].arrays["classes"].tolist()
    assert len(set(answers[0].arrays["classes"].tolist())) > 1
    assert answers[0].head["engine"].startswith("tensorflow ")


def test_what_keras_cannot_do_is_our_own_fault(cmu: Definition, hold: Hold) -> None:
    images = np.zeros((2, 25, 25, 3), np.uint8)
    files = [hold(bind(cmu.network, _weights(cmu))), hold(images.tobytes()[:10])]

    with pytest.raises(GraderFault, match=r"Keras could not evaluate the network: .*image 0 ends after 10 of 1875"):
        KerasProcess(cmu).run(_arguments(images, 5), files, LIMITS)


def test_weights_come_back_from_a_graph_as_they_were(cmu: Definition) -> None:
    weights = _weights(cmu)

    found = unbind(cmu.network, bind(cmu.network, weights))

    assert list(found) == list(weights)
    assert all(np.array_equal(found[name], weights[name]) for name in weights)


def test_an_absent_tensorflow_is_a_usage_error(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    given = ["--competition", str(tiny / "tiny.yaml"), "--dataset", str(tiny / "tiny.npz"), "--engine", "tensorflow"]

    status = cli.main(["grade", str(tiny / "my_good.h5"), *given])

    assert status == cli.Exit.USAGE
    assert "needs tensorflow, which is not installed: pip install 'secateur[tensorflow]'" in capsys.readouterr().err
    with pytest.raises(EngineMissing):
        KerasProcess(competition.load(tiny / "tiny.yaml"))


@pytest.fixture(scope="module")
def cmu_test_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not SHARED.is_dir():
        pytest.skip("the folder of real files beside the project is absent")
    path = tmp_path_factory.mktemp("cmu") / "test.npz"
    with np.load(SHARED / "data" / "cifar10-5class-25x25.npz") as data:
        np.savez(path, images=data["x_test"], labels=data["y_test"].ravel())
    return path


@pytest.mark.parametrize(
    ("name", "correct"),
    [
        pytest.param("uncompressed_model_weights.h5", 3777, marks=pytest.mark.slow),
        pytest.param("Layerwise_thres_weights.h5", 3330, marks=pytest.mark.slow),
        pytest.param("Global_thres_weights.h5", 3330, marks=pytest.mark.slow),
        pytest.param("f23_weights_6.h5", 3119, marks=pytest.mark.slow),
        ("f23_weights_best.h5", 3458),
    ],
)
def test_real_files_get_the_same_correct_images_from_keras(
    name: str, correct: int, cmu_test_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--competition", str(ROOT / "competitions" / "cmu-10605.yaml"), "--dataset", str(cmu_test_set)]

    status = cli.main(
        ["grade", str(SHARED / "samples" / "cmu-10605" / name), *given, "--engine", "tensorflow", "--json"]
    )

    report = json.loads(capsys.readouterr().out)
    assert status == cli.Exit.SCORED
    assert report["splits"]["test"]["correct"] == correct
    assert report["engine"].startswith("tensorflow ")


def test_a_network_of_pytorch_is_not_for_keras() -> None:
    family = competition.load(Path(__file__).resolve().parents[2] / "competitions" / "cs6886.yaml")

    with pytest.raises(EngineMissing, match="networks that a keras_config defines, and no others"):
        KerasProcess(family)
