"""Whole files through the real airlock: those of students, those of the demo, and two extreme ones."""

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest

from grader import datasets, pipeline
from grader.airlock.runner import Airlock
from grader.competition import Definition
from grader.datasets import Dataset
from grader.pipeline import Watch
from grader.report import Report, Status
from grader.running import Runner
from grader.testset import TestSet, open_test_set
from grader.torch_process import TorchProcess
from tests.grader.evaluating.devices import NO_GPU

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "competitions" / "demo"
SHARED = ROOT.parent / "shared"
CIFAR = SHARED / "data" / "cifar10-5class-25x25.npz"
EXPECTED = json.loads((DEMO / "expected.json").read_text(encoding="utf-8"))
STUDENTS = {
    "uncompressed_model_weights": (0, 3_777),
    "Layerwise_thres_weights": (249_034, 3_330),
    "Global_thres_weights": (349_830, 3_330),
    "f23_weights_6": (570_087, 3_119),
    "f23_weights_best": (521_654, 3_458),
}
"""Zeros among 592,933 weights, and correct images among 5,000."""

Grade = Callable[[Path, TestSet], Report]


@pytest.fixture(scope="module", params=["jail", pytest.param("cuda", marks=NO_GPU)])
def evaluator(request: pytest.FixtureRequest, evaluating_airlock: Airlock) -> Iterator[Runner]:
    """What evaluates: the jail, and a GPU where there is one."""
    if request.param == "jail":
        yield evaluating_airlock
        return
    with TorchProcess(request.param, evaluating_airlock) as process:
        yield process


@pytest.fixture
def grade(cmu: Definition, reading_airlock: Airlock, evaluator: Runner) -> Grade:
    """The report of a file under the rules of cmu-10605."""

    def run(path: Path, test_set: TestSet) -> Report:
        with path.open("rb") as file:
            upload = pipeline.begin(file.fileno(), cmu, reading_airlock)
            checked = pipeline.check(upload, Watch())
        if not checked.accepted:
            return checked.report
        return pipeline.evaluate(upload, checked, test_set, evaluator, Watch())

    return run


@pytest.fixture(scope="module")
def cifar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSet]:
    if not CIFAR.is_file():
        pytest.skip(f"needs the images of the course in {CIFAR}")
    path = tmp_path_factory.mktemp("cifar") / "test.npz"
    with np.load(CIFAR) as archive:
        np.savez(path, images=archive["x_test"], labels=archive["y_test"])
    with open_test_set(path) as test_set:
        yield test_set


@pytest.fixture(scope="module")
def demo() -> Iterator[TestSet]:
    with open_test_set(DEMO / "hidden-test.npz") as test_set:
        yield test_set


@pytest.fixture(scope="module")
def few_images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSet]:
    whole = datasets.load(DEMO / "hidden-test.npz")
    path = tmp_path_factory.mktemp("few") / "few.npz"
    datasets.save(Dataset(whole.images[:100], whole.labels[:100]), path)
    with open_test_set(path) as test_set:
        yield test_set


def filled(path: Path, definition: Definition, value: float) -> Path:
    """A file of the definition's network in which every number is `value`."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in definition.network.layers]
        for layer in definition.network.layers:
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [slot.name.encode() for slot in layer.slots]
            for slot in layer.slots:
                group[slot.name] = np.full(slot.shape, value, np.float32)
    return path


@pytest.mark.parametrize("name", STUDENTS)
def test_a_students_file_scores_exactly_what_the_course_measured(name: str, cifar: TestSet, grade: Grade) -> None:
    zeros, correct = STUDENTS[name]

    report = grade(SHARED / "samples" / "cmu-10605" / f"{name}.h5", cifar)

    assert report.status is Status.SCORED
    assert report.counts is not None
    assert (report.counts.parameters, report.counts.zeros) == (592_933, zeros)
    assert (report.splits["test"].examples, report.splits["test"].correct) == (5_000, correct)
    assert report.score == ((Fraction(correct, 5_000) + Fraction(zeros, 592_933)) / 2 if zeros else 0)


def test_five_versions_of_keras_write_one_set_of_weights(cmu: Definition, reading_airlock: Airlock) -> None:
    files = sorted((SHARED / "samples" / "h5-layouts").glob("*.h5"))
    if not files:
        pytest.skip(f"needs the sample files in {SHARED}")
    digests = set()
    for path in files:
        with path.open("rb") as file:
            report = pipeline.check(pipeline.begin(file.fileno(), cmu, reading_airlock), Watch()).report
        assert report.counts is not None
        assert report.counts.zeros == 296_466
        digests.add(report.digests.weights)

    assert len(files) == 5
    assert len(digests) == 1


def test_the_demos_images_are_those_that_it_expects(demo: TestSet) -> None:
    assert demo.digest == EXPECTED["dataset"]["digest"]


@pytest.mark.parametrize("name", EXPECTED["samples"])
def test_a_file_of_the_demo_has_the_result_that_it_promises(name: str, demo: TestSet, grade: Grade) -> None:
    expected = dict(EXPECTED["samples"][name])

    content = grade(DEMO / name, demo).as_json()

    found = content | content["splits"].get("test", {}) | {"problem": next(iter(content["problems"]), None)}
    problem = expected.pop("problem", None)
    assert {key: found[key] for key in expected} == expected
    if problem:
        assert {key: found["problem"][key] for key in problem} == problem


def test_a_file_of_zeros_is_scored(tmp_path: Path, cmu: Definition, few_images: TestSet, grade: Grade) -> None:
    report = grade(filled(tmp_path / "zeros.h5", cmu, 0.0), few_images)

    assert report.status is Status.SCORED
    assert report.predictions is not None
    assert set(report.predictions.classes.tolist()) == {0}, "equal logits are the lowest class"
    assert report.predictions.rechecked == 100
    assert report.score == 0
    assert report.macs is not None
    assert report.macs.nonzero == 0


def test_a_file_with_huge_weights_is_scored(tmp_path: Path, cmu: Definition, few_images: TestSet, grade: Grade) -> None:
    report = grade(filled(tmp_path / "huge.h5", cmu, 1e38), few_images)

    assert report.status is Status.SCORED
    assert report.predictions is not None
    assert set(report.predictions.classes.tolist()) == {-1}, "no logit is finite"
    assert report.splits["test"].correct == 0
    assert report.score == 0
