"""A competition of free architectures, homework 13 on small images: its page, and what becomes of files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.competitions import definition, service
from app.courses import queries as courses
from app.database import Database
from app.storage import Store
from grader.facts import Counts, LayerCount
from grader.report import Digests, Report, Status
from models.gradings import State
from tests.app.world import FOLDER, World, hand_in, settle
from tests.corpus.makers import checkpoint, code
from tests.corpus.makers import onnx as maker

Open = Callable[[str | None], TestClient]


@pytest.fixture
def free(records: Database, world: World, tmp_path: Path) -> str:
    """The slug of the competition, on a test set of noise."""
    text = (FOLDER / "ntu-hw13.yaml").read_text(encoding="utf-8")
    for old, new in (("[3, 224, 224]", "[3, 8, 8]"), ("1109", "11"), ("opens: 2026", "opens: 2020")):
        assert old in text
        text = text.replace(old, new)
    random = np.random.default_rng(5)
    np.savez(tmp_path / "food.npz", images=random.integers(0, 256, (22, 3, 8, 8), np.uint8), labels=np.arange(22) % 11)
    with records.write() as session:
        dataset = service.add_dataset(session, service.copy_dataset(Store(world.folder), "food", tmp_path / "food.npz"))
        course = courses.course_by_slug(session, "ml")
        assert course is not None
        service.apply(session, course, definition.from_yaml(text, "ntu-hw13.yaml", FOLDER), text, dataset, None)
    return "ntu-hw13"


def test_its_page_tells_the_limits_in_place_of_a_network(browser: Open, free: str) -> None:
    page = " ".join(browser("ada").get(f"/competitions/{free}").text.split())

    assert "Yours to choose</a>: at most 60,000 parameters" in page
    assert 'data-magic="code"' in page
    assert 'accept=".zip,.onnx"' in page
    assert "<code>hw13.py</code> or <code>hw13.ipynb</code> or <code>model.py</code>" in page
    assert "minus a mean of 0.485, 0.456, 0.406" in page
    assert "It gives 11 logits." in page


def test_it_has_no_number_of_parameters(program: Open, free: str) -> None:
    assert program("ada").get(f"/competitions/{free}").json()["parameters"] is None


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("student_best.ckpt", checkpoint.make({}, 1), "code-checkpoint-alone"),
        ("hw13.tar", code.make({}, 1), "wrong-file-name"),
        ("weights.h5", b"\x89HDF\r\n\x1a\n", "onnx-instead"),
        ("model.onnx", b"\0\1\2\3", "not-onnx"),
        ("model.bin", maker.make({}, 1), "wrong-file-name"),
    ],
)
def test_another_file_is_told_at_the_door(program: Open, free: str, name: str, content: bytes, problem: str) -> None:
    answer = program("ada").post(f"/submissions?competition={free}&name={name}", content=content)

    assert (answer.status_code, answer.json()["code"]) == (422, problem)


@pytest.mark.parametrize(("name", "made"), [("model.onnx", maker.make({}, 1)), ("hw13.zip", code.make({}, 1))])
def test_networks_and_code_are_taken(program: Open, free: str, name: str, made: bytes) -> None:
    answer = program("ada").post(f"/submissions?competition={free}&name={name}", content=made)

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")


def test_a_network_that_is_too_large_is_shown_with_its_table_by_layer(
    browser: Open, records: Database, world: World, free: str
) -> None:
    layers = (LayerCount("conv.weight", (150, 256, 1, 1), 38_400, 7), LayerCount("fc.weight", (11, 5_000), 55_000, 0))
    report = Report(Status.REJECTED, free, Digests("0" * 64, "1" * 64), 1000, "A", counts=Counts(93_400, 7, 12, layers))
    number = hand_in(records, world, "ada", slug=free)
    settle(records, number, state=State.REJECTED, report=report)

    answer = browser("ada").get(f"/submissions/{number}")

    assert answer.status_code == 200
    assert "conv.weight" in answer.text
    assert "38,400" in answer.text
    assert "93,400" in answer.text
