"""API tokens on a real database."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts import queries, service
from app.accounts.touches import Touches
from app.clock import db_now
from app.database import Database
from app.errors import AppError
from models import ApiToken, User


def user_of_token(database: Database, token: str) -> service.TokenUser | None:
    with database.read() as session:
        return service.user_of_token(session, Touches(database, time.monotonic), token)


def issue(database: Database, user: User, lifetime: timedelta | None = None) -> service.IssuedToken:
    with database.write() as session:
        return service.create_token(session, user.id, "laptop", lifetime)


def test_an_api_token_leads_to_its_user(database: Database, ada: User) -> None:
    issued = issue(database, ada)

    caller = user_of_token(database, issued.text)

    assert caller is not None
    assert (caller.user.email, caller.token_id) == ("ada@example.org", issued.token.id)


def test_an_api_tokens_secret_is_not_in_the_database(database: Database, ada: User) -> None:
    issued = issue(database, ada)

    with database.read() as session:
        row = session.scalars(select(ApiToken)).one()
    stored = {column.key: getattr(row, column.key) for column in ApiToken.__table__.columns}
    assert issued.text.rsplit("_", 1)[1] not in repr(stored)


def test_a_wrong_secret_under_a_right_prefix_leads_to_nobody(database: Database, ada: User) -> None:
    issued = issue(database, ada)
    last = "a" if issued.text[-1] != "a" else "b"

    assert user_of_token(database, issued.text[:-1] + last) is None


def test_an_expired_api_token_leads_to_nobody(database: Database, ada: User) -> None:
    assert user_of_token(database, issue(database, ada, timedelta(days=1)).text) is not None
    assert user_of_token(database, issue(database, ada, timedelta(seconds=-1)).text) is None


@pytest.mark.parametrize(("age", "is_written"), [(timedelta(minutes=4), False), (timedelta(minutes=6), True)])
def test_last_used_is_written_at_most_each_five_minutes(
    database: Database, ada: User, age: timedelta, is_written: bool
) -> None:
    issued = issue(database, ada)
    with database.write() as session:
        session.execute(update(ApiToken).values(last_used_at=db_now(-age)))
        before = session.scalars(select(ApiToken.last_used_at)).one()

    user_of_token(database, issued.text)

    with database.read() as session:
        after = session.scalars(select(ApiToken.last_used_at)).one()
    assert (after != before) is is_written


def test_a_revoked_api_token_leads_to_nobody_and_stays_listed(database: Database, ada: User) -> None:
    issued = issue(database, ada)

    with database.write() as session:
        service.revoke_token(session, ada.id, issued.token.id)

    assert user_of_token(database, issued.text) is None
    with database.read() as session:
        assert [row.name for row in queries.tokens_of(session, ada.id)] == ["laptop"]


def test_a_user_revokes_own_api_tokens_alone(database: Database, ada: User, grace: User) -> None:
    issued = issue(database, ada)

    with database.write() as session, pytest.raises(AppError) as caught:
        service.revoke_token(session, grace.id, issued.token.id)

    assert caught.value.status == 404
    assert user_of_token(database, issued.text) is not None


def test_disabling_an_account_ends_its_api_tokens(database: Database, ada: User) -> None:
    issued = issue(database, ada)

    with database.write() as session:
        session.execute(update(User).where(User.id == ada.id).values(disabled_at=db_now()))

    assert user_of_token(database, issued.text) is None
