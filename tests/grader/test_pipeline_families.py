"""A family of networks through the whole pipeline: limits that depend on the file, digests, and the real files of cs6886."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from grader import competition, dataset_recipes, datasets, pipeline
from grader.checked import Checked
from grader.competition import Definition, Grading
from grader.dataset_recipes import Channels
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.running import EVALUATING_JOB, READING_JOB
from grader.testset import TestSet, check_fit, open_test_set

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
RULES: dict[str, Any] = {
    "file": {"format": "pytorch", "names": ["*.pt"]},
    "network": {
        "input_shape": [1, 6, 6],
        "layers": [
            {"conv2d": {"channels": "1..8", "kernel": "any", "padding": [0, "same"]}},
            "relu",
            "flatten",
            {"linear": 3},
        ],
    },
    "classes": ["a", "b", "c"],
    "score": "accuracy",
}
Held = Callable[[bytes], int]


@pytest.fixture
def hold() -> Iterator[Held]:
    """Puts bytes behind a descriptor."""
    files: list[int] = []

    def make(content: bytes) -> int:
        files.append(os.memfd_create("weights"))
        os.write(files[-1], content)
        return files[-1]

    yield make
    for file in files:
        os.close(file)


def saved(model: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)
    return buffer.getvalue()


def small(filters: int, padding: int = 0) -> Any:
    torch.manual_seed(1)
    side = 6 if padding else 4
    return nn.Sequential(
        nn.Conv2d(1, filters, 3, padding=padding), nn.ReLU(), nn.Flatten(), nn.Linear(filters * side * side, 3)
    )


def definition(**changes: Any) -> Definition:
    return Definition("small", Grading.model_validate(RULES | changes))


def check(file: int, rules: Definition) -> Checked:
    return pipeline.check(pipeline.begin(file, rules, OwnFile(READING_JOB)), Watch())


@pytest.mark.parametrize(
    ("limit", "code", "message"),
    [
        ("max_parameters", "too-many-parameters", "The network has 119 parameters; the assignment allows 30."),
        (
            "max_macs",
            "too-many-macs",
            "The network takes 384 multiply-accumulates for one image; the assignment allows 30.",
        ),
        ("max_activation_bytes", "too-large-activations", "A layer of the network gives 144 bytes for one image; the"),
    ],
)
def test_what_depends_on_the_file_is_held_to_the_limits(hold: Held, limit: str, code: str, message: str) -> None:
    file = hold(saved(small(2)))

    checked = check(file, definition(limits={limit: 30}))

    assert not checked.accepted
    assert [problem.code for problem in checked.report.problems] == [code]
    assert checked.report.problems[0].message.startswith(message)


def test_a_network_within_the_limits_is_counted_as_its_own(hold: Held) -> None:
    checked = check(hold(saved(small(2))), definition())

    assert checked.accepted is not None
    assert checked.accepted.counts.parameters == 2 * 9 + 2 + 32 * 3 + 3 == checked.accepted.network.parameters


def test_equal_weights_under_other_names_have_an_equal_digest(hold: Held) -> None:
    model = small(2)
    renamed = nn.Sequential()
    for at, module in enumerate(model):
        renamed.add_module(f"part_{at}", module)

    first, second = (check(hold(saved(each)), definition()).report.digests.weights for each in (model, renamed))

    assert first == second is not None


def test_paddings_that_no_shape_tells_apart_are_refused(hold: Held) -> None:
    rules = {**RULES["network"], "layers": [*RULES["network"]["layers"]]}
    rules["layers"][0] = {"conv2d": {"channels": 2, "kernel": 3, "padding": {"one_of": [[2, 0], [0, 2]]}}}
    tall, dense = nn.Conv2d(1, 2, 3, padding=(2, 0)), nn.Linear(2 * 8 * 4, 3)

    checked = check(hold(saved(nn.Sequential(tall, nn.Flatten(), dense))), definition(network=rules))

    assert [problem.code for problem in checked.report.problems] == ["ambiguous"]


def test_numbers_that_are_not_finite_are_told_beside_shapes_that_do_not_chain(hold: Held) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(31, 3))
    with torch.no_grad():
        model[1].bias[1] = torch.nan

    problems = check(hold(saved(model)), definition()).report.problems

    assert [(problem.code, problem.where) for problem in problems] == [("chain", "1"), ("not-finite", "1.bias")]


@pytest.fixture(scope="module")
def fashion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSet]:
    folder = SHARED / "data" / "fashion-mnist"
    if not folder.is_dir():
        pytest.skip("the folder of real files beside the project is absent")
    files = [folder / f"t10k-{name}-ubyte.gz" for name in ("images-idx3", "labels-idx1")]
    path = tmp_path_factory.mktemp("fashion") / "test.npz"
    datasets.save(dataset_recipes.from_idx(files[0], files[1], Channels.FIRST), path)
    with open_test_set(path) as test_set:
        yield test_set


@pytest.mark.parametrize("name", ["base_state_dict.pt", "base_whole_module.pth"])
def test_the_base_network_of_cs6886_scores_as_it_was_measured(name: str, fashion: TestSet) -> None:
    rules = competition.load(ROOT / "competitions" / "cs6886.yaml")
    check_fit(fashion, rules, "fashion")
    file = os.open(SHARED / "samples" / "cs6886" / name, os.O_RDONLY)
    try:
        upload = pipeline.begin(file, rules, OwnFile(READING_JOB))
        report = pipeline.evaluate(upload, pipeline.check(upload, Watch()), fashion, OwnFile(EVALUATING_JOB), Watch())
    finally:
        os.close(file)

    assert report.counts is not None
    assert report.macs is not None
    assert (report.counts.parameters, report.macs.dense) == (925_190, 2_347_048)
    assert report.score == 4_694_096
    assert abs(report.splits["test"].correct - 8_881) <= 2


def test_fashion_mnist_comes_with_its_channel_first(fashion: TestSet) -> None:
    assert fashion.images.shape == (10_000, 1, 28, 28)
    assert np.bincount(fashion.labels).tolist() == [1_000] * 10
