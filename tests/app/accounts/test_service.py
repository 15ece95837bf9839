"""Users and their sessions on a real database."""

import time
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from app.accounts import queries, service
from app.accounts.passwords import Passwords
from app.accounts.tokens import digest_of
from app.accounts.touches import Touches
from app.clock import db_now
from app.database import Database
from app.errors import AppError
from models import AuthSession, User

PASSWORD = "prune with care"  # as in conftest.py
DAY = timedelta(days=1)


def user_of_session(database: Database, token: str) -> service.SignedIn | None:
    with database.read() as session:
        return service.user_of_session(session, Touches(database, time.monotonic), token)


def sign_in(database: Database, user: User, replaces: str | None = None) -> str:
    with database.write() as session:
        return service.open_session(session, user.id, lifetime=DAY, user_agent="Browser/1", replaces=replaces)


def disable(database: Database, user: User) -> None:
    with database.write() as session:
        session.execute(update(User).where(User.id == user.id).values(disabled_at=db_now()))


def test_an_email_is_stored_folded(database: Database) -> None:
    with database.write() as session:
        user = service.create_user(session, email="  Ada@Example.ORG ", name=" Ada   Lovelace ")

    assert (user.email, user.name) == ("ada@example.org", "Ada Lovelace")


def test_an_email_is_taken_in_any_spelling(database: Database, ada: User) -> None:
    with database.write() as session, pytest.raises(AppError) as caught:
        service.create_user(session, email="ADA@example.org", name="Another Ada")

    assert (caught.value.status, caught.value.code) == (409, "email-taken")


@pytest.mark.parametrize("email", ["", "ada", "@host", "ada@", "a da@host", "ada@ho\u0000st", "a" * 250 + "@host"])
def test_what_is_no_email_is_refused(database: Database, email: str) -> None:
    with database.write() as session, pytest.raises(AppError) as caught:
        service.create_user(session, email=email, name="Ada")

    assert caught.value.status == 422


@pytest.mark.parametrize("name", ["", "  ", "a" * 201])
def test_a_name_is_neither_empty_nor_endless(database: Database, name: str) -> None:
    with database.write() as session, pytest.raises(AppError) as caught:
        service.create_user(session, email="ada@example.org", name=name)

    assert caught.value.code == "name-length"


def test_the_right_password_finds_the_user(database: Database, passwords: Passwords, ada: User) -> None:
    with database.read() as session:
        found = service.authenticate(session, passwords, "ADA@example.org", PASSWORD)

    assert found is not None
    assert found.id == ada.id


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.org", "prune with haste"), ("nobody@example.org", PASSWORD), ("grace@example.org", PASSWORD)],
)
def test_anything_else_finds_nobody(
    database: Database, passwords: Passwords, ada: User, grace: User, email: str, password: str
) -> None:
    with database.read() as session:
        assert service.authenticate(session, passwords, email, password) is None


def test_an_unknown_email_costs_a_hash_too(
    database: Database, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    verify = PasswordHasher.verify

    def watch(hasher: PasswordHasher, stored: str, word: str) -> bool:
        checked.append(stored)
        return verify(hasher, stored, word)

    monkeypatch.setattr(PasswordHasher, "verify", watch)
    with database.read() as session:
        service.authenticate(session, passwords, "nobody@example.org", PASSWORD)

    assert [stored.split("$")[1] for stored in checked] == ["argon2id"]


def test_a_disabled_account_cannot_sign_in(database: Database, passwords: Passwords, ada: User) -> None:
    disable(database, ada)

    with database.read() as session:
        assert service.authenticate(session, passwords, "ada@example.org", PASSWORD) is None


def test_a_session_leads_to_its_user(database: Database, ada: User) -> None:
    token = sign_in(database, ada)

    signed_in = user_of_session(database, token)

    assert signed_in is not None
    assert signed_in.user.email == "ada@example.org"


def test_a_sessions_token_is_not_in_the_database(database: Database, ada: User) -> None:
    token = sign_in(database, ada)

    with database.read() as session:
        assert session.scalars(select(AuthSession.token_sha256)).all() == [digest_of(token)]


def test_an_unknown_token_leads_to_nobody(database: Database, ada: User) -> None:
    sign_in(database, ada)

    assert user_of_session(database, "something else") is None


def test_an_expired_session_leads_to_nobody_and_goes_at_the_next_sign_in(database: Database, ada: User) -> None:
    token = sign_in(database, ada)
    with database.write() as session:
        session.execute(update(AuthSession).values(expires_at=db_now(timedelta(seconds=-1))))

    assert user_of_session(database, token) is None
    sign_in(database, ada)
    with database.read() as session:
        assert len(session.scalars(select(AuthSession)).all()) == 1


def test_signing_in_again_ends_the_browsers_old_session(database: Database, ada: User) -> None:
    old = sign_in(database, ada)
    new = sign_in(database, ada, replaces=old)

    assert user_of_session(database, old) is None
    assert user_of_session(database, new) is not None


def test_signing_out_ends_one_session(database: Database, ada: User) -> None:
    here, there = sign_in(database, ada), sign_in(database, ada)

    with database.write() as session:
        service.close_session(session, here)

    assert user_of_session(database, here) is None
    assert user_of_session(database, there) is not None


def test_a_new_password_ends_all_sessions(database: Database, passwords: Passwords, ada: User) -> None:
    token = sign_in(database, ada)

    with database.write() as session:
        service.set_password(session, ada.id, passwords.hash("another sentence"))

    assert user_of_session(database, token) is None
    with database.read() as session:
        assert service.authenticate(session, passwords, "ada@example.org", PASSWORD) is None
        assert service.authenticate(session, passwords, "ada@example.org", "another sentence") is not None


def test_disabling_an_account_ends_its_sessions(database: Database, ada: User) -> None:
    token = sign_in(database, ada)

    disable(database, ada)

    assert user_of_session(database, token) is None


@pytest.mark.parametrize(("age", "is_written"), [(timedelta(minutes=4), False), (timedelta(minutes=6), True)])
def test_last_seen_is_written_at_most_each_five_minutes(
    database: Database, ada: User, age: timedelta, is_written: bool
) -> None:
    token = sign_in(database, ada)
    with database.write() as session:
        session.execute(update(AuthSession).values(last_seen_at=db_now(-age)))

    user_of_session(database, token)

    with database.read() as session:
        seen_at = session.scalars(select(AuthSession.last_seen_at)).one()
    assert (database.now() - seen_at < timedelta(minutes=2)) is is_written


def test_a_page_does_not_wait_for_a_writer_to_note_that_it_was_seen(database: Database, ada: User) -> None:
    token = sign_in(database, ada)
    with database.write() as session:
        session.execute(update(AuthSession).values(last_seen_at=db_now(-DAY)))

    with database.write() as writer:
        writer.execute(select(User))
        signed_in = user_of_session(database, token)

    assert signed_in is not None


def test_a_user_lists_own_sessions_alone(database: Database, ada: User, grace: User) -> None:
    sign_in(database, ada)
    sign_in(database, grace)

    with database.read() as session:
        assert [row.user_id for row in queries.sessions_of(session, ada.id)] == [ada.id]


def test_a_user_ends_own_sessions_alone(database: Database, ada: User, grace: User) -> None:
    token = sign_in(database, ada)
    signed_in = user_of_session(database, token)
    assert signed_in is not None

    with database.write() as session, pytest.raises(AppError) as caught:
        service.revoke_session(session, grace.id, signed_in.session_id)
    assert caught.value.status == 404
    assert user_of_session(database, token) is not None

    with database.write() as session:
        service.revoke_session(session, ada.id, signed_in.session_id)
    assert user_of_session(database, token) is None
