"""The operator's commands about people: passwords, rights, courses, and an end."""

import time

import pytest
from sqlalchemy import select, update

from app.accounts import service as accounts
from app.accounts.touches import Touches
from app.settings import Settings
from models import User
from tests.app.commands.operating import (
    can_sign_in,
    is_admin,
    opened,
    password_in,
    run,
    session_works,
    sign_in,
    token_works,
)


def test_a_new_password_replaces_the_old_one(operator: Settings) -> None:
    old = password_in(run("admin", "create", "boss@example.org"))

    new = password_in(run("user", "password", "boss@example.org"))

    assert not can_sign_in(operator, "boss@example.org", old)
    assert can_sign_in(operator, "boss@example.org", new)


def test_a_new_password_ends_every_way_in_from_before(operator: Settings) -> None:
    run("user", "add", "ada@example.org")
    token, cookie = run("user", "token", "ada@example.org").strip(), sign_in(operator, "ada@example.org")

    run("user", "password", "ada@example.org")

    assert not token_works(operator, token)
    assert not session_works(operator, cookie)


def test_an_account_that_came_by_code_gets_rights_only_with_a_new_password(operator: Settings) -> None:
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    run("user", "add", "ada@example.org")
    with opened(operator) as database, database.write() as session:
        session.execute(update(User).values(is_unproven=True))

    assert "join code" in run("admin", "create", "ada@example.org", status=1)
    assert "join code" in run("user", "add", "ada@example.org", "--course", "ml", "--role", "ta", status=1)
    run("user", "password", "ada@example.org")
    assert "added to ml as ta" in run("user", "add", "ada@example.org", "--course", "ml", "--role", "ta")


def test_a_token_for_the_command_line_works(operator: Settings) -> None:
    run("admin", "create", "boss@example.org")

    token = run("user", "token", "boss@example.org").strip()

    with opened(operator) as database, database.read() as session:
        found = accounts.user_of_token(session, Touches(database, time.monotonic), token)
    assert found is not None
    assert found.user.email == "boss@example.org"


def test_adding_somebody_again_changes_the_role_and_not_the_password(operator: Settings) -> None:
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    password = password_in(run("user", "add", "ada@example.org", "--course", "ml"))

    again = run("user", "add", "ada@example.org", "--course", "ml", "--role", "ta")

    assert "password" not in again
    assert can_sign_in(operator, "ada@example.org", password)


def test_adding_an_instructor_again_keeps_the_role(operator: Settings) -> None:
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    assert "added to ml as instructor" in run(
        "user", "add", "iris@example.org", "--course", "ml", "--role", "instructor"
    )

    assert "stays instructor in ml" in run("user", "add", "iris@example.org", "--course", "ml")
    assert "is ta in ml now, was instructor" in run("user", "add", "iris@example.org", "--course", "ml", "--role", "ta")


@pytest.mark.parametrize("command", [("user", "add"), ("admin", "create")])
def test_a_password_for_an_account_that_is_there_is_refused(operator: Settings, command: tuple[str, str]) -> None:
    password = password_in(run("user", "add", "ada@example.org"))

    output = run(*command, "ada@example.org", "--password-stdin", status=1, given="another password\n")

    assert "secateur user password ada@example.org" in output
    assert can_sign_in(operator, "ada@example.org", password)


def test_an_account_becomes_an_administrator_and_ceases_to_be_one(operator: Settings) -> None:
    password = password_in(run("user", "add", "ada@example.org", "--name", "Ada"))

    assert "is an administrator now" in run("admin", "create", "ada@example.org")
    assert is_admin(operator, "ada@example.org")
    assert can_sign_in(operator, "ada@example.org", password)
    run("admin", "remove", "ada@example.org")
    assert not is_admin(operator, "ada@example.org")


def test_a_disabled_person_is_let_in_no_more_until_enabled(operator: Settings) -> None:
    password = password_in(run("user", "add", "ada@example.org"))
    token = run("user", "token", "ada@example.org").strip()
    cookie = sign_in(operator, "ada@example.org")

    run("user", "disable", "ada@example.org")
    assert not can_sign_in(operator, "ada@example.org", password)
    assert not token_works(operator, token)
    run("user", "enable", "ada@example.org")
    assert can_sign_in(operator, "ada@example.org", password)
    assert token_works(operator, token)
    assert not session_works(operator, cookie)


def test_somebody_is_taken_out_of_a_course(operator: Settings) -> None:
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    run("user", "add", "ada@example.org", "--course", "ml")

    assert "no longer in ml" in run("user", "remove", "ada@example.org", "--course", "ml")
    assert "is not in the course ml" in run("user", "remove", "ada@example.org", "--course", "ml", status=1)


def test_a_weak_password_is_refused(operator: Settings) -> None:
    assert "10" in run("admin", "create", "boss@example.org", "--password-stdin", status=1, given="short\n")


def test_a_person_is_erased_when_the_address_is_typed_once_more(operator: Settings) -> None:
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    run("user", "add", "ada@example.org", "--name", "Ada Lovelace", "--course", "ml")

    told = run("user", "erase", "ada@example.org", given="ada@example.com\n", status=1)
    assert "nothing was done" in told
    with opened(operator) as database, database.read() as session:
        assert session.scalars(select(User.name)).one() == "Ada Lovelace"

    assert "0 submissions" in run("user", "erase", "ada@example.org", "--confirm", "ada@example.org")
    with opened(operator) as database, database.read() as session:
        assert session.scalars(select(User.name)).one() == "Erased person"
    assert "There is no account" in run("user", "erase", "ada@example.org", "--confirm", "ada@example.org", status=1)
