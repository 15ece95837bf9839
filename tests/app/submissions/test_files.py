"""Files on their way back: only to those who may have them, and never shown by a browser."""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.database import Database
from app.submissions import products
from app.submissions.file_routes import disposition
from models.artifacts import ArtifactKind
from tests.app.world import World, hand_in, live_grading, settle, store_bytes

Open = Callable[[str | None], TestClient]
PAGE = b"<script>alert(document.domain)</script>"


@dataclass(frozen=True)
class Files:
    """Ada's submission with an attachment that is a page, and a compacted network."""

    submission_id: int
    attachment: str


@pytest.fixture
def files(service: FastAPI, records: Database, world: World, program: Open) -> Files:
    store = service.state.services.store
    upload, page, made = (store_bytes(store, content) for content in (b"archive", PAGE, b"onnx"))
    number = hand_in(records, world, "ada", sha256_hex=upload.sha256)
    settle(records, number)
    with records.write() as session:
        products.attach(session, number, "notes/Übung 3.html", page)
        products.keep(session, live_grading(session, number).id, ArtifactKind.ONNX, "compacted.onnx", made)
    [attachment] = [
        each for each in program("ada").get(f"/submissions/{number}").json()["files"] if each["role"] == "attachment"
    ]
    return Files(number, attachment["url"])


def test_an_attachment_is_a_download_that_no_browser_shows(program: Open, files: Files) -> None:
    response = program("instructor").get(files.attachment)

    assert (response.status_code, response.content) == (200, PAGE)
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == (
        "attachment; filename=\"_bung 3.html\"; filename*=UTF-8''%C3%9Cbung%203.html"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("name", "status"), [("ada", 200), ("instructor", 200), ("grace", 404), ("outsider", 404)])
def test_it_is_for_its_entrant_and_the_staff(program: Open, files: Files, name: str, status: int) -> None:
    for address in (files.attachment, f"/submissions/{files.submission_id}/compacted/onnx"):
        assert program(name).get(address).status_code == status


def test_a_file_of_another_submission_is_not_there(
    program: Open, records: Database, world: World, files: Files
) -> None:
    other = hand_in(records, world, "ada")
    file_id = files.attachment.rsplit("/", 1)[1]

    response = program("ada").get(f"/submissions/{other}/files/{file_id}")

    assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_the_compacted_network_is_downloaded_by_its_kind(program: Open, files: Files) -> None:
    address = f"/submissions/{files.submission_id}/compacted"
    client = program("ada")

    assert client.get(f"{address}/onnx").content == b"onnx"
    assert client.get(f"{address}/state-dict").status_code == 404
    assert client.get(f"{address}/exe").status_code == 422
    assert client.get(f"/submissions/{files.submission_id}").json()["compacted"][0]["url"] == f"{address}/onnx"


def test_the_page_lists_attachments_and_the_compacted_network(browser: Open, files: Files) -> None:
    page = browser("instructor").get(f"/submissions/{files.submission_id}").text

    assert f'href="{files.attachment}" download' in page
    assert "Übung 3.html" in page
    assert f'href="/submissions/{files.submission_id}/compacted/onnx" download' in page
    assert "the same class for each of the 20 images" in page


def test_what_was_uploaded_comes_back_as_it_was(program: Open, files: Files) -> None:
    [upload] = [
        each
        for each in program("ada").get(f"/submissions/{files.submission_id}").json()["files"]
        if each["role"] == "weights"
    ]

    assert program("ada").get(upload["url"]).content == b"archive"


@given(st.text(max_size=60))
def test_a_name_never_leaves_its_header(name: str) -> None:
    header = disposition(name.encode("utf-8", "replace").decode())

    assert header.isascii()
    assert header.isprintable()
    message = Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    assert "/" not in header.replace("UTF-8''", "")


def test_a_path_is_saved_under_its_last_part() -> None:
    assert disposition("../../etc/passwd") == "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"
    assert disposition("a\\b.pdf").endswith("UTF-8''b.pdf")
