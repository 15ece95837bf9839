"""Handing in for a student: who may, as whom it counts, and when it came in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from models.audit import AuditEntry
from tests.app.world import World, change_rules

Open = Callable[[str | None], TestClient]
H5 = b"\x89HDF\r\n\x1a\n" + bytes(100)


def send(client: TestClient, **query: str) -> Any:
    return client.post("/submissions", params={"competition": "demo", **query}, content=H5)


def test_it_is_the_students_and_who_did_it_is_written_down(program: Open, records: Database, world: World) -> None:
    sent = send(program("instructor"), on_behalf_of="ADA@example.org")

    number = sent.json()["id"]
    assert program("ada").get(f"/submissions/{number}").json()["is_staff"] is False
    with records.read() as session:
        [entry] = session.scalars(select(AuditEntry)).all()
    assert (entry.action, entry.actor_id, entry.subject) == (
        "submission.on_behalf",
        world.people["instructor"].id,
        f"submission:{number}",
    )


@pytest.mark.parametrize(
    ("who", "email", "status", "code"),
    [
        ("ada", "grace@example.org", 403, "forbidden"),
        ("outsider", "ada@example.org", 404, "not-found"),
        ("instructor", "outsider@example.org", 422, "student-unknown"),
        ("instructor", "instructor@example.org", 422, "student-unknown"),
    ],
)
def test_only_staff_hand_in_and_only_for_students(program: Open, who: str, email: str, status: int, code: str) -> None:
    refused = send(program(who), on_behalf_of=email)

    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_the_students_quota_holds(program: Open, records: Database, world: World) -> None:
    change_rules(records, world, "course:\n", "course:\n  submissions: {per_day: 1}\n")

    first, second = (send(program("instructor"), on_behalf_of="ada@example.org") for _ in range(2))

    assert (first.status_code, second.json()["code"]) == (202, "quota-used")


def test_a_file_counts_from_when_it_came_in_elsewhere(program: Open) -> None:
    at = datetime.now(UTC) - timedelta(hours=3)

    number = send(program("instructor"), on_behalf_of="ada@example.org", at=at.isoformat()).json()["id"]

    shown = program("ada").get(f"/submissions/{number}").json()["received_at"]
    assert abs(datetime.fromisoformat(shown) - at) < timedelta(seconds=1)


@pytest.mark.parametrize("shift", [timedelta(days=3), -timedelta(hours=1)])
def test_a_moment_that_cannot_be_is_refused(program: Open, shift: timedelta) -> None:
    at = datetime.now(UTC) - shift

    assert (
        send(program("instructor"), on_behalf_of="ada@example.org", at=at.isoformat()).json()["code"] == "moment-form"
    )


def test_a_student_sets_no_moment(program: Open) -> None:
    at = datetime.now(UTC) - timedelta(hours=3)

    number = send(program("ada"), at=at.isoformat()).json()["id"]

    shown = program("ada").get(f"/submissions/{number}").json()["received_at"]
    assert datetime.now(UTC) - datetime.fromisoformat(shown) < timedelta(hours=1)
