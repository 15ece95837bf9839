"""Join codes and invitations over HTTP."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.accounts.throttle import FAILURES_PER_ADDRESS
from app.database import Database
from models.accounts import User
from models.joining import JoinCode
from tests.app.world import PASSWORD, World

Open = Callable[[str | None], TestClient]
COURSE = "/courses/ml"
NEW = {"name": "New", "email": "new@example.org", "password": PASSWORD}


def make_code(client: TestClient, **limits: str) -> str:
    answer = client.post(f"{COURSE}/join-code", data=limits)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["code"])


def join(client: TestClient, code: str, **form: str) -> Any:
    return client.post("/join", data={"code": code, **form})


def test_somebody_with_an_account_joins_as_a_student(program: Open, browser: Open) -> None:
    code = make_code(program("instructor"))
    person = browser("outsider")

    joined = join(person, f" {code[:4].lower()}-{code[4:]} ")

    assert (joined.status_code, joined.headers["location"]) == (303, COURSE)
    assert person.get("/competitions/demo").status_code == 200
    [found] = program("instructor").get(f"{COURSE}/people", params={"q": "outsider"}).json()["items"]
    assert found["role"] == "student"


def test_a_stranger_gets_an_account_that_nobody_has_checked(program: Open, browser: Open, records: Database) -> None:
    code = make_code(program("instructor"))
    stranger = browser(None)

    joined = join(stranger, code, **NEW)

    assert (joined.status_code, joined.headers["location"]) == (303, COURSE)
    assert stranger.get("/competitions/demo").status_code == 200
    with records.read() as session:
        assert session.scalars(select(User.is_unproven).where(User.email == NEW["email"])).one()
    assert "came by code" in browser("instructor").get(f"{COURSE}/people").text


def test_an_address_with_an_account_has_to_sign_in_first(program: Open, browser: Open) -> None:
    code = make_code(program("instructor"))

    refused = join(browser(None), code, **{**NEW, "email": "outsider@example.org"})

    assert refused.status_code == 409
    assert "Sign in first" in refused.text
    assert "set-cookie" not in refused.headers


def test_a_member_stays_what_they_are_and_uses_nothing_up(program: Open, browser: Open) -> None:
    code = make_code(program("instructor"), max_uses="1")

    assert join(browser("instructor"), code).status_code == 303
    assert join(browser("outsider"), code).status_code == 303
    assert browser("instructor").get(f"{COURSE}/people").status_code == 200


def test_a_code_takes_as_many_as_it_may(program: Open, browser: Open) -> None:
    code = make_code(program("instructor"), max_uses="1")

    assert join(browser("outsider"), code).status_code == 303
    assert join(browser(None), code, **NEW).status_code == 404


def test_a_replaced_a_switched_off_and_an_old_code_hold_no_more(
    program: Open, browser: Open, records: Database, audited: Callable[[], list[str]]
) -> None:
    staff = program("instructor")
    first, second = make_code(staff), make_code(staff)
    assert join(browser("outsider"), first).status_code == 404
    staff.post(f"{COURSE}/join-code/removal")
    assert join(browser("outsider"), second).status_code == 404
    third = make_code(staff, days="1")
    with records.write() as session:
        session.execute(update(JoinCode).values(expires_at=JoinCode.created_at))
    assert join(browser("outsider"), third).status_code == 404
    assert audited() == ["join_code.replace", "join_code.replace", "join_code.end", "join_code.replace"]


def test_guessing_codes_has_to_wait(browser: Open) -> None:
    client = browser("outsider")
    statuses = [join(client, "WRONG").status_code for _ in range(FAILURES_PER_ADDRESS + 1)]

    assert statuses == [404] * FAILURES_PER_ADDRESS + [429]


def test_a_token_joins_nothing(program: Open) -> None:
    code = make_code(program("instructor"))

    assert join(program("outsider"), code).status_code == 403


@pytest.mark.parametrize("form", [{**NEW, "password": "short"}, {**NEW, "name": " "}, {**NEW, "email": "nobody"}])
def test_an_account_that_will_not_do_is_not_made(program: Open, browser: Open, form: dict[str, str]) -> None:
    code = make_code(program("instructor"), max_uses="1")

    assert join(browser(None), code, **form).status_code == 422
    assert join(browser(None), code, **NEW).status_code == 303


def test_invitations_are_links_for_all_who_are_not_in_yet(program: Open, browser: Open) -> None:
    staff = program("instructor")
    for email, name in (("=cmd@example.org", "=Cmd"), ("new@example.org", "New")):
        assert staff.post(f"{COURSE}/people", data={"email": email, "name": name}).status_code == 201

    table = staff.post(f"{COURSE}/invitations")

    rows = list(csv.DictReader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert [(each["name"], each["email"]) for each in rows] == [
        ("'=Cmd", "'=cmd@example.org"),
        ("New", "new@example.org"),
    ]
    link = rows[1]["link"].removeprefix("http://testserver")
    assert browser(None).get(link).status_code == 200
    staff.post(f"{COURSE}/invitations")
    assert browser(None).get(link).status_code == 404  # replaced


def test_whoever_has_a_password_is_not_invited(program: Open, world: World) -> None:
    table = program("instructor").post(f"{COURSE}/invitations")

    assert table.text.removeprefix("\ufeff") == "name,email,link,expires\r\n"
