"""What becomes of an upload before it is queued: over HTTP, on a real service."""

import asyncio
import errno
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.database import Database
from app.settings import Settings
from app.storage import Store
from app.storage import folder as storage
from models.submissions import Submission, SubmissionFile
from tests.app.applications import application
from tests.app.world import World, change_rules

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 20
NAME = "my_model_weights.h5"
ADDRESS = f"/submissions?competition=demo&name={NAME}"
Open = Callable[[str | None], TestClient]


def files_in(world: World, folder: str) -> list[Path]:
    return [path for path in (world.folder / folder).rglob("*") if path.is_file()]


def count(records: Database) -> int:
    with records.read() as session:
        return session.scalars(select(func.count()).select_from(Submission)).one()


def assert_nothing_was_kept(world: World, records: Database) -> None:
    assert files_in(world, "files") == []
    assert files_in(world, "incoming") == []
    assert count(records) == 0


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert response.headers["content-type"] == "application/problem+json"
    return body


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def test_a_raw_body_is_stored_under_its_digest_and_queued(world: World, program: Open, records: Database) -> None:
    response = program("ada").post(ADDRESS, content=HDF5)

    assert response.status_code == 202
    assert response.json() == {"id": 1, "state": "queued", "url": "/submissions/1"}
    assert response.headers["location"] == "/submissions/1"
    digest = sha256(HDF5).hexdigest()
    assert [path.name for path in files_in(world, "files")] == [digest]
    assert files_in(world, "files")[0].read_bytes() == HDF5
    with records.read() as session:
        assert session.scalars(select(SubmissionFile)).one().sha256 == digest
    assert files_in(world, "incoming") == []


@pytest.mark.parametrize("size", [1000, 4097, 1 << 20])
def test_a_body_in_chunks_of_any_size_is_the_same_file(world: World, program: Open, size: int) -> None:
    content = HDF5 * 130  # more than is gathered before a write

    assert program("ada").post(ADDRESS, content=pieces(content, size)).status_code == 202

    assert [path.name for path in files_in(world, "files")] == [sha256(content).hexdigest()]


def test_a_form_is_stored_as_the_same_file(world: World, program: Open) -> None:
    response = program("ada").post("/submissions", data={"competition": "demo"}, files={"file": (NAME, HDF5)})

    assert response.status_code == 202
    assert [path.name for path in files_in(world, "files")] == [sha256(HDF5).hexdigest()]


def test_a_browsers_form_leads_to_the_submissions_page(browser: Open) -> None:
    response = browser("ada").post("/submissions?competition=demo", files={"file": (NAME, HDF5)})

    assert (response.status_code, response.headers["location"]) == (303, "/submissions/1")


def test_fields_after_the_file_change_nothing(program: Open) -> None:
    form = [("competition", (None, b"demo")), ("file", (NAME, HDF5)), ("note", (None, b"hello"))]

    assert program("ada").post("/submissions", files=form).status_code == 202


def test_the_competition_after_the_file_comes_too_late(world: World, program: Open, records: Database) -> None:
    form = [("file", (NAME, HDF5)), ("competition", (None, b"demo"))]

    problem(program("ada").post("/submissions", files=form), 422, "no-competition")
    assert_nothing_was_kept(world, records)


def test_a_raw_body_for_no_competition_is_refused(program: Open) -> None:
    problem(program("ada").post("/submissions", content=HDF5), 422, "no-competition")


def test_a_form_with_two_files_is_refused(world: World, program: Open, records: Database) -> None:
    form = [("file", (NAME, HDF5)), ("file", (NAME, HDF5))]

    problem(program("ada").post("/submissions?competition=demo", files=form), 422, "several-files")
    assert_nothing_was_kept(world, records)


@pytest.mark.parametrize(
    "form", [[("x", (None, b"y"))], [("file", ("", b""))]], ids=["other fields", "a field left empty"]
)
def test_a_form_without_a_file_is_refused(program: Open, form: Any) -> None:
    client = program("ada")
    client.headers["Content-Type"] = "multipart/form-data; boundary=limb"
    body = b"".join(
        b'--limb\r\nContent-Disposition: form-data; name="'
        + name.encode()
        + (b'"; filename="' + file_name.encode() if file_name is not None else b"")
        + b'"\r\n\r\n'
        + content
        + b"\r\n"
        for name, (file_name, content) in form
    )

    problem(client.post("/submissions?competition=demo", content=body + b"--limb--\r\n"), 422, "no-file")


def test_a_form_cut_short_leaves_nothing(world: World, program: Open, records: Database) -> None:
    head = b'--limb\r\nContent-Disposition: form-data; name="file"; filename="my_model_weights.h5"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=limb"}

    response = program("ada").post("/submissions?competition=demo", content=head + HDF5, headers=headers)

    problem(response, 400, "multipart-form")
    assert_nothing_was_kept(world, records)


@pytest.mark.parametrize("way", ["raw", "form"])
def test_an_upload_that_takes_too_long_is_ended_and_nothing_kept(world: World, settings: Settings, way: str) -> None:
    """In one loop with the service, whose client waits for the answer before it would go on."""
    form = b'--limb\r\nContent-Disposition: form-data; name="file"; filename="my_model_weights.h5"\r\n\r\n'

    async def upload(service: FastAPI) -> Any:
        async def body() -> AsyncIterator[bytes]:
            yield (form if way == "form" else b"") + HDF5
            await asyncio.Event().wait()

        transport = httpx2.ASGITransport(service)
        headers = {"Authorization": f"Bearer {world.people['ada'].token}"}
        if way == "form":
            headers["Content-Type"] = "multipart/form-data; boundary=limb"
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
            return await client.post(ADDRESS, content=body())

    with application(settings.model_copy(update={"upload_seconds": 0.5})) as service:
        response = asyncio.run(upload(service))
        assert_nothing_was_kept(world, service.state.services.database)

    assert "0.5 seconds" in problem(response, 408, "upload-too-slow")["detail"]
    assert response.headers["connection"] == "close"


def small_limit(records: Database, world: World) -> None:
    change_rules(records, world, "max_bytes: 16777216", "max_bytes: 10000")


def test_what_declares_to_be_too_large_is_refused_without_reading_it(
    world: World, program: Open, records: Database
) -> None:
    small_limit(records, world)
    read: list[int] = []

    def body() -> Iterator[bytes]:
        for number in range(100):
            read.append(number)
            yield HDF5

    response = program("ada").post(ADDRESS, content=body(), headers={"Content-Length": str(100 * len(HDF5))})

    assert problem(response, 413, "too-large")["errors"][0]["expected"] == "10,000 bytes"
    assert_nothing_was_kept(world, records)


def test_what_turns_out_to_be_too_large_is_refused_and_removed(world: World, program: Open, records: Database) -> None:
    small_limit(records, world)

    problem(program("ada").post(ADDRESS, content=pieces(HDF5 * 3, 1000)), 413, "too-large")
    assert_nothing_was_kept(world, records)


def test_a_file_at_the_limit_is_taken_and_one_byte_more_is_not(world: World, program: Open, records: Database) -> None:
    small_limit(records, world)
    client = program("ada")

    assert client.post(ADDRESS, content=(HDF5 * 3)[:10_000]).status_code == 202
    problem(client.post(ADDRESS, content=(HDF5 * 3)[:10_001]), 413, "too-large")


def test_before_the_disk_is_full_uploads_are_refused(
    world: World, program: Open, service: FastAPI, records: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(world.folder, min_free_bytes=1000)
    monkeypatch.setattr(storage, "free_bytes", lambda folder: 999)
    monkeypatch.setattr(service.state.services.store, "_min_free_bytes", 1000)

    with pytest.raises(Exception, match="no room"):
        store.receive()
    problem(program("ada").post(ADDRESS, content=HDF5), 507, "disk-full")
    assert_nothing_was_kept(world, records)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mount.returncode:
        pytest.skip(f"no right to mount a small file system: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("taken", [0, 60_000, 100_000], ids=["half of it fits", "one page fits", "nothing fits"])
def test_a_disk_that_fills_up_meanwhile_is_told_and_nothing_stays(
    tiny_disk: Path, program: Open, service: FastAPI, taken: int
) -> None:
    service.state.services = replace(service.state.services, store=Store(tiny_disk))
    others = tiny_disk / "others"
    with suppress(OSError), others.open("wb", buffering=0) as stream:
        for _ in range(taken // 1000):
            stream.write(bytes(1000))

    response = program("ada").post(ADDRESS, content=pieces(HDF5 * 200 if taken == 0 else HDF5, 5000))

    problem(response, 507, "disk-full")
    assert [path for path in tiny_disk.rglob("*") if path.is_file()] == [others]


def test_other_trouble_with_the_disk_is_our_fault(
    world: World, program: Open, records: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.EIO, "I/O error")

    monkeypatch.setattr(os, "fsync", refuse)

    assert program("ada").post(ADDRESS, content=HDF5).status_code == 500
    assert_nothing_was_kept(world, records)
