"""Test sets and reference networks out of uploads, each read in a process that can reach nothing else."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select

from app.database import Database
from app.editing.material import network_name
from models.audit import AuditEntry
from models.datasets import Dataset
from tests.app.editing.test_editing_routes import NEW, OURS, create
from tests.app.world import FOLDER, World

Open = Callable[[str | None], TestClient]
CONFIGURATION = (FOLDER / "cmu-10605.keras.json").read_bytes()


def npz(shape: tuple[int, ...] = (10, 25, 25, 3)) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, images=np.zeros(shape, np.uint8), labels=np.arange(shape[0]) % 5)
    return buffer.getvalue()


def pictures() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(6):
            picture = io.BytesIO()
            Image.new("RGB", (30, 40), (number, 0, 0)).save(picture, "PNG")
            archive.writestr(f"{number % 2}_{number}.png", picture.getvalue())
    return buffer.getvalue()


def upload(client: TestClient, what: str, file_name: str, content: bytes, **fields: str) -> Any:
    return client.post(f"/courses/ml/{what}", data=fields, files={"file": (file_name, content)})


def test_a_test_set_is_described_without_an_image_or_a_label(program: Open, records: Database) -> None:
    answer = upload(program("instructor"), "datasets", "test.npz", npz(), name="fresh")

    body = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, "/courses/ml/datasets")
    assert (body["examples"], body["shape"], body["per_class"]) == (10, [25, 25, 3], [2, 2, 2, 2, 2])
    assert "labels" not in answer.text
    with records.read() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.detail["digest"]) == ("dataset.add", body["digest"])


def test_a_test_set_of_a_draft_is_pinned_at_once(program: Open) -> None:
    client = program("instructor")
    create(client)

    answer = upload(client, "datasets", "test.npz", npz(), name="fresh", competition="ours")

    assert answer.headers["location"] == "/competitions/ours/setup"
    found = client.get("/competitions/ours/definition").json()
    assert (found["dataset"], found["version"]) == ("fresh", 2)


def test_one_that_does_not_fit_the_draft_is_not_kept(program: Open, records: Database) -> None:
    client = program("instructor")
    create(client)

    answer = upload(client, "datasets", "test.npz", npz((10, 28, 28, 1)), name="fresh", competition="ours")

    assert (answer.status_code, answer.json()["code"]) == (422, "dataset-shape")
    with records.read() as session:
        assert session.scalars(select(Dataset.name)).all() == ["hidden"]


def test_a_zip_of_pictures_is_brought_to_one_size(program: Open) -> None:
    fields = {"name": "photos", "layout": "chw", "resize": "16", "crop": "16"}

    body = upload(program("instructor"), "datasets", "photos.zip", pictures(), **fields).json()

    assert (body["examples"], body["shape"], body["classes"]) == (6, [3, 16, 16], 2)


def test_what_is_no_test_set_is_told_why(program: Open, world: World) -> None:
    wrong = {b"nothing of the kind": "an .npz archive", npz((3, 4)): "4 dimensions", b"": "The file is empty"}
    for content, says in wrong.items():
        answer = upload(program("instructor"), "datasets", "test.npz", content, name="fresh")

        assert answer.status_code == 422
        assert says in answer.json()["detail"]
        assert str(world.folder) not in answer.text
    assert [path.name for path in (world.folder / "incoming").iterdir()] == []


def test_an_upload_is_refused_before_its_body_where_nobody_may(program: Open) -> None:
    assert upload(program("ada"), "datasets", "test.npz", npz(), name="fresh").status_code == 403
    assert upload(program("outsider"), "networks", "n.json", CONFIGURATION).status_code == 404


def test_another_courses_test_set_is_not_ours(program: Open) -> None:
    upload(program("admin"), "datasets", "test.npz", npz(), name="fresh")

    other = program("admin").get("/courses/other/datasets").json()["items"]
    ours = program("admin").get("/courses/ml/datasets").json()["items"]

    assert [each["name"] for each in ours] == ["fresh", "hidden"]
    assert [each["name"] for each in other] == ["hidden"]


def test_a_network_is_named_in_a_definition_by_its_digest(program: Open) -> None:
    client = program("instructor")
    answer = upload(client, "networks", "our net.json", CONFIGURATION)
    name = answer.json()["name"]

    made = create(client, OURS.replace("cmu-10605.keras.json", name))

    assert name.startswith("our-net-")
    assert name.endswith(".keras.json")
    assert made.status_code == 201
    assert client.get("/competitions/ours").json()["parameters"] == 592_933


def test_a_network_for_a_competition_goes_into_its_editor(browser: Open, program: Open) -> None:
    create(program("instructor"))
    client = browser("instructor")

    answer = upload(client, "networks", "net.json", CONFIGURATION, competition="ours")
    page = client.get(answer.headers["location"])

    assert answer.status_code == 303
    assert "keras_config: net-" in page.text
    assert "This is a valid definition" in page.text


def test_a_network_that_is_not_there_is_told_at_its_line(program: Open) -> None:
    source = OURS.replace("cmu-10605.keras.json", "missing.keras.json")

    [finding] = program("instructor").post(f"{NEW}/validation", data={"source": source}).json()["findings"]

    assert "there is no such network in this course" in finding["message"]
    assert "missing.keras.json" in source.splitlines()[finding["line"] - 1]


def test_a_file_without_a_network_is_told_why(program: Open) -> None:
    answer = upload(program("instructor"), "networks", "net.h5", b"\x00\x01\x02")

    assert (answer.status_code, answer.json()["code"]) == (422, "network-file")
    assert "no ONNX model" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("net.h5", "net-aaaaaaaa.keras.json"),
        ("../../etc/p w.json", "p-w-aaaaaaaa.keras.json"),
        ("ネット.h5", "network-aaaaaaaa.keras.json"),
        ("x" * 300, f"{'x' * 60}-aaaaaaaa.keras.json"),
    ],
)
def test_a_name_holds_nothing_but_letters_digits_and_a_digest(given: str, name: str) -> None:
    assert network_name(given, "keras_config", "a" * 64) == name


def test_a_larger_upload_than_is_taken_is_refused(program: Open, service: FastAPI) -> None:
    services = service.state.services
    small = services.settings.model_copy(update={"max_dataset_bytes": 1000})
    service.state.services = replace(services, settings=small)

    answer = upload(program("instructor"), "datasets", "test.npz", npz(), name="fresh")

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_the_page_of_a_draft_takes_the_upload(browser: Open, program: Open) -> None:
    create(program("instructor"))
    client = browser("instructor")

    answer = upload(client, "datasets", "test.npz", npz(), name="fresh", competition="ours")

    assert answer.status_code == 303
    assert "fresh: 10 images of 25 x 25 x 3" in client.get(answer.headers["location"]).text
