"""What one entrant may take of the service at most."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.clock import db_now
from app.database import Database
from app.errors import AppError
from app.settings import Settings
from app.uploads import Uploads
from models.gradings import State
from models.submissions import Submission
from tests.app.world import World, change_rules, hand_in, settle

Open = Callable[[str | None], TestClient]
H5 = b"\x89HDF\r\n\x1a\n" + bytes(100)


@pytest.fixture
def settings(world: World) -> Settings:
    return Settings(
        data_dir=world.folder,
        database_url=world.database_url,
        public_url="http://testserver",
        min_free_disk_bytes=0,
        worker_processes=0,
        max_entrant_waiting=2,
        max_entrant_hourly=3,
        max_entrant_bytes=2500,
    )


def send(client: TestClient) -> Any:
    return client.post("/submissions", params={"competition": "demo"}, content=H5)


def test_so_many_files_of_one_entry_may_wait(program: Open, records: Database, world: World) -> None:
    numbers = [hand_in(records, world, "ada", file=name) for name in "ab"]

    refused = send(program("ada"))
    others = send(program("grace"))
    settle(records, numbers[0], state=State.REJECTED)

    assert (refused.status_code, refused.json()["code"]) == (429, "waiting-full")
    assert refused.headers["retry-after"] == "30"
    assert others.status_code == send(program("ada")).status_code == 202


def test_so_many_files_of_one_entry_may_come_within_an_hour(program: Open, records: Database, world: World) -> None:
    numbers = [hand_in(records, world, "ada", file="same") for _ in range(3)]
    for number in numbers:
        settle(records, number, state=State.FAILED)
    with records.write() as session:
        session.execute(update(Submission).values(received_at=db_now(-timedelta(minutes=50))))

    refused = send(program("ada")).json()
    assert refused["code"] == "hourly-full"
    assert 500 < refused["retry_after_seconds"] <= 600


def test_whoever_leaves_a_team_sends_no_more_within_the_hour(program: Open, records: Database, world: World) -> None:
    change_rules(records, world, "course:\n", "course:\n  teams: {size: 2}\n")
    team = "/competitions/demo/team"
    code = program("ada").post(f"{team}/link").json()["code"]
    assert program("grace").post(f"{team}/joining", data={"code": code}).status_code == 200
    for name in "abc":
        settle(records, hand_in(records, world, "grace", file=name), state=State.REJECTED)

    assert program("grace").post(f"{team}/leaving").status_code == 200

    assert send(program("grace")).json()["code"] == "hourly-full"
    assert send(program("alan")).status_code == 202


def test_so_many_bytes_of_one_entry_are_kept(program: Open, records: Database, world: World) -> None:
    for number in [hand_in(records, world, "ada", file=name) for name in "abc"]:
        settle(records, number, state=State.REJECTED)
    with records.write() as session:
        session.execute(update(Submission).values(received_at=db_now(-timedelta(hours=2))))

    refused = send(program("ada"))

    assert (refused.status_code, refused.json()["code"]) == (409, "bytes-full")


def test_staff_may_try_as_often_as_they_like(program: Open, records: Database, world: World) -> None:
    for name in "abcd":
        hand_in(records, world, "instructor", file=name)

    assert send(program("instructor")).status_code == 202


def test_so_many_files_of_one_person_may_be_on_their_way() -> None:
    uploads = Uploads(2)

    with uploads.of(1), uploads.of(1):
        with pytest.raises(AppError) as caught, uploads.of(1):
            pass
        with uploads.of(2):
            pass
    with uploads.of(1):
        pass

    assert (caught.value.status, caught.value.code) == (429, "uploads-at-once")


def test_an_upload_is_counted_while_it_comes_in(program: Open, service: FastAPI, world: World) -> None:
    uploads, ada = service.state.services.uploads, world.people["ada"].id

    with uploads.of(ada), uploads.of(ada), uploads.of(ada), uploads.of(ada):
        assert send(program("ada")).json()["code"] == "uploads-at-once"
    assert send(program("ada")).status_code == 202
