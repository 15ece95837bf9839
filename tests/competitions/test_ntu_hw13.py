"""Homework 13 as it ships, on networks of its course: counted, scored or refused, with the logits of torch."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from grader import competition, pipeline
from grader.checked import Checked
from grader.evaluating.onnx_runtime import Engine
from grader.networks.graph import bind
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.report import Status
from grader.running import READING_JOB
from tests.competitions.ntu_networks import SAMPLES, Sample, Spring2022, Spring2023
from tests.grader.networks.onnx_exports import WAYS, exported, trained

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "samples" / "ntu-hw13"
RULES = competition.load(ROOT / "competitions" / "ntu-hw13.yaml")
SHAPE = (3, 224, 224)
IMAGES = 100
every_way = pytest.mark.parametrize("way", WAYS)


def sample() -> Any:
    return trained(Sample())


def with_weights(network: Callable[[], Any], name: str) -> Any:
    """A network with the weights of a student's state dict."""
    path = SHARED / f"{name}_student_best.ckpt"
    if not path.is_file():
        pytest.skip(f"the course's files are not at {SHARED}")
    model = network()
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return model


NETWORKS: dict[str, Callable[[], Any]] = {
    "sample": sample,
    "spring2023": partial(with_weights, Spring2023, "spring2023_58235"),
    "spring2022": partial(with_weights, Spring2022, "spring2022_90387"),
}
PARAMETERS = {"sample": 59_723, "spring2023": SAMPLES["spring2023_58235"], "spring2022": SAMPLES["spring2022_90387"]}


@cache
def file_of(network: str, way: str) -> bytes:
    return exported(NETWORKS[network](), SHAPE, way)


def checked(content: bytes, path: Path) -> Checked:
    path.write_bytes(content)
    with path.open("rb") as file:
        return pipeline.check(pipeline.begin(file.fileno(), RULES, OwnFile(READING_JOB)), Watch())


def normalised(pixels: Any) -> Any:
    """Pixels as the definition has them go into a network."""
    rule = RULES.grading.input
    assert rule.mean is not None
    assert rule.std is not None
    mean, std = (np.asarray(each, np.float32)[:, None, None] for each in (rule.mean, rule.std))
    return (pixels.astype(np.float32) / 255 - mean) / std


def images() -> Iterator[Any]:
    """Noise in blots, normalised, each image by itself: one fits into the processor's caches, and fifty do not."""
    blots = np.random.default_rng(13).integers(0, 256, (IMAGES, 3, 28, 28), dtype=np.uint8)
    for blot in normalised(blots):
        yield blot[None].repeat(8, 2).repeat(8, 3)


@cache
def torch_logits(network: str) -> Any:
    """Torch's logits for every image."""
    model = NETWORKS[network]().eval()
    with torch.no_grad():
        return np.concatenate([model(torch.from_numpy(image)).numpy() for image in images()])


@cache
def our_logits(graph: bytes) -> Any:
    """Ours for every image; ways of exporting that come to the same graph, to the last bit, are evaluated once."""
    engine = Engine(graph)
    return np.concatenate([engine.logits(image) for image in images()])


@every_way
@pytest.mark.parametrize("network", ["sample", "spring2023"])
def test_a_network_of_the_course_gives_the_logits_of_torch(network: str, way: str, tmp_path: Path) -> None:
    accepted = checked(file_of(network, way), tmp_path / "model.onnx").accepted

    assert accepted is not None
    ours, reference = our_logits(bind(accepted.network, accepted.weights)), torch_logits(network)
    assert len(ours) == IMAGES
    assert np.abs(ours - reference).max() <= 1e-4 * np.abs(reference).max()


@pytest.mark.parametrize("way", ["legacy", "dynamo"])
@pytest.mark.parametrize("network", NETWORKS)
def test_parameters_are_counted_as_the_course_counts_them(network: str, way: str, tmp_path: Path) -> None:
    report = checked(file_of(network, way), tmp_path / "model.onnx").report

    assert report.counts is not None
    assert report.counts.parameters == PARAMETERS[network]
    assert report.status is (Status.REJECTED if PARAMETERS[network] > 60_000 else Status.CHECKED)


@pytest.mark.parametrize("way", ["legacy-folded", "dynamo-folded"])
def test_a_network_whose_batch_norms_are_folded_has_fewer_parameters(way: str, tmp_path: Path) -> None:
    report = checked(file_of("sample", way), tmp_path / "model.onnx").report

    assert report.counts is not None
    assert report.counts.parameters == PARAMETERS["sample"] - 2 * (4 + 16 + 64 + 84)
    assert report.counts.buffers == 0


@every_way
def test_a_network_that_is_too_large_is_refused_with_its_table_by_layer(way: str, tmp_path: Path) -> None:
    report = checked(file_of("spring2022", way), tmp_path / "model.onnx").report

    assert [problem.code for problem in report.problems] == ["too-many-parameters"]
    assert report.counts is not None
    layers = {layer.name: layer.parameters for layer in report.counts.layers}
    assert report.problems[0].got == f"{sum(layers.values()):,}"
    assert 38_400 in layers.values(), "the pointwise convolution from 256 to 150 channels"
    assert len(report.as_json()["layers"]) == len(layers)


@pytest.mark.parametrize("way", ["legacy", "dynamo"])
@pytest.mark.parametrize("network", ["sample", "spring2023"])
def test_a_network_of_the_course_is_scored(network: str, way: str, tmp_path: Path) -> None:
    text = (ROOT / "competitions" / "ntu-hw13.yaml").read_text(encoding="utf-8")
    (tmp_path / "small.yaml").write_text(text.replace("1109", "20"), encoding="utf-8")
    pixels = pixels_to_score()
    np.savez(tmp_path / "test.npz", images=pixels, labels=np.arange(40) % 11)
    (tmp_path / "model.onnx").write_bytes(file_of(network, way))
    rules = ["--competition", str(tmp_path / "small.yaml"), "--dataset", str(tmp_path / "test.npz")]

    done = subprocess.run(
        [sys.executable, "-m", "grader", "grade", str(tmp_path / "model.onnx"), *rules, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )

    report = json.loads(done.stdout)
    assert done.stderr == ""
    assert (done.returncode, report["status"], report["parameters"]) == (0, "scored", PARAMETERS[network])
    assert sum(part["correct"] for part in report["splits"].values()) == _correct(network)
    assert report["score"] == report["splits"]["public"]["accuracy"]


def pixels_to_score() -> Any:
    return np.random.default_rng(3).integers(0, 256, (40, *SHAPE), dtype=np.uint8)


@cache
def _correct(network: str) -> int:
    pixels = pixels_to_score()
    with torch.no_grad():
        logits = NETWORKS[network]().eval().double()(torch.from_numpy(normalised(pixels)).double()).numpy()
    return int((logits.argmax(1) == np.arange(len(pixels)) % 11).sum())
