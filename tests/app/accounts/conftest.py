"""Two people: Ada has a password, Grace has none."""

import pytest

from app.accounts import service
from app.accounts.passwords import Passwords
from app.database import Database
from models import User


@pytest.fixture
def ada(database: Database, passwords: Passwords) -> User:
    with database.write() as session:
        return service.create_user(
            session, email="ada@example.org", name="Ada", password_hash=passwords.hash("prune with care")
        )


@pytest.fixture
def grace(database: Database) -> User:
    with database.write() as session:
        return service.create_user(session, email="grace@example.org", name="Grace")
