"""The service as an operator starts it: files go in by REST and by the form, scores and places on the board come out."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from app.accounts.passwords import Passwords
from app.competitions import definition
from app.competitions import service as competition_service
from app.courses import queries as courses
from app.database import Database
from app.schema import migrate
from app.storage import Store
from kits.reference import baselines, results
from kits.reference.service import Service
from tests.app.world import FOLDER, PASSWORD, SHARED, populate
from tests.databases import SQLITE, Backend
from tests.faults.tree import Tree, running, wait_for
from tests.kits.cells import program
from tests.kits.records import result as result_of_kits

DEMO = json.loads((FOLDER / "demo" / "expected.json").read_text(encoding="utf-8"))["samples"]
CMU = {
    "uncompressed_model_weights.h5": (0, 0.7554, "0.0000"),
    "Layerwise_thres_weights.h5": (249_034, 0.6660, "0.5430"),
    "Global_thres_weights.h5": (349_830, 0.6660, "0.6280"),
    "f23_weights_6.h5": (570_087, 0.6238, "0.7926"),
    "f23_weights_best.h5": (521_654, 0.6916, "0.7857"),
}
"""Zeros, accuracy and score of real students' files, as an independent program measured them."""
ON_THE_OTHER_DATABASE = ("f23_weights_best.h5",)
"""An evaluation knows no database: what is written there, and how, one of them shows as well as five."""
CMU_SAMPLES = SHARED / "samples" / "cmu-10605"
CMU_IMAGES = SHARED / "data" / "cifar10-5class-25x25.npz"
ASK_SECONDS = 0.5
"""An answer costs the service as much as a tenth of an evaluation."""
needs_samples = pytest.mark.skipif(
    not (CMU_SAMPLES.is_dir() and CMU_IMAGES.is_file()), reason=f"students' files and images are not at {SHARED}"
)


@pytest.fixture(scope="module")
def tree(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    folder = tmp_path_factory.mktemp("service")
    with backend.empty(folder) as url:
        yield from serving(folder, url, tmp_path_factory.mktemp("cmu"))


def serving(folder: Path, url: str, scratch: Path) -> Iterator[Tree]:
    migrate(url)
    with closing(Database(url)) as database:
        # The passwords are checked by the service at its own cost; these are made at it.
        hasher = Passwords(memory_kib=19 * 1024, passes=2, lanes=1)
        world = populate(database, folder, hasher, FOLDER / "demo" / "hidden-test.npz")
        if CMU_IMAGES.is_file():
            add_cmu(database, folder, scratch)
    with running(world, workers=1) as tree:
        yield tree


def add_cmu(database: Database, folder: Path, scratch: Path) -> None:
    """The competition as it ships, open at any time, on the test part of the images."""
    with np.load(CMU_IMAGES) as arrays:
        np.savez(scratch / "test.npz", images=arrays["x_test"], labels=arrays["y_test"].astype(np.int64).reshape(-1))
    text = (FOLDER / "cmu-10605.yaml").read_text(encoding="utf-8")
    text = text.replace("opens: 2026-09-01 00:00", "opens: 2020-09-01 00:00").replace("closes: 2026-12-18 23:59", "")
    with database.write() as session:
        course = courses.course_by_slug(session, "ml")
        assert course is not None
        dataset = competition_service.add_dataset(
            session, competition_service.copy_dataset(Store(folder), "cmu-test", scratch / "test.npz")
        )
        read = definition.from_yaml(text, "cmu-10605.yaml", FOLDER)
        competition_service.apply(session, course, read, text, dataset, None)


def by_rest(tree: Tree, name: str) -> httpx2.Client:
    return httpx2.Client(
        base_url=tree.url, headers={"Authorization": f"Bearer {tree.world.people[name].token}"}, timeout=30
    )


@contextmanager
def by_form(tree: Tree, name: str) -> Iterator[httpx2.Client]:
    """A browser in which somebody has signed in with a password."""
    headers = {"Accept": "text/html", "Origin": tree.url, "Sec-Fetch-Site": "same-origin"}
    with httpx2.Client(base_url=tree.url, headers=headers, timeout=30) as client:
        response = client.post("/login", data={"email": f"{name}@example.org", "password": PASSWORD})
        assert response.status_code == 303, response.text
        yield client


def hand_in(client: httpx2.Client, slug: str, path: Path, name: str = "my_model_weights.h5") -> str:
    """The address of a new submission."""
    content = path.read_bytes()
    if "Authorization" in client.headers:
        params = {"competition": slug, "name": name}
        response = client.post("/submissions", params=params, content=content)
    else:
        form = {"file": (name, content)}
        response = client.post("/submissions", data={"competition": slug}, files=form)
    assert response.status_code == (202 if "Authorization" in client.headers else 303), response.text
    return response.headers["location"]


def result(client: httpx2.Client, address: str) -> Mapping[str, Any]:
    """The submission as soon as it has ended."""

    def look() -> Mapping[str, Any] | None:
        body: Mapping[str, Any] = client.get(address, headers={"Accept": "application/json"}).json()
        return None if body["state"] in ("queued", "running") else body

    found: Mapping[str, Any] = wait_for(f"the result of {address}", look, every=ASK_SECONDS)
    return found


def check_demo(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    report = found["report"]
    assert found["state"] == report["status"] == expected["status"]
    if expected["status"] == "rejected":
        problem = report["problems"][0]
        assert {key: problem[key] for key in ("where", "expected", "got")} == expected["problem"]
        return
    split = report["splits"]["test"]
    assert (report["parameters"], report["zeros"]) == (expected["parameters"], expected["zeros"])
    assert (split["examples"], split["correct"]) == (expected["examples"], expected["correct"])
    assert (found["score"], report["score_exact"]) == (expected["score"], expected["score_exact"])


def test_the_demos_files_score_as_promised_by_rest(tree: Tree) -> None:
    with by_rest(tree, "ada") as client:
        addresses = {sample: hand_in(client, "demo", FOLDER / "demo" / sample) for sample in DEMO}
        for sample, address in addresses.items():
            check_demo(result(client, address), DEMO[sample])


def test_the_demos_files_score_as_promised_by_the_form(tree: Tree) -> None:
    with by_form(tree, "grace") as client:
        addresses = {sample: hand_in(client, "demo", FOLDER / "demo" / sample) for sample in DEMO}
        for sample, address in addresses.items():
            check_demo(result(client, address), DEMO[sample])
            assert client.get(address).status_code == 200
        page = client.get("/competitions/demo/leaderboard").text
    assert "0.8870" in page


def check_cmu(found: Mapping[str, Any], zeros: int, accuracy: float, score: str) -> None:
    report = found["report"]
    assert found["state"] == "scored"
    assert (report["parameters"], report["zeros"]) == (592_933, zeros)
    assert report["splits"]["test"]["correct"] == round(accuracy * 5000)
    assert report["splits"]["test"]["examples"] == 5000
    assert f"{found['score']:.4f}" == score


@needs_samples
def test_real_students_files_score_as_measured(tree: Tree, backend: Backend) -> None:
    files = CMU if backend.name == SQLITE else {name: CMU[name] for name in ON_THE_OTHER_DATABASE}
    with by_rest(tree, "ada") as ada, by_form(tree, "grace") as grace:
        score_cmu(ada, files)
        score_cmu(grace, files)  # what was evaluated once is not evaluated again


def score_cmu(client: httpx2.Client, files: Mapping[str, tuple[int, float, str]]) -> None:
    """All files at once, as on an evening, and what each comes to."""
    addresses = {file: hand_in(client, "cmu-10605", CMU_SAMPLES / file) for file in files}
    for file, address in addresses.items():
        check_cmu(result(client, address), *files[file])


def test_the_starter_notebooks_last_cell_hands_a_file_in(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    sample = FOLDER / "demo" / "samples" / "pruned-93" / "my_model_weights.h5"
    settings = {"URL": tree.url, "COMPETITION": "demo", "FILE": str(sample)}
    names: dict[str, Any] = {}

    exec(program(settings, "settings", "submission"), names)
    found = names["submit"](token=tree.world.people["alan"].token)

    check_demo(found, DEMO["samples/pruned-93/my_model_weights.h5"])
    assert "is scored" in capsys.readouterr().out


def keep_results(folder: Path, samples: Mapping[str, str]) -> None:
    """A run whose files are the demo's, each by the method that is given for it."""
    for sample, method in samples.items():
        facts = DEMO[f"samples/{sample}/my_model_weights.h5"]
        made = result_of_kits(method, facts["zeros"], facts["correct"], name=sample)
        (folder / sample).mkdir()
        results.keep(replace(made, examples=facts["examples"]), folder / sample)
        shutil.copyfile(
            FOLDER / "demo" / "samples" / sample / "my_model_weights.h5", folder / sample / results.FILE_NAME
        )


def test_results_of_the_kits_become_rows_of_the_board(tree: Tree, tmp_path: Path) -> None:
    keep_results(tmp_path, {"dense": "dense", "pruned-93": "masked"})
    service = Service(tree.url, tree.world.people["instructor"].token)

    assert [baselines.enter(service, "demo", tmp_path) for _ in range(2)] == [True, True]

    with by_rest(tree, "ada") as client:
        rows = client.get("/competitions/demo/leaderboard").json()["baselines"]
    assert {row["name"]: row["score_exact"] for row in rows} == {
        "dense network": "0",
        "4 masked retraining, 93.0 %": DEMO["samples/pruned-93/my_model_weights.h5"]["score_exact"],
    }
