"""Archives of several weight files, from the zip to the series, with files that torch writes."""

import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from grader import competition, pipeline
from grader.airlock.runner import Airlock
from grader.checked import Checked
from grader.competition import Definition
from grader.own_file import OwnFile
from grader.pipeline import Reference, Watch
from grader.report import Report, Status
from grader.running import EVALUATING_JOB, READING_JOB
from grader.testset import TestSet, open_test_set

DEFINITION = """\
slug: steps
grading:
  file:
    format: pytorch
    names: ["*"]
  network:
    input_shape: [1, 6, 6]
    layers:
      - conv2d: {channels: any, kernel: any}
      - relu
      - flatten
      - linear: {features: 3}
  input: {divide_by: 255}
  classes: [red, green, blue]
  score: flops_effective
  lower_is_better: true
  rank_if: accuracy > 0.2
  compacted: true
  series: {max_drop: 0.05, max_files: 5}
"""
Files = Mapping[str, bytes]
Tensors = dict[str, torch.Tensor]


def network(seed: int = 1, dead: int = 0) -> Tensors:
    """Weights of a network with four filters, so many of which are zero."""
    generator = torch.Generator().manual_seed(seed)
    drawn = {
        "conv.weight": torch.randn(4, 1, 3, 3, generator=generator),
        "conv.bias": torch.randn(4, generator=generator),
        "fc.weight": torch.randn(3, 64, generator=generator),
        "fc.bias": torch.randn(3, generator=generator),
    }
    drawn["conv.weight"][:dead] = 0
    drawn["conv.bias"][:dead] = 0
    return drawn


def saved(tensors: Tensors) -> bytes:
    written = io.BytesIO()
    torch.save(tensors, written)
    return written.getvalue()


def zipped(files: Files) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # equal files at any time of day
    return written.getvalue()


SERIES = {
    "lab/base.pt": saved(network()),
    "lab/step-1-pruned.pt": saved(network(dead=1)),
    "lab/step-1-retrained.pt": saved(network(seed=2, dead=1)),
    "lab/report.pdf": b"%PDF-1.7 not opened by anybody",
    "lab/notes.docx": b"passed over",
}


@pytest.fixture(scope="module")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Definition:
    path = tmp_path_factory.mktemp("steps") / "steps.yaml"
    path.write_text(DEFINITION, encoding="utf-8")
    return competition.load(path)


@pytest.fixture(scope="module")
def test_set(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSet]:
    path = tmp_path_factory.mktemp("images") / "images.npz"
    random = np.random.default_rng(5)
    images = random.integers(0, 256, (60, 1, 6, 6), dtype=np.uint8)
    np.savez(path, images=images, labels=random.integers(0, 3, 60, dtype=np.uint8))
    with open_test_set(path) as opened:
        yield opened


Grade = Callable[..., tuple[Checked, Report]]


@pytest.fixture
def grade(tmp_path: Path, definition: Definition, test_set: TestSet) -> Grade:
    """Grades an upload in this process, as one's own file."""

    def run(content: bytes, reference: Reference | None = None) -> tuple[Checked, Report]:
        path = tmp_path / "upload"
        path.write_bytes(content)
        with path.open("rb") as file:
            upload = pipeline.begin(file.fileno(), definition, OwnFile(READING_JOB))
            checked = pipeline.check(upload, Watch())
            if checked.accepted is None:
                return checked, checked.report
            evaluator = OwnFile(EVALUATING_JOB)
            return checked, pipeline.evaluate(upload, checked, test_set, evaluator, Watch(), reference)

    return run


def correct(tensors: Tensors, test_set: TestSet) -> int:
    """Correct images by torch itself."""
    pixels = np.frombuffer(_raw(test_set), np.uint8).reshape(test_set.images.shape).astype(np.float32) / 255
    hidden = torch.relu(
        torch.nn.functional.conv2d(torch.from_numpy(pixels), tensors["conv.weight"], tensors["conv.bias"])
    )
    logits = hidden.flatten(1) @ tensors["fc.weight"].T + tensors["fc.bias"]
    return int((logits.argmax(1).numpy() == test_set.labels).sum())


def _raw(test_set: TestSet) -> bytes:
    return os.pread(test_set.images.file, int(np.prod(test_set.images.shape)), test_set.images.offset)


def test_each_step_of_a_series_is_measured_and_the_last_file_is_scored(grade: Grade, test_set: TestSet) -> None:
    checked, report = grade(zipped(SERIES))

    assert report.status is Status.SCORED
    assert report.splits["test"].correct == correct(network(seed=2, dead=1), test_set)
    assert report.series is not None
    (step,) = report.series.as_json()["steps"]
    assert [step[stage]["correct"] for stage in ("before", "pruned", "retrained")] == [
        correct(tensors, test_set) for tensors in (network(), network(dead=1), network(seed=2, dead=1))
    ]
    assert [step[stage]["flops_effective"] for stage in ("before", "pruned")] == [
        2 * (16 * 9 * filters + 16 * filters * 3) for filters in (4, 3)
    ]
    assert (step["name"], step["layer"]) == ("step-1", "conv1")
    assert checked.attachments == {"lab/report.pdf": SERIES["lab/report.pdf"]}


def test_a_single_weight_file_is_no_series(grade: Grade) -> None:
    checked, report = grade(saved(network()))

    assert (report.status, report.series, checked.plan) == (Status.SCORED, None, None)


def test_an_archive_of_one_weight_file_scores_as_the_file_alone(grade: Grade) -> None:
    _, alone = grade(saved(network()))
    checked, report = grade(zipped({"model.pt": saved(network()), "work.ipynb": b"{}"}))

    assert (report.score, report.digests.weights) == (alone.score, alone.digests.weights)
    assert report.series is None
    assert set(checked.attachments) == {"work.ipynb"}


def test_problems_of_every_file_are_told_at_once_with_its_name(grade: Grade) -> None:
    wrong = network() | {"fc.weight": torch.zeros(3, 60)}
    files = dict(SERIES) | {"lab/base.pt": b"no weights", "lab/step-1-pruned.pt": saved(wrong)}

    _, report = grade(zipped(files))

    assert report.status is Status.REJECTED
    assert sorted({problem.message.split(":")[0] for problem in report.problems}) == [
        "lab/base.pt",
        "lab/step-1-pruned.pt",
    ]
    assert all(problem.where.startswith(problem.message.split(":")[0]) for problem in report.problems)


def test_an_archive_whose_files_are_unclear_is_refused(grade: Grade) -> None:
    _, report = grade(zipped({"mine.pt": saved(network()), "yours.pt": saved(network(2))}))

    assert [problem.code for problem in report.problems] == ["series-unclear", "series-unclear"]


def test_the_smaller_network_is_offered_once_it_is_verified(grade: Grade) -> None:
    _, report = grade(saved(network(dead=2)))

    assert report.shrunk is not None
    assert (report.shrunk.verified, report.shrunk.removed) == (True, {"conv1": 2})
    assert report.shrunk.parameters == 2 * 9 + 2 + 32 * 3 + 3
    smaller = torch.load(io.BytesIO(report.artifacts["state-dict"]), weights_only=True)
    assert torch.equal(smaller["conv.weight"], network()["conv.weight"][2:])
    assert report.artifacts.keys() == {"onnx", "state-dict"}


def test_where_nothing_can_be_removed_nothing_is_offered(grade: Grade) -> None:
    _, report = grade(saved(network()))

    assert report.shrunk is not None
    assert (report.shrunk.verified, report.shrunk.removed, report.artifacts) == (None, {}, {})


def test_a_result_is_timed_against_its_reference(grade: Grade) -> None:
    dense, _ = grade(saved(network()))
    assert dense.accepted is not None

    _, report = grade(saved(network(dead=2)), Reference("f" * 64, dense.accepted))

    assert report.lineage is not None
    assert report.lineage.reference == "f" * 64
    ratio = report.lineage.time_ratio
    assert 0 < ratio.low <= ratio.median <= ratio.high


def test_an_archive_is_graded_in_the_jails(
    tmp_path: Path, definition: Definition, test_set: TestSet, reading_airlock: Airlock, evaluating_airlock: Airlock
) -> None:
    path = tmp_path / "series.zip"
    path.write_bytes(zipped(SERIES))
    with path.open("rb") as file:
        upload = pipeline.begin(file.fileno(), definition, reading_airlock)
        checked = pipeline.check(upload, Watch())
        report = pipeline.evaluate(upload, checked, test_set, evaluating_airlock, Watch())

    assert (report.status, report.airlock) == (Status.SCORED, str(reading_airlock.level))
    assert report.series is not None
    assert len(report.series.steps) == 1
