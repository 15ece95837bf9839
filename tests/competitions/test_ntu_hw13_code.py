"""Homework 13 as its course asks for it: a zip with a checkpoint and the code that builds the network, run in the code jail."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from grader import competition, pipeline
from grader.airlock.runner import Airlock
from grader.checked import Checked
from grader.evaluating.onnx_runtime import Engine
from grader.networks.graph import bind
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.report import Status
from grader.running import EVALUATING_JOB, EXPORTING_JOB, READING_JOB
from grader.testset import open_test_set
from tests.competitions import ntu_networks
from tests.competitions.ntu_networks import SAMPLES, Spring2023

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "samples" / "ntu-hw13"
RULES = competition.load(ROOT / "competitions" / "ntu-hw13.yaml")
SOURCE = Path(ntu_networks.__file__).read_text(encoding="utf-8")
"""A module of classes, as a student's script is."""
SHAPE = (3, 224, 224)
LARGEST = "cnn.4.3.weight"  # of the network of 2022: 256 channels to 150
TRAINING = """
student = {name}().cuda()
optimizer = torch.optim.AdamW(student.parameters(), lr=1e-3)
for epoch in range(10_000):
    for images, labels in DataLoader(FoodDataset("./food11-hw13/training"), batch_size=64):
        optimizer.step()
torch.save(student.state_dict(), "student_best.ckpt")
"""


@pytest.fixture(scope="module")
def jail() -> Iterator[Airlock]:
    with Airlock(EXPORTING_JOB) as airlock:
        yield airlock


@cache
def checkpoint(sample: str) -> bytes:
    path = SHARED / f"{sample}_student_best.ckpt"
    if not path.is_file():
        pytest.skip(f"the course's files are not at {SHARED}")
    return path.read_bytes()


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def script(name: str) -> str:
    """A script that defines the networks, trains one, and says how it is built."""
    imports = "import pandas as pd\nimport torch\nfrom torch.utils.data import DataLoader, Dataset"
    building = f"def get_student_model():\n    return {name}()"
    return "\n\n".join([SOURCE, imports, building, TRAINING.format(name=name)])


def notebook(name: str) -> str:
    """The same in cells, between commands of a notebook, as they ran: pictures and all."""
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "source": ["# HW13: network compression"]}]
    texts = [
        "!nvidia-smi\n%cd food11",
        script(name),
        "%%bash\nwget https://example.org/food11.zip",
        "while True:\n    pass",
    ]
    for number, text in enumerate(texts):
        outputs = [{"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo" * 1000}}]
        cells.append(
            {"cell_type": "code", "execution_count": number, "source": text.splitlines(True), "outputs": outputs}
        )
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})


def checked(content: bytes, path: Path, jail: Airlock) -> Checked:
    path.write_bytes(content)
    with path.open("rb") as file:
        return pipeline.check(pipeline.begin(file.fileno(), RULES, OwnFile(READING_JOB), exporter=jail), Watch())


def torch_logits(network: Any, content: bytes, images: Any) -> Any:
    network.load_state_dict(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))
    with torch.no_grad():
        return network.eval()(torch.from_numpy(images)).numpy()


@pytest.mark.parametrize(("name", "write"), [("hw13.py", script), ("hw13.ipynb", notebook)], ids=["script", "notebook"])
def test_code_that_trains_is_counted_and_gives_the_logits_of_torch(
    name: str, write: Any, jail: Airlock, tmp_path: Path
) -> None:
    weights = checkpoint("spring2023_58235")

    found = checked(zipped({name: write("Spring2023"), "student_best.ckpt": weights}), tmp_path / "hw13.zip", jail)

    assert found.report.problems == ()
    assert found.accepted is not None
    assert found.accepted.counts.parameters == SAMPLES["spring2023_58235"]
    assert [*found.attachments] == [name]
    images = np.random.default_rng(0).normal(0, 1, (20, *SHAPE)).astype(np.float32)
    engine = Engine(bind(found.accepted.network, found.accepted.weights))
    ours = np.concatenate([engine.logits(images[at : at + 1]) for at in range(len(images))])
    reference = torch_logits(Spring2023(), weights, images)
    assert np.abs(ours - reference).max() <= 1e-4 * np.abs(reference).max()


def test_code_is_scored(jail: Airlock, tmp_path: Path) -> None:
    weights = checkpoint("spring2023_58235")
    text = (ROOT / "competitions" / "ntu-hw13.yaml").read_text(encoding="utf-8")
    (tmp_path / "small.yaml").write_text(text.replace("1109", "20"), encoding="utf-8")
    rules = competition.load(tmp_path / "small.yaml")
    pixels = np.random.default_rng(3).integers(0, 256, (40, *SHAPE), dtype=np.uint8)
    given = rules.grading.input
    mean, std = (np.asarray(each, np.float32)[:, None, None] for each in (given.mean, given.std))
    labels = torch_logits(Spring2023(), weights, (pixels.astype(np.float32) / 255 - mean) / std).argmax(1)
    labels[:10] = (labels[:10] + 1) % 11
    np.savez(tmp_path / "test.npz", images=pixels, labels=labels)
    (tmp_path / "hw13.zip").write_bytes(zipped({"hw13.py": script("Spring2023"), "student_best.ckpt": weights}))

    with (tmp_path / "hw13.zip").open("rb") as file, open_test_set(tmp_path / "test.npz") as test_set:
        upload = pipeline.begin(file.fileno(), rules, OwnFile(READING_JOB), exporter=jail)
        report = pipeline.evaluate(upload, pipeline.check(upload, Watch()), test_set, OwnFile(EVALUATING_JOB), Watch())

    assert report.status is Status.SCORED
    assert sum(part.correct for part in report.splits.values()) == 30


def test_a_network_that_is_too_large_is_refused_with_its_table(jail: Airlock, tmp_path: Path) -> None:
    content = zipped({"model.py": script("Spring2022"), "student_best.ckpt": checkpoint("spring2022_90387")})

    report = checked(content, tmp_path / "hw13.zip", jail).report

    assert [(problem.code, problem.got) for problem in report.problems] == [("too-many-parameters", "90,387")]
    assert report.counts is not None
    assert {layer.name: layer.parameters for layer in report.counts.layers}[LARGEST] == 256 * 150
    assert sum(layer.parameters for layer in report.counts.layers) == 90_387
