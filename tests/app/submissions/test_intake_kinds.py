"""Names and kinds of uploads, refused before they are queued: over HTTP, on a real service."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from models.submissions import Submission
from tests.app.world import World

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(1000)
NAME = "my_model_weights.h5"
ADDRESS = f"/submissions?competition=demo&name={NAME}"
Open = Callable[[str | None], TestClient]


def assert_nothing_was_kept(world: World, records: Database) -> None:
    left = [path for folder in ("files", "incoming") for path in (world.folder / folder).rglob("*") if path.is_file()]
    with records.read() as session:
        assert (left, session.scalars(select(Submission)).all()) == ([], [])


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    return body


@pytest.mark.parametrize(
    "name", ["weights.h5", "my_model_weights.keras", "MY_MODEL_WEIGHTS.H5", "my_model_weights.h5.txt"]
)
def test_another_name_is_refused_with_the_name_that_is_asked_for(program: Open, name: str) -> None:
    response = program("ada").post("/submissions?competition=demo", files={"file": (name, HDF5)})

    body = problem(response, 422, "wrong-file-name")
    assert "my_model_weights*.h5" in body["detail"]
    assert name in body["detail"]
    assert body["quota_charged"] is False


@pytest.mark.parametrize("name", [NAME, "my_model_weights.weights.h5", "my_model_weights_17.h5"])
def test_names_that_fit_are_taken(program: Open, name: str) -> None:
    assert program("ada").post("/submissions?competition=demo", files={"file": (name, HDF5)}).status_code == 202


@pytest.mark.parametrize("way", ["raw", "form"])
@pytest.mark.parametrize("name", ["my_model_weights\x00.h5", "my_model_weights\x1b[2J.h5"])
def test_a_name_that_nobody_can_print_is_refused(
    world: World, program: Open, records: Database, name: str, way: str
) -> None:
    if way == "raw":
        response = program("ada").post("/submissions", params={"competition": "demo", "name": name}, content=HDF5)
    else:
        head = b'--limb\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n\r\n'
        headers = {"Content-Type": "multipart/form-data; boundary=limb"}
        body = head + HDF5 + b"\r\n--limb--\r\n"
        response = program("ada").post("/submissions?competition=demo", content=body, headers=headers)

    assert response.status_code in {400, 422}
    assert_nothing_was_kept(world, records)


def test_a_competition_in_a_form_that_nobody_can_print_is_refused(program: Open) -> None:
    form = [("competition", (None, b"de\x00mo")), ("file", (NAME, HDF5))]

    problem(program("ada").post("/submissions", files=form), 400, "multipart-form")


NATURAL = [
    ("model.keras", b"PK\x03\x04" + bytes(22) + b"\x0d\x00\x00\x00" + b"metadata.json{}" + bytes(80), "keras-archive"),
    ("weights.ckpt.index", bytes(2000), "tensorflow-checkpoint"),
    ("weights.ckpt.data-00000-of-00001", bytes(2000), "tensorflow-checkpoint"),
    ("checkpoint", b'model_checkpoint_path: "weights.ckpt"\n', "tensorflow-checkpoint"),
    ("saved_model.pb", b"\x08\x01\x12" + bytes(100), "saved-model"),
    ("my_model.pt", b"\x80\x02" + bytes.fromhex("8a0a6cfc9c46f9206aa85019") + b".", "pytorch-checkpoint"),
    ("weights.npz", b"PK\x03\x04" + bytes(22) + b"\x09\x00\x00\x00" + b"arr_0.npy" + bytes(80), "numpy-file"),
    ("page.html", b"<!DOCTYPE html><html>", "html-page"),
    ("train.py", b"import keras\n", "text-file"),
    ("my_model_weights.h5.gz", b"\x1f\x8b\x08" + bytes(100), "compressed-file"),
    ("weights.h5", b"", "empty-file"),
]


@pytest.mark.parametrize(("name", "content", "code"), NATURAL, ids=[case[0] for case in NATURAL])
def test_a_mixed_up_file_under_its_own_name_is_told_what_it_is(
    world: World, program: Open, records: Database, name: str, content: bytes, code: str
) -> None:
    problem(program("ada").post("/submissions?competition=demo", files={"file": (name, content)}), 422, code)
    assert_nothing_was_kept(world, records)


MIXED_UP = {
    "empty-file": b"",
    "keras-archive": b"PK\x03\x04" + bytes(22) + b"\x0d\x00\x00\x00" + b"metadata.json{}" + bytes(80),
    "git-lfs-pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "html-page": b"<!DOCTYPE html><html><title>Sign in</title></html>",
    "compressed-file": b"\x1f\x8b\x08" + bytes(100),
    "numpy-file": b"\x93NUMPY" + bytes(100),
    "not-hdf5": os.urandom(4) + b"\x00\x01\x02" + bytes(500),
}


@pytest.mark.parametrize("code", MIXED_UP)
@pytest.mark.parametrize("way", ["raw", "form"])
def test_another_kind_of_file_is_named_before_it_is_queued(
    world: World, program: Open, records: Database, code: str, way: str
) -> None:
    content = MIXED_UP[code]
    if way == "raw":
        response = program("ada").post(ADDRESS, content=content)
    else:
        response = program("ada").post("/submissions?competition=demo", files={"file": (NAME, content)})

    body = problem(response, 422, code)
    assert body["errors"][0]["hint"]
    assert_nothing_was_kept(world, records)
