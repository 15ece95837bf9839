"""Who may submit when and how often, and repeated requests: over HTTP, on a real service."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, func, select

from app.courses import service as courses
from app.database import Database
from models.courses import Role
from models.submissions import Submission
from tests.app.world import World, change_rules, hand_in, settle

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(1000)
ADDRESS = "/submissions?competition=demo&name=my_model_weights.h5"
Open = Callable[[str | None], TestClient]


def count(records: Database) -> int:
    with records.read() as session:
        return session.scalars(select(func.count()).select_from(Submission)).one()


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    return body


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Whatever is put to a database meanwhile, without the beginning of transactions."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def test_handing_in_asks_the_database_no_more_than_it_must(program: Open, statements: list[str]) -> None:
    client = program("ada")
    client.post(ADDRESS, content=HDF5)
    statements.clear()

    assert client.post(ADDRESS, content=HDF5).status_code == 202

    # Whose token, which rules, what time, which extension, what the entrant takes already in files and in bytes; in the transaction
    # that writes role, entrant, extension and three rows. The definition itself, a long text, is read once a process.
    # The last one asks whether any standing is to be written down.
    assert len(statements) <= 13, statements
    assert not any("competition_versions.definition," in each for each in statements)


KEYED = {"Idempotency-Key": "try-1"}


def test_a_repeated_request_is_given_the_same_answer(program: Open, records: Database) -> None:
    client = program("ada")

    answers = [client.post(ADDRESS, content=HDF5, headers=KEYED).json() for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert count(records) == 1


def test_a_key_with_another_file_is_refused(program: Open, records: Database) -> None:
    client = program("ada")
    client.post(ADDRESS, content=HDF5, headers=KEYED)

    problem(client.post(ADDRESS, content=HDF5 + b"!", headers=KEYED), 422, "idempotency-key-reused")
    assert count(records) == 1


def test_a_key_belongs_to_one_person(program: Open, records: Database) -> None:
    for name in ("ada", "grace"):
        assert program(name).post(ADDRESS, content=HDF5, headers=KEYED).status_code == 202

    assert count(records) == 2


def test_without_a_key_a_repeat_is_a_new_submission(program: Open, records: Database) -> None:
    client = program("ada")

    assert [client.post(ADDRESS, content=HDF5).json()["id"] for _ in range(2)] == [1, 2]


def test_one_key_at_the_same_time_makes_one_submission(program: Open, records: Database) -> None:
    def send(client: TestClient) -> tuple[int, int]:
        response = client.post(ADDRESS, content=HDF5, headers=KEYED)
        return response.status_code, response.json()["id"]

    at_once = 4  # as many as one person may send at the same time

    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(send, [program("ada") for _ in range(at_once)]))

    assert answers == [(202, 1)] * at_once
    assert count(records) == 1


def test_an_empty_key_is_none(program: Open) -> None:
    client = program("ada")

    answers = [client.post(ADDRESS, content=HDF5, headers={"Idempotency-Key": ""}) for _ in range(2)]

    assert [answer.json()["id"] for answer in answers] == [1, 2]


def one_a_day(records: Database, world: World) -> None:
    change_rules(records, world, "  board:\n", "  submissions:\n    per_day: 1\n  board:\n")


def test_the_second_of_one_a_day_is_refused_and_its_replay_is_not(
    world: World, program: Open, records: Database
) -> None:
    one_a_day(records, world)
    client = program("ada")

    first = client.post(ADDRESS, content=HDF5, headers=KEYED)
    again = client.post(ADDRESS, content=HDF5, headers=KEYED)
    second = client.post(ADDRESS, content=HDF5, headers={"Idempotency-Key": "try-2"})

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert "resets_at" in problem(second, 429, "quota-used")
    assert count(records) == 1


def test_two_at_once_do_not_both_take_the_last_try(world: World, program: Open, records: Database) -> None:
    one_a_day(records, world)
    with ThreadPoolExecutor(6) as pool:
        clients = [program("ada") for _ in range(6)]
        statuses = list(pool.map(lambda client: client.post(ADDRESS, content=HDF5).status_code, clients))

    assert sorted(statuses) == [202, 429, 429, 429, 429, 429]
    assert count(records) == 1


@pytest.mark.parametrize("state", ["rejected", "failed"])
def test_a_refused_file_and_our_own_fault_use_no_try(
    world: World, program: Open, records: Database, state: Any
) -> None:
    one_a_day(records, world)
    settle(records, hand_in(records, world, "ada"), state=state)

    assert program("ada").post(ADDRESS, content=HDF5).status_code == 202


def test_staff_have_no_quota(world: World, program: Open, records: Database) -> None:
    one_a_day(records, world)
    client = program("instructor")

    assert [client.post(ADDRESS, content=HDF5).status_code for _ in range(3)] == [202] * 3


@pytest.mark.parametrize(
    ("opens", "closes", "code"),
    [("2020-01-01 00:00", "2020-02-01 00:00", "closed"), ("2120-01-01 00:00", "null", "not-open-yet")],
)
def test_out_of_season_nothing_is_taken(
    world: World, program: Open, records: Database, opens: str, closes: str, code: str
) -> None:
    change_rules(
        records, world, "opens: 2020-01-01 00:00\n      closes: null", f"opens: {opens}\n      closes: {closes}"
    )

    problem(program("ada").post(ADDRESS, content=HDF5), 409, code)
    assert program("instructor").post(ADDRESS, content=HDF5).status_code == 202


def test_whoever_became_staff_no_longer_ranks(world: World, program: Open, records: Database) -> None:
    client = program("ada")
    client.post(ADDRESS, content=HDF5)
    with records.write() as session:
        courses.add_member(session, world.course_id, world.people["ada"].id, Role.TA)
    client.post(ADDRESS, content=HDF5)

    with records.read() as session:
        assert session.scalars(select(Submission.is_staff).order_by(Submission.id)).all() == [False, True]
