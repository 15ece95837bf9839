"""The Fashion-MNIST assignment as it ships, on its course's own files: by command line and by REST."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.accounts.passwords import Passwords
from app.competitions import definition
from app.competitions import service as competition_service
from app.courses import queries as courses
from app.database import Database
from app.schema import migrate
from app.storage import Store
from tests.app.test_end_to_end import by_rest, hand_in, result
from tests.app.world import FOLDER, SHARED, populate, write_images
from tests.databases import Backend
from tests.faults.tree import Tree, running

SAMPLES = SHARED / "samples" / "cs6886"
IMAGES = SHARED / "data" / "fashion-mnist"
FILES = ("base_state_dict.pt", "base_whole_module.pth")
CORRECT, TOLERANCE = 8_881, 2
pytestmark = pytest.mark.skipif(
    not (SAMPLES.is_dir() and IMAGES.is_dir()), reason=f"the course's files and images are not at {SHARED}"
)


@pytest.fixture(scope="module")
def test_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 10,000 public test images, made into a data set as an instructor makes it."""
    path = tmp_path_factory.mktemp("fashion") / "test.npz"
    idx = [IMAGES / f"t10k-{kind}.gz" for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]
    command = [sys.executable, "-m", "grader", "dataset", "from-idx", *map(str, idx), str(path), "--channels", "first"]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def tree(backend: Backend, tmp_path_factory: pytest.TempPathFactory, test_images: Path) -> Iterator[Tree]:
    folder = tmp_path_factory.mktemp("service")
    with backend.empty(folder) as url:
        migrate(url)
        with closing(Database(url)) as database:
            hasher = Passwords(memory_kib=8, passes=1, lanes=1)
            world = populate(database, folder, hasher, write_images(folder / "demo.npz", 20))
            add_cs6886(database, folder, test_images)
        with running(world, workers=1) as tree:
            yield tree


def add_cs6886(database: Database, folder: Path, images: Path) -> None:
    """The assignment as it ships, open at any time."""
    text = (FOLDER / "cs6886.yaml").read_text(encoding="utf-8")
    text = text.replace("opens: 2026-09-01 00:00", "opens: 2020-09-01 00:00").replace("closes: 2026-12-18 23:59", "")
    with database.write() as session:
        course = courses.course_by_slug(session, "ml")
        assert course is not None
        copied = competition_service.copy_dataset(Store(folder), "fashion-mnist", images)
        dataset = competition_service.add_dataset(session, copied)
        read = definition.from_yaml(text, "cs6886.yaml", FOLDER)
        competition_service.apply(session, course, read, text, dataset, None)


def check(report: Mapping[str, Any]) -> None:
    assert report["status"] == "scored"
    assert report["parameters"] == 925_190
    assert report["macs"]["dense"] == report["macs"]["effective"] == 2_347_048
    assert report["score"] == 4_694_096
    split = report["splits"]["test"]
    assert split["examples"] == 10_000
    assert abs(split["correct"] - CORRECT) <= TOLERANCE
    assert report["ranks"] is True


@pytest.mark.parametrize("name", FILES)
def test_the_base_network_counts_and_scores_as_the_course_says_by_command_line(name: str, test_images: Path) -> None:
    options = ["--competition", str(FOLDER / "cs6886.yaml"), "--dataset", str(test_images), "--json"]
    command = [sys.executable, "-m", "grader", "grade", str(SAMPLES / name), *options]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)

    check(json.loads(answer.stdout))


@pytest.mark.only_on(
    "sqlite", reason="the networks are what is tested; test_end_to_end.py has a service on each database"
)
def test_both_forms_of_the_base_network_are_one_network_by_rest(tree: Tree) -> None:
    with by_rest(tree, "ada") as client:
        addresses = [hand_in(client, "cs6886", SAMPLES / name, name) for name in FILES]
        reports = [result(client, address)["report"] for address in addresses]
        board = client.get("/competitions/cs6886/leaderboard").json()

    for report in reports:
        check(report)
    assert reports[0]["digests"]["weights"] == reports[1]["digests"]["weights"]
    assert [(row["rank"], row["score"]) for row in board["rows"]] == [(1, 4_694_096)]
